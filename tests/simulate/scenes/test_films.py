from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate

from samiam.errors import InputError
from simulate.library import entries
from simulate.library.crystals import FILMS
from simulate.scenes.films import deposit_film, hard_sphere_structure_factor
from simulate.scenes.raster import Raster


def film_image(name: str, thickness_A: float, share: float = 1.0, seed: int = 0, half_A: float = 40.0) -> np.ndarray:
    raster = Raster.covering((half_A, half_A), 0.25)
    whole = np.full(raster.planes.shape[1:], thickness_A)
    rng = np.random.default_rng(seed)
    deposit_film(rng, raster, name, whole, share=share, energy_kV=300, detector="HAADF")
    return raster.image()


def fraction(name: str, index: int) -> tuple[float, float]:
    entry = entries.read_entry(entries.entry_name(name))
    row = entry.detector_index(300, "HAADF")
    return float(entry.arrays["thickness_A"][index]), float(entry.arrays["fraction_300kV"][row, index])


@pytest.mark.parametrize("name", ["amorphous C", "amorphous Ge"])
@pytest.mark.parametrize("index", [0, 4, 9])
@pytest.mark.parametrize("share", [1.0, 0.4])
def test_a_films_mean_is_the_librarys(name: str, index: int, share: float) -> None:
    thickness_A, expected = fraction(name, index)
    assert film_image(name, thickness_A, share).mean() == pytest.approx(share * expected, rel=0.01)


def test_nanocrystals_of_a_thin_film_in_a_small_frame_are_few() -> None:
    """Before the test of many: if there were hundreds of times more, those would not fit into memory."""
    thickness_A, expected = fraction("nanocrystalline Pt", 0)
    means = [film_image("nanocrystalline Pt", thickness_A, 0.25, seed, 15.0).mean() for seed in range(40)]
    error = np.std(means) / np.sqrt(len(means) - 1)
    assert np.mean(means) == pytest.approx(0.25 * expected, abs=3 * error)
    assert error < 0.25 * expected


def test_nanocrystals_fill_their_share() -> None:
    thickness_A, expected = fraction("nanocrystalline Pt", 5)
    means = [film_image("nanocrystalline Pt", thickness_A, 0.25, seed, 90.0).mean() for seed in range(6)]
    error = np.std(means) / np.sqrt(len(means) - 1)
    assert np.mean(means) == pytest.approx(0.25 * expected, abs=3 * error)
    assert error < 0.06 * expected


def test_films_grow_brighter_with_thickness_and_atomic_number() -> None:
    for name in ("amorphous C", "amorphous Ge"):
        means = [film_image(name, thickness_A).mean() for thickness_A in (25.0, 75.0, 150.0, 300.0, 450.0)]
        assert (np.diff(means) > 0).all()
    # per atom, between Z^1.4 and Z^2, as measured for HAADF (Wang et al., Ultramicroscopy 111, 877 (2011): Z^1.6-1.7)
    per_atom = {name: fraction(name, 0)[1] / FILMS[name].atoms_per_A3 for name in ("amorphous C", "amorphous Ge")}
    exponent = np.log(per_atom["amorphous Ge"] / per_atom["amorphous C"]) / np.log(32 / 6)
    assert 1.4 < exponent < 2.1


def test_a_film_thinner_than_the_librarys_thinnest_is_in_proportion() -> None:
    means = [film_image("amorphous C", thickness_A).mean() for thickness_A in (10.0, 20.0)]
    assert means[1] / means[0] == pytest.approx(2, rel=0.01)


def test_a_film_stays_where_it_is() -> None:
    raster = Raster.covering((30.0, 30.0), 0.25)
    thickness_A = np.zeros(raster.planes.shape[1:])
    thickness_A[50:120, 80:160] = 100.0
    for name in ("amorphous C", "nanocrystalline Pt"):
        rng = np.random.default_rng(0)
        deposit_film(rng, raster, name, thickness_A, share=0.5, energy_kV=200, detector="ADF")
    deposited = raster.planes.sum(axis=0)
    outside = np.ones_like(thickness_A, bool)
    outside[47:123, 77:163] = False
    assert deposited[50:120, 80:160].mean() > 0
    assert not deposited[outside].any()


