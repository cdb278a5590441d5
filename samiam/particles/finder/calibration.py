"""What the answers of one file of weights are worth, learnt beside the network, on its card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from samiam.networks import weights as weights_files
from samiam.settings import Share, settings


@settings
class ParticleCalibration:
    """How the maps of one file of weights become particles.

    Attributes:
        threshold: probability from which a pixel is in a particle.
        valley: how much shallower than both it has to be between two particles that touch.
        least_score: below it a candidate is no particle; see `Candidate.score`.
    """

    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5
    valley: Annotated[float, Field(gt=0, lt=1)] = 0.15
    least_score: Share = 0.5


def read_calibration(weights: Path) -> ParticleCalibration:
    """What stands on the card of a file of weights.

    Raises:
        InputError: if the card is missing, has none or another one.
    """
    return weights_files.read_calibration(
        weights, ParticleCalibration, tells="which candidates are particles", experiment="particles_segmentation"
    )
