"""JSON that somebody else may have written."""

from __future__ import annotations

import json
import math
from typing import Any


def parse_json(text: str | bytes) -> Any:  # noqa: ANN401
    """The value of a JSON text, as the standard has it: without NaN and infinities.

    Raises:
        ValueError: if it is no JSON, has other numbers, or is nested too deeply to be read.
    """
    try:
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits} is no number of JSON")
    return number
