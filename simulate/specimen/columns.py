"""Atomic columns of a specimen: where they stand, what they consist of, how thick the specimen is there."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from simulate.specimen.occupancy import draw_shares, entries_of
from simulate.specimen.stack import Domain, PlaneCell, Stack

_CLOSEST_A = 1.1  # columns of two crystals that meet do not come nearer,
_CLOSEST_CATIONS_A = 1.7  # and those of cations not as near as this: neighbouring planes are further apart
_LEAST_SHARE = 1e-9  # of the depth: what rounding may leave of nothing
_ANION = "O"
_RELAXATION_LENGTH_A = 8.0  # two cells of a perovskite; chosen by hand

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Columns:
    """N atomic columns.

    Attributes:
        xy_A: float64 (N, 2), positions in the specimen (x right, y down).
        layer: int (N,), index of the layer.
        domain: int (N,), index of the crystal in the layer.
        site: (N,) strings, as in the library.
        thickness_A: float64 (N,), of the library's unstrained crystal with as many atoms along the beam.
        tilt_mrad: float64 (N, 2).
        entries: M names of library entries.
        shares: float64 (N, M), the share of the column's response that is taken from each entry.
        depth_share: float64 (N,), the share of the specimen's depth that the column goes through: 1 but where an
            interface or a boundary leans. Two crystals that share the depth give the mean of their responses.
    """

    xy_A: Floats
    layer: NDArray[np.int64]
    domain: NDArray[np.int64]
    site: NDArray[np.str_]
    thickness_A: Floats
    tilt_mrad: Floats
    entries: tuple[str, ...]
    shares: Floats
    depth_share: Floats

    def __len__(self) -> int:
        return len(self.xy_A)

    def where(self, keep: NDArray[np.bool_]) -> Columns:
        """Some of the columns."""
        parts = {f.name: getattr(self, f.name) for f in fields(self)}
        return Columns(**{name: part if name == "entries" else part[keep] for name, part in parts.items()})


def place_columns(rng: np.random.Generator, stack: Stack, half_extent_A: tuple[float, float]) -> Columns:
    """All columns of a specimen within a rectangle about its centre, before the strain moves them.

    Args:
        rng: source of dopants and mixing.
        stack: the specimen.
        half_extent_A: half the width and half the height of the rectangle.
    """
    pieces = [_none(entries_of(stack))] + [
        _of_domain(rng, stack, layer, index, half_extent_A)
        for layer, cell in enumerate(stack.cells)
        if cell is not None
        for index in range(len(stack.domains[layer]))
    ]
    names = [f.name for f in fields(Columns) if f.name != "entries"]
    joined = {name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in names}
    return _apart(Columns(entries=pieces[0].entries, **joined))


def _none(entries: tuple[str, ...]) -> Columns:
    index, pairs = np.zeros(0, np.int64), np.zeros((0, 2))
    none, no_shares = np.zeros(0), np.zeros((0, len(entries)))
    return Columns(pairs, index, index, np.array([], str), none, pairs, entries, no_shares, none)


def _of_domain(
    rng: np.random.Generator, stack: Stack, layer: int, index: int, half_extent_A: tuple[float, float]
) -> Columns:
    """The columns of one crystal."""
    cell, domain = stack.cells[layer], stack.domains[layer][index]
    assert cell is not None
    x, h, kind = _lattice(cell, (stack.x_origin_A[layer], stack.bases_A[layer]), domain, half_extent_A)
    depth_share = stack.depth_share(layer, index, x, h)
    is_own = depth_share > 0
    x, h, kind, depth_share = x[is_own], h[is_own], kind[is_own], depth_share[is_own]
    thickness_A = stack.thickness_at(x, -h)
    shares = draw_shares(rng, stack, layer, (x, h), kind, thickness_A)
    xy_A = np.stack(stack.strained(*_relaxed(stack, layer, x, h)), axis=1)
    of_all = np.full(len(x), layer), np.full(len(x), index), np.tile(np.array(domain.tilt_mrad, float), (len(x), 1))
    site = np.array(cell.sites)[kind]
    unstrained_A = thickness_A * cell.simulated_A / cell.beam_A
    return Columns(xy_A, of_all[0], of_all[1], site, unstrained_A, of_all[2], entries_of(stack), shares, depth_share)


def _lattice(
    cell: PlaneCell, origin_A: tuple[float, float], domain: Domain, half_extent_A: tuple[float, float]
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Lateral position, height and kind of every column that an unbounded crystal has in the rectangle."""
    half = np.array(half_extent_A)
    angle, pivot = np.deg2rad(domain.rotation_deg), np.array(domain.pivot_A)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])  # of row vectors
    origin = np.array(origin_A) + domain.shift_A
    corners = half * [(-1, -1), (-1, 1), (1, -1), (1, 1)]
    cells = ((corners - pivot) @ turn.T + pivot - origin) / [cell.a_A, cell.c_A]
    low, high = np.floor(cells.min(axis=0)).astype(int) - 1, np.ceil(cells.max(axis=0)).astype(int) + 1
    i, j, kind = np.meshgrid(
        np.arange(low[0], high[0]), np.arange(low[1], high[1]), np.arange(len(cell.u)), indexing="ij"
    )
    places = np.stack([(i + cell.u[kind]).ravel() * cell.a_A, (j + cell.v[kind]).ravel() * cell.c_A], axis=1)
    xh = (places + origin - pivot) @ turn + pivot
    inside = (np.abs(xh) <= half).all(axis=1)
    return xh[inside, 0], xh[inside, 1], kind.ravel()[inside]


def _relaxed(stack: Stack, layer: int, x: Floats, h: Floats) -> tuple[Floats, Floats]:
    """Positions after planes next to the lower interface and to boundaries have moved away from them."""
    amount_A = stack.specimen.relaxation_A
    if amount_A == 0:
        return x, h
    moved_x, moved_h = x, h
    if layer > 0:
        above_A = h - stack.surface_at(layer - 1, x)
        moved_h = h + amount_A * np.exp(-above_A / _RELAXATION_LENGTH_A)
    for boundary in stack.specimen.layers[layer].boundaries:
        beyond_A = stack.beyond_A(layer, boundary, x, h)
        moved_x = moved_x + amount_A * np.sign(beyond_A) * np.exp(-np.abs(beyond_A) / _RELAXATION_LENGTH_A)
    return moved_x, moved_h


def _apart(columns: Columns) -> Columns:
    """Of two columns of different crystals that are too close, the later one only in the depth that is left to it."""
    pairs = KDTree(columns.xy_A).query_pairs(_CLOSEST_CATIONS_A, output_type="ndarray")
    one, other = pairs.T
    differ = (columns.layer[one] != columns.layer[other]) | (columns.domain[one] != columns.domain[other])
    distance_A = np.linalg.norm(columns.xy_A[one] - columns.xy_A[other], axis=1)
    has_anion = (columns.site[one] == _ANION) | (columns.site[other] == _ANION)
    too_close = differ & ((distance_A < _CLOSEST_A) | ~has_anion)
    earlier, later = np.minimum(one, other)[too_close], np.maximum(one, other)[too_close]
    left = columns.depth_share.copy()
    np.minimum.at(left, later, 1 - columns.depth_share[earlier])
    return replace(columns, depth_share=left).where(left > _LEAST_SHARE)
