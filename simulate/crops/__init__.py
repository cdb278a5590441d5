"""Crops of one material each, for classifiers and encoders: drawn on the fly or kept in files.

`CropConditions` says how crops may be imaged, `draw_crop` makes one, `CropDataset` draws them as they are asked for,
`write_crops` and `read_crops` keep splits with what made them. `held_out_splits` tests under conditions that training
has not seen, and `draw_once` keeps such splits for whoever asks again.
"""

from simulate.crops.datasets import CropDataset
from simulate.crops.drawing import draw_crop, image_crop
from simulate.crops.held_out import SAME, SplitSizes, draw_once, held_out_splits
from simulate.crops.parameters import CropParameters, draw_parameters
from simulate.crops.ranges import CropConditions
from simulate.crops.splits import MaterialisedCrops, read_crops, write_crops

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
    "SplitSizes",
    "held_out_splits",
    "draw_once",
]
