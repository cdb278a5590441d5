"""The order in which close-packed planes follow each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samiam.records.particle_scene import Stacking


def stacking_steps(stacking: Stacking, n_planes: int, reach: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """To which of two hollows each plane goes on.

    Args:
        stacking: "none", all alike; "fault", one step the other way (intrinsic); "twin", all steps from one plane on
            the other way; "several", two to four faults and twins.
        n_planes: of which the middle one passes near the particle's centre.
        reach: planes on either side of the middle between which an interruption may lie.
        rng: source of the places.

    Returns:
        int8 (n_planes - 1,), +1 or -1.
    """
    steps = np.ones(n_planes - 1, np.int8)
    middle = (n_planes - 1) // 2
    places = np.arange(max(0, middle - reach), min(len(steps), middle + reach + 1))
    if stacking == "several":
        # Two planes apart, so that no two make one, such as two faults an extrinsic one.
        n = int(rng.integers(2, 5))
        for place in rng.permutation(places[:: 2 if len(places) > 3 else 1])[:n]:
            _interrupt(steps, int(place), "twin" if rng.random() < 0.5 else "fault")
    elif stacking != "none":
        _interrupt(steps, int(rng.choice(places)), stacking)
    return steps


def _interrupt(steps: NDArray[np.int8], place: int, stacking: Stacking) -> None:
    steps[place : place + 1 if stacking == "fault" else None] *= -1
