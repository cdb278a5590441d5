from __future__ import annotations

import json
from pathlib import Path
from runpy import run_path

import numpy as np
import pytest
from made_layers import columns_of, segmented
from numpy.typing import NDArray

from samiam.lattices.basis import Basis, basis_of, reduced
from samiam.lattices.spectrum import Grid, background, reflections_within
from samiam.measurement import measure
from samiam.measurement.lattices.phases import TOLERANCE, candidates_for, phases
from samiam.records import Masks, Micrograph, Segmentation

SCRIPT = Path(__file__).parents[2] / "scripts" / "phase_table.py"


def lattice(a: float, b: float, angle_deg: float, turn_deg: float) -> NDArray[np.float64]:
    first, second = np.deg2rad([turn_deg, turn_deg + angle_deg])
    return np.array([[a * np.cos(first), a * np.sin(first)], [b * np.cos(second), b * np.sin(second)]])


def found_in(vectors: NDArray[np.float64], *, noise: float, seed: int, shape: tuple[int, int] = (128, 160)) -> Basis:
    pixels = columns_of(shape, (1, 1), vectors) + noise * np.random.default_rng(seed).normal(size=shape)
    found = basis_of(reflections_within(pixels.astype(np.float32), np.ones(shape, bool), (1.0, 1.0)))
    assert isinstance(found, Basis), found
    return found


def test_errors_are_what_the_uncertainties_say() -> None:
    """Of 95 % two standard deviations; there is noise alone, and a lattice that is even."""
    rng, of_sigma = np.random.default_rng(3), []
    for seed in range(40):
        vectors = lattice(rng.uniform(6, 12), rng.uniform(12, 16), rng.uniform(75, 105), rng.uniform(0, 180))
        found = found_in(vectors, noise=1.0, seed=seed)
        true = np.linalg.inv(vectors).T
        for which in (0, 1):
            expected = 1 / np.hypot(*(np.rint(np.linalg.solve(true.T, found.waves[which])) @ true))
            uncertainty = found.uncertainty(lambda basis, which=which: 1 / np.hypot(*basis.waves[which]))
            of_sigma.append((1 / np.hypot(*found.waves[which]) - expected) / uncertainty)
    assert np.mean(np.abs(of_sigma) <= 2) >= 0.9
    assert 0.5 < np.std(of_sigma) < 1.3


@pytest.mark.parametrize("sides", [(0.02, 0.02), (0.02, 0.04), (0.04, 0.02)])
def test_spacings_are_true_along_both_axes(sides: tuple[float, float]) -> None:
    shape = (round(4 / sides[1]), round(5 / sides[0]))
    vectors = lattice(0.3905, 0.3905, 90, 17)
    pixels = columns_of(shape, sides, vectors) + 0.1 * np.random.default_rng(0).normal(size=shape)
    micrograph = Micrograph(np.clip((pixels + 3) / 6, 0, 1), sides[0], pixel_aspect=sides[1] / sides[0])
    row = measure(segmented(np.ones(shape, int), micrograph)).lattices.iloc[0]
    assert (row["a_nm"], row["b_nm"]) == (pytest.approx(0.3905, rel=1e-3), pytest.approx(0.3905, rel=1e-3))
    assert row["angle_deg"] == pytest.approx(90, abs=0.1)
    vector = np.array([row["a_x_nm"], row["a_y_nm"]])
    assert np.degrees(np.arctan2(*vector[::-1])) % 90 == pytest.approx(17, abs=0.2)
    assert row["candidates"].startswith("SrTiO3 [100] ")
    assert row["remark"] is None or np.isnan(row["remark"])


def test_each_grain_has_its_own_lattice() -> None:
    shape, half = (160, 320), np.s_[:, 160:]
    pixels = columns_of(shape, (1, 1), lattice(8, 11, 90, 5))
    pixels[half] = columns_of(shape, (1, 1), lattice(8, 11, 90, 35))[half]
    grains = np.ones(shape, np.uint32)
    grains[half] = 2
    micrograph = Micrograph((pixels + 3) / 6)
    one = Segmentation(grains > 0, [], 1, True, Masks.empty(shape), micrograph=micrograph, grains=grains)
    found = measure(one).lattices
    turned_deg = np.degrees(np.arctan2(found["a_y_px"], found["a_x_px"]))
    np.testing.assert_allclose(turned_deg, [5, 35], atol=0.3)
    assert found[["grain", "label", "material"]].to_numpy().tolist() == [[1, 1, 1], [2, 1, 1]]
    assert found["candidates"].isna().all(), "a length in pixels fits no crystal"


