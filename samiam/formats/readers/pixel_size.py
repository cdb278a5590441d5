"""The two sides of a pixel, as files give them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from samiam.formats.readers.units import to_nm
from samiam.records.arrays import MOST_UNEQUAL

# Beyond these nothing is the pixel of an electron microscope, but a reciprocal length or another header's bytes.
_SMALLEST_NM, _LARGEST_NM = 1e-5, 1e8
_LARGEST_TAGGED_NM = 100.0  # A coarser resolution tag is one for printing: 72 dpi is 353 µm per pixel.
_ROUNDING = 1e-4  # of single precision, and of TIFF's fractions; sides so nearly equal are the same

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
    """

    width_nm: float | None = None
    height_nm: float | None = None
    source: str | None = None
    remark: str | None = None

    @property
    def aspect(self) -> float:
        """Height of a pixel over its width, 1 where nothing is known."""
        return 1.0 if self.width_nm is None or self.height_nm is None else self.height_nm / self.width_nm

    def instead_of(self, in_file: PixelSize) -> PixelSize:
        """This size, which was given, with a word where that of the file is of another shape."""
        if in_file.width_nm is None or in_file.height_nm is None or abs(in_file.aspect / self.aspect - 1) < _ROUNDING:
            return self
        said = f"{in_file.source} has {in_file.width_nm:.4g} × {in_file.height_nm:.4g} nm"
        return replace(self, remark=f"the pixel size was given; {said}, which is of another shape")

    def turned(self) -> PixelSize:
        """The sizes in an image that lies on its side."""
        return PixelSize(self.height_nm, self.width_nm, self.source, self.remark)


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
        return PixelSize()
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
    return PixelSize() if side is None else PixelSize(side, side, source)


def printing_left_out(size: PixelSize) -> PixelSize:
    """A size from a tag that is meant for printing; unknown where it is as coarse as printers are."""
    return size if (size.width_nm or 0.0) < _LARGEST_TAGGED_NM else PixelSize()


def _believed(length: Length) -> float | None:
    nm = to_nm(*length)
    return nm if nm is not None and _SMALLEST_NM < nm < _LARGEST_NM else None


def _written(length: Length) -> str:
    size, unit = length
    if size is None:
        return "nothing"
    try:
        number = f"{float(size):.4g}"  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = str(size)[:20]
    text = unit.decode("latin-1") if isinstance(unit, bytes) else str(unit or "")
    return f"{number} {text[:20]}".strip()
