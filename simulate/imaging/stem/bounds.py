"""What a number of an instrument may be; the keyword is the name (with its unit) that the user gave it."""

from __future__ import annotations

import math

from samiam.errors import InputError


def need_positive(**values: float) -> None:
    """Raise InputError for the first value that is not finite and above 0."""
    for name, value in values.items():
        if not 0 < value < math.inf:
            raise InputError(f"{name}={value}: give a finite number above 0.")


def need_not_negative(**values: float) -> None:
    """Raise InputError for the first value that is not finite and at least 0."""
    for name, value in values.items():
        if not 0 <= value < math.inf:
            raise InputError(f"{name}={value}: give a finite number, 0 or more.")


def need_shape(shape_hw: tuple[int, int]) -> None:
    """Raise InputError unless the shape is two whole numbers of at least 1."""
    if len(shape_hw) != 2 or any(side != int(side) or side < 1 for side in shape_hw):
        raise InputError(f"shape_hw={shape_hw}: give height and width in whole pixels, at least 1 each.")
