"""Correlation and slope against scipy, by hand and by law."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit
from scipy.stats import spearmanr

from samiam.particles.statistics.resampling import Bootstrap
from samiam.particles.statistics.trend import firth_slope, trend


def made(seed: int, n: int = 60, slope: float = 0.8) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    diameters = np.round(rng.lognormal(1.4, 0.3, n), 1)  # some are equal
    return diameters, rng.random(n) < expit(slope * (diameters - 4.5))


def images(n: int, n_images: int = 6, resamples: int = 100) -> Bootstrap:
    return Bootstrap(np.arange(n) % n_images, resamples, 0)


@pytest.mark.parametrize("seed", range(5))
def test_correlation_is_spearman_s(seed: int) -> None:
    diameters, faulty = made(seed)
    found, _ = trend(diameters, faulty, images(60))
    assert found.value == pytest.approx(spearmanr(diameters, faulty).statistic)
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize("seed", range(3))
def test_the_slope_is_of_largest_penalised_likelihood(seed: int) -> None:
    """Firth's: the likelihood times the root of the determinant of the information."""
    diameters, faulty = made(seed)

    def penalised(beta: NDArray[np.float64]) -> float:
        x = np.stack([np.ones_like(diameters), diameters])
        score = beta @ x
        share = expit(score)
        information = (x * share * (1 - share)) @ x.T
        likelihood = np.where(faulty, log_expit(score), log_expit(-score)).sum()
        return float(-likelihood - np.linalg.slogdet(information)[1] / 2)

    expected = minimize(penalised, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}).x[1]
    assert trend(diameters, faulty, images(60))[1].value == pytest.approx(expected, rel=1e-5)


def test_the_slope_is_found_again() -> None:
    diameters, faulty = made(7, n=4000)
    assert trend(diameters, faulty, images(4000, 10))[1].value == pytest.approx(0.8, abs=0.1)


def test_where_size_decides_the_slope_is_finite() -> None:
    diameters = np.linspace(2, 6, 40)
    correlation, slope = trend(diameters, diameters > 4, images(40))
    assert correlation.value == pytest.approx(spearmanr(diameters, diameters > 4).statistic)
    assert 2 < slope.value < 100


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_drawn_twice_is_there_twice(seed: int) -> None:
    rng = np.random.default_rng(seed)
    diameters, faulty = made(seed % 1000, 30)
    order = np.argsort(diameters, kind="stable")
    diameters, share = diameters[order], faulty[order].astype(float)
    counts = rng.integers(0, 3, 30)
    repeated = np.repeat(diameters, counts), np.repeat(share, counts)
    if len(np.unique(repeated[0])) < 3:
        return
    first = firth_slope(diameters, share, counts[None].astype(float))
    second = firth_slope(*repeated, np.ones((1, counts.sum())))
    assert first[0] == pytest.approx(second[0], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(
    ("diameters", "faulty"), [([1, 2, 3], [1, 1, 1]), ([2, 2, 2], [1, 0, 1]), ([], []), ([2.0], [True])]
)
def test_what_has_no_trend(diameters: list[float], faulty: list[bool]) -> None:
    found = trend(np.array(diameters, float), np.array(faulty, bool), images(len(diameters)))
    assert [math.isnan(one.value) for one in found] == [True, True]


def test_with_few_images_there_is_no_interval() -> None:
    diameters, faulty = made(1)
    for estimate in trend(diameters, faulty, images(60, 4)):
        assert math.isfinite(estimate.value)
        assert math.isnan(estimate.low)
