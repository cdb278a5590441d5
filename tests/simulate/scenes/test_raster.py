from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samiam.errors import InputError
from simulate.imaging.stem import sample
from simulate.library import entries
from simulate.library.crystals import columns, crystal, orient
from simulate.library.materials import MATERIALS
from simulate.library.responses import SIGMAS_A, responses
from simulate.scenes.raster import Raster, deposit_columns
from simulate.specimen.columns import Columns, place_columns
from simulate.specimen.layers import Layer, Specimen
from simulate.specimen.stack import Stack, build_stack


def gaussian(raster: Raster, at_A: tuple[float, float], sigma_A: float) -> np.ndarray:
    x_A, y_A = np.meshgrid(*raster.coordinates_A())
    r2 = (x_A - at_A[0]) ** 2 + (y_A - at_A[1]) ** 2
    return np.exp(-r2 / (2 * sigma_A**2)) / (2 * np.pi * sigma_A**2)


@given(st.floats(-3, 3), st.floats(-3, 3), st.sampled_from(range(1, len(SIGMAS_A))))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_a_point_becomes_a_gaussian_where_it_stands(x_A: float, y_A: float, width: int) -> None:
    raster = Raster.covering((12.0, 10.0), 0.18)
    volumes_A2 = np.zeros((1, len(SIGMAS_A)))
    volumes_A2[0, width] = 0.7
    raster.deposit(np.array([[x_A, y_A]]), volumes_A2)
    image = raster.image()
    expected = 0.7 * gaussian(raster, (x_A, y_A), SIGMAS_A[width])
    assert np.abs(image - expected).max() < 0.01 * expected.max()
    if SIGMAS_A[width] < 1.5:
        assert image.sum() * 0.18**2 == pytest.approx(0.7, rel=2e-3)


def test_the_narrowest_gaussian_keeps_its_volume_and_place() -> None:
    for x_A in np.linspace(0, 0.18, 7):
        raster = Raster.covering((8.0, 8.0), 0.18)
        raster.deposit(np.array([[x_A, -x_A]]), np.eye(1, len(SIGMAS_A)))
        image = raster.planes[0].astype(np.float64)
        along_x, along_y = raster.coordinates_A()
        assert image.sum() == pytest.approx(1, rel=1e-6)
        assert (image.sum(axis=0) @ along_x, image.sum(axis=1) @ along_y) == pytest.approx((x_A, -x_A), abs=1e-6)


def test_points_outside_are_dropped() -> None:
    raster = Raster.covering((5.0, 5.0), 0.2)
    far = np.array([[9.0, 0.0], [0.0, -9.0], [-5.3, 0.0], [1e6, 1e6]])
    raster.deposit(far, np.ones((4, len(SIGMAS_A))))
    assert not raster.planes.any()


