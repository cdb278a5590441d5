"""Particles of which the truth counts no fringes although they show some."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam.records import Masks, Micrograph
from samiam.records.particle_scene import Particle, ParticleScene
from samiam.training.faults.clear import fringes_known

PERIOD_PX = 6.0


def scene(reflections: list[list[float]], fringe_d_prime: float = 0.0) -> tuple[ParticleScene, Micrograph]:
    """A disc with fringes along x of 2.4 Å, on a support, and the same under noise."""
    shape = (120, 120)
    y, x = np.mgrid[:120, :120]
    disc: NDArray[np.bool_] = (y - 60) ** 2 + (x - 60) ** 2 < 40**2
    rng = np.random.default_rng(0)
    image = 0.5 + 0.05 * rng.normal(size=shape) + 0.1 * disc * np.cos(2 * np.pi * x / PERIOD_PX)
    clear = Micrograph(np.clip(image, 0, 1), pixel_size_nm=0.04, name="clear")
    noisy = replace(clear, pixels=np.clip(image + rng.normal(0, 0.3, shape), 0, 1))
    one = Particle("Au", "none", 0.0, fringe_d_prime, np.nan)
    facts = {"particles": [{"reflections_per_A": reflections}]}
    return ParticleScene(noisy, Masks.from_arrays([disc]), [one], "made-0", facts), clear


@pytest.mark.parametrize(
    ("reflections", "d_prime", "is_unknown"),
    [
        ([], 0.0, True),
        ([[0.3, 0.2]], 4.0, True),
        ([[0.0, 1 / 2.4]], 4.0, False),  # hidden by the noise
        ([[0.0, -1 / 2.4]], 4.0, False),
        ([], 9.0, False),  # which it has others of
    ],
)
def test_fringes_that_are_not_counted(reflections: list[list[float]], d_prime: float, is_unknown: bool) -> None:
    made, clear = scene(reflections, d_prime)
    found = fringes_known(made, clear).particles[0].fringe_d_prime
    assert np.isnan(found) if is_unknown else found == d_prime


def test_a_particle_without_fringes_stays_one() -> None:
    made, clear = scene([])
    pixels = 0.5 + 0.05 * np.random.default_rng(1).normal(size=(120, 120))
    assert fringes_known(made, replace(clear, pixels=pixels)).particles[0].fringe_d_prime == 0
