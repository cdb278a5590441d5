"""Scores of classifiers of faults: counted as often as weights say, and as scikit-learn counts them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from samiam.particles.faults.scores import PAPER_COUNTS, class_scores, two_class_scores
from samiam.particles.result import FAULT_CLASSES


def drawn(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of few different values, so that some are equal, and classes."""
    rng = np.random.default_rng(seed)
    shares = rng.integers(1, 5, (n, 5)).astype(np.float64)
    return shares / shares.sum(axis=1, keepdims=True), rng.integers(0, 5, n)


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(2, 30))
def test_a_weight_of_two_is_two_regions(seed: int, n: int) -> None:
    probabilities, classes = drawn(seed, n)
    weights = np.random.default_rng(seed).integers(0, 3, n)
    weights[0] = 1
    again = np.repeat(np.arange(n), weights)
    for scores in (lambda *of, **how: class_scores(*of, 0.4, **how), two_class_scores):
        weighted = scores(probabilities, classes, weights=weights[None].astype(np.float64))
        repeated = scores(probabilities[again], classes[again])
        for name, values in weighted.items():
            assert values == pytest.approx(repeated[name], nan_ok=True), name


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_as_scikit_learn_counts(seed: int) -> None:
    probabilities, classes = drawn(seed, 40)
    classes[:5] = np.arange(5)
    found = class_scores(probabilities, classes, 0.0)
    assert found["balanced_accuracy"][0] == pytest.approx(
        balanced_accuracy_score(classes, probabilities.argmax(axis=1))
    )
    two = np.isin(classes, (0, 1))
    share = probabilities[two, 1] / probabilities[two, :2].sum(axis=1)
    assert two_class_scores(probabilities, classes)["auc"][0] == pytest.approx(roc_auc_score(classes[two] == 1, share))


def test_weighted_as_the_paper_has_its_classes() -> None:
    said = np.array([0, 0, 1, 1])
    found = class_scores(np.eye(5)[said] * 0.6 + 0.08, np.array([0, 1, 1, 1]), 0.0)
    # recalls of 1 and 2/3; the others do not occur
    assert found["as_counted"][0] == pytest.approx((161 * 1 + 150 * 2 / 3) / (161 + 150))
    assert tuple(PAPER_COUNTS) == FAULT_CLASSES
    assert sum(PAPER_COUNTS.values()) == 667


def test_nothing_is_no_score() -> None:
    nothing = np.zeros((0, 5)), np.zeros(0, np.int64)
    assert np.isnan(class_scores(*nothing, 0.0)["balanced_accuracy"]).all()
    assert np.isnan(two_class_scores(*nothing)["auc"]).all()
