"""Differences worked out by hand, and intervals that hold a law."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from samiam.benchmark.gains import PUBLISHED, gains, with_intervals

SCORES = ("miou", "mfpr")
BOOSTERS = {"sam + one": "one", "sam + two": "two"}


def images(n: int, spread: float = 0.0) -> pd.DataFrame:
    """Booster one adds 0.2 of mIoU and takes 0.1 of mFPR, booster two half of that; scenes differ widely."""
    rng = np.random.default_rng(0)
    rows = []
    for difficulty in (2, 1):
        for scene in range(n):
            level, noise = rng.uniform(0.2, 0.6), spread * rng.normal()
            for method, share in (("sam", 0.0), ("sam + one", 1.0), ("sam + two", 0.5)):
                scores = {"miou": level + share * (0.2 + noise), "mfpr": 0.3 - 0.1 * share}
                rows.append({"difficulty": difficulty, "method": method, "scene": f"{difficulty}-{scene}", **scores})
    return pd.DataFrame(rows)


def test_gains_are_means_of_paired_differences() -> None:
    table = gains(images(4), "sam", BOOSTERS, SCORES).set_index(["difficulty", "method"])
    assert list(table.index) == [(d, f"{booster} − alone") for d in (1, 2) for booster in ("one", "two")]
    assert table.loc[(1, "one − alone"), ["miou", "mfpr"]].tolist() == pytest.approx([20, -10])
    assert table.loc[(2, "two − alone"), ["miou", "mfpr"]].tolist() == pytest.approx([10, -5])


def test_scenes_that_gain_the_same_leave_no_doubt() -> None:
    table = gains(images(6), "sam", BOOSTERS, SCORES)
    for score in SCORES:
        assert table[f"{score}_low"].tolist() == pytest.approx(table[score].tolist())
        assert table[f"{score}_high"].tolist() == pytest.approx(table[score].tolist())


def test_more_scenes_leave_less_doubt() -> None:
    few, many = (gains(images(n, spread=0.1), "sam", BOOSTERS, SCORES) for n in (5, 80))
    width = [float((table["miou_high"] - table["miou_low"]).mean()) for table in (few, many)]
    assert width[1] < width[0] / 2
    for table in (few, many):
        assert ((table["miou_low"] <= table["miou"]) & (table["miou"] <= table["miou_high"])).all()


def test_the_interval_is_that_of_the_mean() -> None:
    table = gains(images(80, spread=0.1), "sam", {"sam + one": "one"}, SCORES)
    half = 1.96 * 100 * 0.1 / np.sqrt(80)
    assert ((table["miou_high"] - table["miou_low"]) / 2).tolist() == pytest.approx([half, half], rel=0.3)


def test_one_scene_has_no_interval() -> None:
    table = with_intervals(gains(images(1), "sam", BOOSTERS, SCORES))
    assert table["miou_low"].isna().all()
    assert (table["miou 95 %"] == "").all()


def test_the_published_change_stands_beside() -> None:
    table = with_intervals(gains(images(3), "sam", BOOSTERS, SCORES))
    assert table["miou published"].tolist() == [PUBLISHED["miou"][d] for d in (1, 1, 2, 2)]
    assert table["miou 95 %"].tolist()[0] == "+20.0 … +20.0"
