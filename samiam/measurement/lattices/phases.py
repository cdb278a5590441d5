"""Crystals along zone axes that a lattice may be of: what fits, and by how much, never what it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from samiam.lattices.basis import Basis

_TABLE = Path(__file__).with_name("phases.json")  # made by scripts/phase_table.py
TOLERANCE = 0.03
"""By how much the spacings of a candidate may differ, for magnification and drift; those of perovskites differ less."""
TOLERANCE_DEG = 3.0
"""By how much the angle between its planes may."""
_HIGHEST_INDEX = 2  # of the planes of a candidate that are seen
_MOST_LEFT_OUT = 2  # times as many reflections as are seen: more, and some planes fit everything

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Phase:
    """The lattice that a crystal shows along a zone axis.

    Attributes:
        phase: name of the crystal.
        zone: the zone axis, as "110".
        a_nm: the shorter of its two shortest vectors.
        b_nm: the longer.
        angle_deg: between them, up to 90.
        source: of the crystal's lattice parameters.
    """

    phase: str
    zone: str
    a_nm: float
    b_nm: float
    angle_deg: float
    source: str

    @property
    def waves(self) -> Floats:
        """Two waves that all its reflections are sums of, (2, 2) in 1/nm."""
        angle = np.deg2rad(self.angle_deg)
        vectors = np.array([[self.a_nm, 0.0], [self.b_nm * np.cos(angle), self.b_nm * np.sin(angle)]])
        return np.asarray(np.linalg.inv(vectors).T)


@dataclass(frozen=True)
class Candidate:
    """A phase that fits.

    Attributes:
        phase: which.
        deviation: of the measured spacing that differs most from its own, as a share of that.
    """

    phase: Phase
    deviation: float

    def __str__(self) -> str:
        return f"{self.phase.phase} [{self.phase.zone}] {100 * self.deviation:+.1f} %"


@cache
def phases() -> tuple[Phase, ...]:
    """All that are known."""
    return tuple(Phase(**entry) for entry in json.loads(_TABLE.read_text(encoding="utf-8")))


def candidates_for(basis: Basis) -> list[Candidate]:
    """The phases that fit a lattice in nm within `TOLERANCE` and `TOLERANCE_DEG`, the nearest first.

    A lattice fits if its two widest planes are planes of the phase: some of its reflections may be too faint to be
    seen.
    """
    found = [(phase, _deviation(basis, phase)) for phase in phases()]
    fitting = [Candidate(phase, deviation) for phase, deviation in found if deviation is not None]
    return sorted(fitting, key=lambda one: abs(one.deviation))


def _deviation(basis: Basis, phase: Phase) -> float | None:
    """Of the spacings from those of the planes that fit best; None where none fits."""
    lengths, angle_deg = np.hypot(*basis.waves.T), _angle_deg(basis.waves)
    span = range(-_HIGHEST_INDEX, _HIGHEST_INDEX + 1)
    planes = np.array([indices for indices in product(span, repeat=2) if any(indices)]) @ phase.waves
    ratios = np.hypot(*planes.T)[:, None] / lengths - 1  # that of spacings is the inverse of that of waves
    first, second = (planes[np.abs(ratios[:, one]) <= TOLERANCE] for one in (0, 1))
    fitting = []
    for one, other in product(first, second):
        pair = np.stack([one, other])
        left_out = abs(np.linalg.det(pair) / np.linalg.det(phase.waves))
        if 0.5 < left_out < _MOST_LEFT_OUT + 0.5 and abs(_angle_deg(pair) - angle_deg) <= TOLERANCE_DEG:
            deviations = np.hypot(*pair.T) / lengths - 1
            fitting.append(float(deviations[np.argmax(np.abs(deviations))]))
    return min(fitting, key=abs, default=None)


def _angle_deg(pair: Floats) -> float:
    """Between two lines, up to 90."""
    first, second = pair
    cosine = abs(first @ second) / (np.hypot(*first) * np.hypot(*second))
    return float(np.degrees(np.arccos(min(1.0, cosine))))
