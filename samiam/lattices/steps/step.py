"""A step in a crystal, and how likely it is an interface of two materials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samiam.lattices.spectrum import Floats

# Logistic regression on 953 crystals, 177 of which have a step: layers of `simulate.scenes.benchmark` (seeds 901 to
# 903) and of `simulate.procedural_scene` under each of its `EFFECTS`. With the former also turned by 30° and magnified
# 1.5 times, 9 of 1328 without a step are told wrongly, and 25 are missed of 120 whose step is found in its place.
_OFFSET, _BY_STRENGTH, _BY_SHARPNESS, _BY_BRIGHTNESS, _BY_LATTICE = -5.86, -2.02, 1.06, 2.13, 1.23
LOG_ODDS_BEFORE = float(np.log(177 / 776))
"""That a crystal has a step, of those that the odds of one were fitted on."""
LOG_ODDS_AFTER = float(np.log(95 / 9))
"""That a step which rather is an interface is one, of those that were tried."""
_TURNED = 0.25  # change of most waves: doping changes them by a tenth, of a lattice that is turned they fade
_LEAST_SHARPNESS = 0.3  # near a bright neighbour whose light reaches into a crystal there is less
_LEAST_LATTICE = 3.0
"""Strength of waves that a step along lines of the scan needs: charging makes such lines brighter."""
_ALONG_LINES = np.sin(np.deg2rad(0.6))


@dataclass(frozen=True, eq=False)
class Step:
    """A plane across which a crystal changes at once.

    A change is strong where it exceeds what differs between stretches of the plane: squared, over the variance of its
    mean, for each of what changes.

    Attributes:
        normal_xy: float64 (2,), of the plane, of unit length.
        place_px: where it lies along the normal, from the top left corner, to half a period.
        brighter: change of brightness along the normal, over the crystal's mean.
        unlike: median change of the strength of waves near it, over their means, without its sign.
        strength: of brightness and waves together.
        brightness: strength of brightness alone.
        lattice: strength of waves alone.
        sharpness: share of what no smooth change explains that the step does, (0, 1).
    """

    normal_xy: Floats
    place_px: float
    brighter: float
    unlike: float
    strength: float
    brightness: float
    lattice: float
    sharpness: float

    @property
    def log_odds(self) -> float:
        """That it is an interface of two materials."""
        is_of_lines = self.lattice < _LEAST_LATTICE and np.abs(self.normal_xy).min() < _ALONG_LINES
        if is_of_lines or self.sharpness < _LEAST_SHARPNESS or self.unlike > _TURNED:
            return -np.inf
        sharpness = np.log(self.sharpness / (1 - self.sharpness))
        strengths = np.log([self.strength, self.brightness, self.lattice]) @ (_BY_STRENGTH, _BY_BRIGHTNESS, _BY_LATTICE)
        return float(_OFFSET + _BY_SHARPNESS * sharpness + strengths)

    def sides(self, inside: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """The pixels of a region, bool (H, W), before it and those beyond it."""
        beyond = self.beyond((inside.shape[0], inside.shape[1]))
        return inside & ~beyond, inside & beyond

    def smaller_side(self, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The pixels of a region, bool (H, W), on that side of it where there are fewer."""
        return min(reversed(self.sides(inside)), key=np.count_nonzero)

    def beyond(self, shape_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """The pixels beyond it along its normal: bool (H, W)."""
        along_y, along_x = (np.arange(side) + 0.5 for side in shape_hw)
        return np.asarray(along_y[:, None] * self.normal_xy[1] + along_x * self.normal_xy[0] >= self.place_px)
