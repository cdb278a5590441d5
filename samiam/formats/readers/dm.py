"""DM3 and DM4 files of DigitalMicrograph, whose tags ncempy reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.formats.readers.axes import Axis, Pair, found_along, frame_of, frames_along, image_axes, interval_along
from samiam.formats.readers.ncempy_modules import ncempy_io
from samiam.formats.readers.pixel_size import PixelSize, pixel_size
from samiam.formats.readers.raw import (
    Found,
    RawImage,
    Request,
    are_of_diffraction,
    check_there,
    described,
    distinct,
    of_dataset,
    scanned_by,
)

if TYPE_CHECKING:
    from ncempy.io import dm
else:
    dm = ncempy_io("dm")

Tags = Mapping[str, Any]
# DataType codes of DigitalMicrograph (the numbers in its own header files); 23 is blue, green, red, unused.
_DTYPES = {
    1: "<i2",
    2: "<f4",
    3: "<c8",
    6: "u1",
    7: "<i4",
    9: "i1",
    10: "<u2",
    11: "<u4",
    12: "<f8",
    13: "<c16",
    14: "bool",
    23: "u1",
}
_RGB, _BYTES_OF_RGB = 23, 4
_MODES = tuple(f"ImageTags.Microscope Info.{mode} Mode" for mode in ("Illumination", "Imaging", "Operation"))
_FORMAT, _OF_SPECTRA = "ImageTags.Meta Data.Format", ("spectrum", "spectrum image")
_MOST_DIMENSIONS = 4


@dataclass(frozen=True)
class _Image:
    """One entry of a file's list of images.

    Attributes:
        tags: the group of its data.
        number: its place in the list, from 1.
        shape: slowest axis first.
        axes: likewise.
        code: of its pixels' type.
        is_said_of_spectra: whether its tags say that it is a spectrum, or an image of spectra.
    """

    tags: str
    number: int
    shape: tuple[int, ...]
    axes: tuple[Axis, ...]
    code: int
    is_said_of_spectra: bool

    @classmethod
    def of(cls, all_tags: Tags, group: str) -> _Image:
        keys = [str(number) for number in range(1, _MOST_DIMENSIONS + 1) if f"{group}.Dimensions.{number}" in all_tags]
        scales = [f"{group}.Calibrations.Dimension.{key}" for key in keys]
        axes = [Axis("", all_tags.get(f"{scale}.Scale"), all_tags.get(f"{scale}.Units")) for scale in scales]
        sides = [int(all_tags[f"{group}.Dimensions.{key}"]) for key in keys]
        found = re.search(r"\.(\d+)\.ImageData$", group)
        number, code = int(found[1]) if found else 0, int(all_tags[f"{group}.DataType"])
        said = str(all_tags.get(f".ImageList.{number}.{_FORMAT}")).strip().lower()
        return cls(group, number, tuple(sides[::-1]), tuple(axes[::-1]), code, said in _OF_SPECTRA)

    @property
    def is_spectrum(self) -> bool:
        """Whether there are no rows of it, or each is a spectrum."""
        return len(self.shape) < 2 or self.shape[-2] == 1 or (len(self.shape) == 2 and self._is_line)

    @property
    def _is_line(self) -> bool:
        """Whether it is a line of spectra. A map made of spectra may keep their tags, but has square pixels."""
        size = self.size((0, 1))
        is_square = size.width_nm is not None and size.aspect == 1
        return any(axis.is_energy for axis in self.axes) or (self.is_said_of_spectra and not is_square)

    def size(self, pair: Pair) -> PixelSize:
        """Of a pixel of the image along two of its axes."""
        y, x = (self.axes[index] for index in pair)
        return pixel_size("DM calibration", (x.step, x.unit), (y.step, y.unit))


def read_dm(path: Path, request: Request) -> RawImage:
    """DM3 and DM4: an image beside its thumbnail; of a series or a spectrum image one plane, by the units."""
    # An open file, because ncempy leaks its memory map when a header is damaged.
    with path.open("rb") as file:
        tags = dm.fileDM(file).allTags
    images, spectra = _entries(tags)
    found = _found(images, tags)
    chosen, request = request.pick_dataset(found)
    image, pair = images[chosen], _axes(images[chosen])
    if image.code not in _DTYPES:
        raise InputError(f"holds pixels of DigitalMicrograph type {image.code}; save them as integers or floats.")
    dtype, n_channels = np.dtype(_DTYPES[image.code]), _BYTES_OF_RGB if image.code == _RGB else 1
    along = frames_along(image.axes, pair, image.shape)
    frame = request.pick(found[chosen].n_frames, found[chosen].shape_hw, dtype, n_channels, along)
    offset = int(tags[f"{image.tags}.Data.arrayOffset"])
    check_there(offset + prod(image.shape) * n_channels * dtype.itemsize, path.stat().st_size)
    pixels: NDArray[Any] = np.memmap(path, dtype, "r", offset, (*image.shape, n_channels))
    channels = [frame_of(pixels[..., channel], pair, frame) for channel in ((2, 1, 0) if n_channels > 1 else (0,))]
    modes = [tags.get(f".ImageList.{image.number}.{mode}") for mode in _MODES]
    return RawImage(
        np.stack(channels, axis=2) if len(channels) > 1 else channels[0],
        frame,
        found[chosen].n_frames,
        image.size(pair),
        interval_along("DM calibration", image.axes, pair, image.shape),
        **of_dataset(found, chosen),
        not_images=spectra,
        detector=scanned_by(modes[0], found[chosen].name),
        is_diffraction=are_of_diffraction(*modes),
    )


def _entries(tags: Tags) -> tuple[list[_Image], tuple[str, ...]]:
    """The entries of the list that are images, and in words those that are spectra.

    Raises:
        InputError: if there is none.
    """
    groups = [key.removesuffix(".DataType") for key in tags if key.endswith(".ImageData.DataType")]
    if not groups:
        raise InputError("holds no image; export it again from DigitalMicrograph.")
    entries = [_Image.of(tags, group) for group in groups]
    images = [image for image in entries if not image.is_spectrum]
    if len(images) < len(entries) and all(_is_thumbnail(image, entries, tags) for image in images):
        raise InputError("holds a spectrum, not an image; give an image.")
    others = [entry for entry in entries if entry.is_spectrum and not _is_thumbnail(entry, entries, tags)]
    spectra = zip(distinct([_name(entry, tags) for entry in others]), others, strict=True)
    return images, tuple(described(name, entry.shape) for name, entry in spectra)


def _name(image: _Image, tags: Tags) -> str:
    return str(tags.get(f".ImageList.{image.number}.Name") or "")


def _axes(image: _Image) -> Pair:
    """Rows and columns: the axes along lengths where there are two, or the fastest ones as the program shows them."""
    n_lengths = sum(axis.is_length for axis in image.axes)
    return image_axes(image.axes, image.shape)[0] if n_lengths == 2 else (len(image.shape) - 2, len(image.shape) - 1)


def _found(images: list[_Image], tags: Tags) -> list[Found]:
    names = distinct([_name(image, tags) for image in images])
    return [
        replace(found, is_thumbnail=_is_thumbnail(image, images, tags))
        for image, name in zip(images, names, strict=True)
        for found in found_along(name, [_axes(image)], image.shape)
    ]


def _is_thumbnail(image: _Image, entries: list[_Image], tags: Tags) -> bool:
    """Whether the file lists it as one, or it is in colour beside one that is not: before it, or no larger."""
    listed = {int(value) + 1 for key, value in tags.items() if re.fullmatch(r"\.Thumbnails\.\d+\.ImageIndex", key)}
    others = [other for other in entries if other.code != _RGB]
    is_small = any(image.number < other.number or prod(image.shape) <= prod(other.shape) for other in others)
    return image.number in listed or (image.code == _RGB and is_small)
