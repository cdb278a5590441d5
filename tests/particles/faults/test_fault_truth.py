"""What a region of a known scene shows."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam.particles.faults.truth import truth_of_region
from samiam.records import Masks, Micrograph
from samiam.records.particle_scene import Particle, ParticleScene, Stacking


def box(left: int, right: int) -> NDArray[np.bool_]:
    mask = np.zeros((20, 100), bool)
    mask[5:15, left:right] = True
    return mask


def scene(*particles: Particle, masks: list[NDArray[np.bool_]] | None = None) -> ParticleScene:
    places = masks or [box(10, 30), box(30, 50), box(70, 90)][: len(particles)]
    micrograph = Micrograph(np.zeros((20, 100)), pixel_size_nm=0.04, name="made")
    return ParticleScene(micrograph, Masks.from_arrays(places, (20, 100)), particles, "made-0")


def particle(stacking: Stacking = "none", fault: float = 0.0, fringes: float = 30.0) -> Particle:
    return Particle("Au", stacking, fault_d_prime=fault, fringe_d_prime=fringes, tilt_deg=0.0)


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        (particle(), "no fault"),
        (particle("fault", 5.0), "stacking fault"),
        (particle("twin", 40.0), "stacking fault"),
        (particle("several", 40.0), "stacking fault"),
        (particle("fault", 4.9), None),
        (particle("fault", 40.0, fringes=4.9), "no fringe"),
        (particle(fringes=0.0), "no fringe"),
    ],
)
def test_of_one_particle(known: Particle, wanted: str | None) -> None:
    found = truth_of_region(scene(known), box(10, 30))
    assert (found.fault_class, found.particle) == (wanted, 0)


def test_two_particles_and_a_little_of_another() -> None:
    pair = scene(particle(), particle("twin", 9.0), particle())
    assert truth_of_region(pair, box(10, 50)).fault_class == "agglomeration"
    assert truth_of_region(pair, box(13, 31)).fault_class == "no fault"
    second = truth_of_region(pair, box(29, 50))
    assert (second.fault_class, second.particle) == ("stacking fault", 1)


def test_particles_that_lie_over_each_other_count_as_several_where_they_do() -> None:
    over = scene(particle(), particle(), masks=[box(10, 40), box(30, 60)])
    wanted = {32: "no fault", 34: None, 40: "agglomeration"}  # the second over 2 of 22, 4 of 24, 10 of 30 columns
    assert {end: truth_of_region(over, box(10, end)).fault_class for end in wanted} == wanted


def test_the_support_and_what_is_half_of_it() -> None:
    one = scene(particle())
    assert truth_of_region(one, box(50, 70)).fault_class == "empty"
    assert truth_of_region(one, box(29, 50)).fault_class == "empty"  # 1 column of 21
    half = truth_of_region(one, box(24, 50))
    assert (half.fault_class, half.particle) == (None, None)
    assert truth_of_region(scene(), box(0, 9)).fault_class == "empty"


def test_what_nobody_has_measured_is_not_decided() -> None:
    unknown = scene(particle("fault", np.nan), particle(fringes=np.nan))
    assert truth_of_region(unknown, box(10, 30)).fault_class is None
    assert truth_of_region(unknown, box(30, 50)).fault_class is None
