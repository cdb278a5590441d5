"""What weights of the compact network are worth on an image as `samiam segment` uses them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samiam.boosting import SemanticBooster
from samiam.compact.committee import Sight, in_use
from samiam.compact.encoder import CompactEncoder
from samiam.compact.generator import CompactGenerator
from samiam.compact.model import CompactModel
from samiam.compact.regions.calibration import Calibration
from samiam.compact.settings import CompactOptions
from samiam.metrics import score_image
from samiam.records import Masks, Micrograph


def segmentation_scores(
    network: Sight, calibration: Calibration, pixels: NDArray[np.float32], labels: NDArray[np.integer]
) -> dict[str, float]:
    """Scores of the segmentation of one image; pixels without a label are not looked at.

    Args:
        network: what is judged.
        calibration: by which its regions are rated.
        pixels: float32 (H, W) in [0, 1].
        labels: (H, W), 1 … M, 0 where nothing is labelled.

    Returns:
        `miou` and `iou`, the mIoU of the paper and the one-to-one IoU, the number of materials estimated;
        `miou_given` and `iou_given`, likewise with the number given; `score`, the mean of the four.
    """
    model, micrograph = CompactModel(in_use(network), calibration), Micrograph(pixels)
    truth = Masks.from_labels(labels)
    masks = CompactGenerator(model, CompactOptions()).generate(micrograph)
    booster = SemanticBooster(CompactEncoder(model))
    scores: dict[str, float] = {}
    for suffix, n_materials in (("", None), ("_given", len(truth))):
        found = score_image(booster(micrograph, masks, n_materials), truth, unlabelled="ignored")
        scores |= {f"miou{suffix}": found.miou, f"iou{suffix}": found.matched_iou}
    return {**scores, "score": float(np.mean(list(scores.values())))}
