"""Weights, means, medians and spreads against numpy and by law."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import bootstrap as reference
from scipy.stats import lognorm

from samiam.particles.statistics.resampling import Bootstrap, Statistic
from samiam.particles.statistics.shares import Estimate
from samiam.particles.statistics.sizes import MEASURES, edge_weights, summarise


def table_of(diameters: Any) -> pd.DataFrame:
    return pd.DataFrame({name: np.asarray(diameters, float) for name in MEASURES})


def over_particles(n: int, resamples: int = 100) -> Bootstrap:
    return Bootstrap(np.zeros(n, np.int64), resamples, 0)


class TestWeights:
    def test_by_hand(self) -> None:
        """In 10 × 20: room of 9 × 19 = 171 and 5 × 10 = 50."""
        weights = edge_weights(np.array([[1.0, 1.0], [5.0, 10.0]]), [(10.0, 20.0)])
        assert weights[1] / weights[0] == pytest.approx(171 / 50)
        assert weights.mean() == pytest.approx(1)

    def test_room_is_that_in_all_images(self) -> None:
        """One of 6 × 6 has none in an image of 5 × 5."""
        weights = edge_weights(np.array([[1.0, 1.0], [6.0, 6.0]]), [(10.0, 10.0), (5.0, 5.0)])
        assert weights[1] / weights[0] == pytest.approx((81 + 16) / 16)

    def test_as_many_as_were_there(self) -> None:
        """Of squares at random places the weights give back the shares of both sizes."""
        rng = np.random.default_rng(0)
        sides = rng.choice([1.0, 6.0], 200_000)
        corners = rng.uniform(-6, 10, (200_000, 2))
        whole = ((corners >= 0) & (corners + sides[:, None] <= 10)).all(axis=1)
        found = sides[whole]
        weights = edge_weights(np.stack([found, found], axis=1), [(10.0, 10.0)])
        assert (found == 6).mean() < 0.2
        assert weights[found == 6].sum() / weights.sum() == pytest.approx(0.5, abs=0.01)

    def test_none(self) -> None:
        assert edge_weights(np.zeros((0, 2)), [(10.0, 10.0)]).shape == (0,)


class TestSummaries:
    @settings(max_examples=25)
    @given(st.lists(st.floats(0.1, 100), min_size=2, max_size=40))
    def test_without_weights_they_are_those_of_numpy(self, diameters: list[float]) -> None:
        (first, *_), log_normal = summarise(
            table_of(diameters), np.ones(len(diameters)), over_particles(len(diameters))
        )
        assert first.mean.value == pytest.approx(np.mean(diameters))
        assert first.median.value == pytest.approx(np.median(diameters))
        assert first.sd.value == pytest.approx(np.std(diameters, ddof=1), abs=1e-6)
        shape, _, scale = lognorm.fit(diameters, floc=0) if np.ptp(diameters) > 0.1 else (math.nan, 0, math.nan)
        if not math.isnan(shape):
            n = len(diameters)
            assert log_normal.median_nm.value == pytest.approx(scale, rel=1e-4)
            assert math.log(log_normal.geometric_sd.value) == pytest.approx(shape * math.sqrt(n / (n - 1)), rel=1e-3)

    def test_a_weight_of_three_is_three_particles(self) -> None:
        once = summarise(table_of([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 1.0]), over_particles(3))
        thrice = summarise(table_of([1.0, 2.0, 2.0, 2.0, 4.0]), np.ones(5), over_particles(5))
        for name in ("mean", "median"):
            assert getattr(once[0][0], name).value == pytest.approx(getattr(thrice[0][0], name).value)

    def test_intervals_are_those_of_scipy(self) -> None:
        """But for the small correction, of 100 particles."""
        diameters = np.random.default_rng(2).lognormal(1.4, 0.25, 100)
        found, _ = summarise(table_of(diameters), np.ones(100), over_particles(100, 4000))
        for estimate, statistic in ((found[0].mean, np.mean), (found[0].sd, lambda x, axis: np.std(x, axis, ddof=1))):
            expected = reference(
                (diameters,), statistic, n_resamples=4000, method="percentile", rng=np.random.default_rng(1)
            ).confidence_interval
            width = expected.high - expected.low
            assert estimate.low == pytest.approx(expected.low, abs=0.08 * width)
            assert estimate.high == pytest.approx(expected.high, abs=0.08 * width)
            assert estimate.high - estimate.low > 0.98 * width

    def test_images_are_drawn_with_all_that_is_in_them(self) -> None:
        """Ten images, in each ten particles of one size: as uncertain as ten particles."""
        sizes = np.random.default_rng(3).lognormal(1.4, 0.25, 10)
        images = np.repeat(np.arange(10), 10)
        together, _ = summarise(table_of(np.repeat(sizes, 10)), np.ones(100), Bootstrap(images, 3000, 0))
        alone, _ = summarise(table_of(sizes), np.ones(10), over_particles(10, 3000))
        assert together[0].mean.low == pytest.approx(alone[0].mean.low, rel=0.02)
        assert together[0].mean.high == pytest.approx(alone[0].mean.high, rel=0.02)

    def test_one_particle_has_no_interval(self) -> None:
        (first, *_), _ = summarise(table_of([3.0]), np.ones(1), over_particles(1))
        assert first.mean.value == 3.0
        assert math.isnan(first.mean.low)
        assert math.isnan(first.sd.value)
        assert first.sd.text() == "–"

    def test_a_resample_without_a_particle_counts_for_nothing(self) -> None:
        """It is as if it had not been drawn: the others keep their numbers."""
        rng = np.random.default_rng(4)
        counts = rng.integers(0, 3, (50, 6)).astype(float)
        counts[:, 0] += 1
        table, weights = table_of(rng.lognormal(1.4, 0.25, 6)), rng.random(6)

        def drawn(given_counts: NDArray[np.float64]) -> NDArray[np.float64]:
            found: list[NDArray[np.float64]] = []

            class Given(Bootstrap):
                def estimates(self, statistic: Statistic) -> list[Estimate]:
                    with np.errstate(invalid="ignore"):
                        found.append(statistic(given_counts))
                    return super().estimates(statistic)

            summarise(table, weights, Given(np.zeros(6, np.int64), 100, 0))
            return found[0]

        without = drawn(counts)
        one_more = drawn(np.insert(counts, 7, 0.0, axis=0))
        np.testing.assert_allclose(np.delete(one_more, 7, axis=0), without, rtol=1e-9)
        assert np.isfinite(without).all()
        assert np.isnan(one_more[7]).all()

    def test_none(self) -> None:
        summaries, log_normal = summarise(table_of([]), np.zeros(0), over_particles(0))
        assert [one.measure for one in summaries] == list(MEASURES)
        assert math.isnan(log_normal.median_nm.value)

    def test_the_same_seed_gives_the_same_numbers(self) -> None:
        given = table_of(np.arange(1, 9)), np.ones(8)
        first, second, other = (summarise(*given, Bootstrap(np.arange(8), 200, seed)) for seed in (1, 1, 2))
        assert first == second
        assert first != other
