"""What the answers of one file of weights are worth, learnt beside the network, on its card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from samiam.errors import InputError
from samiam.settings import Share, declared, read_settings, settings
from samiam.storage.weight_files import read_card


@settings
class Calibration:
    """How the maps of one file of weights become particles.

    Attributes:
        threshold: probability from which a pixel is in a particle.
        valley: how much shallower than both it has to be between two particles that touch.
        least_score: below it a candidate is no particle; see `Candidate.score`.
    """

    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5
    valley: Annotated[float, Field(gt=0, lt=1)] = 0.15
    least_score: Share = 0.5


def read_calibration(weights: Path) -> Calibration:
    """What stands on the card of a file of weights.

    Raises:
        InputError: if the card is missing, has none or another one.
    """
    card = weights.with_suffix(".json")
    found: Any = read_card(weights).get("calibration")
    names = declared(Calibration)
    if not isinstance(found, dict) or any(name not in found for name in names):
        raise InputError(
            f"{card}: does not say which candidates are particles; "
            "train the network by `python train.py experiment=particles_segmentation`, which calibrates it."
        )
    return read_settings(Calibration, f"{card}: calibration", {name: found[name] for name in names})
