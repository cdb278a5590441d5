"""Masks to materials: removal, crops, grouping, merging, and the booster that runs them in order."""

from samiam.boosting.booster import SemanticBooster, build_booster
from samiam.boosting.crops import Crops, embed_crops, sample_crops
from samiam.boosting.grouping import Grouping, group_masks
from samiam.boosting.merging import merge_masks
from samiam.boosting.n_materials import estimate_n_materials
from samiam.boosting.naming import Naming, group_named_masks, name_masks
from samiam.boosting.removal import remove_masks
from samiam.boosting.settings import BoosterSettings, CropRules, GroupingRules, NamingRules, RemovalRules

__all__ = [
    "BoosterSettings",
    "CropRules",
    "Crops",
    "Grouping",
    "GroupingRules",
    "Naming",
    "NamingRules",
    "RemovalRules",
    "SemanticBooster",
    "build_booster",
    "embed_crops",
    "estimate_n_materials",
    "group_masks",
    "group_named_masks",
    "merge_masks",
    "name_masks",
    "remove_masks",
    "sample_crops",
]
