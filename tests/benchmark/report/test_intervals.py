from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from samiam.benchmark.report.intervals import as_text, mean_interval, mean_intervals


def test_an_interval_holds_the_mean_in_95_of_100_cases() -> None:
    rng = np.random.default_rng(0)
    ends = [mean_interval(rng.normal(1, 2, 40)) for _ in range(200)]
    assert 0.88 <= np.mean([low <= 1 <= high for low, high in ends]) <= 0.99


def test_it_is_always_the_same() -> None:
    values = np.random.default_rng(1).uniform(size=9)
    assert mean_interval(values) == mean_interval(values)


@pytest.mark.parametrize("values", [[], [0.5]])
def test_too_few(values: list[float]) -> None:
    assert all(map(math.isnan, mean_interval(values)))


def test_groups() -> None:
    table = pd.DataFrame({"class": [2, 1, 1, 2, 3], "miou": [0.5, 0.25, 0.25, 1.0, 0.125]})
    means = mean_intervals(table, ["class"], ["miou"])
    assert list(means) == ["class", "images", "miou", "miou_low", "miou_high"]
    assert means[["class", "images", "miou"]].to_numpy().tolist() == [[2, 2, 0.75], [1, 2, 0.25], [3, 1, 0.125]]
    assert as_text(means, "miou", ".2f") == ["0.50 … 1.00", "0.25 … 0.25", ""]


def test_no_groups() -> None:
    assert mean_intervals(pd.DataFrame({"class": [], "miou": []}), ["class"], ["miou"]).empty


def test_categories_keep_their_order() -> None:
    table = pd.DataFrame({"class": pd.Categorical(["b", "a"], ["b", "a"], ordered=True), "miou": [0.5, 1.0]})
    assert mean_intervals(table[::-1], ["class"], ["miou"]).sort_values("class")["class"].tolist() == ["b", "a"]
