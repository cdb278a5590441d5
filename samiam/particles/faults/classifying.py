"""Particles → particles whose faults are told."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from samiam.particles.faults.classifier import FaultClassifier, build_fault_classifier
from samiam.particles.faults.region import cut_region
from samiam.particles.result import FAULT_CLASSES, FaultClass, Particles


def classify_faults(particles: Particles, *, classifier: FaultClassifier | None = None) -> Particles:
    """What each particle of an image shows: a faulty stacking, none, no fringes, several particles, or no particle.

    Args:
        particles: of one image.
        classifier: what tells; the one that ships where None, see `samiam.particles.build_fault_classifier`.

    Returns:
        The same particles with `classes`, "unsure" where no class is probable enough, their calibrated
        `probabilities` and how often the classifier is right. What it does not look at, because pixels are too large to
        show fringes (0.1 nm) or a region is larger than 40 nm, has no probability (NaN) and is "unsure".

    Raises:
        InputError: if weights are missing or damaged.

    Example:
        >>> from samiam.records import Masks, Micrograph
        >>> micrograph = Micrograph(np.full((64, 64), 0.5), pixel_size_nm=0.04, name="empty")
        >>> found = Particles(micrograph, Masks.empty((64, 64)), np.zeros(0, bool), "given")
        >>> classify_faults(found).classes
        ()
    """
    teller = build_fault_classifier() if classifier is None else classifier
    micrograph, masks = particles.micrograph, particles.masks
    size_nm = float(micrograph.pixel_size_nm or np.nan)  # which the record has made sure of
    regions = [cut_region(micrograph, masks[index], size_nm) for index in range(len(masks))]
    kept = [index for index, region in enumerate(regions) if region is not None]
    probabilities = np.full((len(masks), len(FAULT_CLASSES)), np.nan, np.float32)
    probabilities[kept] = teller.probabilities([region for region in regions if region is not None])
    classes = tuple(named(own, teller.confidence) for own in probabilities)
    return replace(particles, classes=classes, probabilities=probabilities, detection=teller.detection)


def told_of_found(particles: Particles) -> Particles:
    """The particles of a finder, of which those that look like bare support are "unsure".

    A finder, which sees the whole image, is right there more often than the classifier, which sees a particle without
    visible fringes.

    Args:
        particles: with their classes.
    """
    return replace(particles, classes=tuple("unsure" if name == "empty" else name for name in particles.classes))


def named(probabilities: NDArray[np.floating], confidence: float) -> FaultClass | Literal["unsure"]:
    """The likeliest class, or "unsure" where it is not probable enough or nothing is known.

    Args:
        probabilities: (5,), of each of `FAULT_CLASSES`.
        confidence: least probability of a class that is named.
    """
    if np.isnan(probabilities).any() or probabilities.max() < confidence:
        return "unsure"
    return FAULT_CLASSES[int(np.argmax(probabilities))]
