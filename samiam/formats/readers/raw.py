"""What a reader is asked for, and what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.formats.readers.interval import Interval
from samiam.formats.readers.pixel_size import PixelSize
from samiam.records.arrays import check_declared

_PLAINLY_LARGER = 4  # times the pixels of any other image: a thumbnail or a level of a pyramid has half the sides
MOST_LISTED = 10  # of the images of a file


@dataclass(frozen=True)
class Found:
    """One image, or one stack of images of a kind, among those that a file holds.

    Attributes:
        name: as the file calls it; empty where it does not.
        shape_hw: of each image.
        n_frames: how many there are.
        is_thumbnail: whether the file says that it stands for another one.
        about: what else tells it from others, in words.
        has_other_axes: whether the same numbers may be images along other axes.
    """

    name: str
    shape_hw: tuple[int, int]
    n_frames: int = 1
    is_thumbnail: bool = False
    about: str = ""
    has_other_axes: bool = False

    def __str__(self) -> str:
        height, width = self.shape_hw
        frames = "" if self.n_frames == 1 else f", {self.n_frames} frames"
        return ", ".join(filter(None, [self.name, f"{width} x {height}{frames}", self.about]))


@dataclass(frozen=True)
class Request:
    """Which image of a file is wanted.

    Attributes:
        frame: index in a stack, or None.
        dataset: name or index of one of several images or stacks, or None.
    """

    frame: int | None = None
    dataset: str | None = None

    def pick(
        self, n_frames: int, shape_hw: tuple[int, int], dtype: np.dtype[Any], n_channels: int = 1, along: str = ""
    ) -> int:
        """The frame to load; readers ask for it once they know what the file declares, before loading pixels.

        Args:
            n_frames: how many there are.
            shape_hw: of each image.
            dtype: of its pixels.
            n_channels: of each.
            along: what frames lie along, for whoever has to choose one.

        Raises:
            InputError: if the images are too small, too large or not real numbers, or the frame has to be given
                or does not exist.
        """
        check_declared(shape_hw, dtype, n_channels)
        if n_frames < 1:
            raise InputError("holds no image; export it again.")
        last = n_frames - 1
        if self.frame is None and n_frames > 1:
            ways = f" ({along})" if along else ""
            raise InputError(f"holds {n_frames} frames{ways}; choose one with frame=0..{last} (--frame).")
        frame = self.frame or 0
        if not 0 <= frame <= last:
            raise InputError(f"has no frame {frame}; choose frame=0..{last} (--frame).")
        return frame

    def pick_dataset(self, found: Sequence[Found]) -> tuple[int, Request]:
        """The index of the image or stack to read, and what is asked of it.

        Where it is not given it is the one that is plainly larger than all others. Where none is and each is a single
        image, they count as frames.

        Raises:
            InputError: if it has to be given or does not exist.
        """
        if not found:
            raise InputError("holds no image; export it again.")
        names = [one.name for one in found]
        if self.dataset is not None:
            if self.dataset in names:
                return names.index(self.dataset), self
            if self.dataset.isdecimal() and int(self.dataset) < len(names):
                return int(self.dataset), self
            raise InputError(f"has no data set {self.dataset!r}; choose with dataset= (--dataset): {_listed(found)}.")
        if (plain := _plain_choice(found)) is not None:
            return plain, self
        if self.frame is not None and all(one.n_frames == 1 for one in found) and 0 <= self.frame < len(found):
            return self.frame, replace(self, frame=None)
        raise InputError(f"holds {len(found)} data sets; choose one with dataset= (--dataset): {_listed(found)}.")


def _plain_choice(found: Sequence[Found]) -> int | None:
    """The only one, or the largest by far, thumbnails left aside; None where there is a choice, as of axes."""
    left = [index for index, one in enumerate(found) if not one.is_thumbnail] or list(range(len(found)))
    left.sort(key=lambda index: -_pixels(found[index]))
    if len(left) == 1:
        return left[0]
    first, second = found[left[0]], found[left[1]]
    is_plain = not first.has_other_axes and _pixels(first) >= _PLAINLY_LARGER * _pixels(second)
    return left[0] if is_plain else None


def _pixels(one: Found) -> int:
    return one.shape_hw[0] * one.shape_hw[1]


def _listed(found: Sequence[Found]) -> str:
    listed = ", ".join(f"{index} ({one})" for index, one in enumerate(found[:MOST_LISTED]))
    return listed if len(found) <= MOST_LISTED else f"{listed}, ... {len(found) - 1} ({found[-1]})"


def distinct(names: Sequence[str]) -> list[str]:
    """The names, numbered where two are equal; those that are empty stay so."""
    return [
        f"{name} #{names[:n].count(name) + 1}" if name and names.count(name) > 1 else name
        for n, name in enumerate(names)
    ]


@dataclass(frozen=True, eq=False)
class RawImage:
    """One image as its file holds it.

    Attributes:
        array: (H, W), or (H, W, C) without alpha; any real dtype; row 0 is the top.
        frame: its index among the frames.
        n_frames: how many there are.
        pixel_size: as far as the file tells it.
        interval: from one frame to the next, likewise.
        dataset: the name of the data set, or its number where the file holds several without a name.
        n_datasets: how many there are beside thumbnails.
        data_bar_px: rows at the bottom of which the file says that they are the instrument's data bar; 0 where it
            does not say.
        orientation: in words how the file asks for the image to be turned, which has been done; None for not.
        beside: the other images and stacks that could be chosen, each with its number.
        not_images: what else the file holds, as spectra.
        unwritten: in words which of the pixels the file does not hold; None where it holds them all.
        detector: what recorded the image, in the file's words, as "HAADF" or "BM-Ceta", with "STEM" before it where
            the file says that a probe was scanned; None where it says nothing.
        is_diffraction: whether the file says, otherwise than by the size of a pixel, that it is a diffraction pattern.
    """

    array: NDArray[Any]
    frame: int = 0
    n_frames: int = 1
    pixel_size: PixelSize = field(default_factory=PixelSize)
    interval: Interval = field(default_factory=Interval)
    dataset: str | None = None
    n_datasets: int = 1
    data_bar_px: int = 0
    orientation: str | None = None
    beside: tuple[str, ...] = ()
    not_images: tuple[str, ...] = ()
    unwritten: str | None = None
    detector: str | None = None
    is_diffraction: bool = False


def of_dataset(found: Sequence[Found], index: int) -> dict[str, Any]:
    """The fields of `RawImage` that tell which data set was chosen; its number stands for a name that it lacks."""
    chosen, n_images = found[index], sum(not one.is_thumbnail for one in found)
    is_choice = n_images > 1 or chosen.is_thumbnail
    beside = tuple(f"{other} ({one})" for other, one in enumerate(found) if other != index and not one.is_thumbnail)
    return {"dataset": chosen.name or (str(index) if is_choice else None), "n_datasets": n_images, "beside": beside}


def scanned_by(mode: object, name: str) -> str | None:
    """What recorded an image of a name, by the mode of illumination that its file notes: "STEM HAADF", or None."""
    return f"STEM {name}".rstrip() if "STEM" in str(mode).upper() else None


def are_of_diffraction(*noted: object) -> bool:
    """Whether modes of a microscope, or types of a signal, are of a diffraction pattern; a scan has those modes too."""
    said = " ".join(map(str, noted)).upper()
    return "DIFFRACTION" in said and not any(scan in said for scan in ("STEM", "SCANNING"))


def diffraction_in_words(is_said: bool, size: PixelSize, who: str = "the file") -> str | None:
    """What there is to say of what is no image of the specimen; None where nothing tells that.

    Args:
        is_said: whether it is called a diffraction pattern.
        size: of its pixels, before another is given.
        who: says so.
    """
    if is_said:
        return f"{who} says that it is a diffraction pattern, not an image of the specimen"
    if size.is_reciprocal:
        among = "a diffraction pattern or a Fourier transform, not an image of the specimen"
        return f"{who} gives both sides of a pixel as reciprocal lengths or angles: {among}"
    return None


def described(name: str, shape: Sequence[int]) -> str:
    """Name and sides of what is no image, for a list: "EELS, 67 x 2048"."""
    return ", ".join(filter(None, [name, " x ".join(map(str, shape)) or "one number"]))


def in_words(named: Sequence[str]) -> str | None:
    """What a file holds, the first few of it; None for nothing."""
    more = len(named) - MOST_LISTED
    return ", ".join([*named[:MOST_LISTED], *([f"{more} more"] if more > 0 else [])]) or None


def check_there(n_bytes: int, there: int) -> None:
    """Refuse a file with fewer bytes than its header declares, before any memory is taken for them.

    Raises:
        InputError: if so.
    """
    if there < n_bytes:
        raise InputError("ends before its pixels do; it was cut short, copy or export it again.")
