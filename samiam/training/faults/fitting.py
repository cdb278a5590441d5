"""How the shares that new trees give are read: fitted on specimens not learnt from; and what the trees are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from samiam.networks.variant import Variant
from samiam.particles.faults.calibration import FaultCalibration
from samiam.particles.faults.classifier import shares_of
from samiam.particles.faults.forest import Forest
from samiam.particles.faults.scores import COVERAGE, FAULT, NO_FAULT, class_scores, two_class_scores
from samiam.particles.result import FaultDetection
from samiam.training.faults.examples import UNDECIDED, Examples
from samiam.training.faults.growing import grown
from samiam.training.faults.settings import TreeRecipe

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]
_RIGHT = 0.97  # share of the named that should be right
_TEMPERATURES = (0.1, 10.0)  # trees are a few times too sure or unsure, not more


def fitted(
    train: Examples, val: Examples, tests: Mapping[str, Examples], variant: Variant, recipe: TreeRecipe
) -> tuple[Forest, dict[str, Any]]:
    """Trees grown on examples, calibrated on others and tested on further ones, all of other specimens.

    Args:
        train: to grow on.
        val: to calibrate by.
        tests: to test on, by name; the first says how often faults are told rightly.
        variant: which numbers they go by; the paper's are grown, calibrated and tested on the regions of its cut.
        recipe: how they are grown: boosted, or as a random forest.

    Returns:
        The trees, and for their card `calibration`, `detection` and `scores`.

    Raises:
        InputError: if there are too few examples.
    """
    learnt = _decided(train, variant)
    forest = grown(learnt.numbers(variant), learnt.classes, recipe)
    judged = _decided(val, variant)
    calibration = fit_calibration(shares_of(forest, judged.numbers(variant), variant), judged.classes)

    def probabilities(examples: Examples) -> Floats:
        return calibration.probabilities(shares_of(forest, examples.numbers(variant), variant))

    scores: dict[str, float] = {}
    for name, test in {"val": val, **tests}.items():
        known = _decided(test, variant)
        said = probabilities(known)
        found = scores_of(said, known.classes, calibration.confidence)
        of_views = {"edge_on": known.is_edge_on, "other_views": ~known.is_edge_on}
        for view, chosen in of_views.items():
            of_view = fault_scores(said[chosen], known.classes[chosen])
            found |= {f"{view}/{score}": value for score, value in of_view.items()}
        hidden = test.chosen((test.classes == UNDECIDED) & test.is_faulty)
        if len(hidden):
            found["invisible_called_faulty"] = _share(probabilities(hidden).argmax(axis=1) == FAULT)
        scores |= {f"{name}/{score}": round(value, 4) for score, value in found.items() if np.isfinite(value)}
    first = _decided(next(iter(tests.values())), variant)
    detection = detection_of(probabilities(first), first.classes, calibration.confidence)
    return forest, {"calibration": asdict(calibration), "detection": asdict(detection), "scores": scores}


def _decided(examples: Examples, variant: Variant) -> Examples:
    """Those whose class is known, and that a variant takes."""
    taken = examples.is_taken if variant == "paper" else np.ones(len(examples), np.bool_)
    return examples.chosen((examples.classes != UNDECIDED) & taken)


def fit_calibration(shares: Floats, classes: Ints) -> FaultCalibration:
    """The temperature of the highest likelihood, and the least confidence that makes 97 % of the named right.

    At least 80 % are named, so that fewer may be right.

    Args:
        shares: (n, C), see `shares_of`.
        classes: (n,).
    """

    def surprise(log_temperature: float) -> float:
        probabilities = FaultCalibration(float(np.exp(log_temperature))).probabilities(shares)
        return float(-np.log(probabilities[np.arange(len(classes)), classes] + 1e-12).mean())

    fitted = minimize_scalar(surprise, bounds=np.log(_TEMPERATURES), method="bounded")
    temperature = round(float(np.exp(fitted.x)), 3)
    probabilities = FaultCalibration(temperature).probabilities(shares)
    order = np.argsort(-probabilities.max(axis=1), kind="stable")
    sure, is_right = probabilities.max(axis=1)[order], (probabilities.argmax(axis=1) == classes)[order]
    n_named = np.arange(1, len(order) + 1)
    enough = np.flatnonzero((np.cumsum(is_right) / n_named >= _RIGHT) & (n_named >= COVERAGE * len(order)))
    last = int(enough[-1]) if len(enough) else max(0, int(np.ceil(COVERAGE * len(order))) - 1)
    least = 0.0 if last == len(order) - 1 else float(np.floor(1000 * sure[last]) / 1000)
    return FaultCalibration(temperature, least)


def scores_of(probabilities: Floats, classes: Ints, confidence: float) -> dict[str, float]:
    """What a classifier is worth on regions of known classes, see `class_scores`."""
    return {name: float(values[0]) for name, values in class_scores(probabilities, classes, confidence).items()}


def fault_scores(probabilities: Floats, classes: Ints) -> dict[str, float]:
    """How well faulty particles are told from faultless ones, see `two_class_scores`."""
    return {name: float(values[0]) for name, values in two_class_scores(probabilities, classes).items()}


def detection_of(probabilities: Floats, classes: Ints, confidence: float) -> FaultDetection:
    """How often faults are told rightly where it is said that there is one or none."""
    said = np.where(probabilities.max(axis=1) >= confidence, probabilities.argmax(axis=1), -1)
    is_told = np.isin(said, (NO_FAULT, FAULT))
    faulty, faultless = is_told & (classes == FAULT), is_told & (classes == NO_FAULT)
    return FaultDetection(
        faulty=int(faulty.sum()),
        found=int((said[faulty] == FAULT).sum()),
        faultless=int(faultless.sum()),
        cleared=int((said[faultless] == NO_FAULT).sum()),
    )


def _share(is_so: NDArray[np.bool_]) -> float:
    return float(is_so.mean()) if len(is_so) else float("nan")
