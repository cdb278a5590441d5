"""Tables of classifiers of faults, worked out by hand from a few regions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from samiam.benchmark.particles.fault_tables import (
    ON_THEIR_CUT,
    faults_in_bins,
    five_classes,
    region_frame,
    visible_faults,
)
from samiam.benchmark.particles.rows import RegionRow, Taken


def region(said: int, fault_class: int | None, *, method: str = "ours", sure: float = 0.8, **given: Any) -> RegionRow:
    probabilities = [(1 - sure) / 4] * 5
    probabilities[said] = sure
    known = {"is_faulty": fault_class == 1, "is_edge_on": True, "diameter_nm": 4.0, "is_cut_out": True, **given}
    taken = Taken("test", "a", "a_0", 0.04, 100.0, 5.0)
    return RegionRow(taken, method, "known", fault_class, probabilities=probabilities, **known)


def test_undecided_regions_and_those_not_looked_at_do_not_count() -> None:
    rows = [region(0, 0), region(0, 1), region(1, 1), region(2, None)]
    rows.append(region(1, 1, method="paper"))
    blind = region(0, 0, method="paper")
    rows.append(RegionRow(**{**vars(blind), "probabilities": [float("nan")] * 5}))
    found = five_classes(region_frame(rows), {"ours": 0.9, "paper": 0.5}).set_index("method")
    assert found.loc["ours", ["n", "n no fault", "n stacking fault", "n empty"]].tolist() == [3, 1, 2, 0]
    assert found.loc["ours", "balanced_accuracy"].value == pytest.approx((1 + 0.5) / 2)
    assert np.isnan(found.loc["ours", "recall empty"].value)
    assert (found.loc["ours", "named"].value, found.loc["paper", "named"].value) == (0, 1)
    assert found.loc["paper", "n"] == 1


def test_ours_stands_beside_the_paper_s_on_its_regions() -> None:
    rows = [region(0, 0), region(0, 1, is_cut_out=False), region(0, 0, method="paper")]
    found = five_classes(region_frame(rows), {"ours": 0.0, "paper": 0.0}).set_index("method")
    assert found["n"].to_dict() == {"ours": 2, "paper": 1, ON_THEIR_CUT: 1}
    assert ON_THEIR_CUT not in five_classes(region_frame(rows[:2]), {"ours": 0.0})["method"].tolist()


def test_visible_and_all_faults_by_view() -> None:
    rows = [
        region(0, 0),
        region(1, 1),
        region(0, 1, sure=0.5),
        region(1, None, is_faulty=True),  # a fault that cannot be seen
        region(0, None, is_faulty=True),
        region(2, 2, is_edge_on=False),
        region(1, 1, is_edge_on=False),
    ]
    found = visible_faults(region_frame(rows)).set_index("view")
    edge_on = found.loc["⟨110⟩"]
    assert (edge_on["n"], edge_on["n_faulty"]) == (3, 4)
    assert edge_on["balanced_accuracy"].value == pytest.approx((1 + 0.5) / 2)
    assert edge_on["auc"].value == 1.0  # the faultless one is surer of that than the fault that is missed
    assert edge_on["called_faulty"].value == 0.5
    assert found.loc["others", "n"] == 1
    assert np.isnan(found.loc["others", "auc"].value)


def test_bins() -> None:
    rows = [region(0, 0, diameter_nm=2.0), region(0, 1, diameter_nm=2.0), region(1, 1, diameter_nm=6.0)]
    found = faults_in_bins(region_frame(rows))
    sizes = found[found["quantity"] == "diameter (nm)"]
    assert sizes[["bin", "regions"]].to_numpy().tolist() == [["below 3", 2], ["from 5", 1]]
    assert [one.value for one in sizes["ours"]] == [0.5, 1.0]


def test_no_region_no_table() -> None:
    nothing = region_frame([])
    assert five_classes(nothing, {}).empty
    assert visible_faults(nothing).empty
    assert faults_in_bins(nothing).empty
