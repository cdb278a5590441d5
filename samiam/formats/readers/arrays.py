"""NumPy files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.formats.readers.axes import Axis, found_along, frame_of, image_axes
from samiam.formats.readers.raw import RawImage, Request, of_dataset
from samiam.records.arrays import without_blank_fourth

_MOST_CHANNELS = 4


def read_npy(path: Path, request: Request) -> RawImage:
    """An array (H, W), (H, W, C) with at most 4 channels, or of frames; where its shape does not tell, it is asked."""
    try:
        array: NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
    except ValueError as error:
        if "Python objects" not in str(error):
            raise
        raise InputError("holds Python objects; save it as integers or floats.") from error
    if array.ndim < 2 or array.size == 0:
        raise InputError(f"holds an array of shape {array.shape}; an image has two dimensions (H, W).")
    n_channels = _channels(array.shape)
    shape = array.shape[:-1] if n_channels else array.shape
    pairs = image_axes([Axis()] * len(shape), shape)
    found = found_along("", pairs, shape)
    chosen, request = request.pick_dataset(found)
    pair = pairs[chosen]
    frame = request.pick(found[chosen].n_frames, found[chosen].shape_hw, array.dtype, max(1, n_channels))
    if n_channels:
        planes = [frame_of(array[..., channel], pair, frame) for channel in range(n_channels)]
        image = without_blank_fourth(np.stack(planes, axis=2))
    else:
        image = frame_of(array, pair, frame)
    return RawImage(image, frame, found[chosen].n_frames, **of_dataset(found, chosen))


def _channels(shape: tuple[int, ...]) -> int:
    """How many channels the last axis holds; 0 where it is one of the image."""
    return shape[-1] if len(shape) > 2 and shape[-1] <= _MOST_CHANNELS else 0
