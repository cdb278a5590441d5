from .booster import SemanticBooster, build_booster
from .crops import Crops, embed_crops, sample_crops
from .grouping import Grouping, group_masks
from .merging import merge_masks
from .n_materials import estimate_n_materials
from .naming import Naming, group_named_masks, name_masks
from .removal import remove_masks
from .settings import BoosterSettings, CropRules, GroupingRules, NamingRules, RemovalRules

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
