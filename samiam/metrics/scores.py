"""All scores of one image, and their mean over images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.geometry import boundary_thickness_px
from samiam.metrics.matched import Overlaps, Variant, find_matches, score_matches
from samiam.metrics.one_to_one import score_one_to_one
from samiam.records import Masks, Scene, Segmentation

Unlabelled = Literal["background", "ignored"]
"""What pixels of no truth label are: wrong for any mask, as in the paper, or not looked at."""


@dataclass(frozen=True)
class Scores:
    """How well masks m_i fit the M truth labels g_j of an image, or the means of that over images.

    A mask *matches* a label if the IoU of the whole masks is at least 0.05 (released variant: above 0.05), and may
    match several. Means over labels are weighted where weights were given. All are in [0, 1] and best at 1, unless
    said otherwise; an image with no predicted mask scores 0 throughout.

    Attributes:
        miou: mean over labels of the mean IoU of the masks that match; an unmatched label scores 0 (eq. 3).
        mrecall: TP / (TP + FN), where TP = |m∩g| and FN = |g∖m| are averaged over the masks that match, then over
            the labels (eq. 4). An unmatched label adds TP 0 and FN |g|, on which the paper is silent. Released
            variant: mean over labels of the mean recall of the pairs, 0 for an unmatched label.
        mprecision: likewise TP / (TP + FP) with FP = |m∖g|, 0 for an unmatched label (eq. 5). Released variant:
            mean of the precision of the pairs.
        mfpr: mean over labels of the mean IoU of the matches other than the best one, 0 where there is no other
            (eq. 6, whose m is read as the number of these; were the best one counted in it, two matches of which the
            worse has an IoU of 0.5 would give 0.25 and not 0.5); best at 0. Released variant: of the *sum* of those
            IoUs, which can exceed 1.
        boundary_miou: miou on boundaries (Cheng et al., CVPR 2021). Matches and best are those of whole masks.
        boundary_mrecall: mrecall on boundaries.
        boundary_mprecision: mprecision on boundaries.
        boundary_mfpr: mfpr on boundaries; best at 0. Between masks equal in whole IoU, that of higher boundary IoU
            is the best.
        matched_iou: Σ_j IoU(g_j, its mask) / M in the best one-to-one pairing of masks and labels.
        f1: 2 TP / (N + M), with TP the most one-to-one pairs of IoU ≥ 0.5 that can be formed; not weighted.
        panoptic_quality: Σ IoU over pairs of IoU > 0.5 / (TP + FP/2 + FN/2), with one class (Kirillov et al., CVPR
            2019); not weighted. Where masks do not overlap, at most one has IoU > 0.5 with a label; SAM's masks may
            overlap, so the pairs are those of the one-to-one pairing with the largest sum.
        objective_1: Σ_i J(S_i, M_i) − λ·N in the best one-to-one pairing (eq. 1); in [−λ·N, M], best at its
            largest; not weighted.
        masks: N, the number of predicted masks; a whole number for one image. Where unlabelled pixels are ignored,
            masks without a labelled pixel are part of this number and of no other score.
        materials: M, the number of truth labels; a whole number for one image.
    """

    miou: float
    mrecall: float
    mprecision: float
    mfpr: float
    boundary_miou: float
    boundary_mrecall: float
    boundary_mprecision: float
    boundary_mfpr: float
    matched_iou: float
    f1: float
    panoptic_quality: float
    objective_1: float
    masks: float
    materials: float


def score_image(
    predicted: Masks | Segmentation,
    truth: Masks | Scene,
    *,
    variant: Variant = "paper",
    weights: Sequence[float] | None = None,
    boundary_fraction: float = 0.02,
    penalty_per_mask: float = 0.01,
    unlabelled: Unlabelled = "background",
) -> Scores:
    """Score the masks of one image against its truth (paper §3.2).

    Args:
        predicted: N masks (H, W), which may overlap, or none; a segmentation is scored by its materials.
        truth: M masks (H, W), or the scene that holds them.
        variant: "paper" as printed, or "released" as in the authors' code, less its dependence on mask order.
        weights: M weights, one per label, not negative; the paper's par experiment gives 10 to easy labels and 1
            to hard ones (§3.3, `scene.weights`). None for the plain mean, also where `truth` is a scene.
        boundary_fraction: thickness of a boundary as a fraction of the image diagonal (paper: 2 %).
        penalty_per_mask: λ of equation 1. The paper publishes no value; 0.01 is ours.
        unlabelled: "ignored" looks at the labelled pixels only, as suits truths that were drawn by hand and leave out
            what is uncertain; "background" counts the others against every mask on them.

    Raises:
        InputError: if the shapes differ, there is no truth label or one without pixels, the weights are too few,
            too many, negative or all zero, or another option is out of range.

    Example:
        >>> truth = Masks.from_labels(np.repeat([[1, 2]], 10, axis=1).repeat(20, axis=0))
        >>> score_image(truth, truth).miou
        1.0
    """
    predicted = predicted.masks if isinstance(predicted, Segmentation) else predicted
    truth = truth.truth if isinstance(truth, Scene) else truth
    _check_masks(predicted, truth)
    _check_options(variant, boundary_fraction, penalty_per_mask, unlabelled)
    label_weights = _checked_weights(weights, len(truth))
    n_masks = len(predicted)
    if unlabelled == "ignored":
        seen = predicted.within(_covered(truth))
        predicted = seen.select(np.flatnonzero(seen.areas))

    whole = Overlaps.of(predicted, truth)
    matching = np.flatnonzero(find_matches(whole.iou, variant).any(axis=1))
    edges = Overlaps.of_boundaries(predicted, truth, boundary_thickness_px(truth.shape_hw, boundary_fraction), matching)
    return Scores(
        *score_matches(whole, whole.iou, variant, label_weights),
        *score_matches(edges, whole.iou, variant, label_weights),
        *score_one_to_one(whole.iou, label_weights, penalty_per_mask),
        masks=n_masks,
        materials=len(truth),
    )


def mean_scores(scores: Sequence[Scores]) -> Scores:
    """Mean of each score over images, the 1/n Σ_k of equations 3 to 6; every image counts the same.

    Raises:
        InputError: if there is no image.
    """
    if not scores:
        raise InputError("no images to average over: mean_scores needs the scores of at least one.")
    return Scores(**{name: float(np.mean([getattr(score, name) for score in scores])) for name in _NAMES})


_NAMES = [field.name for field in fields(Scores)]


def _check_masks(predicted: Masks, truth: Masks) -> None:
    if predicted.shape_hw != truth.shape_hw:
        raise InputError(f"masks of shape {predicted.shape_hw} cannot be scored on a truth of shape {truth.shape_hw}.")
    if not len(truth):
        raise InputError("the truth holds no label: there is nothing to score against.")
    empty = np.flatnonzero(truth.areas == 0).tolist()
    if empty:
        raise InputError(f"truth masks {empty} have no pixel: leave them out (labels must be 1, 2, … without gaps).")


def _covered(masks: Masks) -> NDArray[np.bool_]:
    """Pixels of any mask."""
    packed = np.bitwise_or.reduce(masks.packed, axis=0)
    return np.unpackbits(packed, axis=-1, count=masks.shape_hw[1]).view(np.bool_)


def _check_options(variant: str, boundary_fraction: float, penalty_per_mask: float, unlabelled: str) -> None:
    if variant not in get_args(Variant):
        raise InputError(f"variant {variant!r} is unknown: choose one of {', '.join(get_args(Variant))}.")
    if unlabelled not in get_args(Unlabelled):
        raise InputError(f"unlabelled={unlabelled!r}: give one of {', '.join(get_args(Unlabelled))}.")
    if not 0 < boundary_fraction <= 1:
        raise InputError(f"a boundary_fraction of {boundary_fraction} is impossible: give one in (0, 1].")
    if not 0 <= penalty_per_mask < np.inf:
        raise InputError(f"a penalty_per_mask of {penalty_per_mask} is impossible: give a finite one of 0 or more.")


def _checked_weights(weights: Sequence[float] | None, n_labels: int) -> NDArray[np.float64]:
    if weights is None:
        return np.ones(n_labels)
    array = np.asarray(weights, dtype=np.float64)
    if array.shape != (n_labels,):
        raise InputError(f"weights of shape {array.shape} do not fit {n_labels} truth labels: give one for each.")
    if not (np.isfinite(array).all() and (array >= 0).all() and array.sum() > 0):
        raise InputError(f"weights {array.tolist()} must be finite, none negative, and not all zero.")
    return array
