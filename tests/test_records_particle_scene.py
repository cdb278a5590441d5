from __future__ import annotations

import numpy as np
import pytest

from samiam.errors import InputError
from samiam.records import Masks, Micrograph
from samiam.records.particle_scene import Particle, ParticleScene

MICROGRAPH = Micrograph(np.zeros((3, 4)), name="tiny")
GOLD = Particle("Au", "twin", fault_d_prime=7.0, fringe_d_prime=30.0, tilt_deg=0.0)


def masks(n: int, shape_hw: tuple[int, int] = (3, 4)) -> Masks:
    return Masks.from_arrays(np.ones((n, *shape_hw), np.bool_), shape_hw)


def test_particles_are_kept_as_they_were_given() -> None:
    given = [GOLD, GOLD]
    scene = ParticleScene(MICROGRAPH, masks(2), given, "au-0001", {"seed": 3})
    given.clear()
    assert (scene.particles, scene.specimen, scene.parameters) == ((GOLD, GOLD), "au-0001", {"seed": 3})
    assert repr(scene) == "ParticleScene(tiny, 2 particles of au-0001)"


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(InputError, match=r"tiny: masks of \(4, 3\) do not fit a micrograph of \(3, 4\)"):
        ParticleScene(MICROGRAPH, masks(1, (4, 3)), [GOLD], "au-0001")
    with pytest.raises(InputError, match="tiny: 2 masks are not of 1 particle"):
        ParticleScene(MICROGRAPH, masks(2), [GOLD], "au-0001")
