"""Scores that look at labelled pixels only."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.metrics import score_image
from samiam.records import Masks

SHAPE_HW = (9, 12)
quick = settings(max_examples=40)
label_images = hnp.arrays(np.uint32, SHAPE_HW, elements=st.integers(0, 3))


def matched_iou(found: NDArray[np.uint32], truth: NDArray[np.uint32]) -> float:
    """The best of all pairings, pixel by pixel over the labelled ones."""
    pairs = [(int(f), int(t)) for f, t in zip(found.ravel(), truth.ravel(), strict=True) if t > 0]
    regions, labels = sorted({f for f in found.ravel().tolist() if f}), sorted({t for _, t in pairs})

    def iou(region: int, label: int) -> float:
        either = sum(f == region or t == label for f, t in pairs)
        return sum((f, t) == (region, label) for f, t in pairs) / either

    spare: list[Any] = [*regions, *[None] * len(labels)]
    totals = (
        sum(iou(region, label) for region, label in zip(chosen, labels, strict=True) if region is not None)
        for chosen in set(permutations(spare, len(labels)))
    )
    return max(totals) / len(labels)


def compact(labels: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Numbered 1, 2, … without gaps."""
    return np.unique(np.append(labels, 0), return_inverse=True)[1][:-1].reshape(labels.shape).astype(np.uint32)


@given(label_images, label_images)
@quick
def test_the_one_to_one_iou_is_that_of_an_independent_implementation(
    found: NDArray[np.uint32], truth: NDArray[np.uint32]
) -> None:
    truth.flat[0] = 1
    predicted, true = Masks.from_labels(compact(found)), Masks.from_labels(compact(truth))
    scores = score_image(predicted, true, unlabelled="ignored")
    assert scores.matched_iou == pytest.approx(matched_iou(found, truth))
    assert scores.masks == len(predicted)


@given(label_images, label_images)
@quick
def test_pixels_without_a_label_change_nothing(found: NDArray[np.uint32], truth: NDArray[np.uint32]) -> None:
    truth.flat[0], found.flat[:3] = 1, [1, 2, 3]
    truth.flat[1:3] = 1
    elsewhere = np.where(truth > 0, found, 0)
    first, second = (
        score_image(Masks.from_labels(labels), Masks.from_labels(compact(truth)), unlabelled="ignored")
        for labels in (found, elsewhere)
    )
    assert first == second


def test_by_hand() -> None:
    truth = Masks.from_arrays([np.repeat([[1, 1, 0, 0, 0, 0]], 6, 0), np.repeat([[0, 0, 0, 1, 1, 1]], 6, 0)])
    halves = Masks.from_labels(np.repeat([[1, 1, 1, 2, 2, 2]], 6, axis=0))
    ignored, background = (score_image(halves, truth, unlabelled=what) for what in ("ignored", "background"))
    perfect = (1.0, 1.0, 1.0, 0.0)
    assert (ignored.miou, ignored.mrecall, ignored.mprecision, ignored.mfpr) == perfect
    assert (ignored.boundary_miou, ignored.boundary_mrecall, ignored.boundary_mprecision) == perfect[:3]
    assert (ignored.matched_iou, ignored.f1, ignored.panoptic_quality) == (1, 1, 1)
    assert background.miou == pytest.approx((2 / 3 + 1) / 2)
    assert score_image(halves, truth) == background


def test_a_mask_where_nothing_is_labelled_is_neither_right_nor_wrong() -> None:
    truth = Masks.from_arrays([np.repeat([[1, 1, 0, 0]], 4, 0)])
    halves = Masks.from_labels(np.repeat([[1, 1, 2, 2]], 4, axis=0))
    scores = score_image(halves, truth, unlabelled="ignored")
    assert (scores.f1, scores.panoptic_quality, scores.masks) == (1, 1, 2)
    assert score_image(halves, truth).f1 == pytest.approx(2 / 3)


def test_refusal() -> None:
    halves = Masks.from_labels(np.array([[1, 2]]))
    with pytest.raises(InputError, match=r"^unlabelled='nope': give one of background, ignored\.$"):
        score_image(halves, halves, unlabelled="nope")  # type: ignore[arg-type]
