"""What is learnt beside the network and stands on its card: how regions are rated and vectors counted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from samiam.compact.regions.evidence import EVIDENCE, EVIDENCE_OF_CHOICE
from samiam.errors import InputError
from samiam.settings import Positive, read_settings, settings
from samiam.storage.weight_files import read_card
from samiam.texture.confidence import EVIDENCE_OF_REGION
from samiam.texture.protocol import Estimator

SamenessCoefficients = tuple[Positive, float, float, float, float]
"""Slope, offset, and weights of raggedness, of edges of materials and of edges of grains, see `Sameness`."""


@settings
class Calibration:
    """How regions are rated and materials counted with one file of weights.

    Attributes:
        quality: logistic regression of a region's IoU with the truth, a coefficient for each name of `EVIDENCE`.
        preference: which of the regions around a click is its material, a softmax; a coefficient for each name of
            `EVIDENCE_OF_CHOICE`.
        estimator: what counts materials by the vectors.
        distance: threshold of the estimator "distance".
        same_material: slope, offset and weights of raggedness and of both edges in the log odds that two groups of
            points are of one material, see `Sameness`.
        same_grain: likewise that lattices lie alike, by the vectors of grains.
        confidence: logistic regression of a segmented region's IoU with the truth, a coefficient for each name of
            `EVIDENCE_OF_REGION`.
        numbers_seen: how many of the labelled images that the weights were tuned on have 1, 2, … materials.
    """

    quality: Mapping[str, float]
    preference: Mapping[str, float]
    estimator: Estimator
    distance: Annotated[float, Field(gt=0)]
    same_material: SamenessCoefficients
    same_grain: SamenessCoefficients
    confidence: Mapping[str, float]
    numbers_seen: tuple[Annotated[int, Field(ge=0)], ...] = ()

    def __post_init__(self) -> None:
        rows = (("quality", EVIDENCE), ("preference", EVIDENCE_OF_CHOICE), ("confidence", EVIDENCE_OF_REGION))
        for row, names in rows:
            given = getattr(self, row)
            for name in names:
                if name not in given:
                    raise InputError(f"{row} has no coefficient of {name!r}.")
            for name in given:
                if name not in names:
                    raise InputError(f"{row}: there is no evidence {name!r}. It is {', '.join(names)}.")

    def predicted_iou(self, evidence: NDArray[np.float64]) -> float:
        """The IoU that a region is predicted to have, from its evidence (16,)."""
        return float(1 / (1 + np.exp(-evidence @ _in_order(self.quality, EVIDENCE))))

    def preferred(self, evidence: NDArray[np.float64]) -> float:
        """How much rather than another around the same point a region is meant, as log odds, from evidence (19,)."""
        return float(evidence @ _in_order(self.preference, EVIDENCE_OF_CHOICE))

    @property
    def sha256(self) -> str:
        """What tells one calibration from another."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def _in_order(coefficients: Mapping[str, float], names: Sequence[str]) -> NDArray[np.float64]:
    return np.array([coefficients[name] for name in names])


def read_calibration(weights: Path) -> Calibration:
    """The calibration on the card of a file of weights.

    Raises:
        InputError: if the card is missing, has none, or one of other evidence than this version knows; the message
            says what calibrates the weights.
    """
    card = weights.with_suffix(".json")
    found: Any = read_card(weights).get("calibration")
    remedy = f"calibrate these weights by `python scripts/calibrate_compact.py --weights {weights}`."
    if found is None:
        raise InputError(f"{card}: no calibration; {remedy}")
    try:
        return read_settings(Calibration, "calibration", found)
    except InputError as error:
        raise InputError(f"{card}: {str(error).rstrip('.')}; {remedy}") from error
