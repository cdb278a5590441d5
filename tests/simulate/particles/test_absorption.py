from __future__ import annotations

import numpy as np
import pytest

from simulate.particles.absorption import scattered_beyond_A2, transmitted
from simulate.particles.atoms.materials import MATERIALS
from simulate.particles.multislice import Placement, exit_waves
from simulate.particles.settings import WaveSettings


def test_heavy_atoms_scatter_most_and_few_electrons_far() -> None:
    gold, carbon = (scattered_beyond_A2(number, 0.08, 300.0, 1.3) for number in (79, 6))
    assert gold > 10 * carbon > 0
    assert scattered_beyond_A2(79, 0.08, 300.0, 2.6) < gold / 1.5
    assert scattered_beyond_A2(79, 0.08, 100.0, 1.3) > gold


def test_at_rest_nothing_is_lost_from_the_reflections() -> None:
    assert scattered_beyond_A2(79, 0.0, 300.0, 1.3) == 0.0


def test_what_is_left_is_by_the_atoms_in_the_way() -> None:
    """Gold of 0.059 atoms per Å³ and 50 Å: the amplitude falls by half of 0.77 σ n."""
    rng = np.random.default_rng(0)
    positions = rng.uniform(0, [40, 40, 50], (4720, 3))
    left = transmitted(np.full(4720, 79), positions, np.full(120, 0.08), 40.0, 100, 300.0, 1.3)
    expected = np.exp(-0.5 * 0.77 * scattered_beyond_A2(79, 0.08, 300.0, 1.3) * 4720 / 1600)
    assert left.mean() == pytest.approx(expected, rel=1e-3)


@pytest.mark.slow
def test_off_axis_gold_is_as_dark_as_with_fine_pixels() -> None:
    """Against multislice that follows scattering to 65 mrad itself."""
    gold = MATERIALS["Au"]
    turn = np.linalg.qr(np.random.default_rng(3).standard_normal((3, 3)))[0]
    sphere = gold.lattice(20.0, np.ones(60, np.int8), np.zeros(3)).positions @ turn.T + [28.0, 28.0, 24.0]
    sphere += 0.085 * np.random.default_rng(0).standard_normal(sphere.shape)
    placement = Placement(np.full(len(sphere), 79), sphere)
    nothing, rms_A = Placement(np.empty(0, np.int64), np.empty((0, 3))), np.full(120, 0.085)
    means = []
    for pixel_A in (0.25, 0.1):
        settings = WaveSettings(box_nm=5.6, pixel_A=pixel_A)
        (wave,) = exit_waves(nothing, [placement], (56.0, 56.0, 48.0), rms_A, settings)
        at = (np.arange(140) - 69.5) * 0.4
        means.append(float((np.abs(wave) ** 2)[np.hypot(at, at[:, None]) < 15].mean()))
    assert 1 - means[0] == pytest.approx(1 - means[1], rel=0.25)
    assert 1 - means[1] > 0.05
