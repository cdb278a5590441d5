from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from samiam.errors import InputError
from simulate.imaging.stem import Optics, probe_transfer, through_optics, wavelength_A

PIXEL_A = 0.15
SIDE = 160
IDEAL = Optics(source_fwhm_A=0.0)


def abtem_spot(optics: Optics, shift_xy_A: tuple[float, float] = (0.0, 0.0), side: int = SIDE) -> np.ndarray:
    """Image of a point in the frame's middle that abTEM's probe, so much beside the beam, scans: the probe turned."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        abtem = pytest.importorskip("abtem")
        with abtem.config.set({"device": "cpu", "precision": "float64"}):
            probe = abtem.Probe(
                energy=optics.energy_kV * 1e3,
                semiangle_cutoff=optics.convergence_mrad,
                C10=-optics.defocus_A,
                C12=optics.astigmatism_A,
                phi12=np.deg2rad(optics.astigmatism_deg),
                C21=optics.coma_A,
                phi21=np.deg2rad(optics.coma_deg),
                C30=optics.spherical_A,
                extent=side * PIXEL_A,
                gpts=side,
            )
            place = side // 2 * PIXEL_A + np.array([shift_xy_A])
            intensity = np.squeeze(probe.build(place, lazy=False).intensity().array).T  # abTEM's first axis is x
    turned = np.roll(intensity[::-1, ::-1], (1, 1), (0, 1))
    return np.asarray(turned, np.float64) / turned.sum()


def centroid_xy_A(image: np.ndarray) -> tuple[float, float]:
    y, x = ndimage.center_of_mass(image)
    return (x - image.shape[1] // 2) * PIXEL_A, (y - image.shape[0] // 2) * PIXEL_A


@pytest.mark.parametrize(
    ("energy_kV", "published_A"), [(80, 0.04176), (100, 0.03701), (200, 0.02508), (300, 0.01969), (1000, 0.00872)]
)
def test_the_wavelength_is_the_published_one(energy_kV: float, published_A: float) -> None:
    assert wavelength_A(energy_kV) == pytest.approx(published_A, abs=6e-6)


def test_without_aberrations_the_transfer_is_the_gaussian_of_the_source() -> None:
    transfer = probe_transfer((40, 31), 0.2, Optics(source_fwhm_A=0.9))
    assert transfer.shape == (40, 16)
    sigma_A = 0.9 / 2.3548200450309493
    for row, column in ((0, 0), (3, 0), (-3, 5), (20, 15)):
        squared_per_A2 = (row / (40 * 0.2)) ** 2 + (column / (31 * 0.2)) ** 2
        expected = np.exp(-2 * np.pi**2 * sigma_A**2 * squared_per_A2)
        assert transfer[row, column] == pytest.approx(expected, rel=1e-9)


def test_a_point_takes_the_width_of_the_source() -> None:
    point = np.zeros((81, 81))
    point[40, 40] = 1
    image = through_optics(point, 0.1, Optics(source_fwhm_A=0.8))
    row = image[40] / image[40, 40]
    assert row[44] == pytest.approx(0.5, abs=0.01)  # half a width, 0.4 Å, from the middle
    np.testing.assert_allclose(image, image.T, atol=1e-12)


@pytest.mark.parametrize(
    "optics",
    [
        replace(IDEAL, defocus_A=60.0),
        replace(IDEAL, defocus_A=-40.0, energy_kV=200.0, convergence_mrad=25.0),
        replace(IDEAL, astigmatism_A=35.0, astigmatism_deg=20.0, defocus_A=15.0),
        replace(IDEAL, spherical_A=4e5, defocus_A=20.0),
        replace(IDEAL, coma_A=4000.0, coma_deg=35.0),
        replace(IDEAL, coma_A=3000.0, coma_deg=-110.0, defocus_A=20.0, astigmatism_A=20.0, astigmatism_deg=70.0),
    ],
    ids=["defocus", "overfocus at 200 kV", "astigmatism", "spherical", "coma", "mixed"],
)
def test_a_point_imaged_by_the_ideal_probe_becomes_the_aberrated_probe_of_abtem(optics: Optics) -> None:
    ideal = abtem_spot(replace(IDEAL, energy_kV=optics.energy_kV, convergence_mrad=optics.convergence_mrad))
    # abTEM's coma moves the probe by C21 α² / 3, that of the microscope's image is left out
    moved_A = optics.coma_A * (optics.convergence_mrad * 1e-3) ** 2 / 3
    angle = np.deg2rad(optics.coma_deg)
    expected = abtem_spot(optics, (-moved_A * np.cos(angle), -moved_A * np.sin(angle)))
    if np.corrcoef(ideal.ravel(), expected.ravel())[0, 1] > 0.97:
        pytest.fail("these aberrations are too small to test anything")
    image = through_optics(ideal, PIXEL_A, optics)
    assert np.corrcoef(image.ravel(), expected.ravel())[0, 1] > 0.999
    assert abs(image - expected).max() < 0.02 * expected.max()


def test_coma_leans_the_image_of_a_point_and_leaves_it_in_its_place() -> None:
    ideal = abtem_spot(IDEAL)
    image = through_optics(ideal, PIXEL_A, replace(IDEAL, coma_A=4000.0, coma_deg=0.0))
    assert centroid_xy_A(image) == pytest.approx(centroid_xy_A(ideal), abs=0.02)
    np.testing.assert_allclose(image[1:], image[:0:-1], atol=1e-3 * image.max())  # even along y
    assert abs(image[:, 1:] - image[:, :0:-1]).max() > 0.1 * image.max()  # odd along x
    # The tail of the probe points along coma_deg, that of the image of a point the other way.
    assert np.unravel_index(image.argmax(), image.shape)[1] > SIDE // 2


def test_the_transfer_turns_with_the_astigmatism() -> None:
    along_x = probe_transfer((64, 64), 0.2, replace(IDEAL, defocus_A=20.0, astigmatism_A=40.0))
    along_y = probe_transfer((64, 64), 0.2, replace(IDEAL, defocus_A=20.0, astigmatism_A=40.0, astigmatism_deg=90.0))
    np.testing.assert_allclose(along_x[:32, :32], along_y[:32, :32].T, atol=1e-9)
    assert abs(along_x[:32, :32] - along_y[:32, :32]).max() > 0.1


@pytest.mark.parametrize("shape_hw", [(64, 64), (50, 81), (37, 20), (1, 9)])
def test_the_transfer_keeps_the_total_and_never_amplifies(shape_hw: tuple[int, int]) -> None:
    optics = Optics(defocus_A=80.0, coma_A=3000.0, coma_deg=10.0, source_fwhm_A=0.2)
    transfer = probe_transfer(shape_hw, PIXEL_A, optics)
    assert transfer.shape == (shape_hw[0], shape_hw[1] // 2 + 1)
    assert transfer[0, 0] == pytest.approx(1, abs=1e-12)
    assert abs(transfer).max() <= 1 + 1e-12
    image = np.random.default_rng(0).random(shape_hw)
    assert through_optics(image, PIXEL_A, optics).sum() == pytest.approx(image.sum(), rel=1e-12)


def test_nothing_is_transferred_beyond_the_information_limit() -> None:
    transfer = probe_transfer((128, 128), 0.1, replace(IDEAL, defocus_A=30.0))
    per_A = np.hypot(np.fft.fftfreq(128, 0.1)[:, None], np.fft.rfftfreq(128, 0.1))
    limit_per_A = 2 * 0.022 / 0.019687
    assert not transfer[per_A > 1.01 * limit_per_A].any()
    assert (abs(transfer[per_A < 0.3 * limit_per_A]) > 0).all()


def test_the_transfer_depends_on_the_frequency_and_not_on_the_shape_of_the_image() -> None:
    optics = Optics(defocus_A=70.0, coma_A=2000.0, source_fwhm_A=0.3)
    small, large = probe_transfer((40, 60), 0.2, optics), probe_transfer((80, 120), 0.2, optics)
    np.testing.assert_allclose(large[::2, ::2], small, atol=1e-12)


def test_small_aberrations_hardly_matter() -> None:
    inside = np.s_[:20, :20]  # of 64 · 0.2 Å: up to 1.6 / Å
    least = probe_transfer((64, 64), 0.2, Optics(defocus_A=1e-3))[inside]
    np.testing.assert_allclose(least, probe_transfer((64, 64), 0.2, Optics())[inside], atol=1e-6)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_type_of_the_image_is_kept(kind: Any) -> None:
    image = np.random.default_rng(1).random((20, 30)).astype(kind)
    for optics in (IDEAL, Optics(), Optics(defocus_A=20.0)):
        assert through_optics(image, 0.2, optics).dtype == kind
    np.testing.assert_array_equal(through_optics(image, 0.2, IDEAL), image)


def test_an_image_is_blurred_the_same_each_time_and_is_not_written_to() -> None:
    image = np.random.default_rng(2).random((33, 44))
    before = image.copy()
    optics = Optics(defocus_A=50.0, coma_A=100.0)
    np.testing.assert_array_equal(through_optics(image, 0.2, optics), through_optics(image, 0.2, optics))
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source_fwhm_A": -0.1}, "source_fwhm_A=-0.1: give a number, 0 or more"),
        ({"convergence_mrad": 0.0}, "convergence_mrad=0.0: give a number above 0"),
        ({"convergence_mrad": 500.0}, "convergence_mrad=500.0: give a number above 0 and below 500"),
        ({"energy_kV": -300.0}, "energy_kV=-300.0: give a number from 1 to 3000"),
        ({"energy_kV": 3e5}, "energy_kV=300000.0: give a number from 1 to 3000"),
        ({"defocus_A": float("nan")}, "defocus_A=nan: give a number"),
        ({"coma_deg": float("inf")}, "coma_deg=inf: give a number"),
        ({"defocus_A": 1e4}, "defocus_A=10000: these aberrations spread the probe over 220 Å; give smaller ones"),
        ({"spherical_A": 1.2e7}, "spherical_A=1.2e+07: these aberrations spread the probe over 128 Å"),  # no corrector
        ({"defocus_nm": 3.0}, "Optics has no setting 'defocus_nm'; did you mean 'defocus_A'?"),
        ({"defocus_A": "far"}, "defocus_A='far': give a number"),
    ],
)
def test_impossible_optics(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as raised:
        Optics(**options)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("pixel_size_A", [0.0, -0.1, float("nan")])
def test_impossible_pixel_sizes(pixel_size_A: float) -> None:
    with pytest.raises(InputError, match=f"pixel_size_A={pixel_size_A}"):
        probe_transfer((8, 8), pixel_size_A, IDEAL)
    with pytest.raises(InputError, match=f"pixel_size_A={pixel_size_A}"):
        through_optics(np.ones((8, 8)), pixel_size_A, IDEAL)


def test_impossible_energies() -> None:
    with pytest.raises(InputError, match=r"energy_kV=0: give a finite number above 0"):
        wavelength_A(0)


@pytest.mark.parametrize("changed", [{}, {"tail": 0.1}, {"defocus_A": 40.0, "coma_A": 200.0}])
def test_blocks_are_no_part_of_the_transfer(changed: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    optics = Optics(**changed)
    image = np.random.default_rng(0).uniform(size=(70, 90)).astype(np.float32)
    whole, seen = probe_transfer(image.shape, 0.2, optics), through_optics(image, 0.2, optics)
    monkeypatch.setattr("simulate.imaging.row_blocks._VALUES", 300)
    np.testing.assert_array_equal(probe_transfer(image.shape, 0.2, optics), whole)
    np.testing.assert_array_equal(through_optics(image, 0.2, optics), seen)
