"""The ends and junctions that were found in one frame."""

from __future__ import annotations

from dataclasses import dataclass

from samiam.errors import InputError
from samiam.records import Micrograph
from samiam.records.polar_scene import Points, Sign


@dataclass(frozen=True, eq=False)
class PolarPoints:
    """The ends (merons) and junctions (antimerons) of the stripes of one frame.

    Attributes:
        micrograph: the frame.
        points: on its pixels, none nearer than a period to the border of what it shows; the surest first.
        sign: of the stripes that end and meet.
        period_px: from one of them to the next, in widths of a pixel.
        remark: what there is to say of the result in words, such as why nothing was found; None for nothing.
        dropped: points nearer to the border, where nobody can tell whether a stripe ends; or in what is not shown.
        shows_stripes: whether any were seen; where not, that there are no points says nothing of the specimen.

    Raises:
        InputError: if the period is not a length.
    """

    micrograph: Micrograph
    points: Points
    sign: Sign
    period_px: float
    remark: str | None = None
    dropped: Points = Points([], [])  # noqa: RUF009
    shows_stripes: bool = True

    def __post_init__(self) -> None:
        if not self.period_px > 0:
            raise InputError(f"{self.micrograph.name}: period_px={self.period_px}: give a length in pixels.")

    def __repr__(self) -> str:
        return f"PolarPoints({self.micrograph.name}, {self.points} of {self.sign} stripes)"
