"""The network that finds particles, which learns from pictures of exit waves and from drawn ones."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from samiam.commands.training.data import ParticleScenes
from samiam.commands.training.settings import ParticleSettings
from samiam.commands.training.starting import started
from samiam.particles.finder.network import facts_of, new_network, seen_by
from samiam.particles.finder.weights import read_network
from samiam.records.particle_scene import ParticleScene
from samiam.training.particles.fitting import calibrate
from samiam.training.particles.learning import ParticleLearner
from samiam.training.particles.scenes import ParticleScenesData
from samiam.training.run import Job
from simulate.particles import WaveLibrary, picture, read_waves
from simulate.phase_objects import drawn_particles


def particles_job(data: ParticleScenes, learner: ParticleSettings, seed: int) -> Job:
    """The network that finds particles."""
    new, read = partial(new_network, learner.variant), partial(read_network, variant=learner.variant)
    network, card = started(learner.start, seed, new, read)
    waves = {split: None if data.p_drawn == 1 else read_waves(data.waves, split) for split in ("train", "val")}
    draw = {use: partial(draw_particles, data=data, waves=waves[split], use=use) for use, split in _USES.items()}
    see = partial(seen_by, network)
    rules = replace(data.rules, seed=seed)
    scenes = ParticleScenesData(draw["train"], draw["val"], see, rules, data.workers)
    facts = facts_of(learner.variant)
    finish = partial(calibrate, draw_scene=draw["calibration"], n_scenes=learner.calibration.scenes)
    module = ParticleLearner(network, learner.options)
    return Job("particles", module, scenes, facts, learner.options.ema_decay, card, finish)


_USES = {"train": "train", "val": "val", "calibration": "val"}
"""What scenes of particles are for, and the split of the exit waves that they show."""


def draw_particles(seed: int, *, data: ParticleScenes, waves: WaveLibrary | None, use: str) -> ParticleScene:
    """A scene of particles.

    Args:
        seed: a whole number below 2³².
        data: what it is drawn from.
        waves: of which a picture is taken, None to draw particles only.
        use: "train", "val" or "calibration", of which none shares a drawn scene with another. Thresholds are fitted on
            waves and, of what is drawn, on shadows: how often drawn supports look like particles is made up. Without
            waves half of what they are fitted on is empty, since that is what they are mostly for.
    """
    rng = np.random.default_rng([list(_USES).index(use), seed])
    if waves is None or rng.random() < data.p_drawn:
        to_fit = replace(data.drawn, p_empty=0.5) if waves is None else replace(data.drawn, p_shadows=1.0)
        ranges = to_fit if use == "calibration" else data.drawn
        return drawn_particles(int(rng.integers(2**63)), shape_hw=data.shape_hw, ranges=ranges)
    wave, pixel_nm = waves[int(rng.integers(len(waves)))], float(rng.uniform(*data.drawn.pixel_size_nm))
    picture_seed = int(rng.integers(2**63))
    return picture(wave, data.conditions, picture_seed, shape_hw=data.shape_hw, pixel_size_nm=pixel_nm, d_prime=False)
