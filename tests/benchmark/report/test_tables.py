"""Means and sums worked out by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from made_rows import NAMES, alone, baseline, boosted

from samiam.benchmark.report.tables import (
    everything,
    leading,
    numbers_of_materials,
    per_image,
    stages,
    summarise,
)
from samiam.benchmark.rows import Row

COLUMNS = [
    "difficulty",
    "method",
    "images",
    "miou",
    "mrecall",
    "mprecision",
    "mfpr",
    "boundary_miou",
    "boundary_mrecall",
    "boundary_mprecision",
    "boundary_mfpr",
    "masks",
    "materials",
    "seconds",
    "peak_mb",
]

# Difficulty 2 before 1, so that the order is the table's own work.
ROWS = [
    alone(2, "c", 0.2, masks=7, materials=4, seconds=3.0, peak_mb=50.0),
    boosted(2, "c", 0.3, masks=2, materials=4, seconds=5.0, peak_mb=60.0),
    alone(1, "a", 0.4, masks=10, materials=2, seconds=1.0, peak_mb=900.0),
    boosted(1, "a", 0.8, masks=2, materials=2, seconds=2.0, peak_mb=901.5),
    alone(1, "b", 0.5, masks=21, materials=3, seconds=4.0, peak_mb=300.0),
    boosted(1, "b", 0.7, masks=3, materials=3, seconds=6.0, peak_mb=800.0, n_materials=4, n_materials_given=False),
]


def test_summary_columns() -> None:
    assert list(summarise(ROWS)) == COLUMNS


def test_summary_by_hand() -> None:
    table = summarise(ROWS).set_index(["difficulty", "method"])
    assert list(table.index) == [(1, "sam"), (1, "sam + booster"), (2, "sam"), (2, "sam + booster")]
    first = table.loc[(1, "sam")]
    assert first["miou"] == pytest.approx((0.4 + 0.5) / 2)
    assert first[NAMES[:8]].tolist() == pytest.approx([0.45 - index / 100 for index in range(8)])
    assert first[["images", "masks", "materials", "seconds", "peak_mb"]].tolist() == [2, 15.5, 2.5, 2.5, 900.0]
    second = table.loc[(1, "sam + booster")]
    assert second[["images", "masks", "materials", "seconds", "peak_mb"]].tolist() == [2, 2.5, 2.5, 4.0, 901.5]
    assert second["miou"] == pytest.approx((0.8 + 0.7) / 2)
    assert table.loc[(2, "sam"), ["images", "masks", "seconds"]].tolist() == [1, 7, 3.0]
    assert table["images"].dtype.kind == "i"


def test_one_row_for_each_method_on_each_image() -> None:
    table = per_image(ROWS)
    assert list(zip(table["scene"], table["method"], strict=True)) == [(row.scene, row.method) for row in ROWS]
    assert set(COLUMNS) < set(table)
    assert set(table) - set(COLUMNS) == {
        *("scene", "matched_iou", "f1", "panoptic_quality", "objective_1", "n_materials", "n_materials_given")
    }
    assert table["miou"].tolist() == [0.2, 0.3, 0.4, 0.8, 0.5, 0.7]
    assert set(table["images"]) == {1}
    assert table["n_materials"].tolist() == [pd.NA, 3, pd.NA, 3, pd.NA, 4]
    assert table["n_materials_given"].tolist() == [pd.NA, True, pd.NA, True, pd.NA, False]


def test_no_rows_give_empty_tables() -> None:
    assert (list(summarise([])), len(summarise([]))) == (COLUMNS, 0)
    assert len(per_image([])) == len(stages([])) == len(numbers_of_materials(everything([]))) == 0


def test_methods_keep_their_order() -> None:
    """Neither the alphabet's nor that of the scores."""
    rows = [
        *(alone(2, "c", 0.25), boosted(2, "c", 0.5, "zeta"), boosted(2, "c", 0.125, "alpha")),
        *(alone(1, "a", 0.4), boosted(1, "a", 0.5, "zeta"), boosted(1, "a", 0.8, "alpha")),
        *(alone(1, "b", 0.2), boosted(1, "b", 0.3, "zeta"), boosted(1, "b", 0.4, "alpha")),
    ]
    table = summarise(rows)
    assert table["method"].tolist() == ["sam", "sam + zeta", "sam + alpha"] * 2
    assert table["difficulty"].tolist() == [1, 1, 1, 2, 2, 2]
    assert table["images"].tolist() == [2, 2, 2, 1, 1, 1]
    assert table["miou"].tolist() == pytest.approx([0.3, 0.4, 0.6, 0.25, 0.5, 0.125])


