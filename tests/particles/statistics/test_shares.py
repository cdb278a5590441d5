"""Shares and their intervals, against scipy, by hand and by how often they hold the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from samiam.particles import FaultDetection
from samiam.particles.statistics.shares import Z_95, Clusters, likeness, n_effective, rogan_gladen, wilson


@given(st.integers(1, 500), st.data())
def test_wilson_is_that_of_scipy(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    found, expected = wilson(k / n, n), binomtest(k, n).proportion_ci(method="wilson")
    assert (found.low, found.high) == (pytest.approx(expected.low, abs=1e-9), pytest.approx(expected.high, abs=1e-9))
    assert found.low <= found.value <= found.high


def test_of_nothing_there_is_no_share() -> None:
    assert math.isnan(wilson(math.nan, 0).value)


def test_rogan_gladen_by_hand() -> None:
    """Rogan and Gladen's formula: (0.3 + 0.95 − 1) / (0.9 + 0.95 − 1)."""
    estimate, raw = rogan_gladen(0.3, 200, FaultDetection(faulty=100, found=90, faultless=200, cleared=190))
    assert estimate.value == raw == pytest.approx(0.25 / 0.85)
    assert estimate.low < estimate.value < estimate.high


def test_what_is_below_nothing_is_clipped() -> None:
    of = FaultDetection(faulty=100, found=90, faultless=100, cleared=90)
    estimate, raw = rogan_gladen(0.08, 100, of)
    assert raw == pytest.approx(-0.025)
    assert (estimate.value, estimate.low) == (0.0, 0.0)
    assert 0 < estimate.high < 0.1
    estimate, raw = rogan_gladen(0.02, 100, of)  # so far below that no share fits
    assert (estimate.value, raw) == (0.0, pytest.approx(-0.1))
    assert math.isnan(estimate.high)


def test_a_perfect_classifier_corrects_nothing() -> None:
    estimate, raw = rogan_gladen(0.3, 400, FaultDetection(faulty=10**6, found=10**6, faultless=10**6, cleared=10**6))
    plain = wilson(0.3, 400)
    assert raw == pytest.approx(0.3)
    assert (estimate.low, estimate.high) == (pytest.approx(plain.low, abs=0.003), pytest.approx(plain.high, abs=0.003))


def test_little_known_of_the_classifier_is_little_known_of_the_share() -> None:
    few, many = (FaultDetection(10 * n, 9 * n, 10 * n, 9 * n) for n in (1, 100))
    widths = [one.high - one.low for one, _ in (rogan_gladen(0.4, 300, of) for of in (few, many))]
    assert widths[0] > 2 * widths[1]
    hardly = rogan_gladen(0.4, 300, FaultDetection(faulty=1, found=1, faultless=1000, cleared=60))[0]
    assert (hardly.low, hardly.high) == (0.0, 1.0)


@pytest.mark.parametrize(("truth", "sensitivity", "specificity"), [(0.1, 0.9, 0.95), (0.3, 0.8, 0.9), (0.6, 0.95, 0.7)])
def test_the_corrected_interval_holds_the_truth(truth: float, sensitivity: float, specificity: float) -> None:
    rng = np.random.default_rng(1)
    apparent = truth * sensitivity + (1 - truth) * (1 - specificity)
    held = 0
    for _ in range(3000):
        of = FaultDetection(80, rng.binomial(80, sensitivity), 120, rng.binomial(120, specificity))
        estimate, _ = rogan_gladen(rng.binomial(150, apparent) / 150, 150, of)
        held += estimate.low <= truth <= estimate.high
    assert 0.93 <= held / 3000 <= 0.98


def test_weights_by_hand() -> None:
    assert n_effective(np.ones(7)) == 7
    assert n_effective(np.array([3.0, 1.0])) == pytest.approx(1.6)
    assert n_effective(np.zeros(0)) == 0


def test_likeness_of_images() -> None:
    images = np.repeat(np.arange(6), 10)
    assert likeness(images % 2 == 0, images) == 1.0  # of an image all or none
    assert likeness(np.tile(np.arange(10) < 5, 6), images) == 0.0  # of each image half
    assert likeness(np.ones(60, bool), images) == 0.0
    assert likeness(np.ones(3, bool), np.zeros(3, np.int64)) == 0.0
    rng = np.random.default_rng(0)
    shares = rng.beta(2, 4, 4000)  # of which the correlation within images is 1 / (2 + 4 + 1)
    drawn = rng.random((4000, 8)) < shares[:, None]
    assert likeness(drawn.ravel(), np.repeat(np.arange(4000), 8)) == pytest.approx(1 / 7, abs=0.01)


def test_clusters_by_hand() -> None:
    images = np.repeat(np.arange(5), 11)
    assert Clusters.of(images, 0.0) == Clusters(1.0, Z_95)
    found = Clusters.of(images, 0.1)
    assert found.effect == pytest.approx(1 + 10 * 0.1)
    assert found.z == pytest.approx(2.1199, abs=1e-4)  # Student's t of 4 · (2/1)² = 16 degrees of freedom
    assert Clusters.of(np.arange(5), 0.5) == Clusters(1.0, Z_95)  # one particle in each
