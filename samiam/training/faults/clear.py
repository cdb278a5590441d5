"""Particles that show fringes of which the truth knows nothing: they are no examples of particles without fringes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from samiam.particles.faults.domains import maps_of
from samiam.particles.faults.region import cut_region
from samiam.particles.faults.spectrum import fringes_of
from samiam.particles.faults.truth import VISIBLE
from samiam.particles.finder.inputs import WORKING_NM
from samiam.records import Micrograph
from samiam.records.particle_scene import Particle, ParticleScene

CLEAR_DOSE_E_PER_A2 = 1e6
"""Of a picture that shows all that the optics let through: 300 times that of the longest exposure."""
_SHOWS = 25.0  # times what is around it, from which a peak is no speckle of the support (1 of 100 empty regions)
_SPOT = 1.2  # diameters to the minus one, up to which a peak is a known reflection's; the truth's own measure


def fringes_known(scene: ParticleScene, clear: Micrograph) -> ParticleScene:
    """The scene, with d′ of the fringes NaN (unknown) of particles that show others than the truth counts.

    The truth lists reflections of the atoms' projection that are strong enough to be sure of; a thick particle near an
    axis shows weaker ones too, and would pass for one without fringes.

    Args:
        scene: whose `parameters` say the reflections of each particle.
        clear: the same picture almost without noise.
    """
    facts = scene.parameters["particles"]
    told = [
        replace(one, fringe_d_prime=np.nan) if _shows_others(clear, scene.masks[index], one, facts[index]) else one
        for index, one in enumerate(scene.particles)
    ]
    return replace(scene, particles=told)


def _shows_others(clear: Micrograph, mask: NDArray[np.bool_], particle: Particle, facts: dict[str, object]) -> bool:
    if not particle.fringe_d_prime < VISIBLE:
        return False
    region = cut_region(clear, mask, float(clear.pixel_size_nm or np.nan))
    if region is None:
        return False
    fringes = fringes_of(region)
    maps = maps_of(fringes)
    listed = 10 * WORKING_NM * np.array(facts["reflections_per_A"], np.float64).reshape(-1, 2)
    both = np.concatenate([listed, -listed, np.full((1, 2), np.inf)])
    gaps = np.linalg.norm(maps.frequencies[:, None] - both, axis=2).min(axis=1)
    return bool(((maps.above > _SHOWS) & (gaps > _SPOT / fringes.diameter_px)).any())