@pytest.mark.parametrize("name", ["amorphous C", "nanocrystalline Pt"])
def test_a_film_given_on_its_rows_is_that_given_on_all(name: str) -> None:
    planes = []
    for first, last in ((0, None), (40, 130)):
        raster = Raster.covering((30.0, 30.0), 0.25)
        thickness_A = np.zeros(raster.planes.shape[1:])
        thickness_A[50:120, 80:160] = 100.0
        rng = np.random.default_rng(0)
        given_A = thickness_A[first:last]
        deposit_film(rng, raster, name, given_A, share=0.5, energy_kV=200, detector="ADF", first_row=first)
        planes.append(raster.planes)
    assert planes[0].any()
    np.testing.assert_array_equal(planes[1], planes[0])


def test_nothing_is_drawn_where_there_is_no_film() -> None:
    raster = Raster.covering((10.0, 10.0), 0.25)
    rng = np.random.default_rng(0)
    deposit_film(rng, raster, "amorphous C", np.zeros(raster.planes.shape[1:]), share=1, energy_kV=300, detector="ADF")
    assert not raster.planes.any()
    assert rng.uniform() == np.random.default_rng(0).uniform()


def percus_yevick(q: float, packing: float) -> float:
    """From the direct correlation function of hard spheres of diameter 1, by quadrature."""
    lambda_1 = (1 + 2 * packing) ** 2 / (1 - packing) ** 4
    lambda_2 = -((1 + packing / 2) ** 2) / (1 - packing) ** 4

    def integrand(r: float) -> float:
        direct = -lambda_1 - 6 * packing * lambda_2 * r - packing / 2 * lambda_1 * r**3
        return float(4 * np.pi * r**2 * direct * np.sinc(q * r / np.pi))

    return 1 / (1 - 6 * packing / np.pi * integrate.quad(integrand, 0, 1)[0])


@pytest.mark.parametrize(("density", "diameter_A"), [(0.1, 1.35), (0.0435, 2.2), (0.02, 3.0)])
def test_hard_spheres(density: float, diameter_A: float) -> None:
    q = np.array([0.0, 0.1, 0.5, 1.0, 2.0, 3.3, 5.0, 9.0])
    packing = np.pi / 6 * density * diameter_A**3
    expected = [percus_yevick(x * diameter_A, packing) for x in q]
    assert hard_sphere_structure_factor(q, density, diameter_A) == pytest.approx(expected, rel=1e-3)
    compressibility = (1 - packing) ** 4 / (1 + 2 * packing) ** 2  # of the compressibility equation
    assert hard_sphere_structure_factor(np.zeros(1), density, diameter_A)[0] == pytest.approx(compressibility, rel=1e-3)


def test_amorphous_germanium_has_its_ring() -> None:
    """The first ring of the diffractogram of its atoms is where spheres of 2.2 Å have it, and their noise is less."""
    raster = Raster.covering((60.0, 60.0), 0.25)
    whole = np.full(raster.planes.shape[1:], 200.0)
    deposit_film(np.random.default_rng(1), raster, "amorphous Ge", whole, share=1, energy_kV=300, detector="HAADF")
    plane = raster.planes[np.argmax([p.sum() for p in raster.planes])].astype(np.float64)
    spectrum = np.abs(np.fft.rfft2(plane - plane.mean())) ** 2
    ky, kx = np.fft.fftfreq(plane.shape[0], 0.25), np.fft.rfftfreq(plane.shape[1], 0.25)
    spectrum /= np.outer(np.sinc(ky * 0.25) ** 8, np.sinc(kx * 0.25) ** 8)
    k = np.hypot(ky[:, None], kx)
    rings = np.array([spectrum[(k >= low) & (k < low + 0.05)].mean() for low in np.arange(0.05, 1.2, 0.05)])
    expected = hard_sphere_structure_factor(2 * np.pi * (np.arange(0.05, 1.2, 0.05) + 0.025), 0.0435, 2.2)
    assert np.corrcoef(rings, expected)[0, 1] > 0.97


def test_a_film_beyond_the_library_is_refused() -> None:
    with pytest.raises(InputError, match="a thickness of 900 Å is outside the library's 0 to 5"):
        film_image("amorphous C", 900.0)
