"""How shares of trees are read, and what that is worth, by hand and as probabilities must be."""

from __future__ import annotations

import numpy as np
import pytest

from samiam.networks.variant import Variant
from samiam.particles.faults.calibration import FaultCalibration
from samiam.particles.result import FaultDetection
from samiam.training.faults.examples import Examples
from samiam.training.faults.fitting import detection_of, fault_scores, fit_calibration, fitted, scores_of
from samiam.training.faults.settings import BoostingRecipe, ForestRecipe, TreeRecipe


def drawn(n: int, sharpness: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Shares whose true probabilities are drawn from, then flattened: the temperature is the inverse of that."""
    rng = np.random.default_rng(seed)
    true = np.exp(rng.normal(0, 1.2, (n, 5)))
    true /= true.sum(axis=1, keepdims=True)
    classes = np.array([rng.choice(5, p=share) for share in true])
    flat = true**sharpness
    return flat / flat.sum(axis=1, keepdims=True), classes


@pytest.mark.parametrize("sharpness", [0.5, 1.0])
def test_the_temperature_undoes_what_flattened_the_shares(sharpness: float) -> None:
    shares, classes = drawn(3000, sharpness)
    found = fit_calibration(shares, classes)
    assert found.temperature == pytest.approx(sharpness, rel=0.1)
    assert scores_of(found.probabilities(shares), classes, 0.0)["calibration_error"] < 0.03


def test_probabilities_are_such() -> None:
    shares = np.array([[1.0, 0, 0, 0, 0], [0.2, 0.2, 0.2, 0.2, 0.2]])
    found = FaultCalibration(0.5).probabilities(shares)
    assert found.sum(axis=1) == pytest.approx([1, 1])
    assert found[1] == pytest.approx([0.2] * 5)
    assert 0.999 < found[0, 0] < 1
    assert FaultCalibration(1.0).probabilities(shares[:0]).shape == (0, 5)


def with_right(n_right: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The first are right, and each is a little less sure than the one before."""
    sure = np.linspace(0.9, 0.5, n)
    shares = np.stack([sure, *(4 * [(1 - sure) / 4])], axis=1)
    return shares, (np.arange(n) >= n_right).astype(np.int64)


def test_as_many_are_named_as_may_be_and_at_least_four_of_five() -> None:
    for n_right, n_named in ((100, 100), (90, 92), (70, 80)):
        shares, classes = with_right(n_right, 100)
        found = fit_calibration(shares, classes)
        probabilities = FaultCalibration(found.temperature).probabilities(shares)
        assert (probabilities.max(axis=1) >= found.confidence).sum() == pytest.approx(n_named, abs=1)


def test_scores_by_hand() -> None:
    probabilities = np.eye(5)[[0, 0, 1, 1, 2, 3, 4]] * 0.8 + 0.04
    classes = np.array([0, 1, 1, 1, 2, 3, 3])
    found = scores_of(probabilities, classes, 0.9)
    assert found["accuracy"] == pytest.approx(5 / 7)
    # recalls of 1, 2/3, 1 and 1/2; of "empty" there is none
    assert found["balanced_accuracy"] == pytest.approx((1 + 2 / 3 + 1 + 1 / 2) / 4)
    assert found["calibration_error"] == pytest.approx(0.84 - 5 / 7)
    assert (found["named"], found["n"]) == (0, 7)


def test_faults_by_hand() -> None:
    probabilities = np.array(
        [[0.6, 0.3, 0.1, 0, 0], [0.2, 0.3, 0.5, 0, 0], [0.3, 0.6, 0, 0, 0.1], [0.4, 0.3, 0, 0.3, 0], [0, 1, 0, 0, 0]]
    )
    classes = np.array([0, 0, 1, 1, 4])
    found = fault_scores(probabilities, classes)
    # shares of 1/3, 3/5, 2/3 and 3/7: one of two right on either side, three of four pairs in order
    assert (found["balanced_accuracy"], found["auc"], found["n"]) == (0.5, 0.75, 4)
    assert np.isnan(fault_scores(probabilities[:2], classes[:2])["auc"])


def test_detection_counts_those_that_are_told() -> None:
    said = np.array([0, 1, 1, 1, 0, 2, 1, 0])
    probabilities = np.eye(5)[said] * 0.5 + 0.1
    probabilities[-1] = 0.2  # open
    classes = np.array([0, 0, 1, 1, 1, 1, 4, 1])
    assert detection_of(probabilities, classes, 0.5) == FaultDetection(faulty=3, found=2, faultless=2, cleared=1)


def examples(n: int, seed: int) -> Examples:
    rng = np.random.default_rng(seed)
    classes = rng.integers(-1, 5, n).astype(np.int8)
    ours = (np.eye(5)[classes] * 3 + rng.normal(0, 1, (n, 5))).astype(np.float16)
    flags = rng.random((3, n)) < 0.5
    return Examples(ours, -ours, classes, *flags)


@pytest.mark.parametrize(
    ("variant", "recipe"), [("ours", BoostingRecipe(rounds=20, least_leaf=5)), ("paper", ForestRecipe(trees=30))]
)
def test_trees_with_all_that_their_card_says(variant: Variant, recipe: TreeRecipe) -> None:
    tests = {"test": examples(200, 2), "other": examples(100, 3)}
    forest, learnt = fitted(examples(400, 0), examples(200, 1), tests, variant, recipe)
    assert learnt["scores"]["test/balanced_accuracy"] > 0.8
    n_known = (tests["test"].classes >= 0) & (tests["test"].is_taken | (variant == "ours"))
    assert learnt["scores"]["test/n"] == n_known.sum()
    assert {"val/n", "other/n", "test/edge_on/auc", "test/invisible_called_faulty"} <= set(learnt["scores"])
    assert FaultDetection(**learnt["detection"]).sensitivity > 0.7
    again, _ = fitted(examples(400, 0), examples(200, 1), tests, variant, recipe)
    assert np.array_equal(again.threshold, forest.threshold)
