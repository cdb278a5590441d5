"""Procedural scenes: random lattices, amorphous films and vacuum in random layouts, with exact truth.

No real crystal is in here. Difficulty is the range that a scene's parameters are drawn from: higher classes have
more and thinner regions, rougher interfaces, more defects, fewer counts, and neighbours that differ in one
sublattice only.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.records import Micrograph, Scene
from samiam.records.scene import EASY_WEIGHT, HARD_WEIGHT
from simulate.draws import log_uniform
from simulate.procedural.drawing import draw_fills, draw_grains, draw_materials, of_one_material
from simulate.procedural.effects import after_counting, as_stored, before_counting
from simulate.procedural.fills import Fill
from simulate.procedural.films import under_carbon
from simulate.procedural.layout import Layout
from simulate.procedural.particles import draw_particles
from simulate.procedural.ranges import DIFFICULTIES, SceneRanges
from simulate.procedural.recording import count_electrons, scan_jitter
from simulate.procedural.rendering import render

_LEAST_SHARE = 0.005  # of the image, for each material; chosen by hand
_REDRAWS = 50  # then a scene goes without what does not show


def procedural_scene(
    seed: int, *, shape_hw: tuple[int, int] = (512, 512), difficulty: int = 2, ranges: SceneRanges | None = None
) -> Scene:
    """Draw one scene.

    Args:
        seed: the same seed and arguments give the same bytes.
        shape_hw: image shape, at least 64 px a side.
        difficulty: 1, 2 or 3.
        ranges: what to draw from; `DIFFICULTIES[difficulty]` where not given.

    Returns:
        A scene named `procedural-<difficulty>-<seed>`. A label is hard (weight 1) if it covers less than a tenth
        of the image or differs from another material in one sublattice only, otherwise easy (weight 10).

    Raises:
        InputError: if the difficulty or the shape is out of range.
    """
    if not isinstance(seed, int) or seed < 0:
        raise InputError(f"seed={seed!r}: a seed is a whole number, 0 or more.")
    if difficulty not in DIFFICULTIES:
        raise InputError(f"difficulty is 1, 2 or 3, not {difficulty}.")
    if min(shape_hw) < 64:
        raise InputError(f"a scene of {shape_hw[0]} × {shape_hw[1]} px is too small; give at least 64 px a side.")
    ranges = ranges or DIFFICULTIES[difficulty]
    rng = np.random.default_rng([seed, difficulty])
    base_period_px = log_uniform(rng, ranges.period_px)
    regions, fills = _specimen(rng, shape_hw, ranges, base_period_px)
    ideal = render(rng, regions, fills)
    if ranges.p_carbon > 0 and rng.uniform() < ranges.p_carbon:
        ideal = under_carbon(rng, ideal)
    ideal = before_counting(rng, ideal, ranges.effects, base_period_px)
    counts_per_pixel = log_uniform(rng, ranges.counts_per_pixel)
    jitter_px = float(rng.uniform(*ranges.jitter_px))
    counts = count_electrons(rng, scan_jitter(rng, ideal, jitter_px), counts_per_pixel)
    counts = after_counting(rng, counts, ranges.effects)
    low, high = np.percentile(counts, (0.1, 99.9))
    pixels = np.clip((counts - low) / max(high - low, 1.0), 0, 1).astype(np.float32)
    pixels = as_stored(rng, pixels, ranges.effects)
    return Scene(
        Micrograph(pixels, pixel_size_nm=0.4 / base_period_px, name=f"procedural-{difficulty}-{seed}"),
        regions.materials,
        materials=[f"{fill.kind} {index}" for index, fill in enumerate(fills, start=1)],
        difficulty=difficulty,
        weights=_weights(regions.materials, fills),
        grains=regions.grains,
        parameters=_parameters(seed, difficulty, counts_per_pixel, jitter_px, regions, fills),
    )


def _specimen(
    rng: np.random.Generator, shape_hw: tuple[int, int], ranges: SceneRanges, base_period_px: float
) -> tuple[Layout, list[Fill]]:
    """A stack of layers; or, where the ranges have them, one material or particles."""
    if ranges.p_one + ranges.p_particles > 0:
        kind = rng.uniform()
        if kind < ranges.p_particles:
            probe_px = float(rng.uniform(*ranges.probe)) * base_period_px
            return draw_particles(rng, shape_hw, ranges, probe_px, base_period_px)
        if kind < ranges.p_particles + ranges.p_one:
            ranges = of_one_material(ranges)
    fills = draw_fills(rng, ranges, base_period_px)
    materials = draw_materials(rng, shape_hw, ranges, fills, base_period_px)
    for _ in range(_REDRAWS):  # a thin layer can vanish under its neighbours' roughness, an island beside its layer
        if _shares(materials, len(fills)).min() >= _LEAST_SHARE:
            break
        materials = draw_materials(rng, shape_hw, ranges, fills, base_period_px)
    present = np.unique(materials[materials > 0])
    fills = [fills[material - 1] for material in present]
    materials = np.where(materials > 0, np.searchsorted(present, materials) + 1, 0).astype(np.uint32)
    return draw_grains(rng, materials, ranges, fills), fills


def _weights(materials: NDArray[np.uint32], fills: list[Fill]) -> list[float]:
    shares = _shares(materials, len(fills))
    return [
        HARD_WEIGHT if share < 0.1 or fill.has_twin else EASY_WEIGHT for share, fill in zip(shares, fills, strict=True)
    ]


def _shares(materials: NDArray[np.uint32], n: int) -> NDArray[np.float64]:
    """Share of the image that each of n materials covers."""
    return np.asarray(np.bincount(materials.ravel(), minlength=n + 1)[1:] / materials.size)


def _parameters(
    seed: int, difficulty: int, counts_per_pixel: float, jitter_px: float, regions: Layout, fills: list[Fill]
) -> dict[str, Any]:
    return {
        "seed": seed,
        "difficulty": difficulty,
        "counts_per_pixel": counts_per_pixel,
        "jitter_px": jitter_px,
        "grains": len(regions.material_of_grain),
        "antiphase_boundaries": len(regions.antiphase),
        "orientations": _orientations(regions, fills),
        "materials": [asdict(fill) for fill in fills],
    }


def _orientations(regions: Layout, fills: list[Fill]) -> list[int]:
    """A number for each grain, the same for grains whose lattices lie alike, and for all grains of what has none."""
    parents = {**regions.antiphase, **regions.continues}
    first: dict[int, int] = {}
    found: list[int] = []
    for grain, material in enumerate(regions.material_of_grain, start=1):
        if fills[material - 1].kind == "lattice":
            found.append(found[parents[grain] - 1] if grain in parents else grain)
        else:
            found.append(first.setdefault(material, grain))
    return found
