"""What the answers of one file of weights are worth, learnt on specimens that the trees have not seen; on its card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.particles.result import FaultDetection
from samiam.settings import Positive, Share, declared, read_settings, settings
from samiam.storage.weight_files import read_card

Floats = NDArray[np.float64]
_LEAST_SHARE = 1e-3  # a tree in a thousand: what no tree says is not impossible


@settings
class FaultCalibration:
    """How the shares of trees become probabilities, and when a region is left open.

    Attributes:
        temperature: by which the logarithms of the shares are divided.
        confidence: least probability of a class that is named.
    """

    temperature: Positive = 1.0
    confidence: Share = 0.0

    def probabilities(self, shares: Floats) -> Floats:
        """Calibrated probabilities (n, C) of shares of trees."""
        logits = np.log(np.maximum(shares, _LEAST_SHARE)) / self.temperature
        powers = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def read_fault_calibration(weights: Path) -> tuple[FaultCalibration, FaultDetection]:
    """What stands on the card of a file of weights: how it is read, and how often it tells faults rightly.

    Raises:
        InputError: if the card is missing, or does not say.
    """
    card = weights.with_suffix(".json")
    whole = read_card(weights)
    return (
        _entry(FaultCalibration, declared(FaultCalibration), whole, "calibration", card),
        _entry(FaultDetection, FaultDetection.__dataclass_fields__, whole, "detection", card),
    )


def _entry(kind: Any, names: Any, whole: dict[str, Any], entry: str, card: Path) -> Any:  # noqa: ANN401
    found = whole.get(entry)
    if not isinstance(found, dict) or any(not isinstance(found.get(name), int | float) for name in names):
        raise InputError(
            f"{card}: does not say how its answers are read ({entry}); "
            "train them by `python train.py experiment=particles_faults`."
        )
    given = {name: found[name] for name in names}
    return kind(**given) if kind is FaultDetection else read_settings(kind, f"{card}: {entry}", given)
