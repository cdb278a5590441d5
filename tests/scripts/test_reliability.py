"""The reliability of confidences: measures by hand, and the script from end to end on tiny scenes."""

from __future__ import annotations

import sys
from pathlib import Path
from runpy import run_path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from samiam import Masks, Micrograph, Scene, Segmentation

SCRIPT = Path(__file__).parents[2] / "scripts" / "reliability.py"
reliability = run_path(str(SCRIPT))


def test_the_calibration_error_by_hand() -> None:
    confidences, ious = np.array([0.91, 0.99, 0.15, 0.5]), np.array([1.0, 0.8, 0.3, 0.5])
    off = 2 * abs(0.95 - 0.9) + abs(0.15 - 0.3) + 0
    assert reliability["calibration_error"](confidences, ious) == pytest.approx(off / 4)


def test_ranks_as_libraries_count_them() -> None:
    rng = np.random.default_rng(0)
    ious = rng.random(60).round(1)
    confidences = (ious + 0.4 * rng.random(60)).round(1)
    area = roc_auc_score(ious >= 0.75, confidences)
    assert reliability["area_under_curve"](confidences, ious) == pytest.approx(area)
    assert reliability["rank_correlation"](confidences, ious) == pytest.approx(spearmanr(confidences, ious).statistic)


def test_bins_hold_all_regions_the_surest_too() -> None:
    bins = reliability["binned"](np.array([0.0, 0.05, 0.95, 1.0]), np.array([0.1, 0.3, 1.0, 0.8]))
    assert bins.index.tolist() == [0, 9]
    assert bins["regions"].tolist() == [2, 2]
    assert bins["iou"].tolist() == pytest.approx([0.2, 0.9])


def test_measures_that_cannot_be_had_are_none() -> None:
    same = np.array([0.9, 0.9])
    assert np.isnan(reliability["area_under_curve"](same, same))
    assert np.isnan(reliability["rank_correlation"](same, same))


def test_parts_of_one_material_are_compared_with_its_grains() -> None:
    labels, grains = np.array([[1, 1, 1, 1, 0]], np.uint32), np.array([[1, 1, 2, 2, 0]], np.uint32)
    scene = Scene(Micrograph(np.zeros((1, 5))), labels, ["Ge"], 1, [10], grains)
    found = np.array([[1, 1, 1, 2, 2]], np.uint32)
    as_materials = Segmentation(found, [], 2, False, Masks.empty((1, 5)))
    assert reliability["best_ious"](as_materials, scene).tolist() == pytest.approx([3 / 4, 1 / 4])
    as_parts = Segmentation(found, [], 2, False, Masks.empty((1, 5)), material_of=[1, 1])
    assert reliability["best_ious"](as_parts, scene).tolist() == pytest.approx([3 / 4, 1 / 2])


def test_the_script_writes_figure_table_and_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--scenes", "2", "--realistic", "1", "--side", "64", "-o", str(tmp_path)]
    monkeypatch.setitem(reliability["main"].__globals__, "_RESAMPLES", 20)
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *words])
    assert reliability["main"]() == 0
    regions = pd.read_csv(tmp_path / "regions.csv")
    assert set(regions["number"]) == {"estimated", "given"}
    assert regions["scene"].nunique() == 3
    assert regions[["confidence", "iou"]].stack().between(0, 1).all()
    assert (tmp_path / "table.md").read_text().startswith("| scenes ")
    with Image.open(tmp_path / "reliability.png") as figure:
        assert figure.width > 500
    assert "calibration error" in capsys.readouterr().out
