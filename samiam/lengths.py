"""Lengths and areas as they are said to people; CSV files have nm throughout."""

from __future__ import annotations

import math
from collections.abc import Sequence

_LONGER = ((1e6, "mm"), (1e3, "µm"))  # nm in each
_DIGITS = 4


def length_unit(length_nm: float) -> tuple[float, str]:
    """The unit in which a length is said, and how many nm it has: mm, µm or nm.

    Example:
        >>> length_unit(2614.5)
        (1000.0, 'µm')
    """
    return next((longer for longer in _LONGER if length_nm >= longer[0]), (1.0, "nm"))


def area_unit(area_nm2: float) -> tuple[float, str]:
    """Likewise of an area, and how many nm² it has.

    Example:
        >>> area_unit(3.7e12)
        (1000000000000.0, 'mm²')
    """
    factor, unit = length_unit(math.sqrt(area_nm2))
    return factor**2, f"{unit}²"


def length_text(length_nm: float, digits: int = _DIGITS) -> str:
    """A length in words.

    Example:
        >>> length_text(2614.5), length_text(0.02), length_text(15.37, 2)
        ('2.615 µm', '0.02 nm', '15 nm')
    """
    factor, unit = length_unit(length_nm)
    return f"{length_nm / factor:.{digits}g} {unit}"


def area_texts(areas_nm2: Sequence[float]) -> list[str]:
    """Areas in words, all in the unit of the largest, so that they compare at a glance.

    Example:
        >>> area_texts([3_693_920_248_075.0, 640_160_433_375.0]), area_texts([1234.5])
        (['3.694 mm²', '0.6402 mm²'], ['1,234.50 nm²'])
    """
    factor, unit = area_unit(max(areas_nm2, default=0.0))
    values = [area / factor for area in areas_nm2]
    return [f"{value:,.{2 if factor == 1 else _decimals(value)}f} {unit}" for value in values]


def _decimals(value: float) -> int:
    """How many stand behind the point of a number of four digits or more."""
    return max(0, _DIGITS - 1 - math.floor(math.log10(value))) if value > 0 else 0
