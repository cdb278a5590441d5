"""The materials of one image, and why each mask went where it went."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from samiam.colours import colour_overlay
from samiam.errors import InputError
from samiam.records.archive import archive_path, as_saved, open_archive
from samiam.records.arrays import numbers_in, run_starts
from samiam.records.layers import Layer, image_layer, labels_layer, scale_of
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
    "no_structure",  # the image is blank or pure noise
    "pointed_at",  # clicked on or boxed; value: its predicted IoU
    "by_hand",  # somebody gave all its pixels to others, or to none
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
            Labels of one material have its name.
        micrograph: the image, for pictures; it is not saved with the rest. None where it is not at hand.
        grains: uint32 (H, W), 0 where nothing is segmented; grains are 1, 2, …, each within one label. Grains of a
            material differ in how its lattice lies. Each material is one grain where not given.
        material_of: for label i + 1 the number of its material. Labels are materials where not given; where they are
            grains, several are of one material.
        name_confidence: for label i + 1 how probable it is that its name is right, [0, 1]; None where nobody has said
            so or it has no name; nobody has where not given.
        confidences: for label i + 1 its predicted IoU with what it should be, [0, 1], None where nothing predicts it;
            nothing does where not given.
        remark: what there is to say of the result in words, such as why nothing was found; None for nothing.
        labels_are_grains: whether `by_grains` made it, so that labels are grains also where no material has several.

    Raises:
        InputError: if the labels are not a 2-D image of 0, 1, … without missing values and of the shape of the masks
            and the micrograph, the log does not hold exactly one decision for each generated mask, the names are not
            one for each label, each of one material, or what else is of each label is not of as many.

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
    grains: NDArray[np.uint32] | None = None
    material_of: Sequence[int] = ()
    confidences: Sequence[float | None] = ()
    name_confidence: Sequence[float | None] = ()
    remark: str | None = None
    labels_are_grains: bool = False

    def __post_init__(self) -> None:
        labels = np.asarray(self.labels)
        if labels.ndim != 2 or labels.shape != self.generated.shape_hw:
            raise InputError(f"labels of shape {labels.shape} do not fit masks of shape {self.generated.shape_hw}.")
        if self.micrograph is not None and self.micrograph.shape_hw != labels.shape:
            raise InputError(f"labels of shape {labels.shape} do not fit a micrograph of {self.micrograph.shape_hw}.")
        present = numbers_in(labels)
        if present != list(range(1, len(present) + 1)):
            raise InputError(f"labels must be 1, 2, … without gaps, not {present}.")
        if [decision.mask for decision in self.decisions] != list(range(len(self.generated))):
            raise InputError("the decision log needs exactly one entry for each generated mask, in order.")
        object.__setattr__(self, "material_of", tuple(self.material_of) or tuple(range(1, len(present) + 1)))
        object.__setattr__(self, "confidences", tuple(self.confidences) or (None,) * len(present))
        for name in ("material_of", "confidences"):
            if len(getattr(self, name)) != len(present):
                raise InputError(f"{name}={getattr(self, name)}: give one for each of {len(present)} labels.")
        object.__setattr__(self, "names", _checked_names(self.names, self.material_of))
        object.__setattr__(self, "name_confidence", _checked_confidence(self.name_confidence, self.names))
        grains = labels if self.grains is None else np.asarray(self.grains)
        if self.grains is not None:
            _check_grains(grains, labels)
        for name, image in (("labels", labels), ("grains", grains)):
            image = image.astype(np.uint32)
            image.flags.writeable = False
            object.__setattr__(self, name, image)

    @cached_property
    def masks(self) -> Masks:
        """One mask per material; mask i is label i + 1."""
        return Masks.from_labels(self.labels)

    @property
    def segmented_fraction(self) -> float:
        """Share of what the image shows that belongs to a material, 0 to 1."""
        return np.count_nonzero(self.labels) / self.n_shown

    @property
    def n_shown(self) -> int:
        """Pixels that show the specimen: those of the micrograph, or all where it is not at hand."""
        return self.labels.size if self.micrograph is None else self.micrograph.n_shown

    @property
    def each_material(self) -> NDArray[np.int32]:
        """The number of the material of each pixel, 0 where nothing is segmented."""
        return np.array([0, *self.material_of], np.int32)[self.labels]

    @property
    def n_grains(self) -> int:
        """How many grains there are in all materials together."""
        return int(self.each_grain.max(initial=0))

    @property
    def each_grain(self) -> NDArray[np.uint32]:
        """The image of grains, which is there whether it was given or not."""
        assert self.grains is not None  # `__post_init__` has made one
        return self.grains

    @cached_property
    def label_of_grain(self) -> tuple[int, ...]:
        """The label that grain i + 1 lies in."""
        starts = run_starts(self.each_grain)
        return tuple(_label_of(self.each_grain.ravel()[starts], self.labels.ravel()[starts])[1:].tolist())

    @property
    def grain_counts(self) -> tuple[int, ...]:
        """How many grains label i + 1 has."""
        return tuple(np.bincount(self.label_of_grain, minlength=len(self.material_of) + 1)[1:].tolist())

    def by_grains(self) -> Segmentation:
        """The same with the grains as labels, each still known to be of its material.

        A grain has the confidence and the name of what it lies in.

        Example:
            >>> labels, grains = np.array([[1, 1, 2]]), np.array([[1, 2, 3]])
            >>> whole = Segmentation(labels, [], 2, True, Masks.from_arrays([], (1, 3)), grains=grains)
            >>> whole.by_grains().labels.tolist(), whole.by_grains().material_of
            ([[1, 2, 3]], (1, 1, 2))
        """
        places = np.array(self.label_of_grain, np.intp) - 1
        return replace(
            self,
            labels=self.each_grain,
            names=[self.names[place] for place in places],
            material_of=[self.material_of[place] for place in places],
            confidences=[self.confidences[place] for place in places],
            name_confidence=[self.name_confidence[place] for place in places],
            labels_are_grains=True,
        )

    def to_napari(self) -> list[Layer]:
        """Layers for napari: the micrograph where it is at hand, the materials, and their grains, hidden at first.

        Returns:
            Tuples of data, keyword arguments and kind, as napari's readers give them:
            `for layer in segmentation.to_napari(): viewer.add_layer(napari.layers.Layer.create(*layer))`.
        """
        image = [] if self.micrograph is None else [image_layer(self.micrograph)]
        scale = scale_of(self.micrograph or Micrograph(np.zeros(self.labels.shape, np.float32)))
        features = {"material": self.material_of, "name": self.names, "confidence": self.confidences}
        label_of_grain = {"label": self.label_of_grain}
        return [
            *image,
            labels_layer("materials", self.labels, scale, features),
            labels_layer("grains", self.each_grain, scale, label_of_grain, visible=False),
        ]

    def picture(self) -> Image.Image:
        """The micrograph with its materials tinted and its grains outlined, on black where it is not at hand.

        It is reduced to 1024 px.
        """
        image = self.micrograph or Micrograph(np.zeros(self.labels.shape, np.float32))
        grey = np.asarray(image.picture(), np.float32) / 255  # reduced before it is tinted, or thin outlines would fade
        labels, grains = (nearest(image, grey.shape) for image in (self.labels, self.each_grain))
        return picture_of(colour_overlay(grey, labels, grains))

    def _repr_png_(self) -> bytes:
        return png_of(self.picture())

    def __repr__(self) -> str:
        how = "given" if self.n_materials_given else "estimated"
        remark = "" if self.remark is None else f"; {self.remark}"
        return (
            f"Segmentation({self._counts()} of {counted(len(self.generated), 'mask')}, number {how}: "
            f"{self.n_materials}, {self.segmented_fraction:.1%} segmented{remark})"
        )

    @property
    def kind(self) -> str:
        """What labels are: "material", "grain" where `by_grains` made them, "region" where some are of one material."""
        if self.labels_are_grains:
            return "grain"
        return "material" if len(set(self.material_of)) == len(self.material_of) else "region"

    def _counts(self) -> str:
        """`2 materials`, and in brackets what else there is: `2 materials (5 grains)`, `3 regions (2 materials)`."""
        numbers = {"region": len(self.material_of), "material": len(set(self.material_of)), "grain": self.n_grains}
        others = [counted(n, kind) for kind, n in numbers.items() if n != len(self.material_of)]
        beside = f" ({', '.join(others)})" if others else ""
        return f"{counted(len(self.material_of), self.kind)}{beside}"

    def save(self, path: str | Path) -> None:
        """Write labels and log to `path` (.npz) and the generated masks beside it (`<stem>_generated.npz`)."""
        path = archive_path(path)
        self.generated.save(_generated_path(path))
        header = {
            "n_materials": self.n_materials,
            "n_materials_given": self.n_materials_given,
            "names": self.names,
            "material_of": self.material_of,
            "confidences": self.confidences,
            "name_confidence": self.name_confidence,
            "remark": self.remark,
            "labels_are_grains": self.labels_are_grains,
            "decisions": [asdict(decision) for decision in self.decisions],
        }
        with replacing(path) as partial:
            np.savez_compressed(
                partial, kind="Segmentation", labels=self.labels, grains=self.each_grain, header=json.dumps(header)
            )

    @classmethod
    def load(cls, path: str | Path) -> Segmentation:
        """Read a record that `save` wrote."""
        fields = open_archive(path, "Segmentation", {"labels": 2, "header": 0})
        generated = Masks.load(_generated_path(archive_path(path)))
        with as_saved(path, "Segmentation"):
            header = json.loads(str(fields["header"]))
            decisions = [Decision(**decision) for decision in header.pop("decisions")]
            return cls(fields["labels"], decisions, generated=generated, grains=fields.get("grains"), **header)


def _checked_names(names: Sequence[str | None], material_of: Sequence[int]) -> tuple[str | None, ...]:
    if len(names) not in (0, len(material_of)):
        raise InputError(
            f"{len(names)} names for {len(material_of)} materials; give one (or None) for each, or none at all."
        )
    named = {(name, material) for name, material in zip(names, material_of, strict=False) if name is not None}
    known = [name for name, _ in named]
    if not all(isinstance(name, str) and name.strip() for name in known) or len(set(known)) < len(known):
        raise InputError(f"names {list(names)}: each is a text of one material, or None for a material without one.")
    return tuple(names) or (None,) * len(material_of)


def _checked_confidence(given: Sequence[float | None], names: Sequence[str | None]) -> tuple[float | None, ...]:
    if len(given) not in (0, len(names)):
        raise InputError(f"name_confidence={list(given)}: give one (or None) for each of {len(names)} labels, or none.")
    for value, name in zip(given, names, strict=False):
        if value is not None and (name is None or not 0 <= value <= 1):
            raise InputError(f"name_confidence={value} of {name}: give a probability, 0 to 1, or None without a name.")
    return tuple(given) or (None,) * len(names)


def _check_grains(grains: NDArray[np.integer[Any]], labels: NDArray[np.integer[Any]]) -> None:
    """Refuse grains that are not 1, 2, … or that reach from one label into another."""
    if grains.shape != labels.shape:
        raise InputError(f"grains of shape {grains.shape} do not fit labels of shape {labels.shape}.")
    starts = run_starts(grains, labels)  # grains are large: there are few runs to look at
    of_grain, of_label = grains.ravel()[starts], labels.ravel()[starts]
    label_of = _label_of(of_grain, of_label)
    are_within = np.array_equal(of_grain > 0, of_label > 0) and np.array_equal(label_of[of_grain], of_label)
    if not are_within or (np.bincount(of_grain)[1:] == 0).any():
        raise InputError(
            "grains must be 1, 2, … without gaps, each within one label, and 0 where nothing is segmented."
        )


def _label_of(grains: NDArray[np.integer[Any]], labels: NDArray[np.integer[Any]]) -> NDArray[np.uint32]:
    """The label of the last pixel of each grain, by its number from 0, of some pixels (n,) and their labels."""
    found = np.zeros(int(grains.max(initial=0)) + 1, np.uint32)
    found[grains] = labels
    found[0] = 0
    return found


def _generated_path(path: Path) -> Path:
    return path.with_name(f"{path.stem}_generated.npz")
