"""Draws what a procedural scene shows: the look of its materials, where they lie, and their grains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulate.draws import log_uniform
from simulate.procedural import layout
from simulate.procedural.fills import Fill, Kind
from simulate.procedural.lattices import (
    Lattice,
    epitaxial_lattice,
    fringes,
    named_lattice,
    random_lattice,
    similar_lattice,
)
from simulate.procedural.ranges import SceneRanges


def of_one_material(ranges: SceneRanges) -> SceneRanges:
    """The ranges of scenes that one material fills."""
    split = ranges.p_one_split / 2
    return replace(
        ranges,
        n_materials=(1, 1),
        p_capped=ranges.p_one_amorphous,
        p_grains=split,
        p_laths=split / 2,
        p_antiphase=split / 2,
    )


def draw_fills(rng: np.random.Generator, ranges: SceneRanges, base_period_px: float) -> list[Fill]:
    """The look of each material, in the order of the stack: vacuum only at the end, amorphous films before it."""
    n = int(rng.integers(ranges.n_materials[0], ranges.n_materials[1] + 1))
    ends_in_vacuum, capped = rng.uniform(size=2) < (0.25, ranges.p_capped)
    kinds: list[Kind] = ["lattice"] * n
    if n > 2 and ends_in_vacuum:
        kinds[-1] = "vacuum"
    if capped:
        cap = n - 2 if kinds[-1] == "vacuum" else n - 1
        kinds[cap] = "amorphous"
        # No draw where there is no choice, here and below: scenes of other ranges keep their bytes.
        if ranges.p_two_films > 0 and cap > 1 and rng.uniform() < ranges.p_two_films:
            kinds[cap - 1] = "amorphous"
    shortest, longest = ranges.period_px
    period_px = (max(shortest, 0.75 * base_period_px), min(longest, 1.35 * base_period_px))
    if ranges.p_any_period > 0 and rng.uniform() < ranges.p_any_period:
        period_px = (shortest, longest)
    probe_px = float(rng.uniform(*ranges.probe)) * base_period_px  # one probe images every column of a scene
    fills: list[Fill] = []
    for kind in kinds:
        level, contrast = float(rng.uniform(0.15, 0.6)), float(rng.uniform(0.4, 1.0))
        previous = fills[-1].lattice if fills else None
        if kind == "vacuum":
            fills.append(Fill(kind, level=float(rng.uniform(0.02, 0.08)), contrast=0.0))
        elif kind == "amorphous":
            fills.append(_amorphous(rng, ranges, level, base_period_px))
        elif previous is not None and rng.uniform() < ranges.p_similar:
            fills[-1] = replace(fills[-1], has_twin=True)
            fills.append(replace(fills[-1], lattice=similar_lattice(previous, rng)))
        elif previous is not None and ranges.p_epitaxial > 0 and rng.uniform() < ranges.p_epitaxial:
            fills.append(Fill(kind, level, contrast, epitaxial_lattice(previous, rng)))
        else:
            lattice = replace(_draw_lattice(rng, ranges, period_px), sigma_px=max(0.8, probe_px))
            fills.append(Fill(kind, level, contrast, lattice))
            if ranges.p_overlap > 0 and rng.uniform() < ranges.p_overlap:
                fills[-1] = replace(fills[-1], overlap=_overlap(rng, lattice))
    return fills


def _amorphous(rng: np.random.Generator, ranges: SceneRanges, level: float, base_period_px: float) -> Fill:
    fill = Fill("amorphous", level, contrast=float(rng.uniform(0.1, 0.35)))
    if ranges.p_curved > 0 and rng.uniform() < ranges.p_curved:
        period_px, height = float(rng.uniform(0.6, 1.2)) * base_period_px, float(rng.uniform(0.15, 0.6))
        return replace(fill, curved_px=max(4.0, period_px), curved_height=height)
    if ranges.p_atoms > 0 and rng.uniform() < ranges.p_atoms:
        return replace(fill, atoms_apart_px=float(rng.uniform(12, 60)))
    if ranges.p_mottled > 0 and rng.uniform() < ranges.p_mottled:
        length_px = log_uniform(rng, (5.0, 40.0))
        height = float(rng.uniform(0.5, 4.0))
        mottle = (
            ranges.mottles[int(rng.integers(len(ranges.mottles)))] if len(ranges.mottles) > 1 else ranges.mottles[0]
        )
        return replace(fill, contrast=0.5 * fill.contrast, patch_px=length_px, patch_height=height, mottle=mottle)
    return fill


def _overlap(rng: np.random.Generator, lattice: Lattice) -> Lattice:
    """The same crystal, turned a little and strained, as two sheets or a foreign grain below give moiré."""
    strain = float(rng.uniform(0.9, 1.1))
    turned_deg = lattice.rotation_deg + float(rng.choice([-1, 1]) * rng.uniform(3, 30))
    return replace(lattice, a_px=strain * lattice.a_px, b_px=strain * lattice.b_px, rotation_deg=turned_deg)


def _draw_lattice(rng: np.random.Generator, ranges: SceneRanges, period_px: tuple[float, float]) -> Lattice:
    if not ranges.cells:
        lattice = random_lattice(rng, period_px, ranges.n_columns)
        return fringes(lattice) if ranges.p_fringes > 0 and rng.uniform() < ranges.p_fringes else lattice
    name = ranges.cells[int(rng.integers(len(ranges.cells)))]
    return named_lattice(name, float(rng.uniform(*period_px)), rotation_deg=float(rng.uniform(0, 180)))


def draw_materials(
    rng: np.random.Generator, shape_hw: tuple[int, int], ranges: SceneRanges, fills: list[Fill], base_period_px: float
) -> NDArray[np.uint32]:
    """Layers of all materials, or of all but the last, which then lies as islands in the thickest layer.

    In a multilayer, one material lies as several thin layers within the one below it.
    """
    n = len(fills)
    as_islands = n > 2 and fills[-1].kind == "lattice" and rng.uniform() < ranges.p_islands
    n_layers = n - 1 if as_islands else n
    spare = 1 - n_layers * ranges.thinnest_layer
    fractions = ranges.thinnest_layer + spare * rng.dirichlet(np.full(n_layers, 2.0))
    thickest = 1 + int(np.argmax(fractions))
    stack = list(zip(range(1, n_layers + 1), fractions.tolist(), strict=True))
    if ranges.p_multilayer > 0 and rng.uniform() < ranges.p_multilayer:
        stack = _multilayer(rng, stack, fills, base_period_px / max(shape_hw))
    materials = layout.layers(
        rng,
        shape_hw,
        [fraction for _, fraction in stack],
        tilt_deg=float(rng.choice([0.0, 90.0, rng.uniform(-180, 180)])),
        roughness_px=float(rng.uniform(*ranges.roughness_px)),
        roughness_length_px=float(rng.uniform(4, 40)),
        gap_px=[float(rng.uniform(3, 12)) if rng.uniform() < ranges.p_gap else 0.0 for _ in stack[1:]],
    )
    materials = np.array([0, *(material for material, _ in stack)], np.uint32)[materials]
    if as_islands:
        radius_px = (0.08 * min(shape_hw), 0.16 * min(shape_hw))
        islands = layout.blobs(rng, shape_hw, int(rng.integers(1, 4)), radius_px)
        materials[islands & (materials == thickest)] = n
    return materials


def _multilayer(
    rng: np.random.Generator, stack: list[tuple[int, float]], fills: list[Fill], period: float
) -> list[tuple[int, float]]:
    """The stack (material, share) with one material as thin layers, 2 to 7 periods each, within the one below it."""
    hosts = [at for at in range(len(stack) - 1) if fills[at].kind == "lattice" and fills[at + 1].kind == "lattice"]
    if not hosts:
        return stack
    host = int(rng.choice(hosts))
    n_thin = int(rng.integers(1, 5))
    room = stack[host][1] + stack[host + 1][1]
    thin = np.minimum(rng.uniform(2, 7, n_thin) * period, 0.5 * room / n_thin)
    between = (room - thin.sum()) * rng.dirichlet(np.full(n_thin + 1, 3.0))
    inner = [(host + 1, float(between[0]))]
    for own, next_host in zip(thin.tolist(), between[1:].tolist(), strict=True):
        inner += [(host + 2, own), (host + 1, next_host)]
    return [*stack[:host], *inner, *stack[host + 2 :]]


def draw_grains(
    rng: np.random.Generator, materials: NDArray[np.uint32], ranges: SceneRanges, fills: list[Fill]
) -> layout.Layout:
    """Split some of the crystalline materials into grains or by an antiphase boundary."""
    grains: dict[int, NDArray[np.uint32]] = {}
    sides: dict[int, NDArray[np.bool_]] = {}
    twinned: set[int] = set()
    for material, fill in enumerate(fills, start=1):
        region = materials == material
        if fill.kind != "lattice":
            continue
        if ranges.p_laths > 0 and rng.uniform() < ranges.p_laths:
            long = max(materials.shape)
            grains[material] = layout.split_into_laths(rng, region, (0.06 * long, 0.35 * long))
            twinned.add(material)
        elif rng.uniform() < ranges.p_grains:
            grains[material] = layout.split_into_grains(rng, region, int(rng.integers(2, 6)))
            if ranges.p_tilted > 0 and rng.uniform() < ranges.p_tilted:
                fills[material - 1] = replace(fill, has_tilted_grains=True)
        elif rng.uniform() < ranges.p_antiphase:
            sides[material] = layout.split_by_line(rng, region, roughness_px=2.0)
    return layout.assemble(materials, grains, sides, frozenset(twinned))
