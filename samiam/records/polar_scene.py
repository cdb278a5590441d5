"""A frame of a labyrinth of stripe domains, of which every stripe end and every junction is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from samiam.errors import InputError
from samiam.records.micrograph import Micrograph
from samiam.records.showing import counted

Sign = Literal["bright", "dark"]
"""Of the stripes whose ends and junctions count: those of the others lie elsewhere, and are of the other charge."""
Kind = Literal["end", "junction"]
"""A meron, where a stripe ends (charge +½ of its orientation), and an antimeron, where three arms meet (−½)."""


@dataclass(frozen=True, eq=False)
class Points:
    """Ends and junctions of one frame.

    Attributes:
        positions_px: float64 (n, 2), row and column; the middle of the first pixel is at (0, 0).
        is_junction: bool (n,), False for ends.
        scores: float32 (n,), how sure each is, [0, 1]; 1 where not given.

    Raises:
        InputError: if shapes differ, a position is not finite or a score is not a share.

    Example:
        >>> Points([[3.5, 4.0], [9.0, 2.0], [1.0, 1.0]], [False, True, False])
        Points(2 ends, 1 junction)
    """

    positions_px: NDArray[np.float64]
    is_junction: NDArray[np.bool_]
    scores: NDArray[np.float32]

    def __init__(self, positions_px: ArrayLike, is_junction: ArrayLike, scores: ArrayLike | None = None) -> None:
        positions = np.array(positions_px, np.float64).reshape(-1, 2)
        junction = np.array(is_junction, np.bool_).reshape(-1)
        score = np.ones(len(junction), np.float32) if scores is None else np.array(scores, np.float32).reshape(-1)
        if not len(positions) == len(junction) == len(score):
            raise InputError(f"{len(positions)} positions, {len(junction)} kinds and {len(score)} scores do not fit.")
        if not np.isfinite(positions).all() or not ((score >= 0) & (score <= 1)).all():
            raise InputError("positions of points must be finite, and their scores lie between 0 and 1.")
        for name, values in (("positions_px", positions), ("is_junction", junction), ("scores", score)):
            values.flags.writeable = False
            object.__setattr__(self, name, values)

    def __len__(self) -> int:
        return len(self.positions_px)

    def select(self, which: ArrayLike) -> Points:
        """Some of the points: indices, or bool (n,)."""
        chosen = np.asarray(which) if np.size(which) else np.empty(0, np.int64)
        return Points(self.positions_px[chosen], self.is_junction[chosen], self.scores[chosen])

    def of_kind(self, kind: Kind) -> Points:
        """The ends, or the junctions."""
        return self.select(self.is_junction == (kind == "junction"))

    def __repr__(self) -> str:
        junctions = int(np.count_nonzero(self.is_junction))
        return f"Points({counted(len(self) - junctions, 'end')}, {counted(junctions, 'junction')})"


@dataclass(frozen=True, eq=False)
class PolarScene:
    """A frame with its truth.

    Attributes:
        micrograph: the frame.
        points: ends and junctions of the stripes of one sign; none lies within a period of the border, where nobody
            can tell whether a stripe ends.
        sign: of these stripes.
        period_px: distance from one bright stripe to the next.
        stripes: bool (H, W), the stripes of that sign, free of noise.
        video: by name; frames of one video belong into one split.
        frame: which of the video, from 0.
        parameters: how it was made (JSON-serialisable).

    Raises:
        InputError: if shapes differ or the period is not a length.
    """

    micrograph: Micrograph
    points: Points
    sign: Sign
    period_px: float
    stripes: NDArray[np.bool_]
    video: str
    frame: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name, shape = self.micrograph.name, self.micrograph.shape_hw
        if self.stripes.shape != shape:
            raise InputError(f"{name}: stripes of {self.stripes.shape} do not fit a micrograph of {shape}.")
        if not self.period_px > 0:
            raise InputError(f"{name}: period_px={self.period_px}: give a length in pixels.")

    def __repr__(self) -> str:
        return f"PolarScene({self.micrograph.name}, {self.points} of {self.sign} stripes)"
