"""Settings of what tells stacking faults."""

from __future__ import annotations

from pathlib import Path

from samiam.networks.variant import Variant
from samiam.settings import Share, settings


@settings
class FaultOptions:
    """What tells stacking faults: boosted trees that go by the phases of reflections, or the paper's forest.

    Attributes:
        variant: "ours", or "paper" for the five numbers of Groschner et al. (2021).
        weights: a file that `train.py experiment=particles_faults` wrote; the weights that ship where null.
        weights_sha256: the hash that a given file must have; not checked where null.
        confidence: least probability of a class that is named; below it a region is "unsure". As calibrated where
            null.
    """

    variant: Variant = "ours"
    weights: str | Path | None = None
    weights_sha256: str | None = None
    confidence: Share | None = None
