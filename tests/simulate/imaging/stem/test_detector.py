from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from samiam.errors import InputError
from simulate.imaging.stem import Detector, detect, exposed

LINEAR = Detector(1000.0, gain_counts_per_e=1.0, offset_counts=0.0, readout_counts=0.0)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("expected_e", [0.2, 6.0, 600.0])
def test_electrons_are_poisson_distributed_at_dose_times_area_times_fraction(expected_e: float) -> None:
    fraction = np.full((300, 300), expected_e / (1000 * 0.8))
    electrons = detect(rng(), fraction, 0.8, LINEAR).astype(np.float64)
    assert electrons.mean() == pytest.approx(expected_e, abs=4 * np.sqrt(expected_e / electrons.size))
    assert electrons.var() == pytest.approx(expected_e, rel=0.03)
    assert (electrons == 0).mean() == pytest.approx(np.exp(-expected_e), abs=0.007)


def test_gain_offset_and_read_out_noise_make_counts_of_electrons() -> None:
    fraction = np.full((400, 400), 0.01)  # 10 electrons
    counts = detect(rng(), fraction, 1.0, Detector(1000.0, 50.0, 700.0, 30.0)).astype(np.float64)
    assert counts.mean() == pytest.approx(700 + 50 * 10, abs=2)
    assert counts.var() == pytest.approx(50**2 * 10 + 30**2, rel=0.02)


def test_without_electrons_there_are_offset_and_read_out_noise() -> None:
    counts = detect(rng(), np.zeros((300, 300)), 1.0, Detector(1.0, 100.0, 500.0, 20.0)).astype(np.float64)
    assert counts.mean() == pytest.approx(500, abs=0.3)
    assert counts.std() == pytest.approx(20, rel=0.02)


@pytest.mark.parametrize(("bits", "kind", "highest"), [(8, np.uint8, 255), (16, np.uint16, 65535)])
def test_counts_saturate_at_both_ends(bits: Any, kind: Any, highest: int) -> None:
    detector = Detector(1e6, 1.0, -1000.0, 0.0, bits)
    fraction = np.array([[0.0, 0.0005, 0.068, 0.9]])  # 0, about 500, 68 000 and 900 000 electrons
    counts = detect(rng(), fraction, 1.0, detector)
    assert counts.dtype == kind
    assert counts.tolist() == [[0, 0, highest, highest]]


def test_counts_above_eight_bits_do_not_wrap() -> None:
    assert detect(rng(), np.zeros((1, 1)), 1.0, Detector(1.0, 1.0, 400.0, 0.0, bits=8)).tolist() == [[255]]


def test_counts_are_rounded() -> None:
    dark = np.zeros((1, 1))
    assert [int(detect(rng(), dark, 1.0, Detector(1.0, 1.0, level, 0.0))[0, 0]) for level in (6.4, 6.6)] == [6, 7]


def test_what_filters_leave_outside_is_cut() -> None:
    counts = detect(rng(), np.array([[-0.009, 1.009]]), 1.0, LINEAR)
    assert counts[0, 0] == 0
    assert counts[0, 1] == detect(rng(), np.array([[0.0, 1.0]]), 1.0, LINEAR)[0, 1]


