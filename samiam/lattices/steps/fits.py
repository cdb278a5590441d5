"""What is fitted to means over planes: a smooth change, with and without a step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from samiam.lattices.spectrum import Floats
from samiam.lattices.steps.planes import STRETCHES

# Chosen on 82 scenes of `simulate.scenes.benchmark(901)`.
REACH = 16  # points on either side of a step
_BLURRED = 2  # points next to it that are left out
_FEWEST_BEYOND = 3  # points beyond a step, wherever it is placed
_SMALLEST = 1e-3  # relative change that is noise in any micrograph; without a floor noise has no inverse
_SHARPEST = 1e-3  # that nothing is nearer to 0 or 1 than


def changes(means: Floats, places: NDArray[np.intp], reach: NDArray[np.int64], is_usable: NDArray[np.bool_]) -> Floats:
    """By how much each stretch changes at each place beyond what is smooth: (stretches, D, places), 0 where unknown."""
    found = np.zeros((means.shape[0], means.shape[1], len(places)))
    for before, after in np.unique(reach[is_usable], axis=0).tolist():
        stretch, index = np.nonzero(is_usable & (reach == (before, after)).all(axis=-1))
        design = _design(before, after)
        around = means[stretch[:, None], :, places[index][:, None] + design.used]  # (m, points, D)
        found[stretch, :, index] = design.change @ around
    return found


def sharpness_of(profiles: Floats, before: int) -> float:
    """Share of what no smooth change of profiles (D, n) explains that a step does before one of their points."""
    kind = _design(before, profiles.shape[1] - before)
    around = profiles[:, before + kind.used]
    left, left_by_step = _left(around, kind.smooth), _left(around, kind.stepped)
    return float(np.clip(1 - left_by_step / max(left, 1e-12), _SHARPEST, 1 - _SHARPEST))


def placed(profiles: Floats) -> int:
    """Before which of the points of profiles (D, n) a step fits best; it may lie nearer to an end than is looked at."""
    at = np.arange(profiles.shape[1]) + 0.5
    smooth = np.vander(at / len(at), 4)
    places = range(_FEWEST_BEYOND, len(at) - _FEWEST_BEYOND + 1)
    left = [_left(profiles, np.linalg.qr(np.column_stack([smooth, at > place]))[0]) for place in places]
    return places[int(np.argmin(left))]


def strengths_of(changes: Floats, usable: NDArray[np.bool_]) -> tuple[Floats, Floats, list[Floats]]:
    """Of changes (stretches, D, n), where (stretches, n) there are any: their means (D, n), the covariance (D, D) of
    one from stretch to stretch, and the strengths (n,) of all together, of the first alone and of the others.
    """
    n_usable = usable.sum(axis=0)
    mean = (changes * usable[:, None]).sum(axis=0) / n_usable
    scatter = np.moveaxis(changes - mean, 1, 2)[usable]
    noise = scatter.T @ scatter / len(scatter) * STRETCHES / (STRETCHES - 1) + _SMALLEST**2 * np.eye(len(mean))
    strengths = []
    for of in (slice(None), slice(1), slice(1, None)):
        squared = np.sum(mean[of] * np.linalg.solve(noise[of, of], mean[of]), axis=0)
        strengths.append(np.maximum(squared * n_usable / len(mean[of]), 1e-9))
    return mean, noise, strengths


def _left(profiles: Floats, base: Floats) -> float:
    """What orthonormal columns (m, k) leave of profiles (D, m), squared."""
    return float(np.sum((profiles - profiles @ base @ base.T) ** 2))


@dataclass(frozen=True, eq=False)
class _Design:
    """What is fitted around a place.

    Attributes:
        used: (n,), the planes that count, from the place on.
        smooth: (n, 4), orthonormal, what a smooth change may be.
        stepped: (n, 5), likewise, with a step.
        change: (n,), what the step of values is by least squares.
    """

    used: NDArray[np.int64]
    smooth: Floats
    stepped: Floats
    change: Floats


@cache
def _design(before: int, after: int) -> _Design:
    """What is fitted to so many planes on either side of a place."""
    at = np.arange(-before, after) + 0.5
    is_used = np.abs(at) > _BLURRED
    smooth = np.vander(at[is_used] / REACH, 4)
    stepped = np.column_stack([smooth, np.sign(at[is_used]) / 2])
    used = np.arange(-before, after)[is_used]
    return _Design(used, np.linalg.qr(smooth)[0], np.linalg.qr(stepped)[0], np.linalg.pinv(stepped)[-1])
