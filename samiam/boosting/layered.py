"""Layers of a crystal that differ too little for masks and texture, as a film that is doped by a few percent does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samiam.boosting.dividing import log_odds_of_grains
from samiam.lattices.steps import strongest_step
from samiam.records.arrays import numbers_in
from samiam.texture import TextureField

_RATHER_GRAINS = 1.5
"""Log odds that a step needs where grains are told on its sides; chosen on the crystals that those odds are of."""
_ANOTHER = -1.0
"""Log odds that a further step needs: of crystals one in five has any, of those with one a half has another."""


def in_layers(
    labels: NDArray[np.uint32], field: TextureField, pixels: NDArray[np.float32], *, smallest: float = 0.005
) -> NDArray[np.uint32]:
    """Crystals divided along the steps that rather are interfaces, the one that stands out most first.

    Args:
        labels: uint32 (H, W), 0 where not segmented, materials 1, 2, ….
        field: what an encoder sees in the image.
        pixels: float32 (H, W), the image.
        smallest: share of the image that a layer has at least.

    Returns:
        Of the larger part the label stays, the other one has a new one; the labels themselves where there is no step.
    """
    numbers = numbers_in(labels)
    found, new, ahead = labels, max(numbers, default=0), [(number, True) for number in numbers]
    while ahead:
        label, is_first = ahead.pop()
        inside = found == label
        step = strongest_step(pixels, inside)
        if step is None or step.log_odds <= (0 if is_first else _ANOTHER):
            continue
        beyond = step.beyond(labels.shape)
        smaller, larger = sorted((inside & beyond, inside & ~beyond), key=np.count_nonzero)
        if np.count_nonzero(smaller) < smallest * labels.size:
            continue
        if is_first and step.log_odds <= _RATHER_GRAINS and log_odds_of_grains(smaller, larger, field) > 0:
            continue
        new += 1
        found = np.where(smaller, np.uint32(new), found)
        ahead += [(label, False), (new, False)]
    return found