def test_the_seed_decides() -> None:
    fraction = np.full((30, 20), 0.05, np.float32)
    first, again, other = (detect(rng(seed), fraction, 1.0, Detector(1000.0)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("dose_e_per_A2", [3e2, 1e4, 1e6])
@pytest.mark.parametrize(("low", "high"), [(0.0, 0.08), (0.5, 0.8), (0.01, 0.011)])
def test_an_exposed_image_fills_the_range_and_hardly_saturates(
    bits: Any, dose_e_per_A2: float, low: float, high: float
) -> None:
    area_A2 = 0.04
    fraction = np.tile(np.linspace(low, high, 400), (400, 1))
    detector = exposed(dose_e_per_A2, area_A2, low, high, bits=bits)
    shares = detect(rng(), fraction, area_A2, detector) / (2**bits - 1)
    assert ((shares == 0) | (shares == 1)).mean() < 0.001
    assert shares.max() - shares.min() > 0.75
    assert detector.dose_e_per_A2 == dose_e_per_A2
    assert detector.readout_counts == pytest.approx(0.3 * detector.gain_counts_per_e)


def test_an_exposure_worked_out_by_hand() -> None:
    # 100 to 400 electrons without read-out noise: (10 - 1.75)² … (20 + 1.75)² on 0.03 … 0.97 of 255
    detector = exposed(1000.0, 0.5, 0.2, 0.8, readout_e=0.0)
    assert detector.gain_counts_per_e == pytest.approx(0.94 * 255 / 405)
    assert detector.offset_counts + 68.0625 * detector.gain_counts_per_e == pytest.approx(0.03 * 255)
    assert (detector.readout_counts, detector.bits) == (0.0, 8)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dose_e_per_A2": -5.0}, "dose_e_per_A2=-5.0: give a number above 0"),
        ({"dose_e_per_A2": 0.0}, "dose_e_per_A2=0.0: give a number above 0"),
        ({"dose_e_per_A2": 1e12}, "dose_e_per_A2=1000000000000.0: give a number above 0 to 1e+09"),
        ({"gain_counts_per_e": 0.0}, "gain_counts_per_e=0.0: give a number above 0"),
        ({"offset_counts": float("nan")}, "offset_counts=nan: give a number"),
        ({"readout_counts": float("inf")}, "readout_counts=inf: give a number, 0 or more"),
        ({"readout_counts": -1.0}, "readout_counts=-1.0: give a number, 0 or more"),
        ({"bits": 12}, "bits=12: give 8 or 16"),
        ({"dose": 3.0}, "Detector has no setting 'dose'. It has dose_e_per_A2, gain_counts_per_e, "),
    ],
)
def test_impossible_detectors(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as raised:
        Detector(**{"dose_e_per_A2": 1.0} | options)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("fraction", [-0.02, 1.02, 255.0, float("nan")])
def test_impossible_fractions(fraction: float) -> None:
    with pytest.raises(InputError, match=r"fractions of .*: give shares of the beam, in 0 … 1"):
        detect(rng(), np.array([[0.5, fraction]]), 1.0, LINEAR)


def test_impossible_areas() -> None:
    with pytest.raises(InputError, match="pixel_area_A2=0"):
        detect(rng(), np.ones((2, 2)), 0, LINEAR)


@pytest.mark.parametrize(("low", "high"), [(-0.1, 0.5), (0.5, 0.5), (0.6, 0.5), (0.1, 1.1), (0.1, float("nan"))])
def test_impossible_exposures(low: float, high: float) -> None:
    with pytest.raises(InputError, match=r"give a range that rises within 0 … 1"):
        exposed(100.0, 1.0, low, high)


def test_neighbours_share_their_counts() -> None:
    fraction = np.full((300, 300), 0.1)
    alone, shared = (
        detect(rng(), fraction, 1.0, replace(LINEAR, gain_counts_per_e=20.0, spread_px=spread_px)).astype(np.float64)
        for spread_px in (0.0, 0.6)
    )
    assert shared.mean() == pytest.approx(alone.mean(), rel=1e-3)
    assert shared.std() < 0.6 * alone.std()
    neighbours = [np.corrcoef(image[:, 1:].ravel(), image[:, :-1].ravel())[0, 1] for image in (alone, shared)]
    kernel = np.exp(-(np.arange(-3, 4) ** 2) / (2 * 0.6**2))
    assert neighbours == pytest.approx([0, (kernel[1:] * kernel[:-1]).sum() / (kernel**2).sum()], abs=0.02)


def test_lines_differ_in_brightness() -> None:
    fraction = np.full((400, 200), 0.5)  # 50 000 electrons
    counts = detect(rng(), fraction, 100.0, replace(LINEAR, line_noise=0.02)).astype(np.float64)
    assert counts.mean(axis=1).std() / counts.mean() == pytest.approx(0.02, rel=0.15)
    assert counts.mean(axis=0).std() / counts.mean() < 0.003
