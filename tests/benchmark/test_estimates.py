"""Means over specimens with their intervals, and how they are shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from samiam.benchmark.estimates import as_cells, mean_over, over_specimens, with_columns
from samiam.particles.statistics.shares import NOTHING, Estimate


def test_specimens_are_drawn_and_not_their_pictures() -> None:
    """Ten pictures of a specimen say no more than one where they are all alike."""
    values = np.array([0.2, 0.4, 0.5, 0.7, 0.9, 1.0])
    names = list("abcdef")
    once = mean_over(names, values)
    again = mean_over(names * 10, np.tile(values, 10))
    assert (again.value, again.low, again.high) == pytest.approx((once.value, once.low, once.high))
    assert once.value == pytest.approx(values.mean())
    assert once.low < once.value < once.high
    alone = mean_over([f"{name}{number}" for number in range(10) for name in names], np.tile(values, 10))
    assert alone.high - alone.low < 0.5 * (once.high - once.low)


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(60):
        of_specimen = rng.normal(0.5, 0.1, 12)
        values = np.repeat(of_specimen, 4) + rng.normal(0, 0.05, 48)
        found = mean_over(np.repeat(np.arange(12), 4).astype(str).tolist(), values)
        held += found.low <= 0.5 <= found.high
    assert 52 <= held <= 60


def test_fewer_than_five_have_no_interval_and_unknown_values_do_not_count() -> None:
    found = mean_over(["a", "b", "c", "d"], np.array([1.0, np.nan, 0.5, 0.0]))
    assert found.value == 0.5
    assert np.isnan([found.low, found.high]).all()
    assert np.isnan(mean_over(["a"], np.array([np.nan])).value)
    assert over_specimens([], lambda counts: {"n": counts.sum(axis=1)})["n"].value == 0


def test_tables_for_files_and_for_readers() -> None:
    table = pd.DataFrame({"method": ["a", "b"], "dice": [Estimate(0.5, 0.4, 0.6), Estimate(0.25)]})
    table["f1"] = [np.nan, Estimate(1.0)]
    table["error"] = [NOTHING, Estimate(-1.5, -2, 0.04)]
    cells = as_cells(table, {"error": "+.1f"})
    assert cells.to_dict("list") == {
        "method": ["a", "b"],
        "dice": ["0.500 (0.400 … 0.600)", "0.250"],
        "f1": ["", "1.000"],
        "error": ["", "-1.5 (-2.0 … +0.0)"],
    }
    columns = with_columns(table)
    names = [f"{score}{end}" for score in ("dice", "f1", "error") for end in ("", "_low", "_high")]
    assert list(columns) == ["method", *names]
    assert columns["dice_low"].tolist() == [0.4, pytest.approx(np.nan, nan_ok=True)]
