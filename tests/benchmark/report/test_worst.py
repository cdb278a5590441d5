from __future__ import annotations

from pathlib import Path

import pandas as pd
from made_rows import alone, baseline, boosted

from samiam.benchmark.report.tables import everything
from samiam.benchmark.report.worst import log_path, log_summary, log_table, worst_images, worst_scenes
from samiam.records import Decision

LOG = [
    Decision(0, "removed", "tiny_child", 0.0125, 0.05, other=2),
    Decision(1, "merged", "majority_vote", 0.6, 0.5, material=1),
    Decision(2, "merged", "majority_vote", 0.9, 0.5, material=1),
    Decision(3, "removed", "tiny_child", 0.03, 0.05, other=2),
    Decision(4, "removed", "tiny_island", 12.0, 100.0),
    Decision(5, "kept", "majority_vote", 1.0, 0.5, material=2),
    Decision(6, "removed", "tiny_island", 7.0, 80.0),
]


def test_the_lowest_first() -> None:
    rows = [row for place in range(7) for row in (alone(1, f"{place}", 0.5), boosted(1, f"{place}", 0.9 - place / 10))]
    assert worst_scenes(everything(rows)) == ["6", "5", "4", "3", "2"]
    assert worst_scenes(everything(rows), most=1) == ["6"]


def test_pictures_are_of_the_first_booster_condition_and_seed() -> None:
    def pair(scene: str, miou: float, **options: object) -> list:
        return [alone(1, scene, 0.0, **options), boosted(1, scene, miou, **options)]

    rows = [*pair("a", 0.5, condition="whole", seed=3), *pair("b", 0.25, condition="whole", seed=3)]
    rows += [
        boosted(1, "a", 0.0, "variant", condition="whole", seed=3),
        baseline(1, "a", 0.0, condition="whole", seed=3),
    ]
    rows += pair("a", 0.0, condition="half", seed=3) + pair("a", 0.0, condition="whole", seed=4)
    rows += pair("a", 0.0, condition="whole", seed=3, generator="other")
    assert worst_scenes(everything(rows)) == ["b", "a"]


def test_nothing_to_show() -> None:
    for rows in ([], [alone(1, "a", 0.5)]):
        assert worst_images(everything(rows), Path("report"), {}, {}) == []


def test_the_log_as_a_table() -> None:
    table = log_table(LOG)
    assert list(table) == ["mask", "action", "rule", "value", "threshold", "material", "other"]
    assert table["material"].tolist() == [pd.NA, 1, 1, pd.NA, pd.NA, 2, pd.NA]
    assert len(log_table([])) == 0


def test_the_log_in_short() -> None:
    assert log_summary(LOG).to_numpy().tolist() == [
        ["removed", "tiny_child", 2, "0.0125 … 0.03", "0.05"],
        ["merged", "majority_vote", 2, "0.6 … 0.9", "0.5"],
        ["removed", "tiny_island", 2, "7 … 12", "80 … 100"],
        ["kept", "majority_vote", 1, "1", "0.5"],
    ]
    assert len(log_summary([])) == 0


def test_each_has_its_picture_scores_and_log(tmp_path: Path) -> None:
    rows = [alone(2, "a", 0.5), boosted(2, "a", 0.25, n_materials=4), alone(1, "b", 0.5), boosted(1, "b", 0.75)]
    pictures = {"a": tmp_path / "figures" / "a.png"}
    parts = worst_images(everything(rows), tmp_path, pictures, {"a": LOG, "b": []})
    assert parts[:2] == ["### a (difficulty 2)", "![a](figures/a.png)"]
    assert parts[2] == (
        "*a*, difficulty 2. From left to right: the micrograph; its truth, 3 regions; 10 masks of sam, mIoU 0.500; "
        "10 regions of sam + booster, mIoU 0.250."
    )
    scores, log, more = parts[3:6]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in scores.splitlines()]
    assert [line[:2] for line in lines[2:]] == [["sam", "0.500"], ["sam + booster", "0.250"]]
    assert [line[-3:] for line in lines[2:]] == [["10", "3", ""], ["10", "3", "4"]]
    assert log.count("\n") == 1 + 4
    assert more == f"All decisions: `{log_path(Path(), 'a').as_posix()}`"
    assert parts[6] == "### b (difficulty 1)"
    assert parts[8] == "No masks, no decisions."
