"""Means, sums and gains worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from samiam.benchmark import Row, per_image, summarise, write_tables
from samiam.metrics import Scores

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
NAMES = list(Scores.__dataclass_fields__)


def made_row(difficulty: int, scene: str, booster: str | None, miou: float, **options: Any) -> Row:
    """Scores that differ from each other: the k-th of the first eight is `miou` less k hundredths."""
    values = {name: miou - index / 100 for index, name in enumerate(NAMES[:8])}
    others = {"matched_iou": 0.5, "f1": 0.25, "panoptic_quality": 0.125, "objective_1": 1.5}
    counts = {"masks": options.pop("masks", 10), "materials": options.pop("materials", 3)}
    given = {"seconds": 1.0, "peak_mb": 100.0, **options}
    return Row(scene, difficulty, "sam", booster, Scores(**values, **others, **counts), **given)


def alone(difficulty: int, scene: str, miou: float, **options: Any) -> Row:
    return made_row(difficulty, scene, None, miou, **options)


def boosted(difficulty: int, scene: str, miou: float, booster: str = "booster", **options: Any) -> Row:
    given: dict[str, Any] = {"n_materials": 3, "n_materials_given": True, **options}
    return made_row(difficulty, scene, booster, miou, **given)


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
    assert len(per_image([])) == 0


def test_tables_come_back_from_csv(tmp_path: Path) -> None:
    write_tables(tmp_path / "new", ROWS, {}, [])
    for name, table in (("summary.csv", summarise(ROWS)), ("images.csv", per_image(ROWS))):
        read = pd.read_csv(tmp_path / "new" / name).astype(table.dtypes)
        pd.testing.assert_frame_equal(read, table, rtol=1e-5)


def parsed(tables: str, title: str) -> pd.DataFrame:
    """One of the Markdown tables of a report."""
    lines = tables.partition(f"## {title}\n\n")[2].partition("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return pd.DataFrame(cells[2:], columns=cells[0])


def test_gain_by_hand(tmp_path: Path) -> None:
    gain = parsed(write_tables(tmp_path, ROWS, {}, []), "Gain of the booster (points)")
    assert gain["difficulty"].tolist() == ["1", "2"]
    assert set(gain["method"]) == {"booster − alone"}
    # 1: (0.8 + 0.7) / 2 - (0.4 + 0.5) / 2 = 0.30;  2: 0.3 - 0.2
    for name in NAMES[:8]:
        assert gain[name].tolist() == ["30.0", "10.0"], name


def test_a_score_that_falls_has_a_negative_gain(tmp_path: Path) -> None:
    tables = write_tables(tmp_path, [alone(3, "a", 0.5), boosted(3, "a", 0.375)], {}, [])
    assert parsed(tables, "Gain of the booster (points)")["miou"].tolist() == ["-12.5"]


def test_report(tmp_path: Path) -> None:
    figures = [tmp_path / "figures" / name for name in ("a.png", "b.png")]
    tables = write_tables(tmp_path, ROWS, {"generator": "sam", "images": 3}, figures)
    report = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert report.startswith("# Benchmark\n\n- generator: sam\n- images: 3\n\n")
    assert tables in report
    assert "![a](figures/a.png)" in report
    assert "![b](figures/b.png)" in report
    whole, edges = parsed(tables, "Whole masks"), parsed(tables, "Boundaries")
    assert whole["miou"].tolist() == ["0.450", "0.750", "0.200", "0.300"]
    assert whole["peak_mb"].tolist() == ["900", "902", "50", "60"]
    assert whole["masks"].tolist() == ["15.5", "2.5", "7.0", "2.0"]
    assert edges["boundary_miou"].tolist() == ["0.410", "0.710", "0.160", "0.260"]


class TestSeveralBoosters:
    # In neither the alphabet's order nor that of the scores; the second class comes first.
    ROWS = (
        alone(2, "c", 0.25),
        boosted(2, "c", 0.5, "zeta"),
        boosted(2, "c", 0.125, "alpha"),
        alone(1, "a", 0.4),
        boosted(1, "a", 0.5, "zeta"),
        boosted(1, "a", 0.8, "alpha"),
        alone(1, "b", 0.2),
        boosted(1, "b", 0.3, "zeta"),
        boosted(1, "b", 0.4, "alpha"),
    )
    METHODS = ("sam", "sam + zeta", "sam + alpha")

    def test_methods_keep_their_order(self) -> None:
        table = summarise(self.ROWS)
        assert list(table) == COLUMNS
        assert table["method"].tolist() == [*self.METHODS, *self.METHODS]
        assert table["difficulty"].tolist() == [1, 1, 1, 2, 2, 2]
        assert table["images"].tolist() == [2, 2, 2, 1, 1, 1]
        assert table["miou"].tolist() == pytest.approx([0.3, 0.4, 0.6, 0.25, 0.5, 0.125])

    def test_each_gains_over_the_generator_alone(self, tmp_path: Path) -> None:
        gain = parsed(write_tables(tmp_path, self.ROWS, {}, []), "Gain of the booster (points)")
        assert gain["difficulty"].tolist() == ["1", "1", "2", "2"]
        assert gain["method"].tolist() == ["zeta − alone", "alpha − alone"] * 2
        assert gain["miou"].tolist() == ["10.0", "30.0", "25.0", "-12.5"]


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

    def test_report(self, tmp_path: Path) -> None:
        tables = write_tables(tmp_path, self.ROWS, {}, [])
        assert parsed(tables, "Whole masks")["crop_accuracy"].tolist() == ["", "0.625"]
        assert "crop_accuracy" not in parsed(tables, "Boundaries")
        assert pd.read_csv(tmp_path / "images.csv")["crop_accuracy"].dropna().tolist() == [0.75, 0.5]
