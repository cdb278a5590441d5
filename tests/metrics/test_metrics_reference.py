"""Against a slow transcription of the equations, and against libraries that share no code with ours."""

from __future__ import annotations

from dataclasses import asdict
from itertools import permutations
from typing import Any, Literal

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made_masks import label_images, mask_pairs
from numpy.typing import NDArray
from pycocotools import mask as coco
from torchmetrics.functional.detection import panoptic_quality

from samiam.metrics import boundary, score_image
from samiam.records import Masks

Bools = NDArray[np.bool_]
quick = settings(max_examples=60)


def jaccard(first: Bools, second: Bools) -> float:
    union = (first | second).sum()
    return (first & second).sum() / union if union else 0.0


def edge_by_cv2(mask: Bools, fraction: float) -> Bools:
    """`mask_to_boundary` of the boundary-IoU paper's own code, with its thickness."""
    height, width = mask.shape
    thickness = max(1, round(fraction * float(np.sqrt(height**2 + width**2))))
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    eroded = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=thickness)[1:-1, 1:-1]
    return (mask.astype(np.uint8) - eroded).astype(bool)


def mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


def ratio(part: float, rest: float) -> float:
    return part / (part + rest) if part + rest else 0.0


def transcribed(
    masks: Bools, truth: Bools, weights: list[float], released: bool, fraction: float | None
) -> list[float]:
    """Equations 3 to 6 for one image, read literally; on boundaries where a fraction is given."""
    seen = (lambda mask: mask) if fraction is None else (lambda mask: edge_by_cv2(mask, fraction))
    miou = recall = precision = mfpr = tp = fp = fn = 0.0
    for label, weight in zip(truth, weights, strict=True):
        pairs = []
        for mask in masks:
            whole = jaccard(mask, label)
            if whole > 0.05 if released else whole >= 0.05:
                m, g = seen(mask), seen(label)
                areas = [float((m & g).sum()), float((m & ~g).sum()), float((g & ~m).sum())]
                pairs.append((whole, jaccard(m, g), *areas))
        pairs.sort()
        others = [pair[1] for pair in pairs[:-1]]
        miou += weight * mean([pair[1] for pair in pairs])
        mfpr += weight * (sum(others) if released else mean(others))
        recall += weight * mean([ratio(both, missed) for _, _, both, _, missed in pairs])
        precision += weight * mean([ratio(both, extra) for _, _, both, extra, _ in pairs])
        tp += weight * mean([pair[2] for pair in pairs])
        fp += weight * mean([pair[3] for pair in pairs])
        fn += weight * (mean([pair[4] for pair in pairs]) if pairs else seen(label).sum())
    total = sum(weights)
    rates = [recall / total, precision / total] if released else [ratio(tp, fn), ratio(tp, fp)]
    return [miou / total, *rates, mfpr / total]


def best_sum(gains: NDArray[np.float64]) -> float:
    """The largest sum over one-to-one pairs, by trying them all."""
    gains = gains if gains.shape[0] <= gains.shape[1] else gains.T
    rows = range(len(gains))
    return max(
        sum(gains[row, chosen[row]] for row in rows) for chosen in permutations(range(gains.shape[1]), len(rows))
    )


@given(mask_pairs(), st.booleans(), st.sampled_from([0.02, 0.15]), st.data())
@quick
def test_paper_scores_follow_the_equations(
    pair: tuple[Bools, Bools], released: bool, fraction: float, data: st.DataObject
) -> None:
    predicted, truth = pair
    weights = data.draw(st.lists(st.sampled_from([1.0, 10.0]), min_size=len(truth), max_size=len(truth)))
    variant: Literal["paper", "released"] = "released" if released else "paper"
    shape_hw = truth.shape[1:]
    found = score_image(
        Masks.from_arrays(predicted, shape_hw),
        Masks.from_arrays(truth),
        variant=variant,
        weights=weights,
        boundary_fraction=fraction,
    )
    names = "miou", "mrecall", "mprecision", "mfpr"
    whole, edges = (
        [getattr(found, name) for name in names],
        [getattr(found, f"boundary_{name}") for name in names],
    )
    assert whole == pytest.approx(transcribed(predicted, truth, weights, released, None), abs=1e-12)
    assert edges == pytest.approx(transcribed(predicted, truth, weights, released, fraction), abs=1e-12)


@given(mask_pairs())
@quick
def test_one_to_one_scores_are_the_best_of_all_pairings(pair: tuple[Bools, Bools]) -> None:
    predicted, truth = pair
    overlap = np.array([[jaccard(mask, label) for label in truth] for mask in predicted]).reshape(-1, len(truth))
    weights = np.arange(1.0, len(truth) + 1)
    scores = score_image(Masks.from_arrays(predicted, truth.shape[1:]), Masks.from_arrays(truth), weights=list(weights))
    counted = (len(predicted) + len(truth)) / 2
    assert scores.matched_iou == pytest.approx(best_sum(overlap * weights) / weights.sum())
    assert scores.f1 == pytest.approx(best_sum((overlap >= 0.5).astype(float)) / counted)
    assert scores.panoptic_quality == pytest.approx(best_sum(np.where(overlap > 0.5, overlap, 0)) / counted)
    assert scores.objective_1 == pytest.approx(best_sum(overlap) - 0.01 * len(predicted))


@given(label_images(), st.data())
@quick
def test_panoptic_quality_is_that_of_torchmetrics(truth: NDArray[np.uint32], data: st.DataObject) -> None:
    predicted = truth.copy()
    for _ in range(data.draw(st.integers(0, 3))):
        row, column = data.draw(st.integers(0, truth.shape[0] - 1)), data.draw(st.integers(0, truth.shape[1] - 1))
        predicted[row:, column:] = data.draw(st.integers(0, 6))
    # Category 1 for every material, category 0 for what has no label, so that torchmetrics sees no void.
    images = [torch.tensor(np.stack([labels > 0, labels], axis=-1).astype(np.int64)) for labels in (predicted, truth)]
    per_class = panoptic_quality(images[0][None], images[1][None], things={1}, stuffs={0}, return_per_class=True)
    present = [predicted == value for value in np.unique(predicted[predicted > 0])]
    scores = score_image(Masks.from_arrays(present, truth.shape), Masks.from_labels(truth))
    assert scores.panoptic_quality == pytest.approx(float(per_class.flatten()[0]), abs=1e-6)


@given(mask_pairs())
@quick
def test_miou_from_the_overlaps_of_pycocotools(pair: tuple[Bools, Bools]) -> None:
    predicted, truth = pair
    encoded: list[Any] = [coco.encode(np.asfortranarray(masks.transpose(1, 2, 0), np.uint8)) for masks in pair]
    overlap = np.asarray(coco.iou(*encoded, [False] * len(truth))).reshape(len(predicted), len(truth))
    per_label = [mean([value for value in column if value >= 0.05]) for column in overlap.T]
    scores = score_image(Masks.from_arrays(predicted, truth.shape[1:]), Masks.from_arrays(truth))
    assert scores.miou == pytest.approx(mean(per_label))
    assert asdict(scores)["masks"] == len(predicted)


@given(mask_pairs(), st.sampled_from([0.02, 0.15]))
@quick
def test_the_public_boundary_is_that_of_boundary_iou(pair: tuple[Bools, Bools], fraction: float) -> None:
    mask = pair[1][0]
    thickness = max(1, round(fraction * float(np.hypot(*mask.shape))))
    np.testing.assert_array_equal(boundary(mask, thickness), edge_by_cv2(mask, fraction))
