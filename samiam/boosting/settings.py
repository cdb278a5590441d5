"""Settings of the semantic booster."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal, get_args

from pydantic import Field

from samiam.errors import InputError
from samiam.settings import Count, NotNegative, RunSeed, Share, settings
from samiam.texture.protocol import Estimator
from samiam.texture.settings import ClassifierOptions

ESTIMATORS: tuple[Estimator, ...] = get_args(Estimator)
"""The names that `estimate_n_materials` knows."""


@settings
class RemovalRules:
    """Thresholds of Algorithm 1; a rule whose threshold is null is switched off.

    With a = |A∩B| / |A| and b = |A∩B| / |B|, B is a *child* of A if b > `contained` and a < `contained`, and the
    two are *redundant* if both exceed it.

    Attributes:
        contained: share from which a mask counts as lying inside another.
        tiny_child: a child is removed if a is smaller than this.
        compound_parent: a mask is removed if its children with a > `tiny_child` sum to more than this.
        redundant: whether all but the largest of a redundant set are removed.
        tiny_island_px: a mask of fewer pixels than this is removed if the pixels around it are unsegmented and
            belong to a larger unsegmented region (60², the area of a crop, as SAM+'s min_mask_region_area).
    """

    contained: Annotated[float, Field(gt=0, lt=1)] = 0.90
    tiny_child: NotNegative | None = 0.05
    compound_parent: NotNegative | None = 0.70
    redundant: bool = True
    tiny_island_px: Annotated[int, Field(ge=0)] | None = 3600


@settings
class CropRules:
    """How crops are drawn.

    Attributes:
        n_crops: K, crops for each mask.
        crop_px: side of a crop.
        periods: where given, the side is that many periods of the image's lattice, at least `smallest_crop_px` and at
            most 128 px, or `crop_px` where that is more; and `crop_px` where there is no lattice.
        smallest_crop_px: where no crop of the full side fits, it is shrunk in steps of a quarter down to this.
        inside: share of a crop's pixels that must belong to the mask.
        placement: "random" anywhere (the paper), or "grid", cells of a non-overlapping grid (the released code).
        seed: of the draws.
    """

    n_crops: Count = 10
    crop_px: Count = 60
    periods: Annotated[float, Field(gt=0)] | None = None
    smallest_crop_px: Count = 24
    inside: Annotated[float, Field(gt=0, le=1)] = 0.90
    placement: Literal["random", "grid"] = "random"
    seed: RunSeed = 0

    def __post_init__(self) -> None:
        if self.smallest_crop_px > self.crop_px:
            raise InputError(f"smallest_crop_px={self.smallest_crop_px}: give at most crop_px={self.crop_px}.")


@settings
class GroupingRules:
    """How vectors become materials.

    Attributes:
        without_crops: what becomes of a mask in which no crop fits: "drop" leaves it unsegmented, "own" makes it a
            material of its own (as the released code does).
        estimator: how the number of materials is estimated where it is not given; what suits the encoder where null.
        threshold: of the estimator; its calibrated one where null.
        numbers_seen: how many images of the kind have 1, 2, … materials, by which the estimator "distance" goes too if
            the encoder sees fields; what its weights learnt from labels where null.
        clustering: "kmeans" of all crops (Algorithm 2), or average "linkage" of the masks' mean vectors, in which a
            large mask does not outweigh a small one; what suits the encoder where null.
        seed: of KMeans and of the estimate.
    """

    without_crops: Literal["drop", "own"] = "drop"
    estimator: Estimator | None = None
    threshold: float | None = None
    numbers_seen: tuple[Annotated[int, Field(ge=0)], ...] | None = None
    clustering: Literal["kmeans", "linkage"] | None = None
    seed: RunSeed = 0

    def __post_init__(self) -> None:
        if self.numbers_seen and self.estimator not in ("distance", None):
            raise InputError(f"numbers_seen: the estimator {self.estimator!r} does not go by them; use 'distance'.")


@settings
class NamingRules:
    """When the vote of a mask's crops names it.

    Attributes:
        least_share: share of all crops of a mask, the unsure ones included, that must agree. Whatever it is, a mask
            stays unnamed if two materials have equally many votes or more crops are unsure than agree.
    """

    least_share: Share = 0.5


@settings
class BoosterSettings:
    """The semantic booster.

    Attributes:
        removal: thresholds of the geometric rules.
        crops: number, size and placement of the crops.
        grouping: how vectors become materials.
        smallest_region_px: regions and holes below this area are dissolved when masks are merged; in an image of less
            than 16 times as many pixels, those below a sixteenth of it.
        classifier: names materials, crops of which are then not clustered (paper §4.2); {} for the weights that ship.
        naming: when the classifier's answers name a mask, or a material.
        embedding: what vectors are taken of: "crops" of each mask (the paper's way), or points all over it ("masks"),
            which only an encoder that sees the whole micrograph can do; null for points where the encoder can.
    """

    removal: RemovalRules = field(default_factory=RemovalRules)
    crops: CropRules = field(default_factory=CropRules)
    grouping: GroupingRules = field(default_factory=GroupingRules)
    smallest_region_px: Annotated[int, Field(ge=0)] = 256
    classifier: ClassifierOptions | None = None
    naming: NamingRules = field(default_factory=NamingRules)
    embedding: Literal["crops", "masks"] | None = None
