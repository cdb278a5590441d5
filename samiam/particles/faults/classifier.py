"""What tells whether a particle's stacking is faulty: numbers measured of a region, then decision trees."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from samiam.errors import InputError
from samiam.networks.variant import Variant
from samiam.particles.faults.calibration import FaultCalibration, read_fault_calibration
from samiam.particles.faults.domains import BLOCK_PX
from samiam.particles.faults.evidence import evidence_of
from samiam.particles.faults.forest import Forest
from samiam.particles.faults.paper import is_taken, paper_numbers
from samiam.particles.faults.region import Region
from samiam.particles.faults.settings import FaultOptions
from samiam.particles.result import FAULT_CLASSES, FaultDetection
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import as_described, given_or_shipped, read_weights

NETWORK = "faults"
"""What a file of weights says that it is of."""
NAMES: Mapping[Variant, str] = {"ours": "particles_faults", "paper": "particles_faults_paper"}
"""Of the files of weights."""
_MEASURES: Mapping[Variant, Callable[[Region], dict[str, float]]] = {"ours": evidence_of, "paper": paper_numbers}
_LARGEST = float(np.finfo(np.float16).max)


class FaultClassifier(Protocol):
    """Tells what regions show.

    Attributes:
        name: for tables.
        confidence: least probability of a class that is named.
        detection: how often it tells faults rightly.
        options: all that decides what it says, weights included (JSON-serialisable), for provenance.
    """

    name: str
    confidence: float
    detection: FaultDetection | None
    options: Mapping[str, Any]

    def probabilities(self, regions: Sequence[Region]) -> NDArray[np.float32]:
        """Of each of `FAULT_CLASSES`, float32 (N, 5), each row summing to 1; NaN for a region that it does not take."""
        ...


def numbers_of(region: Region, variant: Variant) -> NDArray[np.float16]:
    """What a variant goes by, float16 (F,): in the half precision that thresholds are kept in."""
    measured = np.array(list(_MEASURES[variant](region).values()))
    return np.asarray(np.clip(measured, -_LARGEST, _LARGEST), np.float16)


@cache
def names_of(variant: Variant) -> tuple[str, ...]:
    """The names of the numbers that a variant goes by, in their order."""
    side = 3 * BLOCK_PX
    return tuple(_MEASURES[variant](Region(np.zeros((side, side)), np.ones((side, side), np.bool_), 0.5)))


def shares_of(forest: Forest, numbers: NDArray[np.float16], variant: Variant) -> NDArray[np.float64]:
    """The shares of the classes (n, C) that trees give, before they are calibrated.

    Args:
        forest: the paper's, of which each tree votes (a random forest); or ours, whose trees together make the logits
            (gradient boosting: Friedman, Ann. Stat. 29, 1189 (2001)).
        numbers: (n, F), see `Forest.mean`.
        variant: of the forest.
    """
    said = forest.mean(numbers)
    return said if variant == "paper" else np.asarray(softmax(len(forest.roots) * said, axis=1))


class ForestFaults:
    """Tells faults by a forest and its calibration.

    Args:
        forest: over the numbers of the variant.
        variant: which numbers.
        calibration: of the forest.
        detection: how often it tells faults rightly; None where nobody has counted.
        sha256: of the weights, for provenance.
    """

    def __init__(
        self,
        forest: Forest,
        variant: Variant,
        calibration: FaultCalibration,
        detection: FaultDetection | None = None,
        sha256: str | None = None,
    ) -> None:
        self.name = NAMES[variant]
        self.confidence = calibration.confidence
        self.detection = detection
        self.options: Mapping[str, Any] = {"variant": variant, **asdict(calibration), "weights_sha256": sha256}
        self._forest, self._variant, self._calibration = forest, variant, calibration

    def probabilities(self, regions: Sequence[Region]) -> NDArray[np.float32]:
        """What regions show, see `FaultClassifier.probabilities`."""
        found = np.full((len(regions), len(FAULT_CLASSES)), np.nan, np.float32)
        taken = [index for index, region in enumerate(regions) if self._variant == "ours" or is_taken(region)]
        if taken:
            numbers = np.stack([numbers_of(regions[index], self._variant) for index in taken])
            found[taken] = self._calibration.probabilities(shares_of(self._forest, numbers, self._variant))
        return found

    def __repr__(self) -> str:
        return f"ForestFaults({self._variant}, weights {str(self.options['weights_sha256'])[:12]})"


def build_fault_classifier(options: FaultOptions = FaultOptions()) -> ForestFaults:
    """The classifier that ships, or one with weights of one's own.

    Raises:
        InputError: if the weights or their card are missing, damaged, of another kind or of another hash.
    """
    path, expected = given_or_shipped(NAMES[options.variant], options.weights, options.weights_sha256)
    forest = read_forest(path, options.variant, expected)
    calibration, detection = read_fault_calibration(path)
    if options.confidence is not None:
        calibration = replace(calibration, confidence=options.confidence)
    return ForestFaults(forest, options.variant, calibration, detection, expected or sha256_of(path))


def facts_of(variant: Variant) -> dict[str, Any]:
    """What a file of weights says of a forest, see `write_weights`."""
    return {"network": NETWORK, "variant": variant, "features": list(names_of(variant)), "classes": list(FAULT_CLASSES)}


def read_forest(path: Path, variant: Variant, sha256: str | None = None) -> Forest:
    """A forest from a file of weights.

    Args:
        path: the file.
        variant: that it must be of.
        sha256: what its bytes must hash to; not checked where None.

    Raises:
        InputError: if the file is missing, damaged, of another hash or of another kind.
    """
    state, facts = read_weights(path, sha256)
    if (facts.get("network"), facts.get("variant")) != (NETWORK, variant):
        raise InputError(
            f"{path}: weights of {facts.get('network')!r} {facts.get('variant', '')}, not of faults, variant={variant}."
        )
    if facts.get("classes") != list(FAULT_CLASSES):
        raise InputError(f"{path}: of other classes than {', '.join(FAULT_CLASSES)}; train them again.")
    if facts.get("features") != list(names_of(variant)):
        raise InputError(f"{path}: goes by other numbers than this version measures; train it again.")
    if "leaves" not in state:
        raise InputError(f"{path}: trees of an earlier version; train them again.")
    with as_described(path):
        return Forest.of(state, len(names_of(variant)), len(FAULT_CLASSES))
