"""What a region of a known scene shows: the truth that classifiers of faults are trained and scored by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samiam.particles.result import FaultClass
from samiam.records.particle_scene import ParticleScene

VISIBLE = 5.0
"""From this d′ on fringes, and a fault, can be seen at all (Rose, J. Opt. Soc. Am. 38, 196 (1948))."""
_EMPTY, _PARTICLE = 0.05, 0.5  # shares of a region that are particle: less is support, more is a particle
_ALONE, _SEVERAL = 0.1, 0.2  # shares that a second particle covers: up to which it is a margin, from which it counts


@dataclass(frozen=True)
class RegionTruth:
    """What there is to know of a region.

    Attributes:
        fault_class: what it shows; None where that is not decided: it is half a particle and half support, a second
            particle covers 10 to 20 % of it, or its fault is there but cannot be seen.
        particle: place among the particles of the scene of the one that it shows; None where it shows none or several.
    """

    fault_class: FaultClass | None
    particle: int | None


def truth_of_region(scene: ParticleScene, region: NDArray[np.bool_]) -> RegionTruth:
    """What a region shows.

    - empty: less than 5 % of it is particle.
    - agglomeration: it covers two particles or more, the second over at least 20 % of it.
    - no fringe: one particle, whose fringes have a d′ below 5.
    - stacking fault: one particle with visible fringes and a fault, twin or several of them with a d′ of 5 or more.
    - no fault: one particle with visible fringes whose planes lie in order. A fault that cannot be seen makes a
      particle neither: `fault_class` is None.

    Args:
        scene: with d′ of its particles measured; the class of others is None.
        region: bool (H, W), not empty.
    """
    packed = scene.masks.within(region)
    covers = packed.areas / np.count_nonzero(region)
    joint = np.zeros_like(region)
    for index in np.flatnonzero(covers):
        joint |= packed[index]
    share = np.count_nonzero(joint) / np.count_nonzero(region)
    if share < _EMPTY:
        return RegionTruth("empty", None)
    order = np.argsort(-covers, kind="stable")
    second = covers[order[1]] if len(order) > 1 else 0.0
    if second >= _SEVERAL:
        return RegionTruth("agglomeration", None)
    if second > _ALONE or covers[order[0]] < _PARTICLE:
        return RegionTruth(None, None)
    particle = int(order[0])
    return RegionTruth(_of_particle(scene, particle), particle)


def _of_particle(scene: ParticleScene, index: int) -> FaultClass | None:
    particle = scene.particles[index]
    if np.isnan(particle.fringe_d_prime):
        return None
    if particle.fringe_d_prime < VISIBLE:
        return "no fringe"
    if particle.stacking == "none":
        return "no fault"
    return "stacking fault" if particle.fault_d_prime >= VISIBLE else None
