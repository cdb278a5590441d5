"""Two-dimensional lattices of atomic columns, in pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError


@dataclass(frozen=True)
class Column:
    """One atomic column of the unit cell.

    Attributes:
        u: position along the first cell vector, in cells, [0, 1).
        v: position along the second cell vector, in cells, [0, 1).
        intensity: peak height above the background, > 0 (arbitrary units).
    """

    u: float
    v: float
    intensity: float


@dataclass(frozen=True)
class Lattice:
    """A periodic arrangement of columns.

    Attributes:
        a_px: length of the first cell vector.
        b_px: length of the second cell vector.
        gamma_deg: angle between them.
        columns: the columns of one cell.
        sigma_px: standard deviation of a column's image (a Gaussian).
        rotation_deg: angle of the first vector to the image's x axis, clockwise as y points down.
    """

    a_px: float
    b_px: float
    gamma_deg: float
    columns: tuple[Column, ...]
    sigma_px: float
    rotation_deg: float = 0.0

    @property
    def vectors_px(self) -> NDArray[np.float64]:
        """The two cell vectors as rows (x, y)."""
        angles = np.deg2rad([self.rotation_deg, self.rotation_deg + self.gamma_deg])
        directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        return np.asarray(directions * [[self.a_px], [self.b_px]])

    def positions_px(
        self, column: Column, shape_hw: tuple[int, int], origin_xy: tuple[float, float]
    ) -> NDArray[np.float64]:
        """Where this column stands in an image: float64 (n, 2), (x, y), with a margin of 4 σ around the image."""
        height, width = shape_hw
        margin = 4 * self.sigma_px
        corners = np.array([(x, y) for x in (-margin, width + margin) for y in (-margin, height + margin)])
        cells = (corners - origin_xy) @ np.linalg.inv(self.vectors_px)
        low, high = np.floor(cells.min(axis=0)).astype(int) - 1, np.ceil(cells.max(axis=0)).astype(int) + 1
        i, j = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1), indexing="ij")
        fractions = np.stack([i.ravel() + column.u, j.ravel() + column.v], axis=1)
        xy = fractions @ self.vectors_px + origin_xy
        inside = ((xy >= -margin) & (xy <= np.array([width, height]) + margin)).all(axis=1)
        return np.asarray(xy[inside])


CellName = Literal["square", "rectangular", "hexagonal", "centred", "two_sublattices", "honeycomb", "dumbbell"]
NAMED_CELLS: dict[CellName, tuple[float, float, tuple[tuple[float, float, float], ...]]] = {
    # name: b/a, gamma_deg, columns as (u, v, relative intensity)
    "square": (1.0, 90.0, ((0.0, 0.0, 1.0),)),
    "rectangular": (1.41, 90.0, ((0.0, 0.0, 1.0),)),
    "hexagonal": (1.0, 60.0, ((0.0, 0.0, 1.0),)),
    "centred": (1.41, 90.0, ((0.0, 0.0, 1.0), (0.5, 0.5, 1.0))),
    "two_sublattices": (1.0, 90.0, ((0.0, 0.0, 1.0), (0.5, 0.5, 0.45))),
    "honeycomb": (1.0, 60.0, ((1 / 3, 1 / 3, 1.0), (2 / 3, 2 / 3, 1.0))),
    "dumbbell": (1.41, 90.0, ((0.0, 0.0, 1.0), (0.0, 0.25, 1.0), (0.5, 0.5, 1.0), (0.5, 0.75, 1.0))),
}


def named_lattice(name: CellName, period_px: float, *, rotation_deg: float = 0.0) -> Lattice:
    """A lattice by the name of its cell, with `period_px` as the length of the first vector.

    Raises:
        InputError: if the name is not in `NAMED_CELLS`.
    """
    if name not in NAMED_CELLS:
        raise InputError(f"unknown lattice {name!r}; known are {', '.join(NAMED_CELLS)}.")
    ratio, gamma_deg, columns = NAMED_CELLS[name]
    sigma_px = max(0.8, 0.13 * period_px)
    return Lattice(period_px, ratio * period_px, gamma_deg, tuple(Column(*c) for c in columns), sigma_px, rotation_deg)


def random_lattice(rng: np.random.Generator, period_px: tuple[float, float], n_columns: tuple[int, int]) -> Lattice:
    """Any cell: both vectors within `period_px`, 60–120° between them, columns no closer than a fifth of a cell.

    Args:
        rng: source of the draws.
        period_px: shortest and longest cell vector.
        n_columns: fewest and most columns in a cell; fewer where they do not fit.
    """
    a_px, b_px = rng.uniform(*period_px, size=2)
    gamma_deg = float(rng.choice([90.0, 60.0, rng.uniform(60, 120)], p=[0.5, 0.2, 0.3]))
    wanted = int(rng.integers(n_columns[0], n_columns[1] + 1))
    columns = [Column(0.0, 0.0, 1.0)]
    for u, v in rng.uniform(size=(8 * wanted, 2)):
        if len(columns) < wanted and all(_distance_in_cells(u, v, c) > 0.3 for c in columns):
            columns.append(Column(float(u), float(v), float(rng.uniform(0.3, 1.0))))
    sigma_px = max(0.8, float(rng.uniform(0.09, 0.17)) * min(a_px, b_px))
    return Lattice(float(a_px), float(b_px), gamma_deg, tuple(columns), sigma_px, float(rng.uniform(0, 180)))


def _distance_in_cells(u: float, v: float, column: Column) -> float:
    offset = np.array([u - column.u, v - column.v])
    return float(np.hypot(*(offset - np.rint(offset))))


def similar_lattice(lattice: Lattice, rng: np.random.Generator) -> Lattice:
    """The same cell with one column changed in intensity, or added, as a substitution on one sublattice does."""
    if len(lattice.columns) == 1:
        added = Column(float(rng.uniform(0.35, 0.65)), float(rng.uniform(0.35, 0.65)), float(rng.uniform(0.4, 0.7)))
        return replace(lattice, columns=(*lattice.columns, added))
    index = int(rng.integers(len(lattice.columns)))
    factor = float(rng.choice([rng.uniform(0.35, 0.6), rng.uniform(1.7, 2.4)]))
    changed = [replace(c, intensity=c.intensity * factor) if k == index else c for k, c in enumerate(lattice.columns)]
    return replace(lattice, columns=tuple(changed))


def epitaxial_lattice(lattice: Lattice, rng: np.random.Generator) -> Lattice:
    """The same cell in the same orientation, with another intensity for every column."""
    factors = rng.uniform(0.5, 2.0) * rng.uniform(0.8, 1.25, len(lattice.columns))
    columns = (replace(c, intensity=c.intensity * float(f)) for c, f in zip(lattice.columns, factors, strict=True))
    return replace(lattice, columns=tuple(columns))


def fringes(lattice: Lattice) -> Lattice:
    """The cell with its second vector so short that columns run together, at the same mean intensity."""
    share = 0.25
    columns = (replace(column, intensity=share * column.intensity) for column in lattice.columns)
    return replace(lattice, b_px=share * lattice.b_px, columns=tuple(columns))
