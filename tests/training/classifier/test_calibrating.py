"""When a classifier leaves a crop open, as worked out by hand and as probabilities must be."""

from __future__ import annotations

import numpy as np
import pytest

from samiam.texture.open_set import KEPT, OpenSet, probabilities
from samiam.training.classifier.fitting import achieved, expected_calibration_error, fit_open_set


def drawn(n: int, sharpness: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits of three classes from which labels are drawn, then multiplied: the temperature is that factor."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n, 3))
    shares = probabilities(logits.astype(np.float32), 1.0)
    labels = np.array([rng.choice(3, p=share) for share in shares])
    return (sharpness * logits).astype(np.float32), labels


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_what_sharpened_the_logits(sharpness: float) -> None:
    logits, labels = drawn(4000, sharpness)
    found = fit_open_set(logits, labels)
    assert found.temperature == pytest.approx(sharpness, rel=0.08)
    assert achieved(found, logits, labels)["calibration_error"] < 0.03


def test_most_of_the_right_names_stay_and_no_more_than_needed() -> None:
    logits, labels = drawn(2000, 1.0)
    found = fit_open_set(logits, labels)
    shares = probabilities(logits, found.temperature)[:, :-1]
    right = shares.argmax(axis=1) == labels
    assert KEPT <= (shares.max(axis=1)[right] >= found.confidence).mean() <= KEPT + 0.01
    assert fit_open_set(logits, labels) == found


def test_what_is_achieved_by_hand() -> None:
    # two materials and none of them; shares at temperature 1 of 0.8 / 0.1 / 0.1 and so on
    shares = np.array([[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.5, 0.2, 0.3], [0.2, 0.2, 0.6], [0.9, 0.05, 0.05]])
    labels = np.array([0, 0, 0, 2, 2])
    found = achieved(OpenSet(1.0, 0.55), np.log(shares).astype(np.float32), labels)
    assert (found["kept"], found["right"], found["open"]) == (0.5, 0.5, 0.5)
    # |0.8 - 1| + |0.6 - 0| + |0.5 - 1| + |0.2 - 0| + |0.9 - 0|, each in a bin of its own
    assert found["calibration_error"] == pytest.approx((0.2 + 0.6 + 0.5 + 0.2 + 0.9) / 5)


def test_nothing_to_judge_by() -> None:
    logits, labels = np.zeros((2, 3), np.float32), np.array([2, 2])
    found = achieved(OpenSet(1.0, 0.5), logits, labels)
    assert (found["kept"], found["right"], found["open"]) == (None, None, 1.0)
    assert fit_open_set(logits, labels).confidence == 0


def test_the_error_of_a_calibration_by_hand() -> None:
    probability = np.array([0.95, 0.95, 0.95, 0.95, 0.15, 1.0])
    is_right = np.array([True, True, True, False, False, True])
    # the bin from 0.9 on has a mean of 0.96 and 4 of 5 right, that from 0.1 on 0.15 and none
    assert expected_calibration_error(probability, is_right) == pytest.approx((5 * 0.16 + 0.15) / 6)
