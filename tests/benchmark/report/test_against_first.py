"""Methods beside the run's first, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from made_rows import alone, baseline, boosted

from samiam.benchmark.report.paired import holm
from samiam.benchmark.report.tables import everything
from samiam.benchmark.report.variants import against_first, most_different, reference, scores

SCENES = {("a", 1): 0.5, ("b", 1): 0.75, ("c", 3): 0.25}
ROWS = [
    row
    for (scene, difficulty), miou in SCENES.items()
    for row in (
        alone(difficulty, scene, 0.125),
        boosted(difficulty, scene, miou, "first"),
        boosted(difficulty, scene, miou + 0.125, "better"),
        boosted(difficulty, scene, miou + (0.25 if scene == "c" else 0), "sometimes"),
        baseline(difficulty, scene, 0.25),
    )
]


def test_differences_are_to_the_first_booster_in_each_class_and_in_all() -> None:
    table = everything(ROWS)
    assert reference(table) == "sam + first"
    found = against_first(table).set_index(["difficulty", "method"])
    assert set(found.index.get_level_values("method")) == {"sam + better", "sam + sometimes", "kmeans"}
    assert found["miou"].unstack("method").loc["1"].to_dict() == pytest.approx(
        {"sam + better": 12.5, "sam + sometimes": 0.0, "kmeans": -37.5}
    )
    assert found.loc[("all", "sam + sometimes"), ["images", "miou"]].tolist() == pytest.approx([3, 25 / 3])
    assert found.loc[("all", "sam + sometimes"), ["miou_low", "miou_high"]].tolist() == pytest.approx([0, 25])
    assert found.loc[("3", "kmeans"), ["miou_low", "miou_p"]].isna().all(), "one image has no interval"
    assert found.loc[("all", "sam + better"), "miou_p"] == pytest.approx(3 * 0.25), "of three methods, Holm's first"


def test_a_scene_that_lacks_the_first_has_no_difference() -> None:
    found = against_first(everything([*ROWS, boosted(1, "d", 1.0, "better")])).set_index(["difficulty", "method"])
    assert found.loc[("1", "sam + better"), "images"] == 2


def test_nothing_to_compare() -> None:
    for rows in ([], [alone(1, "a", 0.5), baseline(1, "a", 0.5)], [alone(1, "a", 0.5), boosted(1, "a", 0.5)]):
        assert against_first(everything(rows)).empty
        assert most_different(everything(rows)) == []


def test_conditions_are_compared_each_for_itself() -> None:
    rows = [
        boosted(1, "a", miou, name, condition=condition)
        for condition, of in (("whole", (0.5, 0.75)), ("half", (0.5, 0.25)))
        for name, miou in zip(("first", "other"), of, strict=True)
    ]
    found = against_first(everything(rows))
    assert found[["condition", "miou"]].to_numpy().tolist() == [["whole", 25.0], ["half", -25.0]]


def test_the_scenes_on_which_boosters_differ_most() -> None:
    assert most_different(everything(ROWS)) == ["c", "a", "b"]
    assert most_different(everything(ROWS), most=1) == ["c"]


def test_means_of_all_images_are_no_means_of_classes() -> None:
    found = scores(everything(ROWS)).set_index(["difficulty", "method"])
    assert found.loc[("all", "sam + first"), "miou"] == pytest.approx(0.5)
    assert found.loc[("1", "sam + first"), ["miou", "miou_low", "miou_high"]].tolist() == [0.625, 0.5, 0.75]
    one_class = scores(everything(ROWS[:5]))
    assert one_class["difficulty"].astype(str).unique().tolist() == ["1"], "all would say the same"


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, np.nan, 0.03]).tolist() == pytest.approx([0.03, 0.06, np.nan, 0.06], nan_ok=True)
    assert holm([0.9, 0.8]).tolist() == [1.0, 1.0]
    assert holm([]).tolist() == []
