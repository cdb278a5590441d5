"""One image from a microscope."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from samiam.artefacts.filling import mirrored_in
from samiam.artefacts.finding import Artefacts, find_artefacts
from samiam.artefacts.levels import percentiles
from samiam.errors import InputError
from samiam.lengths import length_unit
from samiam.records.archive import archive_path, as_saved, open_archive
from samiam.records.arrays import (
    OneChannel,
    both_sides,
    check_declared,
    check_percentiles,
    check_values,
    one_channel,
    without_blank_fourth,
)
from samiam.records.counts import without_offset
from samiam.records.showing import picture_of, png_of
from samiam.storage.files import replacing

if TYPE_CHECKING:
    from PIL import Image

_LEAST_NM, _MOST_NM = 1e-6, 1e9  # of a pixel: from a femtometre to a metre
_MOST_CHANNELS = 4  # red, green, blue and alpha; a longer third axis is one of frames
_ROWS_PER_BLOCK = 512  # 32 MB in double precision of an image of 8192 px


@dataclass(frozen=True, eq=False)
class Micrograph:
    """A grey-scale image with its scale.

    Attributes:
        pixels: float32 (H, W), finite, in [0, 1]; row 0 is the top.
        pixel_size_nm: width of a pixel in nanometres (1e-6 to 1e9), or None where the file does not say.
        name: short name for tables and file names.
        metadata: what else is known of the image (JSON-serialisable); `left_out` says in words what is not shown.
        shown: bool (H, W), pixels that show the specimen, and not a frame or a bar; None where all do.
        pixel_aspect: height of a pixel over its width; 1 where pixels are square.

    Raises:
        InputError: if the pixels are not a non-empty 2-D image of finite values in [0, 1], the pixel size is not
            within that range, or the aspect no positive finite number, or what is shown is of another shape or nothing.

    Example:
        >>> Micrograph(np.zeros((2, 3)), pixel_size_nm=0.02, name="dark")
        Micrograph(dark, 3 × 2 px, 0.02 nm/px)
    """

    pixels: NDArray[np.float32]
    pixel_size_nm: float | None = None
    name: str = "micrograph"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    shown: NDArray[np.bool_] | None = None
    pixel_aspect: float = 1.0

    def __post_init__(self) -> None:
        pixels = np.asarray(self.pixels, dtype=np.float32)
        if pixels.ndim != 2 or pixels.size == 0:
            raise InputError(f"{self.name}: a micrograph is a 2-D image (H, W), not an array of shape {pixels.shape}.")
        low, high = float(pixels.min()), float(pixels.max())
        if not (low >= 0.0 and high <= 1.0):
            raise InputError(
                f"{self.name}: pixel values span {low:g} to {high:g}; scale them into [0, 1] (read_micrograph does)."
            )
        size = self.pixel_size_nm
        if size is not None and not _LEAST_NM <= size <= _MOST_NM:
            raise InputError(
                f"{self.name}: a pixel size of {size} nm is impossible; give a number from {_LEAST_NM:g} to "
                f"{_MOST_NM:g}, or None."
            )
        if not 0 < self.pixel_aspect < math.inf:
            raise InputError(
                f"{self.name}: a pixel aspect of {self.pixel_aspect} is impossible; give 1 for square ones."
            )
        pixels = pixels.view()
        pixels.flags.writeable = False
        object.__setattr__(self, "pixels", pixels)
        object.__setattr__(self, "shown", _checked_shown(self.shown, self.name, pixels.shape))

    @classmethod
    def from_array(
        cls,
        array: NDArray[Any],
        *,
        pixel_size_nm: float | tuple[float, float] | None = None,
        channel: int | None = None,
        name: str = "array",
        metadata: Mapping[str, Any] | None = None,
        clip_percentiles: tuple[float, float] = (0.1, 99.9),
    ) -> Micrograph:
        """A micrograph from pixels in memory, as `read_micrograph` makes one of those in a file.

        Args:
            array: (H, W) or (H, W, C), C up to 4, of integers or floats of any range.
            pixel_size_nm: side of a square pixel in nm, or width and height; None where it is not known.
            channel: which channel, from 0; needed where they differ in more than a few pixels.
            name: of the micrograph.
            metadata: what else is known of it; `dtype`, `channel` and what `stretched` adds come to it.
            clip_percentiles: the two percentiles that become 0 and 1.

        Raises:
            InputError: if it is no image, too small or too large, not of real numbers, not finite or of one value, a
                channel has to be chosen, or a pixel cannot be of that size.

        Example:
            >>> counts = np.random.default_rng(0).poisson(1000, (64, 64)).astype(np.uint16)
            >>> Micrograph.from_array(counts, pixel_size_nm=0.02, name="gold")
            Micrograph(gold, 64 × 64 px, 0.02 nm/px)
        """
        try:
            used = _image_in(array, channel)
            check_percentiles(clip_percentiles)
            check_values(used.array)
            counts, offset = without_offset(used.array)
            width, height = (None, None) if pixel_size_nm is None else both_sides(pixel_size_nm)
            given = {"pixel_size_source": None if width is None else "argument"}
            return cls.stretched(
                counts,
                pixel_size_nm=width,
                pixel_aspect=1.0 if width is None or height is None else height / width,
                name=name,
                metadata={"dtype": str(array.dtype), "channel": used.number, **given, **(metadata or {})},
                clip_percentiles=clip_percentiles,
                artefacts=find_artefacts(counts, coloured=used.coloured),
                offset=offset,
            )
        except InputError as error:
            raise InputError(f"{name}: {error}") from None

    @classmethod
    def stretched(
        cls,
        counts: NDArray[Any],
        *,
        pixel_size_nm: float | None = None,
        name: str = "micrograph",
        metadata: Mapping[str, Any] | None = None,
        clip_percentiles: tuple[float, float] = (0.1, 99.9),
        artefacts: Artefacts | None = None,
        pixel_aspect: float = 1.0,
        offset: int = 0,
    ) -> Micrograph:
        """A micrograph from what a detector counted, its contrast stretched between two percentiles.

        Frames and bars are no part of what is stretched; dead and outlying pixels are replaced by those around them.
        Where both percentiles fall together the minimum and the maximum are used.

        Args:
            counts: real (H, W) of any type, finite and not all equal.
            pixel_size_nm: width of a pixel.
            name: of the micrograph.
            metadata: added to; `clip_percentiles` and `clip_values` say what became 0 and 1, and `left_out`, where
                anything was, what.
            clip_percentiles: two rising ones, 0 to 100.
            artefacts: what in the image is not the specimen; looked for where not given.
            pixel_aspect: height of a pixel over its width.
            offset: what was taken from the counts before, and is part of `clip_values`.
        """
        if artefacts is None and not offset:
            counts, offset = without_offset(counts)
        found = find_artefacts(counts) if artefacts is None else artefacts
        counts = found.mended
        values = counts if found.shown is None else counts[found.shown]
        # Half floats lack the digits to interpolate between.
        values = values.astype(np.float32) if values.dtype == np.float16 else values
        low, high = percentiles(values, clip_percentiles)
        if not low < high:
            clip_percentiles, low, high = (0.0, 100.0), float(values.min()), float(values.max())
        pixels = np.empty(counts.shape, np.float32)
        for row in range(0, len(counts), _ROWS_PER_BLOCK):  # In double precision, but never the whole image so.
            block = counts[row : row + _ROWS_PER_BLOCK].astype(np.float64)
            pixels[row : row + _ROWS_PER_BLOCK] = np.clip((block - low) / (high - low), 0.0, 1.0)
        facts = {
            "clip_percentiles": [float(value) for value in clip_percentiles],
            "clip_values": [low + offset, high + offset],
        }
        left_out = {"left_out": "; ".join(found.words)} if found.words else {}
        return cls(pixels, pixel_size_nm, name, {**(metadata or {}), **facts, **left_out}, found.shown, pixel_aspect)

    @cached_property
    def filled(self) -> NDArray[np.float32]:
        """The pixels, with what is not shown mirrored in from the nearest that is, so that nothing ends there."""
        return self.pixels if self.shown is None else mirrored_in(self.pixels, self.shown)

    @cached_property
    def pixels_sha256(self) -> str:
        """The SHA-256 of shape and pixels, which tells images apart that came from no file."""
        shape = f"{self.shape_hw}".encode()
        return hashlib.sha256(shape + self.pixels.astype("<f4").tobytes()).hexdigest()

    @property
    def file_name(self) -> str:
        """The name of the file that it was read from, as `sto_ge.dm4`; its own name where it came from none."""
        path = self.metadata.get("path")
        return self.name if path is None else Path(path).name

    @property
    def shape_hw(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def n_shown(self) -> int:
        """How many pixels show the specimen."""
        return self.pixels.size if self.shown is None else int(np.count_nonzero(self.shown))

    @property
    def pixel_height_nm(self) -> float | None:
        """Height of a pixel in nanometres, or None where its width is not known."""
        return None if self.pixel_size_nm is None else self.pixel_size_nm * self.pixel_aspect

    @property
    def unit(self) -> str:
        """Of lengths in the image: "nm", or "px" where the size of a pixel is not known."""
        return "px" if self.pixel_size_nm is None else "nm"

    @property
    def sides_xy(self) -> tuple[float, float]:
        """Width and height of a pixel in that unit; 1 and 1 where they are not known."""
        width_nm, height_nm = self.pixel_size_nm, self.pixel_height_nm
        return (1.0, 1.0) if width_nm is None or height_nm is None else (width_nm, height_nm)

    @property
    def scale(self) -> str:
        """The size of a pixel in words."""
        if self.pixel_size_nm is None:
            return "pixel size unknown"
        width_nm, height_nm = self.sides_xy
        factor, unit = length_unit(width_nm)
        height = "" if self.pixel_aspect == 1 else f" × {height_nm / factor:.4g}"
        return f"{width_nm / factor:.4g}{height} {unit}/px"

    def picture(self) -> Image.Image:
        """The image in grey, reduced to 1024 px where it is larger."""
        return picture_of(np.rint(255 * self.pixels).astype(np.uint8))

    def _repr_png_(self) -> bytes:
        return png_of(self.picture())

    def __repr__(self) -> str:
        height, width = self.shape_hw
        return f"Micrograph({self.name}, {width} × {height} px, {self.scale})"

    def save(self, path: str | Path) -> None:
        """Write the record to one .npz file; `load` gives it back bit for bit."""
        header = {
            "name": self.name,
            "pixel_size_nm": self.pixel_size_nm,
            "pixel_aspect": self.pixel_aspect,
            "metadata": dict(self.metadata),
        }
        shown: dict[str, Any] = {} if self.shown is None else {"shown": self.shown}
        with replacing(archive_path(path)) as partial:
            np.savez_compressed(partial, kind="Micrograph", pixels=self.pixels, header=json.dumps(header), **shown)

    @classmethod
    def load(cls, path: str | Path) -> Micrograph:
        """Read a record that `save` wrote."""
        fields = open_archive(path, "Micrograph", {"pixels": 2, "header": 0})
        with as_saved(path, "Micrograph"):
            return cls(fields["pixels"], **json.loads(str(fields["header"])), shown=fields.get("shown"))


def _image_in(array: NDArray[Any], channel: int | None) -> OneChannel:
    """The one channel (H, W) of an array that is worked on."""
    if array.ndim not in (2, 3) or array.size == 0 or (array.ndim == 3 and array.shape[2] > _MOST_CHANNELS):
        raise InputError(f"is an array of shape {array.shape}; give one image, (H, W) or (H, W, channels).")
    check_declared((array.shape[0], array.shape[1]), array.dtype, array.shape[2] if array.ndim == 3 else 1)
    return one_channel(without_blank_fourth(array), channel)


def _checked_shown(shown: NDArray[np.bool_] | None, name: str, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """What is shown, read-only; None where that is all."""
    if shown is None:
        return None
    shown = np.array(shown)
    if shown.shape != shape or shown.dtype != np.bool_:
        raise InputError(f"{name}: shown is {shown.dtype} {shown.shape}; give a boolean for each pixel of {shape}.")
    if not shown.any():
        raise InputError(f"{name}: no pixel is shown; mark those that show the specimen, or give None.")
    shown.flags.writeable = False
    return None if shown.all() else shown