class TestCropAccuracy:
    ROWS = (
        alone(1, "a", 0.4),
        boosted(1, "a", 0.5, crop_accuracy=0.75),
        alone(1, "b", 0.4),
        boosted(1, "b", 0.5, crop_accuracy=0.5),
        alone(1, "c", 0.4),
        boosted(1, "c", 0.5, crop_accuracy=None),  # no crop fits
    )

    def test_it_is_the_last_column_where_it_was_asked_for(self) -> None:
        assert list(summarise(self.ROWS)) == [*COLUMNS, "crop_accuracy"]
        assert list(per_image(self.ROWS)) == [*per_image(ROWS), "crop_accuracy"]

    def test_scenes_without_crops_do_not_count(self) -> None:
        (nothing, mean) = summarise(self.ROWS)["crop_accuracy"]
        assert math.isnan(nothing)
        assert mean == 0.625


def test_seeds_are_averaged_before_scenes() -> None:
    """Three seeds on one scene and one on the other: both scenes weigh the same."""
    rows = [alone(1, "a", miou, seed=seed, peak_mb=seed) for seed, miou in enumerate((0.1, 0.2, 0.3))]
    rows.append(alone(1, "b", 0.6, seed=0))
    table = summarise(rows)
    assert table[["images", "miou", "peak_mb"]].to_numpy().tolist() == [[2, pytest.approx(0.4), 100.0]]
    assert per_image(rows)["seed"].tolist() == [0, 1, 2, 0]


def test_conditions_come_in_the_order_of_the_run() -> None:
    rows = [alone(d, "a", 0.5, condition=condition) for d in (2, 1) for condition in ("whole dose", "half dose")]
    table = summarise(rows)
    assert list(table) == ["condition", *COLUMNS]
    assert table["condition"].tolist() == ["whole dose", "whole dose", "half dose", "half dose"]
    assert table["difficulty"].tolist() == [1, 2, 1, 2]
    assert per_image(rows)["condition"].tolist() == ["whole dose", "half dose"] * 2


def test_what_annotators_left_stands_in_the_images() -> None:
    table = per_image([alone(1, "x-a", 0.5, labelling_s=60.0, image="a"), alone(1, "b", 0.5, image="b")])
    assert table["image"].tolist() == ["a", "b"]
    assert table["labelling_s"].tolist() == [60.0, pytest.approx(math.nan, nan_ok=True)]


def test_a_run_is_about_the_first_booster_of_each_generator() -> None:
    rows = [
        *(alone(1, "a", 0.4), boosted(1, "a", 0.5, "zeta"), boosted(1, "a", 0.8, "alpha"), baseline(1, "a", 0.9)),
        *(alone(1, "a", 0.4, generator="other"), boosted(1, "a", 0.5, "alpha", generator="other")),
    ]
    assert leading(everything(rows)) == {"sam": "sam + zeta", "other": "other + alpha"}


def test_stages() -> None:
    def row(scene: str, seconds: float, peak_mb: float) -> Row:
        return boosted(1, scene, 0.5, stages={"removal": (seconds, peak_mb), "grouping": (1.0, 5.0)})

    table = stages([row("a", 0.25, 800.0), row("b", 0.75, 700.0), alone(1, "a", 0.5)])
    assert table.to_numpy().tolist() == [
        ["sam + booster", "removal", 2, 0.5, 800.0],
        ["sam + booster", "grouping", 2, 1.0, 5.0],
    ]


def test_how_often_the_number_of_materials_is_right() -> None:
    found = [(2, 3), (3, 3), (3, 3), (5, 4)]
    rows = [
        boosted(1, str(place), 0.5, "guess", n_materials=used, materials=true, n_materials_given=False)
        for place, (used, true) in enumerate(found)
    ]
    table = numbers_of_materials(everything([alone(1, "0", 0.5), boosted(1, "0", 0.5), *rows])).set_index("method")
    assert list(table.index) == ["sam + booster", "sam + guess"]
    assert table["number"].tolist() == ["given", "estimated"]
    assert table.loc["sam + guess", ["images", "right", "too few", "too many"]].tolist() == [4, 0.5, 0.25, 0.25]
    assert table.loc["sam + booster", ["right", "too few", "too many"]].isna().all()
