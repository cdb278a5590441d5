"""Exit waves that are made in no time, of which all is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simulate.particles.truth import Outline
from simulate.particles.waves import ExitWave, WaveParticle


def made_wave(specimen: str, seed: int, folder: Path, *, is_empty: bool = False) -> None:
    """A speckled wave of 12 nm with one particle of 3.6 nm, a grating, left of the middle; or with none."""
    rng = np.random.default_rng(seed)
    n, extent_A, per_A = 300, 120.0, 51 / 120
    y, x = np.mgrid[:n, :n] * extent_A / n
    inside = ((y - 60) ** 2 + (x - 40) ** 2 < 18**2) & (not is_empty)
    phase = 0.2 * rng.normal(size=(n, n)) + inside * np.cos(2 * np.pi * x * per_A)
    disc = np.hypot(*(np.mgrid[:180, :180] - 90)) < 90
    outline = Outline(disc, (210, 110))  # pixels of 0.2 Å
    known = WaveParticle("Au", "sphere", "110", "none", np.nan, 3.6, np.array([[0.0, per_A]]), outline)
    split = specimen.split("-")[0]
    waves = np.exp(1j * phase).astype(np.complex64)[None]
    wave = ExitWave(specimen, split, 300.0, extent_A, waves, [] if is_empty else [known])
    (folder / split).mkdir(parents=True, exist_ok=True)
    wave.save(folder / split / f"{specimen}.safetensors")
