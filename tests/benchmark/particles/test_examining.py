from __future__ import annotations

import numpy as np

from samiam.benchmark.particles.examining import can_be_seen
from samiam.records import Masks, Micrograph
from samiam.records.particle_scene import Particle, ParticleScene


def test_what_can_be_seen_has_fringes_above_the_noise_and_an_area_to_be_found_by() -> None:
    masks = np.zeros((4, 40, 40), bool)
    masks[:3, :20, :20] = True  # 0.8 nm by 0.8 nm, a disc of 0.9 nm
    masks[1, :30, :30] = masks[2, :30, :30] = True
    masks[3] = True
    d_primes = (90.0, 4.9, 5.0, np.nan)
    particles = [Particle("Au", "none", 0.0, d_prime, np.nan) for d_prime in d_primes]
    micrograph = Micrograph(np.zeros((40, 40), np.float32), pixel_size_nm=0.04, name="four")
    scene = ParticleScene(micrograph, Masks.from_arrays(masks, (40, 40)), particles, "one")
    assert can_be_seen(scene).tolist() == [False, False, True, True]
