from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
from made_rows import alone, baseline, boosted

from samiam.benchmark.report.by_image import ONE, SEVERAL, image_by_image, with_numbers
from samiam.benchmark.report.tables import everything
from samiam.benchmark.rows import Row


def row(scene: str, booster: str, iou: float, **options: Any) -> Row:
    made = boosted(2, scene, 0.0, booster, **options)
    return replace(made, scores=replace(made.scores, matched_iou=iou))


ROWS = [
    alone(2, "crystal", 0.5, materials=1),
    *(row("crystal", "given", 1.0, materials=1, masks=1), row("crystal", "estimated", 0.5, materials=1, masks=2)),
    *(row("film", "given", 0.75, materials=3, masks=3), row("film", "estimated", 0.5, materials=3, masks=3)),
    *(row("twins", "given", 0.25, materials=2, masks=2), row("twins", "estimated", 0.5, materials=2, masks=1)),
]


def test_images_and_means_by_hand() -> None:
    table = image_by_image(everything(ROWS))
    assert table["image"].tolist() == ["crystal", "film", "twins", "mean of one material", "mean of several"]
    assert table["truth"].tolist() == [ONE, SEVERAL, SEVERAL, ONE, SEVERAL]
    assert table["materials"].tolist()[:3] == [1, 3, 2]
    assert table["sam + given IoU"].tolist() == [1.0, 0.75, 0.25, 1.0, 0.5]
    assert table["sam + estimated right"].tolist() == [0, 1, 0, 0, 0.5]
    assert table["sam + estimated found"].tolist()[:3] == [2, 3, 1]
    assert table[["materials", "sam + given found"]].isna().to_numpy().tolist() == [[False] * 2] * 3 + [[True] * 2] * 2
    shown = with_numbers(table)
    assert shown.columns.tolist() == ["image", "truth", "materials", "sam + given", "sam + estimated"]
    assert shown["sam + estimated"].tolist() == ["0.500 (2)", "0.500 (3)", "0.500 (1)", "0.500 (0%)", "0.500 (50%)"]
    assert shown["materials"].tolist() == ["1", "3", "2", "", ""]


def test_an_image_that_one_method_lacks() -> None:
    table = image_by_image(everything([*ROWS, baseline(2, "film", 0.5)]))
    assert table["kmeans IoU"].notna().tolist() == [False, True, False, False, True]
    assert with_numbers(table)["kmeans"].tolist()[0] == ""


def test_means_over_seeds() -> None:
    table = image_by_image(everything([*ROWS[:3], row("crystal", "given", 0.5, materials=1, masks=2, seed=1)]))
    assert table.loc[0, ["sam + given IoU", "sam + given found", "sam + given right"]].tolist() == [0.75, 1.5, 0.5]


def test_the_first_condition_counts() -> None:
    rows = [replace(one, condition=condition) for condition in ("as taken", "dark") for one in ROWS]
    rows[-1] = replace(rows[-1], scores=replace(rows[-1].scores, matched_iou=0.0))
    pd.testing.assert_frame_equal(image_by_image(everything(rows)), image_by_image(everything(ROWS)))


def test_nothing_boosted() -> None:
    assert image_by_image(everything([])).empty
    assert image_by_image(everything(ROWS[:1])).empty
