"""Layers of a crystal that differ too little for masks and texture, as a film that is doped by a few percent does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samiam.lattices.steps import Step, strongest_step
from samiam.records.arrays import numbers_in

# Logistic regression on 929 crystals: 776 that are one (layers of `simulate.scenes.benchmark`, seeds 901 to 903, and
# `simulate.procedural_scene` of one material under each of its `EFFECTS`) and 153 that are two or more. Where more than
# even odds are enough 6 of the 776 are told wrongly, with the margin 4; 20 and 25 of the 153 are missed.
_OFFSET, _BY_STRENGTH, _BY_SHARPNESS, _BY_BRIGHTNESS, _BY_LATTICE = -5.94, -1.69, 1.68, 2.23, 0.73
_LEAST_LATTICE = 3.0  # strength: charging makes lines of a scan brighter and leaves the lattice alone
_MARGIN = 1.0
"""Log odds that the first step of a crystal needs: most crystals have none, a layer mostly has two sides."""


def in_layers(
    labels: NDArray[np.uint32], pixels: NDArray[np.float32], *, smallest: float = 0.005
) -> NDArray[np.uint32]:
    """Crystals divided along the steps that rather are interfaces, the one that stands out most first.

    Args:
        labels: uint32 (H, W), 0 where not segmented, materials 1, 2, ….
        pixels: float32 (H, W), the image.
        smallest: share of the image that a layer has at least.

    Returns:
        Of the larger part the label stays, the other one has a new one; the labels themselves where there is no step.
    """
    numbers = numbers_in(labels)
    found, new, ahead = labels, max(numbers, default=0), [(number, _MARGIN) for number in numbers]
    while ahead:
        label, least = ahead.pop()
        inside = found == label
        step = strongest_step(pixels, inside)
        if step is None or log_odds(step) <= least:
            continue
        beyond = step.beyond(labels.shape)
        smaller = min(inside & beyond, inside & ~beyond, key=np.count_nonzero)
        if np.count_nonzero(smaller) < smallest * labels.size:
            continue
        new += 1
        found = np.where(smaller, np.uint32(new), found)
        ahead += [(label, 0.0), (new, 0.0)]
    return found


def log_odds(step: Step) -> float:
    """That a step is an interface of two materials."""
    if step.lattice < _LEAST_LATTICE:
        return -np.inf
    sharpness = np.log(step.sharpness / (1 - step.sharpness))
    strengths = np.log([step.strength, step.brightness, step.lattice]) @ (_BY_STRENGTH, _BY_BRIGHTNESS, _BY_LATTICE)
    return float(_OFFSET + _BY_SHARPNESS * sharpness + strengths)
