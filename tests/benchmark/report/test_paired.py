"""P-values worked out by hand, and against another test that has the same limit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from samiam.benchmark.report.paired import swap_p_value


def test_few_images_by_hand() -> None:
    assert swap_p_value([1, 2]) == 0.5  # 2 of the 4 ways to swap are as far from zero
    assert swap_p_value([1, 2, 3, 4]) == 0.125
    assert swap_p_value([-1, -2, -3, -4]) == 0.125
    assert swap_p_value([1, -1]) == 1.0


@pytest.mark.parametrize("differences", [[], [0.3]])
def test_nothing_is_said_of_one_image(differences: list[float]) -> None:
    assert np.isnan(swap_p_value(differences))


def test_methods_that_do_the_same_do_not_differ() -> None:
    assert swap_p_value(np.zeros(82)) == 1.0


@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5])
def test_of_many_images_it_is_that_of_a_t_test(shift: float) -> None:
    differences = np.random.default_rng(3).normal(shift, 1, 82)
    assert swap_p_value(differences) == pytest.approx(ttest_1samp(differences, 0).pvalue, abs=0.02)


def test_the_same_each_time() -> None:
    differences = np.random.default_rng(0).normal(0.2, 1, 40)
    assert swap_p_value(differences) == swap_p_value(differences)
