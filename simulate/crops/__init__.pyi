from .datasets import CropDataset
from .drawing import draw_crop, image_crop
from .held_out import SAME, STAND_INS, draw_once, held_out_splits, stand_in_splits
from .parameters import CropParameters, draw_parameters
from .ranges import CropConditions, SplitSizes
from .splits import MaterialisedCrops, read_crops, write_crops
from .stand_ins import StandInDataset

__all__ = [
    "CropConditions",
    "CropParameters",
    "draw_parameters",
    "draw_crop",
    "image_crop",
    "CropDataset",
    "MaterialisedCrops",
    "write_crops",
    "read_crops",
    "SAME",
    "STAND_INS",
    "StandInDataset",
    "stand_in_splits",
    "SplitSizes",
    "held_out_splits",
    "draw_once",
]
