"""The semantic booster: from the masks of a generator to one region per material (paper §2.3, Fig. 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from samiam.boosting.crops import Crops, embed_crops, sample_crops
from samiam.boosting.grouping import Grouping, check_number, count_materials, group_masks, suited_to
from samiam.boosting.merging import merge_masks
from samiam.boosting.n_materials import likeliest_n_materials
from samiam.boosting.naming import Naming, given_once, group_named_masks, name_masks
from samiam.boosting.regions.levels import Levels, levels_of, remark_on
from samiam.boosting.removal import remove_masks
from samiam.boosting.settings import BoosterSettings, CropRules, GroupingRules, NamingRules, RemovalRules
from samiam.boosting.structure import lack_of_structure
from samiam.errors import InputError
from samiam.records import Action, Decision, Masks, Micrograph, Segmentation
from samiam.registry import DEFAULT_ENCODER, build_encoder
from samiam.settings import read_settings
from samiam.texture import ContextEncoder, CropClassifier, Encoder, FieldEncoder, TextureField
from samiam.texture.pose import UPRIGHT

_STILL_POSSIBLE = 0.7
"""Share of the distance between materials that masks of two may have where a number is given.

Masks that are nearer are parts of one; what divides it further is seen in the field. Chosen on procedural multilayers.
"""
Watch = Callable[[str], AbstractContextManager[Any]]
"""Takes the name of a stage, gives what surrounds it."""


def _unwatched(_stage: str) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True)
class SemanticBooster:
    """Removes meaningless masks, embeds crops of the rest, clusters them and merges masks of one material.

    With a classifier the materials have names. Where crops are embedded they are classified instead (paper §4.2), and
    only the masks that it cannot name are clustered, whose materials stay without a name. Where points all over the
    image are, materials are told apart as without it, and then named by crops of each.

    Attributes:
        encoder: what turns crops into vectors.
        removal: thresholds of the geometric rules.
        crops: number, size and placement of the crops.
        grouping: how vectors become materials.
        smallest_region_px: regions and holes below this area are dissolved when masks are merged; in an image of less
            than 16 times as many pixels, those below a sixteenth of it.
        classifier: what names the material of crops, or None.
        naming: when the classifier's answers name a mask, or a material.
        embedding: what vectors are taken of: "crops" of each mask (the paper's way), or points all over it ("masks"),
            which a `ContextEncoder` alone can do; None for points where the encoder can.

    Raises:
        InputError: if masks are to be embedded without crops by an encoder that cannot.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> micrograph = Micrograph(np.hstack([0.2 * rng.random((128, 64)), 0.8 + 0.2 * rng.random((128, 64))]))
        >>> parts = Masks.from_labels(np.kron([[1, 2], [3, 4]], np.ones((64, 64), int)))
        >>> SemanticBooster(build_encoder("spectrum"))(micrograph, parts, n_materials=2)
        Segmentation(2 materials of 4 masks, number given: 2, 100.0% segmented)
    """

    encoder: Encoder = field(default_factory=lambda: build_encoder(DEFAULT_ENCODER))
    removal: RemovalRules = field(default_factory=RemovalRules)
    crops: CropRules = field(default_factory=CropRules)
    grouping: GroupingRules = field(default_factory=GroupingRules)
    smallest_region_px: int = 256
    classifier: CropClassifier | None = None
    naming: NamingRules = field(default_factory=NamingRules)
    embedding: Literal["crops", "masks"] | None = None

    def __post_init__(self) -> None:
        if self.embedding not in ("crops", "masks", None):
            raise InputError(f"embedding={self.embedding!r}: give 'crops' or 'masks'.")
        if self.embedding == "masks" and not isinstance(self.encoder, ContextEncoder):
            raise InputError(f"embedding='masks': the encoder {self.encoder.name} needs crops; compact does not.")
        if self.grouping.numbers_seen and not (self._embeds_masks and isinstance(self.encoder, FieldEncoder)):
            raise InputError("numbers_seen: only compact counts by them, without crops; leave them out.")

    def __call__(
        self,
        micrograph: Micrograph,
        masks: Masks,
        n_materials: int | None = None,
        watch: Watch = _unwatched,
        *,
        grains: bool = False,
    ) -> Segmentation:
        """Segment an image into its materials.

        Args:
            micrograph: the image.
            masks: the masks that a generator made for it.
            n_materials: how many materials there are, or grains where these are the regions; None to estimate it. A
                classifier of crops may find more.
            watch: surrounds each stage ("removal", "embedding", "grouping", "merging", "dividing", "naming" where that
                is one), as a meter does.
            grains: whether the grains are the regions, see `Segmentation.by_grains`.

        Returns:
            The materials, with the names that the classifier gave, and one decision for each mask. No masks, and an
            image without any structure, give a segmentation without materials. Where the encoder is a `FieldEncoder`,
            grains are found too, what no mask covers goes to the material that it looks like, and a number that is
            higher than that of the materials is reached by dividing them, the most distinct split first.
        """
        check_number(n_materials)
        if grains:
            self.check_sees_grains()
        lack = lack_of_structure(micrograph.pixels)
        if lack is not None:
            nothing = np.zeros(micrograph.shape_hw, np.uint32)
            log = [Decision(index, "removed", "no_structure", 0.0, 0.0) for index in range(len(masks))]
            given = n_materials is not None
            found = Segmentation(nothing, log, n_materials or 0, given, masks, micrograph=micrograph, remark=lack)
            return found.by_grains() if grains else found
        with watch("removal"):
            kept, removed = remove_masks(masks, self.removal)
            remaining = masks.select(kept)
        # What is found anyway need not be forced: a number that is given divides and joins whatever is nearest.
        tried = (None, n_materials) if n_materials is not None and self._may_divide and not grains else (n_materials,)
        for number in tried:
            groups, levels, label_of = self._found(micrograph, remaining, number, n_materials, watch, grains=grains)
            if len(levels.material_of) == n_materials:
                break
        renumbered = levels.renumbered
        label_of = {material: renumbered[label] for material, label in label_of.items() if label in renumbered}
        log = removed + _log_of_merging(kept, groups, label_of)
        log.sort(key=lambda decision: decision.mask)
        names, name_confidence = self._names(micrograph, levels, groups, label_of, watch)
        found = Segmentation(
            levels.labels,
            log,
            n_materials or len(set(levels.material_of)) or groups.n_materials,
            n_materials is not None,
            masks,
            names,
            micrograph,
            # A number of grains that was given is that of the regions, which then are not divided further.
            levels.labels if grains and n_materials is not None else levels.grains,
            levels.material_of,
            levels.confidences,
            name_confidence=name_confidence,
            remark=remark_on(levels, n_materials),
        )
        return found.by_grains() if grains else found

    def _found(
        self,
        micrograph: Micrograph,
        masks: Masks,
        n_materials: int | None,
        wanted: int | None,
        watch: Watch,
        *,
        grains: bool,
    ) -> tuple[Grouping, Levels, dict[int, int]]:
        """The materials of masks, the regions and grains of the image, and the label that each material had first."""
        groups, n_regions = self._group(micrograph, masks, n_materials, watch)
        with watch("merging"):
            # A turned or mirrored image has the same regions, as ties are decided in it; crops are at random anyway.
            field = self.encoder.field(micrograph) if isinstance(self.encoder, FieldEncoder) else None
            pose = UPRIGHT if field is None else field.pose
            labels, label_of = merge_masks(
                masks, groups.materials, smallest_region_px=self.smallest_region_px, pose=pose
            )
        with watch("dividing"):
            pixels = pose.apply(micrograph.pixels)
            levels = self._levels(pixels, labels, field, n_regions, wanted, into_grains=grains).undone(pose)
        return groups, levels, label_of

    def check_sees_grains(self) -> None:
        """Refuse an encoder that does not tell grains apart, which would pass materials off as grains."""
        if not isinstance(self.encoder, FieldEncoder):
            raise InputError(f"grains: the encoder {self.encoder.name} does not see them; use compact.")

    def __repr__(self) -> str:  # the encoder, and what is not as by default
        usual = SemanticBooster(self.encoder)
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        unusual = (f"{name}={value!r}" for name, value in values if value != getattr(usual, name))
        return f"SemanticBooster({', '.join([repr(self.encoder), *unusual])})"

    def _group(
        self, micrograph: Micrograph, masks: Masks, n_materials: int | None, watch: Watch
    ) -> tuple[Grouping, int | None]:
        """The material of each mask, and how many regions there have to be in the end; None where it is as it is."""
        rules, n_regions = self._suited_grouping, n_materials
        if self._embeds_masks:
            with watch("embedding"):
                vectors, owners = cast("ContextEncoder", self.encoder).encode_masks(micrograph, masks)
            with watch("grouping"):
                if n_regions is None and rules.numbers_seen and rules.threshold is not None:
                    n_regions = likeliest_n_materials(vectors, owners, rules.threshold, rules.numbers_seen)
                of_masks = n_regions
                if n_regions is not None and isinstance(self.encoder, FieldEncoder):  # which divides them further
                    of_masks = min(n_regions, _count_at_most(vectors, owners, rules))
                return group_masks(vectors, owners, len(masks), of_masks, rules), n_regions
        with watch("embedding"):
            crops = sample_crops(micrograph, masks, self.crops)
            naming = None if self.classifier is None else self._name(self.classifier, crops, len(masks))
            if naming is not None:
                crops = crops.select(np.flatnonzero(naming.materials[crops.owners] < 0))
            vectors = embed_crops(self.encoder, micrograph, crops)
        with watch("grouping"):
            if naming is None:
                found = group_masks(vectors, crops.owners, len(masks), n_materials, rules, is_large=crops.is_large)
            else:
                found = group_named_masks(naming, vectors, crops.owners, n_materials, rules, is_large=crops.is_large)
            return found, n_regions

    def _levels(
        self,
        pixels: NDArray[np.float32],
        labels: NDArray[np.uint32],
        field: TextureField | None,
        n_regions: int | None,
        wanted: int | None,
        *,
        into_grains: bool,
    ) -> Levels:
        """Regions and grains from an image and labels in the pose of a field; the labels where there is no field."""
        if field is not None:
            return levels_of(
                labels,
                field.posed(),
                n_regions,
                pixels=pixels,
                parts=self._may_divide,
                wanted=wanted,
                into_grains=into_grains,
                smallest_region_px=self.smallest_region_px,
            )
        numbers = list(range(1, int(labels.max(initial=0)) + 1))
        return Levels(labels, labels, numbers, {number: number for number in numbers})

    def _name(self, classifier: CropClassifier, crops: Crops, n_masks: int) -> Naming:
        answers = classifier.classify(crops.pixels)
        return name_masks(answers, crops.owners, n_masks, classifier.materials, self.naming)

    @property
    def _may_divide(self) -> bool:
        """Whether regions may be divided beyond what masks say: not those that have names."""
        return isinstance(self.encoder, FieldEncoder) and (self.classifier is None or self._embeds_masks)

    @property
    def _embeds_masks(self) -> bool:
        if self.embedding is None:
            return isinstance(self.encoder, ContextEncoder)
        return self.embedding == "masks"

    def _names(
        self, micrograph: Micrograph, levels: Levels, groups: Grouping, label_of: Mapping[int, int], watch: Watch
    ) -> tuple[list[str | None], list[float | None]]:
        """The name of each label, and how probable it is that it is right; None each for one without a name."""
        if self.classifier is None:
            return [], []
        known, n_labels = self.classifier.materials, len(levels.material_of)
        if self._embeds_masks:
            with watch("naming"):
                naming = self._named_materials(self.classifier, micrograph, levels)
            places, confidence = [int(naming.materials[m - 1]) for m in levels.material_of], naming.by_material
        else:
            places = [-1 if m is None else m for m in _by_label(label_of, n_labels)]
            confidence = dict(groups.name_confidence)
        names = [known[place] if 0 <= place < len(known) else None for place in places]
        return names, [confidence.get(place) for place in places]

    def _named_materials(self, classifier: CropClassifier, micrograph: Micrograph, levels: Levels) -> Naming:
        """What each material is named by crops of it, once all are told apart."""
        material_of = np.array([0, *levels.material_of])
        masks = Masks.from_labels(material_of[levels.labels])
        return given_once(self._name(classifier, sample_crops(micrograph, masks, self.crops), len(masks)))

    @property
    def _suited_grouping(self) -> GroupingRules:
        return suited_to(self.grouping, self.encoder)

    @property
    def options(self) -> Mapping[str, Any]:
        """Every setting (JSON-serialisable), for provenance; those of the classifier where there is one."""
        options = {
            "encoder": {"name": self.encoder.name, **self.encoder.options},
            "removal": asdict(self.removal),
            "embedding": "masks" if self._embeds_masks else "crops",
            "crops": asdict(self.crops),
            "grouping": asdict(self._suited_grouping),
            "smallest_region_px": self.smallest_region_px,
        }
        if self.classifier is not None:
            options["classifier"] = {"name": self.classifier.name, **self.classifier.options}
            options["naming"] = asdict(self.naming)
        return options


def build_booster(
    encoder: Encoder, *, seed: int = 0, classifier: CropClassifier | None = None, **settings: Any
) -> SemanticBooster:
    """Make a `SemanticBooster` from plain settings, as they stand in a config or on a command line.

    Args:
        encoder: what turns crops into vectors.
        seed: of the crops and of the clustering.
        classifier: what names the material of crops, or None.
        settings: attributes of `BoosterSettings` but for the classifier.

    Raises:
        InputError: if a setting is unknown or out of range, a seed is among the crops' or the grouping's own, or
            materials are to be named by nothing.
    """
    read = read_settings(BoosterSettings, "booster", settings)
    if settings.get("naming") and classifier is None:
        raise InputError("booster.naming: there is nothing that names materials; give a classifier as well.")
    return SemanticBooster(
        encoder,
        read.removal,
        replace(read.crops, seed=seed),
        replace(read.grouping, seed=seed),
        read.smallest_region_px,
        classifier,
        read.naming,
        read.embedding,
    )


def _by_label(label_of: Mapping[int, int], n_labels: int) -> list[int | None]:
    """The material of each label, None for one that has no mask."""
    material_of = {label: material for material, label in label_of.items()}
    return [material_of.get(label) for label in range(1, n_labels + 1)]


def _count_at_most(vectors: NDArray[np.float32], owners: NDArray[np.int64], rules: GroupingRules) -> int:
    """How many materials masks may be of at all, by an estimate that takes smaller differences for real."""
    closer = None if rules.threshold is None else _STILL_POSSIBLE * rules.threshold
    return count_materials(vectors, owners, np.ones(len(owners), np.bool_), replace(rules, threshold=closer))


def _log_of_merging(kept: NDArray[np.intp], groups: Grouping, label_of: Mapping[int, int]) -> list[Decision]:
    """What grouping and merging made of the masks that the geometric rules had left."""
    log = []
    sizes = np.bincount(groups.materials[groups.materials >= 0], minlength=1)
    for place, index in enumerate(kept.tolist()):
        material, rule = int(groups.materials[place]), groups.rules[place]
        value, threshold = float(groups.votes[place]), float(groups.runner_up[place])
        if material < 0:
            log.append(Decision(index, "removed", rule, 0.0, 1.0))
        elif material not in label_of:
            log.append(Decision(index, "removed", "dissolved", value, threshold))
        else:
            action: Action = "merged" if sizes[material] > 1 else "kept"
            log.append(Decision(index, action, rule, value, threshold, material=label_of[material]))
    return log
