"""The two sides of a pixel, as files give them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from samiam.formats.readers.units import is_reciprocal, to_nm, unit_text
from samiam.records.arrays import MOST_UNEQUAL

# Beyond these nothing is the pixel of an electron microscope, but a reciprocal length, a resolution for printing or
# another header's bytes: 50 µm are a field of 5 cm on 1024 pixels, 300 dpi are 85 µm and 72 dpi 353 µm.
_SMALLEST_NM, _LARGEST_NM = 1e-5, 5e4
_LARGEST_TAGGED_NM = 100.0  # A coarser resolution tag is one for printing: 4800 dpi are 5.3 µm.
_SHORTEST_OF_PRINTING_NM = 1e6  # unit, the mm, in which resolutions for printing are given
_ROUNDING = 1e-4  # of single precision, and of TIFF's fractions; sides so nearly equal are the same
_CALIBRATED = 0.1  # of a size: who gives another one by no more has calibrated it
_OF_NO_LENGTH = ("px", "pixel", "pixels", "none", "unknown", "arbitrary", "<undefined>", "t.dimensions.undefined")

Length = tuple[object, object]
"""A size and its unit, of whatever type."""


@dataclass(frozen=True)
class PixelSize:
    """How large a pixel is, and who says so.

    Attributes:
        width_nm: None where it is not known.
        height_nm: likewise; the two are known together, or not at all.
        source: where it stood in the file, None where it is not known.
        remark: what else is to be said of it: why it is not known although something is there, or what was assumed.
        is_reciprocal: whether both sides are reciprocal lengths or angles, as of a diffraction pattern.
    """

    width_nm: float | None = None
    height_nm: float | None = None
    source: str | None = None
    remark: str | None = None
    is_reciprocal: bool = False

    @property
    def aspect(self) -> float:
        """Height of a pixel over its width, 1 where nothing is known."""
        return 1.0 if self.width_nm is None or self.height_nm is None else self.height_nm / self.width_nm

    def instead_of(self, in_file: PixelSize) -> PixelSize:
        """This size, which was given, with a word where that of the file is another, or of another shape."""
        if self.width_nm is None or in_file.width_nm is None or in_file.height_nm is None:
            return self
        said = f"the pixel size was given; {in_file.source} has {in_file.width_nm:.4g}"
        if abs(in_file.aspect / self.aspect - 1) >= _ROUNDING:
            return replace(self, remark=f"{said} × {in_file.height_nm:.4g} nm, which is of another shape")
        differs = abs(in_file.width_nm / self.width_nm - 1) > _CALIBRATED
        return replace(self, remark=f"{said} nm") if differs else self

    def turned(self) -> PixelSize:
        """The sizes in an image that lies on its side."""
        return replace(self, width_nm=self.height_nm, height_nm=self.width_nm)


def pixel_size(source: str, x: Length | None, y: Length | None) -> PixelSize:
    """The size of a pixel from a length along each axis.

    Args:
        source: where they stood.
        x: along a row; None where the file does not say.
        y: down a column; likewise. Where only one is there, pixels count as square, and that is said.

    Returns:
        The size; unknown, with a remark, where one of them is there but is no length that a pixel can have.
    """
    given = [length for length in (x, y) if length is not None]
    sides = [_believed(length) for length in given]
    if not any(sides):
        is_of_both = len(given) == 2 and all(map(_is_reciprocal, given))
        return PixelSize(remark=_no_length(source, given), is_reciprocal=is_of_both)
    if len(sides) == 1:
        return PixelSize(sides[0], sides[0], source, f"{source} tells one side of a pixel; it was taken for square")
    width, height = sides
    if width is None or height is None or max(width / height, height / width) > MOST_UNEQUAL:
        along_x, along_y = map(_written, given)
        return PixelSize(remark=f"{source} has {along_x} along x and {along_y} along y, so the pixel size is unknown")
    if abs(height / width - 1) < _ROUNDING:
        height = width
    return PixelSize(width, height, source)


def square(source: str, size: object, unit: object) -> PixelSize:
    """The size of a pixel where the format has but one number for it."""
    side = _believed((size, unit))
    if side is None:
        return PixelSize(remark=_no_length(source, [(size, unit)]), is_reciprocal=_is_reciprocal((size, unit)))
    return PixelSize(side, side, source)


def printable(source: str, x: Length | None, y: Length | None) -> PixelSize:
    """The size of a pixel from tags that are meant for printing; unknown where it is as coarse as printers are.

    Args:
        source: where they stood.
        x: as `pixel_size` takes it.
        y: likewise.
    """
    sides = [nm for length in (x, y) if length is not None and (nm := to_nm(*length)) is not None]
    if min(sides, default=0.0) < _LARGEST_TAGGED_NM:
        return pixel_size(source, x, y)
    return PixelSize(remark=f"{source} has {sides[0] / 1000:.4g} µm, as for printing: the size is unknown")


def is_of_printing(unit: object) -> bool:
    """Whether resolutions for printing are given in a unit: mm, cm or m, which nobody needs for micrographs."""
    nm = to_nm(1, unit)
    return nm is not None and nm >= _SHORTEST_OF_PRINTING_NM


def _no_length(source: str, given: Sequence[Length]) -> str | None:
    """Why none of some lengths is the size of a pixel; None where they do not claim to be one."""
    claims = [length for length in given if _claims(length)]
    return f"{source} has {_written(claims[0])}, which no pixel can have: the size is unknown" if claims else None


def _claims(length: Length) -> bool:
    """Whether there is a number with a unit, be it that of a frequency."""
    size, unit = length
    text = unit_text(unit).strip().lower()
    try:
        return float(size) > 0 and bool(re.search(r"[a-zµμåÅ°]", text)) and text not in _OF_NO_LENGTH  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False


def _is_reciprocal(length: Length) -> bool:
    return _claims(length) and is_reciprocal(length[1])


def is_possible(side_nm: float) -> bool:
    """Whether a pixel of an electron microscope can be so large."""
    return _SMALLEST_NM < side_nm < _LARGEST_NM


def _believed(length: Length) -> float | None:
    nm = to_nm(*length)
    return nm if nm is not None and is_possible(nm) else None


def _written(length: Length) -> str:
    size, unit = length
    if size is None:
        return "nothing"
    try:
        number = f"{float(size):.4g}"  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = str(size)[:20]
    return f"{number} {unit_text(unit)[:20]}".strip()
