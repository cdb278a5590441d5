"""The families of samples: ranges that a microscopist believes, on many draws of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from samiam.errors import InputError
from simulate.imaging.stem import scan_positions
from simulate.library import entries
from simulate.library.responses import responses
from simulate.scenes.benchmark import Recipe
from simulate.scenes.exposure import Acquisition
from simulate.scenes.families import FAMILIES, draw
from simulate.specimen.layers import Specimen
from simulate.specimen.occupancy import entries_of
from simulate.specimen.stack import build_stack

SEEDS = range(60)
EACH = pytest.mark.parametrize("family", FAMILIES)


@cache
def draws(family: str) -> list[tuple[Specimen, Acquisition]]:
    return [draw(family, seed) for seed in SEEDS]


def side_A(acquisition: Acquisition) -> float:
    return acquisition.scan.shape_hw[0] * acquisition.scan.pixel_size_A


def inner_A(specimen: Specimen) -> float:
    return sum(layer.thickness_A or 0.0 for layer in specimen.layers)


def labels(specimen: Specimen) -> set[str]:
    return {layer.made_of.name for layer in specimen.layers if layer.made_of.is_labelled}


@EACH
class TestEveryDraw:
    def test_the_same_seed_draws_the_same(self, family: str) -> None:
        assert draw(family, 3) == draw(family, 3) == draws(family)[3]
        assert draw(family, 3) != draw(family, 4)

    def test_2_to_4_labels(self, family: str) -> None:
        assert all(2 <= len(labels(specimen)) <= 4 for specimen, _ in draws(family))

    def test_the_layers_fit_the_frame(self, family: str) -> None:
        for specimen, acquisition in draws(family):
            assert inner_A(specimen) < 0.8 * side_A(acquisition)
            top_A = specimen.first_interface_A + inner_A(specimen)
            for edge_A in (specimen.first_interface_A + side_A(acquisition) / 2, side_A(acquisition) / 2 - top_A):
                assert edge_A > 0.08 * side_A(acquisition)  # of the lowest and of the highest layer in view

    def test_the_microscope(self, family: str) -> None:
        for _, acquisition in draws(family):
            scan, optics = acquisition.scan, acquisition.optics
            assert scan.shape_hw in ((1024, 1024), (2048, 2048))
            assert 0.1 <= scan.pixel_size_A <= 0.7
            assert 1e3 <= acquisition.dose_e_per_A2 <= 5e4
            assert (optics.energy_kV in (200, 300), optics.convergence_mrad) == (True, 22)
            assert 0.7 <= optics.source_fwhm_A <= 1.2
            assert 0.02 <= scan.jitter_A <= 0.3
            assert acquisition.detector in ("HAADF", "ADF")
            frame_s = 1e-6 * scan.shape_hw[0] * (scan.shape_hw[1] * scan.dwell_us + scan.flyback_us)
            assert np.hypot(*scan.drift_A_per_s) * frame_s <= 0.0101 * side_A(acquisition)

    def test_the_specimen_is_as_thick_as_the_library_knows_wherever_it_is_seen(self, family: str) -> None:
        for seed, (specimen, acquisition) in list(zip(SEEDS, draws(family), strict=True))[:6]:
            positions_A = scan_positions(np.random.default_rng([seed, 2]), acquisition.scan)[::64, ::64].reshape(-1, 2)
            x_A, y_A = (1.1 * positions_A).T  # and the margin around
            stack = build_stack(np.random.default_rng([seed, 0]), specimen, reach_A=float(np.hypot(x_A, y_A).max()))
            thickness_A = stack.thickness_at(x_A, y_A)
            assert thickness_A.min() > 40
            assert thickness_A.max() < 480
            energy_kV, detector = acquisition.optics.energy_kV, acquisition.detector
            names = [*entries_of(stack), *(entries.entry_name(film) for film in films(specimen))]
            assert thickness_A.max() < min(responses(n, energy_kV, detector).thickness_A[-1] for n in names)

    def test_wedge_and_bending_can_never_leave_what_the_library_knows(self, family: str) -> None:
        for specimen, acquisition in draws(family):
            reach_A = side_A(acquisition) * np.sqrt(0.5) * 1.05  # a corner, distortions, margin
            change_A = float(np.abs(specimen.wedge).sum()) * reach_A + 2 * np.sqrt(2) * specimen.bending_A
            assert specimen.thickness_A - change_A > 40
            assert specimen.thickness_A + change_A < 480

    def test_a_part_of_one_is_imaged(self, family: str) -> None:
        exposure = Recipe("a", family, 1, side_px=160).expose()
        assert exposure.counts.shape == exposure.labels.shape == (160, 160)
        assert exposure.counts.std() > 0
        assert set(exposure.materials) <= labels(draw(family, 1)[0])


def films(specimen: Specimen) -> set[str]:
    return {name for layer in specimen.layers for name, _ in layer.made_of.films}


def share(family: str, holds: Callable[[Specimen, Acquisition], bool]) -> float:
    """Of the draws of a family."""
    return sum(holds(*drawn) for drawn in draws(family)) / len(SEEDS)


def has(*materials: str) -> Callable[[Specimen, Acquisition], bool]:
    return lambda specimen, _: [layer.made_of.name for layer in specimen.layers][: len(materials)] == list(materials)


class TestTheFamilies:
    """What the paper's samples are, and how often the variants come."""

    @pytest.mark.parametrize(
        ("family", "layers", "film_A"),
        [
            ("LaMnO3-film", ("SrTiO3", "LaMnO3"), {300: 0.05, 500: 0.05}),
            ("LaFeO3-film", ("SrTiO3", "LaFeO3"), {100: 0.11}),
            ("WO3-film", ("Nb-SrTiO3", "WO3"), {225: 0.8}),
            ("La-SrTiO3", ("SrTiO3", "La-SrTiO3"), {150: 0.61}),
        ],
    )
    def test_layers_and_thickness(self, family: str, layers: tuple[str, ...], film_A: dict[float, float]) -> None:
        found = set()
        for specimen, acquisition in draws(family):
            assert has(*layers)(specimen, acquisition)
            thickness_A = specimen.layers[1].thickness_A
            (nominal,) = (n for n, spread in film_A.items() if abs((thickness_A or 0) / n - 1) <= spread)
            found.add(nominal)
        assert found == set(film_A)

    def test_buried_layers_have_2_or_4_cells(self) -> None:
        cells = Counter(
            round((layer.thickness_A or 0) / 3.94)
            for specimen, _ in draws("LaMnO3-buried")
            for layer in specimen.layers
            if layer.made_of.name == "LaMnO3"
        )
        assert set(cells) == {2, 4}
        assert 0.3 < share("LaMnO3-buried", lambda specimen, _: len(labels(specimen)) == 2) < 0.7

    def test_ferrite(self) -> None:
        assert 0.2 < share("LSFO-film", has("SrTiO3", "LaFeO3", "La0.8Sr0.2FeO3")) < 0.7
        assert all(has("SrTiO3")(*drawn) for drawn in draws("LSFO-film"))

    def test_germanium(self) -> None:
        assert all(has("Ge")(*drawn) and drawn[1].detector == "HAADF" for drawn in draws("SrTiO3-Ge"))
        assert 0.3 < share("SrTiO3-Ge", has("Ge", "gap", "SrTiO3")) < 0.7
        assert 0.1 < share("SrTiO3-Ge", lambda specimen, _: specimen.view == "110") < 0.4
        assert 0.05 < share("SrTiO3-Ge", lambda specimen, _: specimen.layers[-1].made_of.name == "a-Ge") < 0.4

    def test_every_doped_film_has_its_own_fraction(self) -> None:
        fractions = {specimen.layers[1].made_of.dopants[0].fraction for specimen, _ in draws("La-SrTiO3")}
        assert len(fractions) == len(SEEDS)
        assert 0.03 <= min(fractions) < 0.06
        assert 0.2 < max(fractions) <= 0.25

    def test_islands(self) -> None:
        assert 0.1 < share("WO3-film", lambda specimen, _: specimen.layers[1].coverage < 1) < 0.45

    def test_what_is_found_among_all(self) -> None:
        everything = [drawn for family in FAMILIES for drawn in draws(family)]
        n = len(everything)
        tops = Counter(specimen.layers[-1].made_of.name for specimen, _ in everything)
        assert tops["PtC"] / n > 0.35
        assert tops["Vac"] / n > 0.1
        kinds = Counter(
            boundary.kind for specimen, _ in everything for layer in specimen.layers for boundary in layer.boundaries
        )
        assert min(kinds["antiphase"], kinds["grain"]) / n > 0.15
        settings = [acquisition for _, acquisition in everything]
        assert 0.05 < sum(a.scan.shape_hw[0] == 2048 for a in settings) / n < 0.2
        assert 0.15 < sum(a.bits == 8 for a in settings) / n < 0.45
        assert 0.15 < sum(a.detector == "ADF" for a in settings) / n < 0.4
        turned = sum(abs(a.scan.rotation_deg) > 10 for a in settings) / n
        assert 0.1 < turned < 0.4
        assert min(a.dose_e_per_A2 for a in settings) == 1e3
        assert any(interface.mixing_A > 0 for specimen, _ in everything for interface in tops_of(specimen))


def tops_of(specimen: Specimen) -> list:  # type: ignore[type-arg]
    return [layer.top for layer in specimen.layers]


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(InputError, match="unknown family 'Fe-film'; there are LaMnO3-film, "):
        draw("Fe-film", 0)
