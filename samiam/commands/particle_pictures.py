"""Exit waves in folders, and pictures of them in which all is known that a region can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from samiam.errors import InputError
from samiam.records.particle_scene import ParticleScene
from samiam.training.faults.clear import CLEAR_DOSE_E_PER_A2, fringes_known
from simulate.particles import ParticleConditions, picture, read_waves
from simulate.particles.waves import ExitWave


def paths_of_waves(folders: Sequence[str], split: str) -> list[Path]:
    """The files of a split in all folders that have it; of what ships where there is no folder.

    Raises:
        InputError: if none has it, or a specimen is in two.
    """
    places = tuple(folders) or (None,)
    paths = [path for place in places if has_split(place, split) for path in read_waves(place, split).paths]
    if not paths:
        read_waves(places[0], split)  # says what there is
    names = [path.stem for path in paths]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"waves: {twice} is in two folders; give folders of other seeds.")
    return paths


def has_split(folder: str | None, split: str) -> bool:
    """Whether a folder, or what ships where None, has exit waves of a split."""
    try:
        return bool(read_waves(folder, split).paths)
    except InputError:
        return False


def known_picture(
    wave: ExitWave, conditions: ParticleConditions, seed: int, shape_hw: tuple[int, int] | None = None
) -> ParticleScene:
    """A picture of a specimen, with d′ of its particles; NaN of those that show other fringes than the truth counts."""
    dose = (CLEAR_DOSE_E_PER_A2, CLEAR_DOSE_E_PER_A2)
    clear = picture(wave, replace(conditions, dose_e_per_A2=dose), seed, shape_hw=shape_hw, d_prime=False)
    return fringes_known(picture(wave, conditions, seed, shape_hw=shape_hw), clear.micrograph)
