"""What a reader is asked for, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError

MAX_PIXELS = 16384**2  # 1 GB in single precision
MIN_SIDE_PX = 16  # in less no texture can be told
_REMEDY_FOR_KIND = {
    "c": "save its modulus or its real part",
    "b": "it is a mask, not a micrograph; give the image itself",
}


@dataclass(frozen=True)
class Request:
    """Which image of a file is wanted.

    Attributes:
        frame: index in a stack, or None.
        dataset: name or index of a data set in a file that may hold several, or None.
    """

    frame: int | None = None
    dataset: str | None = None

    def pick(self, n_frames: int, shape_hw: tuple[int, int], dtype: np.dtype[Any]) -> int:
        """The frame to load; readers ask for it once they know what the file declares, before loading pixels.

        Raises:
            InputError: if the images are too small, too large or not real numbers, or the frame has to be given
                or does not exist.
        """
        check_declared(shape_hw, dtype)
        if n_frames < 1:
            raise InputError("holds no image; export it again.")
        last = n_frames - 1
        if self.frame is None and n_frames > 1:
            raise InputError(f"holds {n_frames} frames; choose one with frame=0..{last} (--frame).")
        frame = self.frame or 0
        if not 0 <= frame <= last:
            raise InputError(f"has no frame {frame}; choose frame=0..{last} (--frame).")
        return frame

    def pick_dataset(self, names: list[str]) -> int:
        """The index of the data set to read, given the names of all.

        Raises:
            InputError: if it has to be given or does not exist.
        """
        listed = ", ".join(f"{index} ({name})" for index, name in enumerate(names))
        if self.dataset is None:
            if len(names) != 1:
                raise InputError(f"holds {len(names)} data sets; choose one with dataset= (--dataset): {listed}.")
            return 0
        if self.dataset in names:
            return names.index(self.dataset)
        if self.dataset.isdecimal() and int(self.dataset) < len(names):
            return int(self.dataset)
        raise InputError(f"has no data set {self.dataset!r}; choose with dataset= (--dataset): {listed}.")


@dataclass(frozen=True, eq=False)
class RawImage:
    """One image as its file holds it.

    Attributes:
        array: (H, W), or (H, W, C) without alpha; any real dtype; row 0 is the top.
        frame: its index in the file.
        n_frames: how many frames the file holds.
        pixel_size_nm: None where the file does not say.
        pixel_size_source: where the size stood in the file, or None.
        dataset: the name of the data set, where the format has names.
        data_bar_px: rows at the bottom of which the file says that they are the instrument's data bar; 0 where it
            does not say.
    """

    array: NDArray[Any]
    frame: int = 0
    n_frames: int = 1
    pixel_size_nm: float | None = None
    pixel_size_source: str | None = None
    dataset: str | None = None
    data_bar_px: int = 0


def check_declared(shape_hw: tuple[int, int], dtype: np.dtype[Any]) -> None:
    """Refuse images whose declared shape or type is of no use, before any pixel is read.

    Raises:
        InputError: see `Request.pick`.
    """
    height, width = shape_hw
    if dtype.kind not in "uif":
        remedy = _REMEDY_FOR_KIND.get(dtype.kind, "save it as integers or floats")
        raise InputError(f"holds {dtype} pixels; {remedy}.")
    if min(height, width) < MIN_SIDE_PX:
        raise InputError(f"is {width} x {height} pixels; both sides must be at least {MIN_SIDE_PX}.")
    if height * width > MAX_PIXELS:
        raise InputError(
            f"is {width} x {height} pixels, more than the {MAX_PIXELS} (16384 x 16384) that fit; crop or bin it."
        )


def real_size(size_nm: float | None, source: str) -> dict[str, Any]:
    """The two fields of `RawImage` that a pixel size fills, both None without a size."""
    return {"pixel_size_nm": size_nm, "pixel_size_source": None if size_nm is None else source}
