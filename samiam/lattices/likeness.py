"""Whether two lattices may be one that is turned, mirrored and distorted."""

from __future__ import annotations

from itertools import product

import numpy as np

from samiam.lattices.basis import Basis, Floats

_LARGEST_CELL = 4
"""Times a cell that another one of the same lattice may have: weak reflections of one grain are lost in another."""
_ALIKE = 0.15  # stretch from which lattices do not lie alike, however little they turn
_BY_CHANCE = 2.0
"""Times a stretch counts from one cell to a larger one: among so many, some nearly fit any lattice."""


def _cells() -> tuple[Floats, Floats]:
    """Pairs of vectors (n, 2, 2) that span a lattice, or cells of it that are larger or smaller; what each costs."""
    pairs = np.array(list(product(range(-3, 4), repeat=4)), np.float64).reshape(-1, 2, 2)
    sizes = np.rint(np.abs(np.linalg.det(pairs)))
    same, larger = pairs[sizes == 1], pairs[(sizes > 1) & (sizes <= _LARGEST_CELL)]
    costs = np.repeat([1.0, _BY_CHANCE], [len(same), 2 * len(larger)])
    return np.concatenate([same, larger, np.linalg.inv(larger)]), costs


_CELLS, _COSTS = _cells()


def stretch_between(first: Basis, second: Basis) -> float:
    """By how much a lattice has to be stretched or pressed to become another one.

    Turns and mirror images cost nothing. A cell may be two to four times larger or smaller; a stretch then counts
    twice.

    Returns:
        The larger logarithm of the two principal stretches, without its sign, of the way that takes least: 0 for one
        lattice, 0.1 where a side is a tenth longer.

    Example:
        >>> square, long = (Basis(np.diag([0.1, side]), np.zeros((4, 4)), 4) for side in (0.1, 0.07))
        >>> round(stretch_between(square, square), 3), round(stretch_between(square, long), 3)
        (0.0, 0.357)
    """
    return float(_ways_between(first, second)[1].min())


def stretch_of_aligned(first: Basis, second: Basis, most_turned_deg: float) -> float | None:
    """By how much a lattice has to be stretched or pressed to become another one that lies as it does.

    Args:
        first: one of them.
        second: the other one.
        most_turned_deg: by how much it may turn.

    Returns:
        As `stretch_between`; None where they do not lie alike, so that it takes 0.15 or more.

    Example:
        >>> square, long = (Basis(np.diag([0.1, side]), np.zeros((4, 4)), 4) for side in (0.1, 0.095))
        >>> round(stretch_of_aligned(square, long, 1.0), 3)
        0.051
    """
    maps, stretches = _ways_between(first, second)
    turns_deg = np.rad2deg(np.arctan2(maps[:, 1, 0] - maps[:, 0, 1], maps[:, 0, 0] + maps[:, 1, 1]))
    is_turn = (np.linalg.det(maps) > 0) & (np.abs(turns_deg) <= most_turned_deg) & (stretches < _ALIKE)
    return float(stretches[is_turn].min()) if is_turn.any() else None


def _ways_between(first: Basis, second: Basis) -> tuple[Floats, Floats]:
    """The maps (n, 2, 2) of one lattice onto another one that come into question, and by how much each stretches."""
    maps = second.vectors.T @ _CELLS @ np.linalg.inv(first.vectors.T)
    return maps, _COSTS * np.abs(np.log(np.linalg.svd(maps, compute_uv=False))).max(axis=1)
