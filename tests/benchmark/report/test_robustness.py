from __future__ import annotations

import pytest
from made_rows import alone, boosted

from samiam.benchmark.report.robustness import robustness, with_changes
from samiam.benchmark.report.tables import everything


def test_changes_are_of_the_scenes_that_both_conditions_have() -> None:
    """Scene c is missing under half the dose; without pairing its low score would look like a gain."""
    rows = [
        *(alone(1, "a", 0.5, condition="whole"), alone(1, "b", 0.25, condition="whole")),
        alone(1, "c", 0.0, condition="whole"),
        *(alone(1, "a", 0.375, condition="half"), alone(1, "b", 0.125, condition="half")),
    ]
    table = robustness(everything(rows))
    assert table["condition"].tolist() == ["whole", "half"]
    assert table["images"].tolist() == [3, 2]
    assert table["miou"].tolist() == [0.25, 0.25]
    assert table["miou_change"].tolist()[1] == -12.5
    assert table.loc[1, ["miou_low", "miou_high"]].tolist() == [-12.5, -12.5]
    assert table.loc[0, ["miou_change", "miou_low", "mfpr_high"]].isna().all()


def test_each_method_and_class_has_its_own() -> None:
    rows = [
        row
        for condition, loss in (("whole", 0.0), ("half", 0.125))
        for difficulty in (2, 1)
        for row in (
            alone(difficulty, "a", 0.5 - loss, condition=condition),
            boosted(difficulty, "a", 0.75 - 2 * loss, condition=condition),
        )
    ]
    table = robustness(everything(rows))
    assert table["difficulty"].tolist() == [1, 1, 1, 1, 2, 2, 2, 2]
    assert table["method"].tolist() == ["sam", "sam", "sam + booster", "sam + booster"] * 2
    assert table["miou_change"].tolist()[1::2] == pytest.approx([-12.5, -25.0] * 2)
    shown = with_changes(table)
    assert shown["mIoU change"].tolist()[:4] == ["", "-12.5", "", "-25.0"]
    assert set(shown["mIoU 95 %"]) == {""}  # of one scene


@pytest.mark.parametrize("rows", [[], [alone(1, "a", 0.5)], [alone(1, "a", 0.5, condition="whole")]])
def test_one_condition_has_nothing_to_be_compared_with(rows: list) -> None:
    assert robustness(everything(rows)).empty
