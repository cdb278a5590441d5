"""What a condition of a crop may be drawn from: intervals, or a list of choices."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

Interval = tuple[float, float]
Range = Interval | tuple[Interval, ...]
"""(lowest, highest), or several such pairs: what is held out lies between them."""


@dataclass(frozen=True)
class Within:
    """What a `Range` may be, for its annotation: pairs that rise between two limits. It is kept as a tuple of pairs.

    Attributes:
        low: no end of a pair is below.
        high: no end of a pair is above.
    """

    low: float
    high: float

    @property
    def description(self) -> str:
        """In words."""
        return f"(lowest, highest), or several such pairs that rise, within {self.low:g} to {self.high:g}"

    def __get_pydantic_core_schema__(self, _: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        pairs = handler.generate_schema(tuple[Interval, ...])
        several = core_schema.no_info_before_validator_function(_as_pairs, pairs)
        return core_schema.no_info_after_validator_function(self._rising, several)

    def _rising(self, pairs: tuple[Interval, ...]) -> tuple[Interval, ...]:
        ends = [self.low, *(end for pair in pairs for end in pair), self.high]
        if not pairs or ends != sorted(ends):
            raise ValueError("not pairs that rise")
        return pairs


def _as_pairs(value: object) -> object:
    is_one = isinstance(value, tuple) and not any(isinstance(part, tuple) for part in value)
    return (value,) if is_one else value


@dataclass(frozen=True)
class Different:
    """What a list of choices may be, for its annotation: none comes twice.

    Attributes:
        choices: what they are, in words.
        least: how many there are at least.
    """

    choices: str
    least: int = 1

    @property
    def description(self) -> str:
        """In words."""
        return f"a list of different {self.choices}{', one at least' if self.least else ''}"

    def __get_pydantic_core_schema__(self, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def _checked(self, choices: tuple[object, ...]) -> tuple[object, ...]:
        if len(choices) < self.least or len(set(choices)) < len(choices):
            raise ValueError("too few, or one twice")
        return choices
