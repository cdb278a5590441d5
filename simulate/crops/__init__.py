"""Crops of one material each, for classifiers and encoders: drawn on the fly or kept in files.

`CropConditions` says how crops may be imaged, `draw_crop` makes one, `CropDataset` draws them as they are asked for,
`write_crops` and `read_crops` keep splits with what made them. `held_out_splits` tests under conditions that training
has not seen, and `draw_once` keeps such splits for whoever asks again.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
