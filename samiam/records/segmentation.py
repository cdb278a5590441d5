"""The materials of one image, and why each mask went where it went."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from samiam.colours import colour_overlay
from samiam.errors import InputError
from samiam.records.archive import archive_path, open_archive
from samiam.records.masks import Masks
from samiam.records.micrograph import Micrograph
from samiam.records.showing import counted, nearest, picture_of, png_of
from samiam.storage.files import replacing

if TYPE_CHECKING:
    from PIL import Image

Action = Literal["kept", "merged", "removed"]
Rule = Literal[
    "tiny_child",  # a small part of a larger mask; value: its share of that mask
    "compound_parent",  # its children make it up; value: the sum of their areas over its own
    "redundant",  # the same region as a larger mask; value: how much of it lies there
    "tiny_island",  # small, with nothing but unsegmented pixels around it; value: its pixels
    "majority_vote",  # the cluster of most of its crops; value: their share, threshold: that of the next cluster
    "classifier_vote",  # the name that most of its crops were given; value and threshold likewise
    "without_crops",  # no crop fits into it
    "dissolved",  # its material lost all pixels to others when masks were merged
    "pointed_at",  # clicked on or boxed; value: its predicted IoU
]
"""What decides on a mask, and what `Decision.value` and `Decision.threshold` then are (paper §2.3)."""


@dataclass(frozen=True)
class Decision:
    """What became of one generated mask.

    Attributes:
        mask: the mask's index in the generator's order.
        action: "kept" (a material by itself), "merged" (united with others into one material) or "removed".
        rule: what decided it.
        value: the measured quantity the rule looked at.
        threshold: what the value was compared with.
        material: the label of the material it belongs to, or None if removed.
        other: index of the mask it was judged against (its parent, its larger twin), or None.
    """

    mask: int
    action: Action
    rule: Rule
    value: float
    threshold: float
    material: int | None = None
    other: int | None = None


@dataclass(frozen=True, eq=False)
class Segmentation:
    """One region per material; no two overlap, because a pixel holds one label.

    Attributes:
        labels: uint32 (H, W); 0 is not segmented, materials are 1, 2, … in order of falling area.
        decisions: one entry for each mask that the generator made, in its order.
        n_materials: the number of materials asked for or estimated. `len(segmentation.masks)` is how many were found.
        n_materials_given: True if the number was given, False if estimated.
        generated: the masks as the generator made them.
        names: what each material is, name i for label i + 1, None for one without a name; none has one where not given.
        micrograph: the image, for pictures; it is not saved with the rest. None where it is not at hand.
        name_confidence: how probable it is that each name is right, [0, 1]; None where nobody has said so, or there is
            no name; none is known where not given.

    Raises:
        InputError: if the labels are not a 2-D image of 0, 1, … without missing values and of the shape of the masks
            and the micrograph, the log does not hold exactly one decision for each generated mask, the names are not
            one for each material, each once, or a confidence is no probability or of no name.

    Example:
        >>> labels, decision = np.array([[1, 1, 0]]), Decision(0, "kept", "majority_vote", 1.0, 0.0, material=1)
        >>> Segmentation(labels, [decision], 1, True, generated=Masks.from_labels(labels))
        Segmentation(1 material of 1 mask, number given: 1, 66.7% segmented)
    """

    labels: NDArray[np.uint32]
    decisions: Sequence[Decision]
    n_materials: int
    n_materials_given: bool
    generated: Masks
    names: Sequence[str | None] = ()
    micrograph: Micrograph | None = None
    name_confidence: Sequence[float | None] = ()

    def __post_init__(self) -> None:
        labels = np.asarray(self.labels)
        if labels.ndim != 2 or labels.shape != self.generated.shape_hw:
            raise InputError(f"labels of shape {labels.shape} do not fit masks of shape {self.generated.shape_hw}.")
        if self.micrograph is not None and self.micrograph.shape_hw != labels.shape:
            raise InputError(f"labels of shape {labels.shape} do not fit a micrograph of {self.micrograph.shape_hw}.")
        present = np.unique(labels[labels != 0])
        if not np.array_equal(present, np.arange(1, len(present) + 1)):
            raise InputError(f"labels must be 1, 2, … without gaps, not {present.tolist()}.")
        if [decision.mask for decision in self.decisions] != list(range(len(self.generated))):
            raise InputError("the decision log needs exactly one entry for each generated mask, in order.")
        object.__setattr__(self, "names", _checked_names(self.names, len(present)))
        object.__setattr__(self, "name_confidence", _checked_confidence(self.name_confidence, self.names))
        labels = labels.astype(np.uint32)
        labels.flags.writeable = False
        object.__setattr__(self, "labels", labels)

    @cached_property
    def masks(self) -> Masks:
        """One mask per material; mask i is label i + 1."""
        return Masks.from_labels(self.labels)

    def picture(self) -> Image.Image:
        """The micrograph with its materials tinted, on black where it is not at hand; reduced to 1024 px."""
        image = self.micrograph or Micrograph(np.zeros(self.labels.shape, np.float32))
        grey = np.asarray(image.picture(), np.float32) / 255  # reduced before it is tinted, or thin outlines would fade
        return picture_of(colour_overlay(grey, nearest(self.labels, grey.shape)))

    def _repr_png_(self) -> bytes:
        return png_of(self.picture())

    def __repr__(self) -> str:
        how = "given" if self.n_materials_given else "estimated"
        share = np.count_nonzero(self.labels) / self.labels.size
        return (
            f"Segmentation({counted(int(self.labels.max()), 'material')} of {counted(len(self.generated), 'mask')}, "
            f"number {how}: {self.n_materials}, {share:.1%} segmented)"
        )

    def save(self, path: str | Path) -> None:
        """Write labels and log to `path` (.npz) and the generated masks beside it (`<stem>_generated.npz`)."""
        path = archive_path(path)
        self.generated.save(_generated_path(path))
        header = {
            "n_materials": self.n_materials,
            "n_materials_given": self.n_materials_given,
            "names": self.names,
            "name_confidence": self.name_confidence,
            "decisions": [asdict(decision) for decision in self.decisions],
        }
        with replacing(path) as partial:
            np.savez_compressed(partial, kind="Segmentation", labels=self.labels, header=json.dumps(header))

    @classmethod
    def load(cls, path: str | Path) -> Segmentation:
        """Read a record that `save` wrote."""
        fields = open_archive(path, "Segmentation", ("labels", "header"))
        header = json.loads(str(fields["header"]))
        decisions = [Decision(**decision) for decision in header.pop("decisions")]
        return cls(fields["labels"], decisions, generated=Masks.load(_generated_path(archive_path(path))), **header)


def _checked_names(names: Sequence[str | None], n_found: int) -> tuple[str | None, ...]:
    if len(names) not in (0, n_found):
        raise InputError(f"{len(names)} names for {n_found} materials; give one (or None) for each, or none at all.")
    known = [name for name in names if name is not None]
    if not all(isinstance(name, str) and name.strip() for name in known) or len(set(known)) < len(known):
        raise InputError(f"names {list(names)}: each is a text that stands once, or None for a material without one.")
    return tuple(names) or (None,) * n_found


def _checked_confidence(given: Sequence[float | None], names: Sequence[str | None]) -> tuple[float | None, ...]:
    if len(given) not in (0, len(names)):
        raise InputError(f"{len(given)} confidences for {len(names)} materials; give one (or None) for each, or none.")
    for value, name in zip(given, names, strict=False):
        if value is not None and (name is None or not 0 <= value <= 1):
            raise InputError(f"name_confidence={value} of {name}: give a probability, 0 to 1, or None without a name.")
    return tuple(given) or (None,) * len(names)


def _generated_path(path: Path) -> Path:
    return path.with_name(f"{path.stem}_generated.npz")
