"""When a new classifier of crops leaves one open: fitted on crops that it has not learnt from."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from torch.utils.data import DataLoader

from samiam.metrics.calibration import expected_calibration_error
from samiam.storage.weight_files import add_to_card
from samiam.texture.classifier import TrainedClassifier, load_classifier
from samiam.texture.open_set import KEPT, OpenSet, probabilities
from samiam.texture.settings import ClassifierOptions
from samiam.training.classifier.crop_sets import Crops

_TEMPERATURES = (0.1, 10.0)  # networks are a few times too sure or too unsure, not more


def calibrate(weights: Path, crops: Crops) -> OpenSet:
    """Fit how the logits of weights are read, and write it on their card, with what it achieves on these crops.

    Args:
        weights: a file of weights with its card.
        crops: of known materials and of none of them (the label after the last), none of them trained on.

    Raises:
        InputError: if the weights cannot be read.
    """
    network, materials, sha256 = load_classifier(weights)
    as_they_are = OpenSet(temperature=1.0, confidence=0.0)
    classifier = TrainedClassifier(network, materials, as_they_are, ClassifierOptions(device="cpu"), sha256)
    batches = list(DataLoader(crops, batch_size=64, collate_fn=list))
    logits = np.concatenate([classifier.logits([crop[0].numpy() for crop, _ in batch]) for batch in batches])
    labels = np.array([int(label) for batch in batches for _, label in batch])
    found = fit_open_set(logits, labels)
    add_to_card(weights, open_set={**asdict(found), **achieved(found, logits, labels)})
    return found


def fit_open_set(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> OpenSet:
    """The temperature of the highest likelihood, and the confidence at which `KEPT` of the right names stay.

    Args:
        logits: (N, K + 1), the last of what is none of the K materials.
        labels: (N,), K for such crops.
    """

    def surprise(log_temperature: float) -> float:
        shares = probabilities(logits, float(np.exp(log_temperature)))
        return float(-np.log(shares[np.arange(len(labels)), labels] + 1e-12).mean())

    fitted = minimize_scalar(surprise, bounds=np.log(_TEMPERATURES), method="bounded")
    temperature = round(float(np.exp(fitted.x)), 3)
    shares = probabilities(logits, temperature)[:, :-1]
    right = shares.argmax(axis=1) == labels
    sure = shares.max(axis=1)[right]
    least = float(np.quantile(sure, 1 - KEPT, method="lower")) if len(sure) else 0.0
    return OpenSet(temperature, np.floor(1000 * least) / 1000)


def achieved(open_set: OpenSet, logits: NDArray[np.float32], labels: NDArray[np.int64]) -> dict[str, Any]:
    """What a classifier does with crops: shares, rounded to three decimals; None where there is no such crop.

    Returns:
        `kept` of the names that are right when it must name all crops, `right` of the names that it gives to known
        materials, `open` of the crops of none of them, and `calibration_error`, the expected one of the probability
        of the likeliest material.
    """
    shares = probabilities(logits, open_set.temperature)[:, :-1]
    sure, is_known = shares.max(axis=1), labels < shares.shape[1]
    is_right, is_named = shares.argmax(axis=1) == labels, sure >= open_set.confidence
    return {
        "kept": _share(is_named[is_right]),
        "right": _share(is_right[is_named & is_known]),
        "open": _share(~is_named[~is_known]),
        "calibration_error": round(expected_calibration_error(sure, is_right), 3),
    }


def _share(is_so: NDArray[np.bool_]) -> float | None:
    return round(float(is_so.mean()), 3) if len(is_so) else None
