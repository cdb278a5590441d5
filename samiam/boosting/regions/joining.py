"""Materials into fewer, where an image seems to have more than are asked for."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from samiam.boosting.regions.alike.lookalikes import LEAST_SHARE, may_be_one
from samiam.boosting.regions.alike.reflected import reflections_of, shows_no_lattice
from samiam.boosting.regions.division.splitting import log_odds_of_materials
from samiam.lattices.basis import lattice_of
from samiam.lattices.steps.step import LOG_ODDS_AFTER
from samiam.morphology import n_beside
from samiam.outlines import largest_part
from samiam.records.arrays import numbers_in
from samiam.texture import TextureField

_WITHOUT_LATTICES = -3.0
"""Log odds that two materials are counted apart, by neither showing a lattice: the parts of a cap are one.

This and the next were chosen on scenes of `simulate.scenes.benchmark` (seeds 901 and 902, also turned by 30° and
magnified 1.5 times) and of `simulate.procedural_scene` in which more materials were found than there are.
"""
_BY_LATTICES = 2.0
"""Likewise by lattices that are not one."""


def joined(
    materials: NDArray[np.uint32],
    field: TextureField,
    pixels: NDArray[np.float32],
    n: int,
    faint: Collection[tuple[int, int]] = (),
) -> dict[int, int]:
    """The materials that are taken for another one so that so many are left, the least distinct two first.

    Who counts fewer materials than there seem to be counts crystals before what has no lattice, as the bright and the
    dark part of a cap: where there are two crystals or more to begin with, what has no lattice is joined sooner.

    Args:
        materials: uint32 (H, W), 0 where not segmented, materials 1, 2, ….
        field: what an encoder sees in the image.
        pixels: float32 (H, W), the image.
        n: how many are to be left, 1 or more.
        faint: pairs that a step along planes of the lattice tells apart, whatever the encoder sees.

    Returns:
        For each material that is joined to another the number of that.
    """
    found, became = materials.copy(), dict[int, int]()
    sizes = {label: np.count_nonzero(largest_part(materials == label)) for label in numbers_in(materials)}
    solid = [label for label, size in sizes.items() if size >= LEAST_SHARE * materials.size]
    seen = {label: reflections_of(materials == label, pixels) for label in solid}
    lattices = {label: basis for label in solid if (basis := lattice_of(seen[label])) is not None}
    bare = {label for label in solid if shows_no_lattice(seen[label])} if len(lattices) > 1 else set()
    known = {frozenset(pair) for pair in faint}

    def rank(pair: tuple[int, int]) -> tuple[float, int]:
        """What is too small for the field to tell goes to what it touches most."""
        odds = rating(pair)
        return odds, 0 if np.isfinite(odds) else -n_beside(*(found == label for label in pair))

    def rating(pair: tuple[int, int]) -> float:
        odds = log_odds_of_materials(found == pair[0], found == pair[1], field)
        odds = max(odds, LOG_ODDS_AFTER) if frozenset(pair) in known else odds
        if bare.issuperset(pair):
            return odds + _WITHOUT_LATTICES
        differ = all(label in lattices for label in pair) and not may_be_one(*(lattices[label] for label in pair))
        return odds + _BY_LATTICES if differ else odds

    ranks: dict[tuple[int, int], tuple[float, int]] = {}
    while len(left := numbers_in(found)) > n:
        ranks = {pair: ranks[pair] if pair in ranks else rank(pair) for pair in combinations(left, 2)}
        one, other = min(ranks, key=lambda pair: ranks[pair])
        found[found == other] = one
        became = {label: one if into == other else into for label, into in became.items()} | {other: one}
        known = {frozenset(one if label == other else label for label in pair) for pair in known}
        if other in lattices:
            lattices.setdefault(one, lattices[other])
        if other in seen and other not in bare:
            bare.discard(one)
        ranks = {pair: value for pair, value in ranks.items() if one not in pair}
    return became
