"""Scenes of the benchmark taken again: the same specimen under another dose or drift."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from samiam.records import Scene
from simulate.scenes.acquisition import Acquisition
from simulate.scenes.benchmark import Recipe, recipe
from simulate.scenes.exposure import expose


def scene_under(
    which: int | str | Recipe, *, dose: float = 1.0, drift: float = 0.0, taken: Scene | None = None
) -> Scene:
    """Expose the specimen of a scene with other electrons than the benchmark's.

    The truth follows the drift. Under drift dopants and amorphous films are drawn anew; surfaces, islands, crystals and
    strain stay. Difficulty and weights stay those of the scene as the benchmark has it, so that results can be compared
    scene by scene; only a material that drift brings into view has a weight of its own.

    Args:
        which: the scene's number in the benchmark, from 1, its name, or a recipe of another one.
        dose: factor on the electrons of each Å², > 0.
        drift: how much further the specimen drifts while the frame is taken, as a share of the frame's height, from 0
            to 0.1; along the direction of the drift that the scene has anyway.
        taken: the scene as the benchmark has it, where it is at hand.

    Raises:
        InputError: if there is no such scene, or it cannot be exposed so.
    """
    found = which if isinstance(which, Recipe) else recipe(which)
    taken = _as_taken(found) if taken is None else taken
    if dose == 1 and drift == 0:
        return taken
    specimen, acquisition = found.drawn()
    changed = _changed(acquisition, dose, drift)
    scene = expose(specimen, changed, seed=found.seed, laid_out_for=acquisition.scan).scene(found.name)
    known = dict(zip(taken.materials, taken.weights, strict=True))
    weights = [known.get(name, own) for name, own in zip(scene.materials, scene.weights, strict=True)]
    parameters = {**scene.parameters, "family": found.family, "difficulty": taken.parameters["difficulty"]}
    return replace(scene, difficulty=taken.difficulty, weights=weights, parameters=parameters)


@lru_cache(maxsize=1)  # one scene comes under all conditions before the next
def _as_taken(found: Recipe) -> Scene:
    return found.scene()


def _changed(acquisition: Acquisition, dose: float, drift: float) -> Acquisition:
    scan = acquisition.scan
    before = np.asarray(scan.drift_A_per_s)
    direction_rad = np.arctan2(before[1], before[0])
    height, width = scan.shape_hw
    frame_s = 1e-6 * height * (width * scan.dwell_us + scan.flyback_us)
    further_A_per_s = drift * height * scan.pixel_size_A / frame_s
    after = before + further_A_per_s * np.array([np.cos(direction_rad), np.sin(direction_rad)])
    drifting = replace(scan, drift_A_per_s=(float(after[0]), float(after[1])))
    return replace(acquisition, scan=drifting, dose_e_per_A2=dose * acquisition.dose_e_per_A2)
