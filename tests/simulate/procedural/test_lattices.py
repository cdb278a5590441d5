from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from samiam.errors import InputError
from simulate.procedural.lattices import (
    NAMED_CELLS,
    Column,
    Lattice,
    epitaxial_lattice,
    fringes,
    named_lattice,
    random_lattice,
    similar_lattice,
)

Floats = NDArray[np.float64]
quick = settings(max_examples=60, deadline=None, derandomize=True)
seeds = st.integers(0, 10_000)


def by_double_loop(
    lattice: Lattice, column: Column, shape_hw: tuple[int, int], origin_xy: tuple[float, float]
) -> Floats:
    """Every cell that could matter, one by one, from the definition of a lattice."""
    first, second = np.deg2rad(lattice.rotation_deg), np.deg2rad(lattice.rotation_deg + lattice.gamma_deg)
    margin, found = 4 * lattice.sigma_px, []
    for i, j in product(range(-60, 61), repeat=2):
        along, beside = (i + column.u) * lattice.a_px, (j + column.v) * lattice.b_px
        x = origin_xy[0] + along * np.cos(first) + beside * np.cos(second)
        y = origin_xy[1] + along * np.sin(first) + beside * np.sin(second)
        if -margin <= x <= shape_hw[1] + margin and -margin <= y <= shape_hw[0] + margin:
            found.append((x, y))
    return np.array(found).reshape(-1, 2)


def off_the_rim(xy: Floats, lattice: Lattice, shape_hw: tuple[int, int]) -> Floats:
    """Without columns so near the outer rim of the margin that rounding decides, in a fixed order."""
    margin = 4 * lattice.sigma_px
    rims = np.array([-margin, shape_hw[1] + margin, shape_hw[0] + margin])
    xy = xy[(np.abs(xy[:, :, None] - rims) > 1e-6).all(axis=(1, 2))]
    return np.asarray(xy[np.lexsort(xy.round(6).T)])


def separations(lattice: Lattice) -> Floats:
    """All distances between one column of each kind and every other column around it, rising."""
    cells = np.array(list(product(range(-3, 4), repeat=2)))
    fractions = [(column.u, column.v) for column in lattice.columns]
    gaps = [cells + np.subtract(to, here) for here in fractions for to in fractions]
    distances = np.linalg.norm(np.concatenate(gaps) @ lattice.vectors_px, axis=1)
    return np.sort(distances[distances > 1e-9])


@given(
    st.tuples(st.floats(4, 20), st.floats(4, 20)),
    st.floats(55, 125),
    st.floats(-360, 360),
    st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)),
    st.tuples(st.integers(5, 45), st.integers(5, 45)),
    st.tuples(st.floats(-20, 60), st.floats(-20, 60)),
)
@settings(quick, max_examples=25)
def test_positions_are_those_of_a_double_loop(
    lengths_px: tuple[float, float],
    gamma_deg: float,
    rotation_deg: float,
    uv: tuple[float, float],
    shape_hw: tuple[int, int],
    origin_xy: tuple[float, float],
) -> None:
    column = Column(*uv, 1.0)
    lattice = Lattice(*lengths_px, gamma_deg, (column,), 1.5, rotation_deg)
    found = off_the_rim(lattice.positions_px(column, shape_hw, origin_xy), lattice, shape_hw)
    expected = off_the_rim(by_double_loop(lattice, column, shape_hw, origin_xy), lattice, shape_hw)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_column_every_four_pixels() -> None:
    lattice = Lattice(4.0, 4.0, 90.0, (Column(0.0, 0.0, 1.0),), 0.5)  # a margin of 2 px
    xy = lattice.positions_px(lattice.columns[0], (8, 4), (1.0, 0.0))
    assert sorted(map(tuple, xy.round(9))) == [(x, y) for x in (1, 5) for y in (0, 4, 8)]


@pytest.mark.parametrize(
    ("name", "n_columns", "neighbours", "distance"),
    [
        ("square", 1, 4, 1.0),
        ("rectangular", 1, 2, 1.0),
        ("hexagonal", 1, 6, 1.0),
        ("centred", 2, 4, np.hypot(0.5, 0.705)),
        ("two_sublattices", 2, 4, np.sqrt(0.5)),
        ("honeycomb", 2, 3, np.sqrt(1 / 3)),
        ("dumbbell", 4, 1, 0.25 * 1.41),
    ],
)
def test_named_cells_have_their_neighbours(name: str, n_columns: int, neighbours: int, distance: float) -> None:
    lattice = named_lattice(name, 10.0, rotation_deg=17.0)
    assert (lattice.a_px, lattice.rotation_deg, len(lattice.columns)) == (10.0, 17.0, n_columns)
    nearest = separations(lattice)
    assert nearest[: neighbours * n_columns] == pytest.approx(10 * distance)
    assert nearest[neighbours * n_columns] > 10 * distance + 0.1


def test_every_named_cell_is_tested_and_others_are_refused() -> None:
    assert len(NAMED_CELLS) == 7
    with pytest.raises(InputError, match="unknown lattice 'perovskite'; known are square, ") as caught:
        named_lattice("perovskite", 10.0)
    assert "\n" not in str(caught.value)


