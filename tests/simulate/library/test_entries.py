from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from samiam.errors import InputError
from simulate.library import entries
from simulate.library.crystals import CRYSTALS, FILMS
from simulate.library.entries import entry_name, read_entry
from simulate.library.responses import SIGMAS_A, responses, thin_film_fraction

ENTRIES = sorted(path.stem for path in entries.FOLDER.glob("*.npz"))


@pytest.mark.parametrize("name", ENTRIES)
def test_entries_are_shares_of_the_beam_that_grow_with_thickness(name: str) -> None:
    entry = read_entry(name)
    settings = entry.header["settings"]
    assert (np.diff(entry.arrays["thickness_A"]) > 0).all()
    for energy_kV in settings["energies_kV"]:
        found = entry.arrays[f"{'fraction' if entry.is_film else 'images'}_{energy_kV:g}kV"]
        means = found if entry.is_film else found.mean(axis=(2, 3))
        assert found.min() >= 0
        assert found.max() <= 1
        assert (np.diff(means[entry.detector_index(energy_kV, "HAADF")]) > 0).all()


@pytest.mark.parametrize("name", ENTRIES)
def test_the_fit_leaves_little(name: str) -> None:
    for energy_kV in (200, 300):
        for detector in ("HAADF", "ADF"):
            fitted = responses(name, energy_kV, detector)
            assert fitted.residual < (0.2 if read_entry(name).is_film else 0.1)  # of a film's probe it leaves the rings
            assert (fitted.volumes_A2 >= 0).all()
            assert fitted.volumes_A2.shape == (len(fitted.sites), len(fitted.thickness_A), len(SIGMAS_A))
            assert (fitted.volumes_A2[:, 0] == 0).all()


@pytest.mark.parametrize("name", [name for name in ENTRIES if not read_entry(name).is_film])
def test_a_cations_response_grows_steadily(name: str) -> None:
    fitted = responses(name, 300, "HAADF")
    for site, volumes_A2 in zip(fitted.sites, fitted.volumes_A2.sum(axis=2), strict=True):
        if site != "O":
            steps = np.diff(volumes_A2)
            assert (steps > 0).all()
            assert steps.max() < 6 * steps.min()


def test_between_thicknesses_it_is_interpolated() -> None:
    fitted = responses("Ge_110_001", 300, "HAADF")
    low, high = fitted.at("Ge", fitted.thickness_A[2:4])
    middle = fitted.at("Ge", fitted.thickness_A[2:4].mean(keepdims=True))[0]
    assert np.allclose(middle, (low + high) / 2)
    assert np.allclose(fitted.at("Ge", fitted.thickness_A), fitted.volumes_A2[0])
    assert not fitted.at("Sr", np.array([100.0])).any()


def test_what_is_not_there() -> None:
    fitted = responses("Ge_110_001", 300, "HAADF")
    with pytest.raises(InputError, match="a thickness of 700 Å is outside the library's 0 to 480 Å"):
        fitted.at("Ge", np.array([10.0, 700.0]))
    with pytest.raises(InputError, match="a thickness of -3 Å is outside"):
        fitted.at("Ge", np.array([-3.0]))
    with pytest.raises(InputError, match="Ge_111_001 is not in the library"):
        read_entry("Ge_111_001")
    with pytest.raises(InputError, match="no BF image at 300 kV in the library; it has ADF, HAADF at 200, 300 kV"):
        responses("Ge_110_001", 300, "BF")


def test_an_entry_of_ones_own(tmp_path: Path) -> None:
    """A single column whose image is a Gaussian of the library's widths comes back, but for the ridge."""
    n, a_A, sigma_A = 24, 4.0, SIGMAS_A[3]
    x = (np.arange(n) / n * a_A + a_A / 2) % a_A - a_A / 2
    along = sum(np.exp(-((x + shift * a_A) ** 2) / (2 * sigma_A**2)) for shift in range(-4, 5))
    image = 0.3 * np.outer(along, along) / (2 * np.pi * sigma_A**2)
    header = {
        "settings": {"energies_kV": [300.0], "detectors_mrad": [["HAADF", 60, 160]]},
        "cell_A": [a_A, a_A, a_A],
        "columns": [{"site": "X", "elements": ["Sr"], "atoms_per_repeat": [1], "x_A": 0.0, "y_A": 0.0}],
    }
    arrays = {"thickness_A": np.array([50.0]), "images_300kV": image[None, None].astype(np.float32)}
    np.savez(tmp_path / "mine_100_001.npz", header=json.dumps(header), **arrays)  # type: ignore[arg-type]
    fitted = responses("mine_100_001", 300, "HAADF", tmp_path)
    assert fitted.residual < 0.05
    assert fitted.volumes_A2[0, 1].sum() == pytest.approx(0.3, rel=0.02)


def test_names_of_entries() -> None:
    assert entry_name("SrTiO3", (1, 0, 0), (0, 0, 1)) == "SrTiO3_100_001"
    assert entry_name("some/where/mine.cif", (1, 1, 0), (0, 0, 1)) == "mine_110_001"
    assert [entry_name(name) for name in FILMS] == ["amorphous_C", "amorphous_Ge", "nanocrystalline_Pt"]
    assert len({entry_name(name, (1, 0, 0), (0, 0, 1)) for name in CRYSTALS}) == len(CRYSTALS)


def test_ones_own_library_comes_first_where_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "Ge_110_001.npz"
    own.write_bytes((entries.FOLDER / own.name).read_bytes())
    monkeypatch.setattr(entries, "user_folder", lambda: tmp_path)
    monkeypatch.delenv("SAMIAM_LIBRARY", raising=False)
    assert entries.entry_paths()["Ge_110_001"] == entries.FOLDER / own.name
    monkeypatch.setenv("SAMIAM_LIBRARY", str(tmp_path))
    assert entries.entry_paths()["Ge_110_001"] == own
    assert entries.entry_paths()["SrTiO3_100_001"].parent == entries.FOLDER


def test_a_crystal_may_be_called_like_a_film() -> None:
    assert entry_name("amorphous_like.cif", (1, 0, 0), (0, 0, 1)) == "amorphous_like_100_001"
    assert {entry_name(film) for film in FILMS} == {film.replace(" ", "_") for film in FILMS}


@pytest.mark.parametrize("detector", ["ADF", "HAADF"])
def test_a_thin_film_is_its_atoms(detector: str) -> None:
    per_atom_A2 = responses("amorphous_C", 300, detector).volumes_A2[0, 1].sum()
    expected = FILMS["amorphous C"].atoms_per_A3 * per_atom_A2
    assert thin_film_fraction("amorphous_C", 300, detector) == pytest.approx(expected, rel=1e-5)
