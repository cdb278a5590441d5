"""Exit waves that are made in a moment: phase gratings in discs."""

from __future__ import annotations

import numpy as np

from samiam.records.particle_scene import Stacking
from simulate.particles.truth import MASK_PIXEL_A, Outline
from simulate.particles.waves import Difference, ExitWave, WaveParticle

EXTENT_A, N_PX = 64.0, 160
FRINGE_A = 2.355


def disc(centre_xy_A: tuple[float, float], radius_A: float) -> Outline:
    """The mask of a disc."""
    centres = (np.arange(round(EXTENT_A / MASK_PIXEL_A)) + 0.5) * MASK_PIXEL_A
    mask = np.hypot(centres - centre_xy_A[0], (centres - centre_xy_A[1])[:, None]) < radius_A
    return Outline(mask, (0, 0))


def made_wave(stacking: Stacking = "twin", *, phase: float = 0.3, radius_A: float = 12.0) -> ExitWave:
    """A disc of fringes in the middle; beyond its middle line, those of a "twin" run the other way."""
    at = (np.arange(N_PX) + 0.5) * EXTENT_A / N_PX
    x, y = at - EXTENT_A / 2, at[:, None] - EXTENT_A / 2
    inside = np.hypot(x, y) < radius_A
    whole, mirrored = (np.cos(2 * np.pi * (np.cos(a) * x + np.sin(a) * y) / FRINGE_A) for a in (0.4, -0.4))
    waves = [np.exp(1j * phase * inside * p) for p in (whole, np.where(x > 0, mirrored, whole))]
    fault_free, wave = (np.asarray(one, np.complex64)[None] for one in waves)
    k = np.array([[np.sin(0.4), np.cos(0.4)], [-np.sin(0.4), np.cos(0.4)]]) / FRINGE_A
    is_faulted = stacking != "none"
    particle = WaveParticle(
        *("Au", "sphere", "110", stacking, 0.0 if is_faulted else np.nan, radius_A / 5),
        k if is_faulted else k[:1],
        disc((EXTENT_A / 2, EXTENT_A / 2), radius_A),
    )
    differences = [Difference((0, 0), wave - fault_free)] if is_faulted else []
    shown = wave if is_faulted else fault_free
    return ExitWave("made", "test", 300.0, EXTENT_A, shown, [particle], differences, {"key": "none"})
