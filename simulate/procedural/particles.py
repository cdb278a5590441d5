"""Particles on a support: where they lie, and what they and the support look like."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulate.draws import log_uniform
from simulate.procedural.fills import Fill
from simulate.procedural.lattices import Lattice, random_lattice
from simulate.procedural.layout import Layout
from simulate.procedural.ranges import SceneRanges

_MOST_COVERED = 0.6  # of the image, before no more particles are placed
_MOST_COVERED_AFTER = 0.85  # of the image, by the last one too: of the support enough is to be seen
_TRIES = 12  # places for a particle
_LEAST_CONTRAST = 0.35  # of the logarithms of brightness: even particles on an even support must be seen
_ROUNDED = (0.3, 1.0)  # of a radius, along which a particle gets thinner: facets with round edges, and balls
SUPPORT, PARTICLE = 1, 2


def draw_particles(
    rng: np.random.Generator, shape_hw: tuple[int, int], ranges: SceneRanges, probe_px: float, base_period_px: float
) -> tuple[Layout, list[Fill]]:
    """A scene of particles, each a grain of one material, on a support that is the other.

    Args:
        rng: source of the draws.
        shape_hw: of the image.
        ranges: what to draw from.
        probe_px: standard deviation of a column's image.
        base_period_px: typical lattice vector.
    """
    radius_px = log_uniform(rng, ranges.particle_px)
    grains = _placed(rng, shape_hw, ranges.n_particles, radius_px)
    n = int(grains.max())
    materials = np.where(grains > 0, PARTICLE, SUPPORT).astype(np.uint32)
    numbered = np.where(grains > 0, grains + 1, 1).astype(np.uint32)
    regions = Layout(materials, numbered, (SUPPORT, *[PARTICLE] * n), {})
    support = _support(rng)
    particle = _particle(rng, radius_px, probe_px, base_period_px)
    while particle.kind != "lattice" and abs(np.log(particle.level / support.level)) < _LEAST_CONTRAST:
        particle = _particle(rng, radius_px, probe_px, base_period_px)
    if ranges.p_rounded > 0 and rng.uniform() < ranges.p_rounded:
        particle = replace(particle, rounded_px=float(rng.uniform(*_ROUNDED)) * radius_px)
    return regions, [support, particle]


def _placed(
    rng: np.random.Generator, shape_hw: tuple[int, int], n_particles: tuple[int, int], radius_px: float
) -> NDArray[np.uint32]:
    """Particles that do not overlap, scattered or in heaps; 1 … n, 0 between them; at least one."""
    grains = np.zeros(shape_hw, np.uint32)
    wanted = int(log_uniform(rng, n_particles) + 0.5)
    spread, heap = rng.uniform(0.0, 0.35), rng.uniform() < 0.5
    centre, sigma = rng.uniform(0.25, 0.75, size=2) * shape_hw, rng.uniform(0.12, 0.35) * np.array(shape_hw)
    while wanted and (grains > 0).mean() < _MOST_COVERED:
        wanted -= 1
        radius = radius_px * float(np.exp(spread * rng.normal()))
        for _ in range(_TRIES):
            place = rng.normal(centre, sigma) if heap else rng.uniform(0, 1, size=2) * shape_hw
            window, inside = _outline(rng, shape_hw, place, radius)
            fits = np.count_nonzero(grains) + np.count_nonzero(inside) <= _MOST_COVERED_AFTER * grains.size
            if inside.any() and fits and not (grains[window] > 0)[inside].any():
                grains[window][inside] = grains.max() + 1
                break
    if not grains.any():
        window, inside = _outline(rng, shape_hw, np.array(shape_hw) / 2, min(radius_px, min(shape_hw) / 4))
        grains[window][inside] = 1
    return grains


def _outline(
    rng: np.random.Generator, shape_hw: tuple[int, int], centre_yx: NDArray[np.float64], radius: float
) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """A round, lobed or faceted shape: the window around it within the image, and which pixels of that it covers."""
    reach = 1.6 * radius + 1
    low = np.clip(np.floor(centre_yx - reach), 0, shape_hw).astype(int)
    high = np.clip(np.ceil(centre_yx + reach), 0, shape_hw).astype(int)
    y, x = np.mgrid[low[0] : high[0], low[1] : high[1]]
    dy, dx = y - centre_yx[0], x - centre_yx[1]
    polar = np.arctan2(dy, dx)
    if rng.uniform() < 0.5:
        edge = 1 + sum(rng.uniform(0, 0.12) * np.cos(k * polar + rng.uniform(0, 2 * np.pi)) for k in (2, 3, 5))
    else:
        n_sides = int(rng.integers(4, 9))
        facet = 2 * np.pi / n_sides
        within = np.mod(polar + rng.uniform(0, 2 * np.pi), facet) - facet / 2
        edge = np.cos(facet / 2) ** 0.5 / np.cos(within)
    stretch = 1 + rng.uniform(0, 0.3) * np.cos(2 * (polar - rng.uniform(0, np.pi)))
    return (slice(low[0], high[0]), slice(low[1], high[1])), np.hypot(dy, dx) < radius * edge * stretch


def _support(rng: np.random.Generator) -> Fill:
    """An empty or amorphous support, dark or bright."""
    level = log_uniform(rng, (0.03, 0.9))
    if rng.uniform() < 0.3:
        return Fill("vacuum", level, contrast=0.0)
    return Fill("amorphous", level, contrast=float(rng.uniform(0.02, 0.3)))


def _particle(rng: np.random.Generator, radius_px: float, probe_px: float, base_period_px: float) -> Fill:
    """Crystalline where cells are to be seen, else even; single particles are brighter or darker than others."""
    level = log_uniform(rng, (0.05, 0.9))
    spread = float(rng.uniform(0, 0.5))
    period_px = min(base_period_px, radius_px / 2)
    if period_px < 4 or rng.uniform() < 0.3:
        return Fill("amorphous", level, contrast=float(rng.uniform(0.01, 0.15)), spread_of_grains=spread)
    lattice: Lattice = random_lattice(rng, (period_px, 1.5 * period_px), (1, 2))
    lattice = replace(lattice, sigma_px=max(0.8, min(probe_px, 0.25 * period_px)))
    contrast = float(rng.uniform(0.2, 1.0))
    return Fill(
        "lattice", level, contrast, lattice, has_tilted_grains=bool(rng.uniform() < 0.5), spread_of_grains=spread
    )
