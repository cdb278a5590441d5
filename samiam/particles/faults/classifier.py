"""What tells whether a particle's stacking is faulty: numbers measured of a region, then a forest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.particles.faults.calibration import FaultCalibration, read_fault_calibration
from samiam.particles.faults.evidence import evidence_of
from samiam.particles.faults.forest import Forest
from samiam.particles.faults.paper import is_taken, paper_numbers
from samiam.particles.faults.region import Region
from samiam.particles.faults.settings import FaultOptions, Variant
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


def numbers_of(region: Region, variant: Variant) -> dict[str, np.float16]:
    """What a variant goes by, by name, in the half precision that thresholds are kept in."""
    measured = _MEASURES[variant](region)
    return {name: np.float16(np.clip(value, -_LARGEST, _LARGEST)) for name, value in measured.items()}


class ForestFaults:
    """Tells faults by a forest and its calibration.

    Args:
        forest: over the numbers of the variant, in the order of `features`.
        features: names of the numbers.
        variant: which numbers.
        calibration: of the forest.
        detection: how often it tells faults rightly; None where nobody has counted.
        sha256: of the weights, for provenance.
    """

    def __init__(
        self,
        forest: Forest,
        features: Sequence[str],
        variant: Variant,
        calibration: FaultCalibration,
        detection: FaultDetection | None = None,
        sha256: str | None = None,
    ) -> None:
        self.name = NAMES[variant]
        self.confidence = calibration.confidence
        self.detection = detection
        self.options: Mapping[str, Any] = {"variant": variant, **asdict(calibration), "weights_sha256": sha256}
        self._forest, self._features, self._variant, self._calibration = forest, features, variant, calibration

    def probabilities(self, regions: Sequence[Region]) -> NDArray[np.float32]:
        """What regions show, see `FaultClassifier.probabilities`."""
        found = np.full((len(regions), len(FAULT_CLASSES)), np.nan, np.float32)
        taken = [index for index, region in enumerate(regions) if self._variant == "ours" or is_taken(region)]
        if taken:
            measured = [numbers_of(regions[index], self._variant) for index in taken]
            numbers = np.array([[own[name] for name in self._features] for own in measured], np.float16)
            found[taken] = self._calibration.probabilities(self._forest.probabilities(numbers))
        return found

    def __repr__(self) -> str:
        return f"ForestFaults({self._variant}, weights {str(self.options['weights_sha256'])[:12]})"


def build_fault_classifier(options: FaultOptions = FaultOptions()) -> ForestFaults:
    """The classifier that ships, or one with weights of one's own.

    Raises:
        InputError: if the weights or their card are missing, damaged, of another kind or of another hash.
    """
    path, expected = given_or_shipped(NAMES[options.variant], options.weights, options.weights_sha256)
    forest, features = read_forest(path, options.variant, expected)
    calibration, detection = read_fault_calibration(path)
    if options.confidence is not None:
        calibration = replace(calibration, confidence=options.confidence)
    return ForestFaults(forest, features, options.variant, calibration, detection, expected or sha256_of(path))


def facts_of(variant: Variant, features: Sequence[str]) -> dict[str, Any]:
    """What a file of weights says of a forest, see `write_weights`."""
    return {"network": NETWORK, "variant": variant, "features": list(features), "classes": list(FAULT_CLASSES)}


def read_forest(path: Path, variant: Variant, sha256: str | None = None) -> tuple[Forest, tuple[str, ...]]:
    """A forest from a file of weights, and the names of the numbers that it goes by.

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
    with as_described(path):
        features = tuple(str(name) for name in facts["features"])
        return Forest.of(state, len(features), len(FAULT_CLASSES)), features
