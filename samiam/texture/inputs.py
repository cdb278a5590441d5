"""From grey crops to the images that networks take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

MEAN_RGB = (0.485, 0.456, 0.406)
STD_RGB = (0.229, 0.224, 0.225)
"""Statistics of ImageNet, by which torchvision's networks expect their images to be normalised."""


def checked_crop(crop: NDArray[np.float32], index: int) -> NDArray[np.float32]:
    """A crop as float32 in an array of its own, since torch takes neither read-only nor mirrored ones.

    Raises:
        InputError: if it is not a non-empty 2-D array of values in [0, 1].
    """
    pixels = np.array(crop, dtype=np.float32, order="C")
    if pixels.ndim != 2 or not pixels.size or not (pixels.min() >= 0 and pixels.max() <= 1):
        raise InputError(f"crop {index} of shape {pixels.shape} is not a grey image (h, w) with values in [0, 1].")
    return pixels


def resized(crop: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """A crop stretched to side × side pixels (bilinear, antialiased), as the paper does."""
    import torch
    from torch.nn import functional

    grey = torch.from_numpy(crop)[None, None]
    return functional.interpolate(grey, (side, side), mode="bilinear", antialias=True)[0, 0].numpy()


def mirror_padded(crop: NDArray[np.float32], least_px: int) -> NDArray[np.float32]:
    """A crop at its own scale, mirror-padded where a side is below `least_px`."""
    missing = [max(0, least_px - side) for side in crop.shape]
    if not any(missing):
        return crop
    return np.pad(crop, [(m // 2, m - m // 2) for m in missing], mode="symmetric")


def as_imagenet(grey: Tensor) -> Tensor:
    """Three equal channels with ImageNet's normalisation: float (B, 1, H, W) in [0, 1] → (B, 3, H, W)."""
    mean, std = (grey.new_tensor(values)[:, None, None] for values in (MEAN_RGB, STD_RGB))
    return (grey - mean) / std