@given(seeds, st.sampled_from([(5.0, 7.0), (6.0, 20.0), (5.0, 40.0)]), st.sampled_from([(1, 1), (1, 4), (4, 4)]))
@quick
def test_random_lattices_stay_within_their_ranges(
    seed: int, period_px: tuple[float, float], n_columns: tuple[int, int]
) -> None:
    lattice = random_lattice(np.random.default_rng(seed), period_px, n_columns)
    assert period_px[0] <= min(lattice.a_px, lattice.b_px) <= max(lattice.a_px, lattice.b_px) <= period_px[1]
    assert 60 <= lattice.gamma_deg <= 120
    assert 1 <= len(lattice.columns) <= n_columns[1]
    assert lattice.columns[0] == Column(0.0, 0.0, 1.0)
    assert all(0 <= c.u < 1 and 0 <= c.v < 1 and 0.3 <= c.intensity <= 1 for c in lattice.columns)
    assert 0.8 <= lattice.sigma_px <= max(0.8, 0.17 * min(lattice.a_px, lattice.b_px))
    assert separations(lattice)[0] >= 0.2 * min(lattice.a_px, lattice.b_px)


def test_random_lattices_have_as_many_columns_as_asked_where_they_fit() -> None:
    found = [len(random_lattice(np.random.default_rng(s), (9, 11), (1, 4)).columns) for s in range(200)]
    assert set(found) == {1, 2, 3, 4}
    assert np.bincount(found)[1:].min() > 20


@given(seeds)
@quick
def test_similar_lattices_differ_in_one_sublattice(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lattice = random_lattice(rng, (6, 20), (1, 4))
    similar = similar_lattice(lattice, rng)
    for name in ("a_px", "b_px", "gamma_deg", "sigma_px", "rotation_deg"):
        assert getattr(similar, name) == getattr(lattice, name)
    if len(lattice.columns) == 1:
        assert similar.columns[:1] == lattice.columns
        assert len(similar.columns) == 2
        return
    pairs = list(zip(lattice.columns, similar.columns, strict=True))
    changed = [(old, new) for old, new in pairs if old != new]
    assert len(changed) == 1
    ((old, new),) = changed
    assert (old.u, old.v) == (new.u, new.v)
    assert 0.35 <= new.intensity / old.intensity <= 0.6 or 1.7 <= new.intensity / old.intensity <= 2.4


@given(seeds)
@quick
def test_an_epitaxial_lattice_has_the_same_columns_in_other_intensities(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lattice = random_lattice(rng, (6, 20), (1, 4))
    film = epitaxial_lattice(lattice, rng)
    assert [(c.u, c.v) for c in film.columns] == [(c.u, c.v) for c in lattice.columns]
    assert replace(film, columns=lattice.columns) == lattice
    factors = [new.intensity / old.intensity for new, old in zip(film.columns, lattice.columns, strict=True)]
    assert all(0.4 <= factor <= 2.5 and factor != 1 for factor in factors)
    assert max(factors) / min(factors) <= 1.25 / 0.8


def test_fringes_are_lines_of_the_same_mean_intensity() -> None:
    lattice = named_lattice("two_sublattices", 20.0, rotation_deg=30.0)
    lines = fringes(lattice)
    assert (lines.a_px, lines.b_px, lines.rotation_deg) == (20.0, 5.0, 30.0)
    per_area = [sum(c.intensity for c in one.columns) / (one.a_px * one.b_px) for one in (lattice, lines)]
    assert per_area[0] == pytest.approx(per_area[1])
    assert lines.b_px < 2.36 * lattice.sigma_px  # the full width at half maximum of a column


@given(st.sampled_from(["square", "rectangular", "hexagonal"]), st.floats(0, 180))
@settings(quick, max_examples=9)
@example("square", 0.0)
@example("hexagonal", 0.0)
def test_the_spectrum_peaks_at_the_reciprocal_lattice(name: str, rotation_deg: float) -> None:
    side, lattice = 256, named_lattice(name, 9.3, rotation_deg=rotation_deg)
    image = np.zeros((side, side))
    x, y = np.rint(lattice.positions_px(lattice.columns[0], image.shape, (3.7, 1.2))).astype(int).T
    inside = (x >= 0) & (x < side) & (y >= 0) & (y < side)
    image[y[inside], x[inside]] = 1
    image = ndimage.gaussian_filter(image, 3.0)
    window = np.outer(np.hanning(side), np.hanning(side))
    power = np.abs(np.fft.fft2((image - image.mean()) * window, s=(4 * side, 4 * side))) ** 2
    power[np.hypot(*np.meshgrid(*2 * [np.fft.fftfreq(4 * side)])) < 0.03] = 0
    peak_yx = np.unravel_index(np.argmax(power), power.shape)
    peak_xy = np.fft.fftfreq(4 * side)[list(peak_yx)[::-1]]
    reciprocal = np.linalg.inv(lattice.vectors_px).T
    shortest = [h * reciprocal[0] + k * reciprocal[1] for h, k in product((-1, 0, 1), repeat=2) if (h, k) != (0, 0)]
    length = min(np.linalg.norm(vector) for vector in shortest)
    assert min(np.linalg.norm(peak_xy - vector) for vector in shortest) < 0.01 * length + 0.5 / (4 * side)
    assert np.linalg.norm(peak_xy) == pytest.approx(length, rel=0.01)
