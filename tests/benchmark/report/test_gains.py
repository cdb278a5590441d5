"""Differences worked out by hand, and intervals that hold a law."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_rows import alone, baseline, boosted

from samiam.benchmark.report.gains import PUBLISHED, differences, gains, with_published
from samiam.benchmark.report.tables import everything
from samiam.benchmark.rows import Row

SCORES = ("miou", "mfpr")


def images(n: int, spread: float = 0.0) -> pd.DataFrame:
    """Booster one adds 0.2 of mIoU and takes 0.1 of mFPR, booster two half of that; scenes differ widely."""
    rng = np.random.default_rng(0)
    rows: list[Row] = []
    for difficulty in (2, 1):
        for place in range(n):
            scene, level, noise = f"{difficulty}-{place}", rng.uniform(0.2, 0.6), spread * rng.normal()
            rows.append(alone(difficulty, scene, level, mfpr=0.3))
            for name, share in (("one", 1.0), ("two", 0.5)):
                rows.append(boosted(difficulty, scene, level + share * (0.2 + noise), name, mfpr=0.3 - 0.1 * share))
    return everything(rows)


def test_gains_are_means_of_paired_differences() -> None:
    table = gains(images(4), SCORES).set_index(["difficulty", "method"])
    assert list(table.index) == [(d, f"{booster} − alone") for d in ("1", "2", "all") for booster in ("one", "two")]
    assert table.loc[("1", "one − alone"), ["images", "miou", "mfpr"]].tolist() == pytest.approx([4, 20, -10])
    assert table.loc[("2", "two − alone"), ["images", "miou", "mfpr"]].tolist() == pytest.approx([4, 10, -5])
    assert table.loc[("all", "two − alone"), ["images", "miou", "mfpr"]].tolist() == pytest.approx([8, 10, -5])


def test_scenes_that_gain_the_same_leave_no_doubt() -> None:
    table = gains(images(6), SCORES)
    for score in SCORES:
        assert table[f"{score}_low"].tolist() == pytest.approx(table[score].tolist())
        assert table[f"{score}_high"].tolist() == pytest.approx(table[score].tolist())


def test_more_scenes_leave_less_doubt() -> None:
    few, many = (gains(images(n, spread=0.1), SCORES) for n in (5, 80))
    width = [float((table["miou_high"] - table["miou_low"]).mean()) for table in (few, many)]
    assert width[1] < width[0] / 2
    for table in (few, many):
        assert ((table["miou_low"] <= table["miou"]) & (table["miou"] <= table["miou_high"])).all()


def test_the_interval_is_that_of_the_mean() -> None:
    table = gains(images(80, spread=0.1), SCORES)
    half = 1.96 * 100 * 0.1 / np.sqrt(80)
    found = ((table["miou_high"] - table["miou_low"]) / 2)[table["method"] == "one − alone"]
    assert found.tolist() == pytest.approx([half, half, half / np.sqrt(2)], rel=0.3)


def test_one_scene_has_no_interval() -> None:
    table = gains(images(1), SCORES)
    assert table["miou_low"].isna().tolist() == [difficulty != "all" for difficulty in table["difficulty"]]


def test_the_published_change_stands_beside() -> None:
    table = with_published(gains(images(3), SCORES))
    assert table["mIoU published"].tolist()[:4] == [f"{PUBLISHED['miou'][d]:+.1f}" for d in (1, 1, 2, 2)]
    assert table["mIoU published"].isna().tolist() == [False] * 4 + [True] * 2, "nothing is published of all classes"


def test_a_booster_is_compared_with_its_own_generator() -> None:
    rows = [
        *(alone(1, "a", 0.25), boosted(1, "a", 0.5), baseline(1, "a", 0.0)),
        *(alone(1, "a", 0.5, generator="other"), boosted(1, "a", 0.625, generator="other")),
    ]
    table = gains(everything(rows), SCORES)
    assert table[["generator", "method", "miou"]].to_numpy().tolist() == [
        ["sam", "booster − alone", 25.0],
        ["other", "booster − alone", 12.5],
    ]


def test_pairs_have_one_condition_and_one_seed() -> None:
    """Of the second seed under half the dose the generator has no row, so that the booster's has no pair."""
    rows = [
        *(alone(1, "a", 0.25, condition="whole"), boosted(1, "a", 0.5, condition="whole")),
        *(alone(1, "a", 0.25, condition="whole", seed=1), boosted(1, "a", 0.375, condition="whole", seed=1)),
        *(alone(1, "a", 0.125, condition="half"), boosted(1, "a", 0.25, condition="half")),
        boosted(1, "a", 0.9, condition="half", seed=1),
    ]
    table = differences(everything(rows), SCORES)
    assert table[["condition", "scene", "miou"]].to_numpy().tolist() == [["whole", "a", 18.75], ["half", "a", 12.5]]
    assert gains(everything(rows), SCORES)[["condition", "images"]].to_numpy().tolist() == [["whole", 1], ["half", 1]]


def test_a_run_without_boosters_has_no_gains() -> None:
    assert gains(everything([alone(1, "a", 0.5), baseline(1, "a", 0.5)]), SCORES).empty
