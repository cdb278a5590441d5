"""What must hold for any masks, and what is refused."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_masks import label_images, mask_pairs
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.metrics import mean_scores, score_image
from samiam.records import Masks

VARIANTS = ["paper", "released"]
quick = settings(max_examples=60)
Pair = tuple[NDArray[np.bool_], NDArray[np.bool_]]


def packed(pair: Pair) -> tuple[Masks, Masks]:
    predicted, truth = pair
    return Masks.from_arrays(predicted, truth.shape[1:]), Masks.from_arrays(truth)


@given(mask_pairs(), st.data())
@quick
def test_paper_scores_lie_between_0_and_1(pair: Pair, data: st.DataObject) -> None:
    predicted, truth = packed(pair)
    numbers = st.lists(st.floats(0.1, 10), min_size=len(truth), max_size=len(truth))
    scores = asdict(score_image(predicted, truth, weights=data.draw(st.none() | numbers)))
    counts = {scores.pop("masks"), scores.pop("materials")}
    assert counts == {len(predicted), len(truth)}
    assert -0.01 * len(predicted) <= scores.pop("objective_1") <= len(truth)
    assert all(0 <= value <= 1 for value in scores.values()), scores


@given(label_images(), st.sampled_from(VARIANTS), st.booleans())
@quick
def test_a_perfect_prediction(labels: NDArray[np.uint32], variant: Any, weighted: bool) -> None:
    truth = Masks.from_labels(labels)
    weights = np.linspace(0.1, 10, len(truth)).tolist() if weighted else None
    scores = asdict(score_image(truth, truth, variant=variant, weights=weights, penalty_per_mask=0.0))
    assert scores.pop("masks") == scores.pop("materials") == scores.pop("objective_1") == len(truth)
    assert scores.pop("mfpr") == scores.pop("boundary_mfpr") == 0
    assert set(scores.values()) == {1.0}


@given(label_images(), st.sampled_from(VARIANTS))
@quick
def test_no_prediction_scores_nothing(labels: NDArray[np.uint32], variant: Any) -> None:
    scores = asdict(score_image(Masks.empty(labels.shape), Masks.from_labels(labels), variant=variant))
    assert scores.pop("materials") == labels.max()
    assert set(scores.values()) == {0}


@given(mask_pairs(), st.sampled_from(VARIANTS), st.data())
@quick
def test_the_order_of_masks_and_labels_does_not_matter(pair: Pair, variant: Any, data: st.DataObject) -> None:
    predicted, truth = packed(pair)
    mask_order = data.draw(st.permutations(range(len(predicted))))
    label_order = data.draw(st.permutations(range(len(truth))))
    weights = np.arange(1.0, len(truth) + 1)
    first = score_image(predicted, truth, variant=variant, weights=weights.tolist())
    second = score_image(
        predicted.select(mask_order),
        truth.select(label_order),
        variant=variant,
        weights=weights[label_order].tolist(),
    )
    assert asdict(first) == pytest.approx(asdict(second), abs=1e-12)


@given(mask_pairs(), st.sampled_from(VARIANTS))
@quick
def test_equal_weights_are_no_weights(pair: Pair, variant: Any) -> None:
    predicted, truth = packed(pair)
    plain = score_image(predicted, truth, variant=variant)
    equal = score_image(predicted, truth, variant=variant, weights=[7.0] * len(truth))
    assert asdict(plain) == pytest.approx(asdict(equal))


def test_a_mask_without_pixels_matches_nothing_but_is_counted() -> None:
    truth = Masks.from_arrays(np.ones((1, 4, 4)))
    scores = score_image(Masks.from_arrays(np.stack([np.ones((4, 4)), np.zeros((4, 4))])), truth)
    assert (scores.miou, scores.mfpr, scores.masks) == (1.0, 0.0, 2)
    assert scores.f1 == pytest.approx(2 / 3)


FULL = Masks.from_arrays(np.ones((2, 4, 4)))


@pytest.mark.parametrize(
    ("predicted", "truth", "options", "message"),
    [
        (Masks.empty((4, 5)), FULL, {}, r"\(4, 5\) cannot be scored on a truth of shape \(4, 4\)"),
        (FULL, Masks.empty((4, 4)), {}, "holds no label"),
        (FULL, Masks.from_arrays(np.zeros((1, 4, 4))), {}, r"truth masks \[0\] have no pixel"),
        (FULL, FULL, {"weights": [1.0]}, r"weights of shape \(1,\) do not fit 2"),
        (FULL, FULL, {"weights": [1.0, -1.0]}, "none negative"),
        (FULL, FULL, {"weights": [0.0, 0.0]}, "not all zero"),
        (FULL, FULL, {"weights": [1.0, np.nan]}, "finite"),
        (FULL, FULL, {"variant": "printed"}, "choose one of paper, released"),
        (FULL, FULL, {"boundary_fraction": 0.0}, "boundary_fraction of 0.0"),
        (FULL, FULL, {"penalty_per_mask": -1.0}, "penalty_per_mask of -1.0"),
    ],
)
def test_what_is_refused(predicted: Masks, truth: Masks, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        score_image(predicted, truth, **options)
    assert "\n" not in str(caught.value)


def test_no_images_have_no_mean() -> None:
    with pytest.raises(InputError, match="no images"):
        mean_scores([])
