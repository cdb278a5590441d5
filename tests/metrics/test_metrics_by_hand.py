"""Scores worked out by hand on arrays of 4×4; boundaries are one pixel thick there."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from made_masks import drawn

from samiam.metrics import Scores, mean_scores, score_image
from samiam.records import Decision, Masks, Micrograph, Scene, Segmentation

LABELS = np.array([[1, 1, 2, 2], [1, 1, 2, 2], [1, 1, 2, 2], [3, 0, 0, 0]], np.uint32)
TRUTH = Masks.from_labels(LABELS)  # areas 6, 6, 1

SQUARE = drawn("##..", "##..", "....", "....")  # 4 pixels, IoU with the labels 4/6, 0, 0
BAND = drawn("####", "####", "####", "....")  # 12 pixels, IoU 6/12 with label 1 and with label 2
STRAY = drawn("....", "....", "....", ".###")  # 3 pixels, matches nothing; nothing matches label 3
PREDICTED = Masks.from_arrays([SQUARE, BAND, STRAY])


def values(scores: Scores, *names: str) -> list[float]:
    return [asdict(scores)[name] for name in names]


def whole(scores: Scores) -> list[float]:
    return values(scores, "miou", "mrecall", "mprecision", "mfpr")


def on_boundaries(scores: Scores) -> list[float]:
    return values(scores, "boundary_miou", "boundary_mrecall", "boundary_mprecision", "boundary_mfpr")


def test_paper() -> None:
    # mIoU: label 1 has (4/6 + 6/12) / 2 = 7/12, label 2 has 6/12, label 3 has 0; their mean is 13/36.
    # TP: (4 + 6) / 2 = 5, 6, 0 -> 11/3.  FN: (2 + 0) / 2 = 1, 0, and the whole of label 3, 1 -> 2/3.
    # FP: (0 + 6) / 2 = 3, 6, 0 -> 9/3.  Recall 11/13, precision 11/20.
    # mFPR: BAND is the second best of label 1 and the best of label 2: (6/12 + 0 + 0) / 3.
    assert whole(score_image(PREDICTED, TRUTH)) == pytest.approx([13 / 36, 11 / 13, 11 / 20, 1 / 6])


def test_paper_weighted() -> None:
    # Weights 10, 10, 1 on the values above; the sum of weights is 21.
    # mIoU (70/12 + 60/12) / 21 = 65/126.  TP 110, FN 10 + 0 + 1 = 11, FP 30 + 60 = 90: 110/121 and 110/200.
    # mFPR 10 · 6/12 / 21.
    scores = score_image(PREDICTED, TRUTH, weights=(10, 10, 1))
    assert whole(scores) == pytest.approx([65 / 126, 10 / 11, 11 / 20, 5 / 21])


def test_released() -> None:
    # Recall of the pairs: (4/6 + 6/6) / 2 = 5/6, 1, 0 -> 11/18; precision (4/4 + 6/12) / 2 = 3/4, 1/2, 0 -> 5/12.
    assert whole(score_image(PREDICTED, TRUTH, variant="released")) == pytest.approx([13 / 36, 11 / 18, 5 / 12, 1 / 6])


def test_released_weighted() -> None:
    # Recall (10 · 5/6 + 10 · 1) / 21 = 55/63; precision (10 · 3/4 + 10 · 1/2) / 21 = 25/42.
    scores = score_image(PREDICTED, TRUTH, variant="released", weights=(10, 10, 1))
    assert whole(scores) == pytest.approx([65 / 126, 55 / 63, 25 / 42, 5 / 21])


def test_boundaries_of_both_variants() -> None:
    # Only BAND has an inside, two pixels, of which one lies in label 1 and one in label 2: its boundary has 10.
    # IoU: SQUARE 4/6 with label 1; BAND 5 / (10 + 6 - 5) = 5/11 with labels 1 and 2.
    # mIoU: (4/6 + 5/11) / 2 = 37/66, 30/66, 0 -> 67/198.  mFPR: 5/11 / 3.
    # TP: 4.5, 5, 0 -> 9.5/3.  FN: (2 + 1) / 2 = 1.5, 1, 1 -> 3.5/3.  FP: (0 + 5) / 2 = 2.5, 5, 0 -> 7.5/3.
    paper = on_boundaries(score_image(PREDICTED, TRUTH))
    assert paper == pytest.approx([67 / 198, 9.5 / 13, 9.5 / 17, 5 / 33])
    # Released: recall (4/6 + 5/6) / 2 = 3/4, 5/6, 0 -> 19/36; precision (4/4 + 5/10) / 2 = 3/4, 1/2, 0 -> 5/12.
    released = on_boundaries(score_image(PREDICTED, TRUTH, variant="released"))
    assert released == pytest.approx([67 / 198, 19 / 36, 5 / 12, 5 / 33])


def test_false_positives_are_averaged_in_the_paper_and_added_in_the_released_code() -> None:
    # Label 1: BAND five times below SQUARE, mean 1/2, sum 5/2.  Label 2: BAND four times below itself, 1/2 and 4/2.
    predicted = Masks.from_arrays([SQUARE, *[BAND] * 5])
    assert score_image(predicted, TRUTH).mfpr == pytest.approx((1 / 2 + 1 / 2) / 3)
    assert score_image(predicted, TRUTH, variant="released").mfpr == pytest.approx((5 / 2 + 4 / 2) / 3)


def test_an_iou_of_five_per_cent_counts_in_the_paper_only() -> None:
    truth = Masks.from_arrays([np.ones((4, 5))])
    predicted = Masks.from_arrays([drawn("#....", ".....", ".....", ".....")])  # 1 of 20 pixels
    assert whole(score_image(predicted, truth)) == pytest.approx([1 / 20, 1 / 20, 1, 0])
    assert whole(score_image(predicted, truth, variant="released")) == [0, 0, 0, 0]


def test_the_best_mask_of_a_boundary_score_is_that_of_the_whole_masks() -> None:
    truth = Masks.from_arrays([np.ones((4, 4))])  # boundary: the ring of 12
    ring = drawn("####", "#..#", "#..#", "####")  # whole IoU 12/16, boundary IoU 12/12
    holed = drawn("####", "#.##", "####", "####")  # whole IoU 15/16; all 15 are boundary: 12/15
    assert score_image(Masks.from_arrays([ring, holed]), truth).boundary_mfpr == 1.0


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_between_equal_masks_the_better_boundary_is_the_best(order: tuple[int, int]) -> None:
    truth = Masks.from_arrays([np.ones((4, 4))])
    holed = drawn("####", "#.##", "####", "####")  # 15/16; all 15 are boundary, 12 of them in the ring: 12/15
    notched = drawn(".###", "####", "####", "####")  # 15/16; the corner exposes one more: 12 in all, 11/13 > 12/15
    scores = score_image(Masks.from_arrays([holed, notched]).select(order), truth)
    assert (scores.mfpr, scores.boundary_mfpr) == (15 / 16, 12 / 15)


def test_one_to_one() -> None:
    # IoU: SQUARE 4/6, 0, 0; BAND 1/2, 1/2, 0; STRAY 0, 0, 0. Best pairs: SQUARE with 1, BAND with 2: 7/6.
    # F1: two pairs of IoU ≥ 1/2 among 3 masks and 3 labels: 2 · 2 / 6.  PQ: only 4/6 is > 1/2: 4/6 / 3.
    scores = score_image(PREDICTED, TRUTH, penalty_per_mask=0.25)
    names = "matched_iou", "f1", "panoptic_quality", "objective_1"
    assert values(scores, *names) == pytest.approx([7 / 18, 2 / 3, 2 / 9, 7 / 6 - 3 * 0.25])
    assert (scores.masks, scores.materials) == (3, 3)
    # Weighted: (10 · 4/6 + 10 · 1/2) / 21; the others have no weights.
    weighted = score_image(PREDICTED, TRUTH, penalty_per_mask=0.25, weights=(10, 10, 1))
    assert values(weighted, *names) == pytest.approx([5 / 9, 2 / 3, 2 / 9, 7 / 6 - 3 * 0.25])


def test_overlapping_masks_are_paired_anew_for_each_score() -> None:
    # Runs of 8 pixels. IoU of the first mask with the labels: 1 and 6/10; of the second: 6/10 and 4/12.
    pixels = np.arange(16).reshape(4, 4)
    runs = [(pixels >= start) & (pixels < start + 8) for start in (2, 4, 0)]
    scores = score_image(Masks.from_arrays([runs[0], runs[2]]), Masks.from_arrays([runs[0], runs[1]]))
    # 1 + 4/12 is the largest sum, but holds one pair above 1/2; 6/10 + 6/10 holds two.
    assert scores.matched_iou == pytest.approx((1 + 1 / 3) / 2)
    assert scores.objective_1 == pytest.approx(1 + 1 / 3 - 2 * 0.01)
    assert scores.f1 == 2 * 2 / (2 + 2)
    assert scores.panoptic_quality == pytest.approx((6 / 10 + 6 / 10) / 2)


def test_records_are_scored_by_their_masks() -> None:
    scene = Scene(Micrograph(np.zeros((4, 4))), LABELS, ["a", "b", "c"], 1, [10, 10, 1], LABELS)
    decisions = [Decision(index, "kept", "", 0.0, 0.0, material=1) for index in range(3)]
    segmentation = Segmentation(LABELS.T, decisions, 3, True, PREDICTED)
    expected = score_image(Masks.from_labels(LABELS.T), TRUTH)
    assert score_image(segmentation, scene) == expected
    assert score_image(segmentation, scene, weights=scene.weights) != expected


def test_mean_over_images() -> None:
    perfect, none = score_image(TRUTH, TRUTH, penalty_per_mask=0), score_image(Masks.empty((4, 4)), TRUTH)
    mean = mean_scores([perfect, none, none])
    assert whole(mean) == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])
    assert (mean.masks, mean.materials, mean.objective_1) == (1.0, 3.0, 1.0)
    assert mean_scores([perfect]) == perfect
