"""The bar below or above an image in which an instrument writes how it was taken."""

from __future__ import annotations

import numpy as np

from samiam.artefacts.levels import Counts, commonest, may_be_lossy, near

_LEAST_PX, _MOST = 8, 0.25  # its height: a line of text, and this share of the image's
_GROUND = 0.4  # least share of the ground in a row of text
_LETTERING = (0.005, 0.5)  # share of the bar that letters cover
_LOSSY, _BLOCK_PX = (
    0.1,
    8,
)  # of the contrast of letters, by which JPEG changes ground and letters; and how far from an edge


def find_data_bar(counts: Counts) -> tuple[int, int] | None:
    """The rows of a data bar at the bottom or, failing that, at the top.

    It reaches from side to side, has a ground of one level with letters of another, and begins with a row of either.

    Args:
        counts: real (H, W).

    Returns:
        The first row and the one behind the last, or None.
    """
    height = len(counts)
    if (n_rows := _rows_at_the_bottom(counts)) is not None:
        return height - n_rows, height
    if (n_rows := _rows_at_the_bottom(counts[::-1])) is not None:
        return 0, n_rows
    return None


def _rows_at_the_bottom(counts: Counts) -> int | None:
    """How many rows of the image are a bar."""
    height = len(counts)
    tallest = int(_MOST * height)
    if tallest < _LEAST_PX:
        return None
    ground, share = commonest(counts[-_LEAST_PX:])
    if share < _GROUND:
        return None
    lowest = counts[-tallest:].astype(np.float64)
    tolerance = _LOSSY * float(np.abs(lowest - float(ground)).max()) if may_be_lossy(counts) else 0.0
    at_ground = near(lowest, float(ground), tolerance)
    shares = at_ground.mean(axis=1)
    is_line = np.ptp(lowest, axis=1) <= tolerance  # a rule between cells
    is_bar = (shares >= _GROUND) | is_line
    n_rows = tallest if is_bar.all() else int(is_bar[::-1].argmin())
    if not _LEAST_PX <= n_rows < tallest:
        return None
    first, above = tallest - n_rows, counts[: height - n_rows]
    begins = (is_line | (shares > 0.95))[first : first + (1 if tolerance == 0 else _BLOCK_PX)].any()
    ends = max(near(rows, float(ground), tolerance).mean() for rows in (above, above[-4:])) < _GROUND
    return n_rows if begins and ends and _has_letters(lowest[first:], float(ground), tolerance) else None


def _has_letters(bar: Counts, ground: float, tolerance: float) -> bool:
    """Whether what stands on the ground of a bar is mostly of one level, the farthest from it."""
    differences = np.abs(bar - ground)
    ink = differences > tolerance
    least, most = _LETTERING
    if not least < ink.mean() < most:
        return False
    farthest = np.percentile(differences[ink], 95)
    return bool((np.abs(differences[ink] - farthest) <= 0.15 * farthest).mean() > 0.4)
