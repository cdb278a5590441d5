"""Amorphous carbon, quickly: random atoms no closer than allowed. All lengths in Å."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from simulate.library.crystals import FILMS

_FILM = FILMS["amorphous C"]
_SURPLUS = 1.5  # trials for each atom that is wanted: few rounds without many trials in vain


def carbon_film(side_A: float, thickness_A: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Positions (n, 3) of the atoms of a film from z = 0 up, periodic in all directions.

    Random addition in rounds: of the atoms of a round, one goes that lies too near to an earlier round's, or to one of
    its own round that was drawn before.
    """
    box = np.array([side_A, side_A, thickness_A])
    wanted = round(_FILM.atoms_per_A3 * float(box.prod()))
    placed = np.empty((0, 3))
    while (missing := wanted - len(placed)) > 0:
        new = rng.uniform(0, box, (int(_SURPLUS * missing) + 100, 3))
        if len(placed):
            near, _ = KDTree(placed, boxsize=box).query(new, distance_upper_bound=_FILM.closest_A)
            new = new[np.isinf(near)]
        pairs = KDTree(new, boxsize=box).query_pairs(_FILM.closest_A, output_type="ndarray")
        is_kept = np.ones(len(new), bool)
        is_kept[pairs.max(axis=1, initial=0)] = len(pairs) == 0
        placed = np.concatenate([placed, new[is_kept][:missing]])
    return placed
