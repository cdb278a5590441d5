"""When a classifier of crops leaves one open: what its answers are worth, learnt beside the network, on its card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.settings import Positive, Share, read_settings, settings
from samiam.storage.weight_files import read_card

KEPT = 0.95
"""Share of the names that a classifier would rightly give to crops of validation which the threshold must leave it."""


@settings
class OpenSet:
    """How the logits of one file of weights are read.

    Attributes:
        temperature: what logits are divided by before the softmax, so that its shares are probabilities.
        confidence: least share of the likeliest material; below it a crop is left open.
    """

    temperature: Positive
    confidence: Share


def probabilities(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    """The softmax of logits (N, classes) at a temperature (Guo et al., ICML 2017): float64 (N, classes)."""
    scaled = logits.astype(np.float64) / temperature
    shares = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def read_open_set(weights: Path) -> OpenSet:
    """What stands on the card of a file of weights.

    Raises:
        InputError: if the card is missing, has none or another one; the message says what calibrates the weights.
    """
    card = weights.with_suffix(".json")
    found: Any = read_card(weights).get("open_set")
    remedy = f"calibrate these weights by `python scripts/calibrate_classifier.py --weights {weights}`."
    if not isinstance(found, dict):
        raise InputError(f"{card}: does not say when a crop is left open; {remedy}")
    try:
        return read_settings(OpenSet, "open_set", {name: found.get(name) for name in ("temperature", "confidence")})
    except InputError as error:
        raise InputError(f"{card}: {str(error).rstrip('.')}; {remedy}") from None
