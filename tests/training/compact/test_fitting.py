from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from samiam.compact.regions.calibration import read_calibration
from samiam.compact.sights import read_sight
from samiam.records import Scene
from samiam.storage.weight_files import add_to_card, read_card, shipped_weights
from samiam.training.compact.fitting import (
    calibrate,
    fit_calibration,
    fit_preference,
)
from samiam.training.compact.logistic import logistic_regression
from samiam.training.compact.settings import CalibrationRules
from simulate import procedural_scene

FEW = CalibrationRules(scenes=3, distance_scenes=2)


def draw(number: int) -> Scene:
    return procedural_scene(number, shape_hw=(256, 256))


def test_the_quality_is_a_logistic_regression() -> None:
    rng = np.random.default_rng(0)
    evidence = np.column_stack([np.ones(4000), rng.normal(size=(4000, 2))])
    iou = 1 / (1 + np.exp(-evidence @ [0.5, 2.0, -1.0]))
    np.testing.assert_allclose(logistic_regression(evidence, iou), [0.5, 2.0, -1.0], atol=0.05)


def test_the_preference_chooses_what_has_the_higher_iou() -> None:
    rng = np.random.default_rng(0)
    choices = []
    for _ in range(200):
        evidence = rng.normal(size=(5, 19))
        choices.append((evidence, np.clip(0.5 + evidence[:, 3] / 4 - evidence[:, 7] / 4, 0, 1)))
    weights = fit_preference(choices)
    assert set(np.argsort(-np.abs(weights))[:2].tolist()) == {3, 7}
    assert weights[3] > 0 > weights[7]
    chosen = [iou[np.argmax(evidence @ weights)] / iou.max() for evidence, iou in choices]
    assert np.mean(chosen) > 0.95


def test_nothing_to_fit_gives_zeros() -> None:
    assert not logistic_regression(np.zeros((0, 16)), np.zeros(0)).any()
    assert not fit_preference([]).any()


@pytest.mark.slow
def test_a_card_gets_its_calibration(tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    shipped = shipped_weights("compact")
    shutil.copy(shipped, path)
    shutil.copy(shipped.with_suffix(".json"), path.with_suffix(".json"))
    add_to_card(path, calibration=None)
    found = calibrate(path, draw, FEW)
    assert read_calibration(path) == found
    assert {name: value for name, value in read_card(path).items() if name != "calibration"} == {
        name: value for name, value in read_card(shipped).items() if name != "calibration"
    }
    assert fit_calibration(read_sight(path), draw, FEW) == found
    assert 0.05 <= found.distance <= 1.4
    assert any(found.quality.values())
    assert found.preference["quality"] != 0