def speckle(shape: tuple[int, int]) -> NDArray[np.float64]:
    """Noise of about one wavelength, as a film without a lattice has it."""
    wave = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.fftfreq(shape[1]))
    noise = np.fft.fft2(np.random.default_rng(2).normal(size=shape))
    return np.fft.ifft2(noise * np.exp(-(((wave - 0.1) / 0.03) ** 2))).real


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("amorphous", "no lattice"),
        ("noise", "no lattice"),
        ("one value", "no lattice"),
        ("fringes", "planes of one direction only"),
        ("small", "too small for a lattice"),
    ],
)
def test_where_there_is_no_lattice_it_is_said_why(kind: str, words: str) -> None:
    shape = (6, 12) if kind == "small" else (200, 240)
    x = np.indices(shape)[1]
    noise = np.random.default_rng(1).normal(size=shape)
    pixels = {
        "amorphous": speckle(shape),
        "noise": noise,
        "one value": np.zeros(shape),
        "fringes": np.cos(2 * np.pi * x / 9) + 0.2 * noise,
        "small": noise,
    }[kind]
    pixels = (pixels - pixels.min()) / max(float(np.ptp(pixels)), 1)
    row = measure(segmented(np.ones(shape, int), Micrograph(pixels, 0.02))).lattices.iloc[0]
    assert row["remark"].startswith(words)
    assert row["reflections"] == 0
    assert np.isnan(row["a_nm"])


def test_the_shortest_two_vectors() -> None:
    pair = np.array([[5.0, 1.0], [9.0, 3.0]])
    np.testing.assert_allclose(np.abs(reduced(pair)), [[1, 1], [3, 3]])


class TestPhases:
    def test_the_table_is_that_of_the_crystals(self) -> None:
        script = run_path(str(SCRIPT))
        crystals, zones = script["CRYSTALS"].values(), script["ZONES"]
        made = [script["projected"](crystal, zone) for crystal in crystals for zone in zones]
        assert json.loads(script["TABLE"].read_text(encoding="utf-8")) == made

    def test_lengths_by_hand(self) -> None:
        """Germanium along [110]: a/2 [-110] is 4.0007 Å, a/2 [-112] projects to a vector of 3.4648 Å."""
        ge = next(phase for phase in phases() if (phase.phase, phase.zone) == ("Ge", "110"))
        assert (ge.a_nm, ge.b_nm) == (pytest.approx(0.34648, abs=1e-5), pytest.approx(0.34648, abs=1e-5))
        assert ge.angle_deg == pytest.approx(70.529, abs=1e-3)

    @pytest.mark.parametrize(("phase", "zone"), [("SrTiO3", "100"), ("SrTiO3", "110"), ("Ge", "110"), ("Pt", "111")])
    def test_a_phase_is_its_own_candidate(self, phase: str, zone: str) -> None:
        own = next(one for one in phases() if (one.phase, one.zone) == (phase, zone))
        stretched = Basis(own.waves / (1 + TOLERANCE / 2), np.zeros((4, 4)), 3)
        found = {(one.phase.phase, one.phase.zone): one.deviation for one in candidates_for(stretched)}
        assert found[(phase, zone)] == pytest.approx(TOLERANCE / 2)

    def test_what_fits_nothing_has_no_candidate(self) -> None:
        assert candidates_for(Basis(np.diag([1 / 0.5, 1 / 0.46]), np.zeros((4, 4)), 3)) == []


@pytest.mark.parametrize("side", [20, 26, 34, 50])
def test_a_small_region_of_noise_has_hardly_any_reflection(side: int) -> None:
    """Of noise one place in thousands stands out; lengths of which no wave tells the background are no reason to."""
    found, background = [], spectrum_of(side)
    assert (background == 1).all()
    for seed in range(20):
        pixels = np.random.default_rng(seed).normal(size=(side, side)).astype(np.float32)
        reflections = reflections_within(pixels, np.ones((side, side), bool), (1.0, 1.0))
        found.append(0 if reflections is None else len(reflections.waves))
    assert np.mean(found) < 0.5


def background_of(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """The background all over a square spectrum."""
    frequencies = np.fft.fftshift(np.fft.fftfreq(len(power)))
    lengths = np.hypot(frequencies[:, None], frequencies)
    return background(power, Grid(frequencies, frequencies), lengths)


def spectrum_of(side: int) -> NDArray[np.float32]:
    """The background of even power at twice the side."""
    return background_of(np.ones((2 * side, 2 * side), np.float32))


def test_nothing_but_one_wave_is_no_error() -> None:
    power = np.zeros((64, 64), np.float32)
    power[40, 40] = 1e6
    stands_out = power / background_of(power)
    assert np.isfinite(stands_out).all()
    assert stands_out.max() == stands_out[40, 40] > 1e10
