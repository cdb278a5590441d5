"""The two physics of labyrinths."""

from __future__ import annotations

import numpy as np

from simulate.labyrinth.evolution import Equation, Field, wave_vectors
from simulate.labyrinth.settings import Physics


def drawn_equation(physics: Physics, rng: np.random.Generator, n: int) -> Equation:
    """An equation on a grid (n, n), with parameters that make labyrinths."""
    return (_swift_hohenberg if physics == "swift_hohenberg" else _ginzburg_landau)(rng, n)


def _swift_hohenberg(rng: np.random.Generator, n: int) -> Equation:
    """u_t = εu − (1 + ∇²)²u + g u² − u³ (Swift and Hohenberg 1977, doi:10.1103/PhysRevA.15.319).

    Just above the threshold stripes are sines; g tells bright from dark ones, and would make hexagons if it were more.
    """
    down, across = wave_vectors(n)
    drive, asymmetry = rng.uniform(0.3, 0.8), rng.uniform(0, 0.35)

    def nonlinear(field: Field) -> Field:
        return field * field * (np.float32(asymmetry) - field)

    growth = drive - (1 - down**2 - across**2) ** 2
    return Equation(growth.astype(np.float32), nonlinear, step=0.5)


def _ginzburg_landau(rng: np.random.Generator, n: int) -> Equation:
    """u_t = u − u³ + κ∇²u − β∫G(u − ū) (Ohta and Kawasaki 1986, doi:10.1021/ma00164a028; Muratov 2002,
    doi:10.1103/PhysRevE.66.066108): a double well whose walls cost κ, and charges that repel each other, −∇²G = δ.

    The field is saturated but for its walls, which prefer two directions at right angles as those of a cubic crystal
    do. How much of it is bright is kept.
    """
    down, across = wave_vectors(n)
    stiffness, anisotropy = rng.uniform(0.2, 0.4), rng.uniform(0, 0.08)
    squared = down**2 + across**2
    squared[0, 0] = 1.0  # only lest it be divided by
    fourfold = 1 - 8 * (down * across / squared) ** 2  # the cosine of four times the direction
    growth = 1 - stiffness * (squared * (1 + anisotropy * fourfold) + 1 / squared)
    growth[0, 0] = 0.0

    def nonlinear(field: Field) -> Field:
        cubed = field * field * field
        return cubed.mean(dtype=np.float32) - cubed

    return Equation(growth.astype(np.float32), nonlinear, step=1.0, damping=1.5)