def one_by_one(shape: tuple[int, ...], corner: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Points added in the order of `deposit`, each to its 4 × 4 pixels from a corner (x, y), in single precision."""
    plane = np.zeros(shape, np.float32)
    for dy in range(4):
        for dx in range(4):
            for (x, y), weight in zip(corner, weights[:, dy, dx], strict=True):
                plane[y + dy, x + dx] += weight
    return plane


@pytest.mark.parametrize("at_once", [1, 7, 100, 10**6])
def test_bands_are_no_part_of_the_sums(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bit for bit: points half-way between pixels, so dense that every pixel is a sum of many."""
    monkeypatch.setattr("simulate.scenes.raster._POINTS_AT_ONCE", at_once)
    raster = Raster.covering((2.0, 3.0), 0.25)
    rng = np.random.default_rng(0)
    before = rng.integers(5, 14, (400, 2))
    volumes_A2 = np.zeros((400, len(SIGMAS_A)))
    volumes_A2[:, 1], volumes_A2[:200, 3] = rng.uniform(size=400), 0.1
    raster.deposit(0.25 * (before + 0.5) + raster.origin_xy_A, volumes_A2)
    along = np.array([1, 23, 23, 1], np.float32) / np.float32(48)  # of a cubic B-spline half-way between pixels
    weights = (along[:, None] * along) * volumes_A2[:, 1].astype(np.float32)[:, None, None]
    expected = one_by_one(raster.planes.shape[1:], before - 1, weights)
    np.testing.assert_array_equal(raster.planes[1], expected)
    assert raster.planes[3].sum(dtype=np.float64) == pytest.approx(20, rel=1e-5)
    assert not raster.planes[[0, 2, 4, 5]].any()


def test_rows_of_a_field_are_those_of_the_whole() -> None:
    raster = Raster.covering((30.0, 20.0), 0.21)
    for step_A in (0.0, 1.0):
        whole = raster.evaluated(lambda x, y: np.hypot(x, y - 3), step_A)
        rows = raster.evaluated(lambda x, y: np.hypot(x, y - 3), step_A, rows=(50, 60))
        np.testing.assert_array_equal(rows, whole[50:60])
        x_A, y_A = np.meshgrid(*raster.coordinates_A())
        assert np.abs(whole - np.hypot(x_A, y_A - 3)).max() <= (0.5 if step_A else 0)
    assert raster.evaluated(np.hypot, rows=(0, 0)).shape == (0, raster.planes.shape[2])


def test_a_raster_is_as_large_as_asked_and_centred() -> None:
    raster = Raster.covering((30.0, 20.0), 0.21)
    x_A, y_A = raster.coordinates_A()
    assert x_A[0] == raster.origin_xy_A[0] == pytest.approx(-x_A[-1])
    assert y_A[0] == raster.origin_xy_A[1] == pytest.approx(-y_A[-1])
    assert 30 <= x_A[-1] < 33
    assert 20 <= y_A[-1] < 23
    assert np.allclose(np.diff(x_A), 0.21)


def test_a_field_beyond_memory_is_refused() -> None:
    with pytest.raises(InputError, match="a field of 4000 × 4000 Å is too large to simulate; take fewer or smaller"):
        Raster.covering((2000.0, 2000.0), 0.2)


def bulk(name: str, thickness_A: float, half_A: float) -> tuple[Stack, Columns]:
    stack = build_stack(np.random.default_rng(5), Specimen((Layer(name),), thickness_A=thickness_A), 2 * half_A)
    return stack, place_columns(np.random.default_rng(6), stack, (half_A, half_A))


@pytest.mark.parametrize(("name", "entry"), [("SrTiO3", "SrTiO3_100_001"), ("Ge", "Ge_110_001")])
@pytest.mark.parametrize(("energy_kV", "detector"), [(200, "HAADF"), (300, "ADF")])
def test_bulk_is_the_librarys_image(name: str, entry: str, energy_kV: float, detector: str) -> None:
    """The composed crystal differs from the multislice images by what the fit leaves of them, and nothing else."""
    stored = entries.read_entry(entry)
    images = stored.arrays[f"images_{energy_kV:g}kV"][stored.detector_index(energy_kV, detector)].astype(np.float64)
    positions_A, half_A = None, 30.0
    composed = []
    for thickness_A in stored.arrays["thickness_A"]:
        stack, standing = bulk(name, float(thickness_A), half_A)
        if positions_A is None:
            positions_A = librarys_pixels_A(stack, name, images.shape[1:])
        raster = Raster.covering((half_A, half_A), 0.15)
        deposit_columns(raster, standing, energy_kV, detector)
        composed.append(sample(raster.image(), raster.pixel_A, raster.origin_xy_A, positions_A))
    left = np.sqrt(((np.array(composed) - images) ** 2).mean() / (images**2).mean())
    assert left == pytest.approx(responses(entry, energy_kV, detector).residual, rel=0.05)
    assert np.mean(composed, axis=(1, 2)) == pytest.approx(images.mean(axis=(1, 2)), rel=0.02)


def librarys_pixels_A(stack: Stack, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Where in the specimen the pixels of a library image are, for one cell near the centre: (rows, columns, 2)."""
    host, cell = MATERIALS[name].host, stack.cells[0]
    assert host is not None
    assert cell is not None
    first = columns(crystal(host), orient(crystal(host), *MATERIALS[name].views["100"]))[0]
    u = np.arange(shape[1]) / shape[1] - first.x_A / cell.a_A + cell.u[0]
    v = np.arange(shape[0]) / shape[0] - first.y_A / cell.c_A + cell.v[0]
    x_A = (stack.x_origin_A[0] + u * cell.a_A) % cell.a_A
    h_A = (stack.bases_A[0] + v * cell.c_A) % cell.c_A
    return np.stack(np.meshgrid(x_A, -h_A), axis=-1)


def test_a_dopant_adds_its_share() -> None:
    _, standing = bulk("SrTiO3", 200.0, 20.0)
    entries = ("SrTiO3_100_001", "LaFeO3_100_001")
    images = []
    for la in (0.0, 0.25, 1.0):
        shares = np.tile([1 - la, la], (len(standing), 1))
        raster = Raster.covering((20.0, 20.0), 0.2)
        deposit_columns(raster, replace(standing, entries=entries, shares=shares), 300, "HAADF")
        images.append(raster.image()[40:-40, 40:-40])
    assert np.allclose(images[1], 0.75 * images[0] + 0.25 * images[2], rtol=1e-3)
    assert images[2].mean() > 1.2 * images[0].mean()


@pytest.mark.parametrize("tilt_mrad", [(20.0, 0.0), (0.0, -20.0), (10.0, 10.0)])
def test_a_tilt_smears_evenly_along_the_lean(tilt_mrad: tuple[float, float]) -> None:
    _, standing = bulk("SrTiO3", 300.0, 30.0)
    one = standing.where(np.arange(len(standing)) == np.argmin(np.hypot(*standing.xy_A.T)))
    moments = []
    for tilt in ((0.0, 0.0), tilt_mrad):
        raster = Raster.covering((25.0, 25.0), 0.2)
        deposit_columns(raster, replace(one, tilt_mrad=np.array([tilt])), 300, "HAADF")
        image = raster.planes.sum(axis=0, dtype=np.float64)
        x_A, y_A = np.meshgrid(*raster.coordinates_A())
        mean = np.array([(image * x_A).sum(), (image * y_A).sum()]) / image.sum()
        second = np.array([[(image * a * b).sum() for a in (x_A, y_A)] for b in (x_A, y_A)]) / image.sum()
        moments.append((image.sum(), mean, second - np.outer(mean, mean)))
    (volume, place, still), (smeared_volume, smeared_place, smeared) = moments
    lean_A = 0.3 * np.array(tilt_mrad)  # mrad × 300 Å
    assert smeared_volume == pytest.approx(volume, rel=1e-5)
    assert smeared_place == pytest.approx(place, abs=1e-4)
    assert np.allclose(smeared - still, np.outer(lean_A, lean_A) / 12, atol=0.02)  # of a uniform distribution


def test_a_strongly_tilted_column_is_a_streak_without_beads() -> None:
    _, standing = bulk("SrTiO3", 400.0, 30.0)
    one = standing.where(np.arange(len(standing)) == np.argmin(np.hypot(*standing.xy_A.T)))
    raster = Raster.covering((25.0, 25.0), 0.2)
    deposit_columns(raster, replace(one, tilt_mrad=np.array([[30.0, 0.0]])), 300, "HAADF")
    x_A = raster.coordinates_A()[0]
    profile = raster.image().max(axis=0)[np.abs(x_A - one.xy_A[0, 0]) < 4]
    assert profile.std() < 0.02 * profile.mean()


def test_thickness_beyond_the_library_is_refused() -> None:
    _, standing = bulk("SrTiO3", 900.0, 10.0)
    with pytest.raises(InputError, match="a thickness of 900 Å is outside the library's 0 to 508 Å"):
        deposit_columns(Raster.covering((10.0, 10.0), 0.2), standing, 300, "HAADF")
