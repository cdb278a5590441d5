"""Procedural scenes: random lattices, amorphous films and vacuum in random layouts, with exact truth.

No real crystal is in here. Difficulty is the range that a scene's parameters are drawn from: higher classes have
more and thinner regions, rougher interfaces, more defects, fewer counts, and neighbours that differ in one
sublattice only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.errors import InputError
from samiam.records import Micrograph, Scene
from simulate import instrument, layout
from simulate.lattices import Lattice, named_lattice, random_lattice, similar_lattice

Kind = Literal["lattice", "amorphous", "vacuum"]

_LEAST_SHARE = 0.005  # of the image, for each material
_REDRAWS = 50


@dataclass(frozen=True)
class SceneRanges:
    """What a scene is drawn from; pairs are (smallest, largest).

    Attributes:
        n_materials: number of materials.
        period_px: length of lattice vectors.
        n_columns: atomic columns in a cell.
        cells: names from `simulate.lattices.NAMED_CELLS` to draw cells from; any cell where empty.
        thinnest_layer: smallest share of the stack that a layer may take.
        roughness_px: standard deviation of the interfaces.
        counts_per_pixel: mean detected electrons in a pixel (drawn log-uniformly).
        jitter_px: standard deviation of the scan lines' shifts.
        p_gap: probability of a dark, unlabelled gap at an interface.
        p_antiphase: probability that an antiphase boundary splits a crystalline layer.
        p_grains: probability that a crystalline layer is polycrystalline.
        p_islands: probability that one material lies as islands in another.
        p_similar: probability that a layer's lattice differs from its neighbour's in one sublattice only.
    """

    n_materials: tuple[int, int] = (2, 5)
    period_px: tuple[float, float] = (5.0, 40.0)
    n_columns: tuple[int, int] = (1, 4)
    cells: tuple[str, ...] = ()
    thinnest_layer: float = 0.08
    roughness_px: tuple[float, float] = (0.0, 6.0)
    counts_per_pixel: tuple[float, float] = (10.0, 1000.0)
    jitter_px: tuple[float, float] = (0.0, 0.6)
    p_gap: float = 0.3
    p_antiphase: float = 0.4
    p_grains: float = 0.2
    p_islands: float = 0.2
    p_similar: float = 0.2


DIFFICULTIES: dict[int, SceneRanges] = {
    1: SceneRanges(
        n_materials=(2, 3),
        period_px=(6.0, 20.0),
        thinnest_layer=0.22,
        roughness_px=(0.0, 2.0),
        counts_per_pixel=(200.0, 1000.0),
        jitter_px=(0.0, 0.2),
        p_gap=0.3,
        p_antiphase=0.5,
        p_grains=0.0,
        p_islands=0.0,
        p_similar=0.0,
    ),
    2: SceneRanges(
        n_materials=(3, 4),
        period_px=(6.0, 26.0),
        thinnest_layer=0.13,
        roughness_px=(1.0, 5.0),
        counts_per_pixel=(60.0, 400.0),
        jitter_px=(0.1, 0.4),
        p_gap=0.4,
        p_antiphase=0.6,
        p_grains=0.2,
        p_islands=0.2,
        p_similar=0.0,
    ),
    3: SceneRanges(
        n_materials=(3, 5),
        period_px=(5.0, 40.0),
        thinnest_layer=0.07,
        roughness_px=(2.0, 8.0),
        counts_per_pixel=(10.0, 100.0),
        jitter_px=(0.2, 0.6),
        p_gap=0.4,
        p_antiphase=0.7,
        p_grains=0.4,
        p_islands=0.3,
        p_similar=0.5,
    ),
}


@dataclass(frozen=True)
class _Fill:
    """What a material looks like."""

    kind: Kind
    level: float
    contrast: float
    lattice: Lattice | None = None
    has_twin: bool = False


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
    base_period_px = float(np.exp(rng.uniform(*np.log(ranges.period_px))))
    fills = _draw_fills(rng, ranges, base_period_px)
    materials = _draw_materials(rng, shape_hw, ranges, fills)
    for _ in range(_REDRAWS):  # a thin layer can vanish under its neighbours' roughness, an island beside its layer
        if _shares(materials, len(fills)).min() >= _LEAST_SHARE:
            break
        materials = _draw_materials(rng, shape_hw, ranges, fills)
    present = np.unique(materials[materials > 0])
    fills = [fills[material - 1] for material in present]
    materials = np.where(materials > 0, np.searchsorted(present, materials) + 1, 0).astype(np.uint32)
    regions = _draw_grains(rng, materials, ranges, fills)
    ideal = _render(rng, regions, fills)
    counts_per_pixel = float(np.exp(rng.uniform(*np.log(ranges.counts_per_pixel))))
    jitter_px = float(rng.uniform(*ranges.jitter_px))
    counts = instrument.count_electrons(rng, instrument.scan_jitter(rng, ideal, jitter_px), counts_per_pixel)
    low, high = np.percentile(counts, (0.1, 99.9))
    pixels = np.clip((counts - low) / max(high - low, 1.0), 0, 1).astype(np.float32)
    return Scene(
        Micrograph(pixels, pixel_size_nm=0.4 / base_period_px, name=f"procedural-{difficulty}-{seed}"),
        regions.materials,
        materials=[f"{fill.kind} {index}" for index, fill in enumerate(fills, start=1)],
        difficulty=difficulty,
        weights=_weights(regions.materials, fills),
        grains=regions.grains,
        parameters=_parameters(seed, difficulty, counts_per_pixel, jitter_px, regions, fills),
    )


def _draw_fills(rng: np.random.Generator, ranges: SceneRanges, base_period_px: float) -> list[_Fill]:
    """The look of each material, in the order of the stack: vacuum only at the end, amorphous at most once."""
    n = int(rng.integers(ranges.n_materials[0], ranges.n_materials[1] + 1))
    ends_in_vacuum, capped = rng.uniform(size=2) < (0.25, 0.5)
    kinds: list[Kind] = ["lattice"] * n
    if n > 2 and ends_in_vacuum:
        kinds[-1] = "vacuum"
    if capped:
        kinds[-2 if kinds[-1] == "vacuum" else -1] = "amorphous"
    shortest, longest = ranges.period_px
    period_px = (max(shortest, 0.75 * base_period_px), min(longest, 1.35 * base_period_px))
    fills: list[_Fill] = []
    for kind in kinds:
        level, contrast = float(rng.uniform(0.15, 0.6)), float(rng.uniform(0.4, 1.0))
        previous = fills[-1].lattice if fills else None
        if kind == "vacuum":
            fills.append(_Fill(kind, level=float(rng.uniform(0.02, 0.08)), contrast=0.0))
        elif kind == "amorphous":
            fills.append(_Fill(kind, level, contrast=float(rng.uniform(0.1, 0.35))))
        elif previous is not None and rng.uniform() < ranges.p_similar:
            fills[-1] = replace(fills[-1], has_twin=True)
            fills.append(replace(fills[-1], lattice=similar_lattice(previous, rng)))
        else:
            fills.append(_Fill(kind, level, contrast, _draw_lattice(rng, ranges, period_px)))
    return fills


def _draw_lattice(rng: np.random.Generator, ranges: SceneRanges, period_px: tuple[float, float]) -> Lattice:
    if not ranges.cells:
        return random_lattice(rng, period_px, ranges.n_columns)
    name = ranges.cells[int(rng.integers(len(ranges.cells)))]
    return named_lattice(name, float(rng.uniform(*period_px)), rotation_deg=float(rng.uniform(0, 180)))


def _draw_materials(
    rng: np.random.Generator, shape_hw: tuple[int, int], ranges: SceneRanges, fills: list[_Fill]
) -> NDArray[np.uint32]:
    """Layers of all materials, or of all but the last, which then lies as islands in the thickest layer."""
    n = len(fills)
    as_islands = n > 2 and fills[-1].kind == "lattice" and rng.uniform() < ranges.p_islands
    n_layers = n - 1 if as_islands else n
    spare = 1 - n_layers * ranges.thinnest_layer
    fractions = ranges.thinnest_layer + spare * rng.dirichlet(np.full(n_layers, 2.0))
    materials = layout.layers(
        rng,
        shape_hw,
        fractions.tolist(),
        tilt_deg=float(rng.choice([0.0, 90.0, rng.uniform(-180, 180)])),
        roughness_px=float(rng.uniform(*ranges.roughness_px)),
        roughness_length_px=float(rng.uniform(4, 40)),
        gap_px=[float(rng.uniform(3, 12)) if rng.uniform() < ranges.p_gap else 0.0 for _ in range(n_layers - 1)],
    )
    if as_islands:
        radius_px = (0.08 * min(shape_hw), 0.16 * min(shape_hw))
        islands = layout.blobs(rng, shape_hw, int(rng.integers(1, 4)), radius_px)
        materials[islands & (materials == 1 + int(np.argmax(fractions)))] = n
    return materials


def _draw_grains(
    rng: np.random.Generator, materials: NDArray[np.uint32], ranges: SceneRanges, fills: list[_Fill]
) -> layout.Layout:
    """Split some of the crystalline materials into grains or by an antiphase boundary."""
    grains: dict[int, NDArray[np.uint32]] = {}
    sides: dict[int, NDArray[np.bool_]] = {}
    for material, fill in enumerate(fills, start=1):
        region = materials == material
        if fill.kind != "lattice":
            continue
        if rng.uniform() < ranges.p_grains:
            grains[material] = layout.split_into_grains(rng, region, int(rng.integers(2, 6)))
        elif rng.uniform() < ranges.p_antiphase:
            sides[material] = layout.split_by_line(rng, region, roughness_px=2.0)
    return layout.assemble(materials, grains, sides)


def _render(rng: np.random.Generator, regions: layout.Layout, fills: list[_Fill]) -> NDArray[np.float64]:
    """The noise-free image: columns stand where their own centre lies in their grain, so interfaces are atomic."""
    shape_hw = regions.materials.shape
    image = np.full(shape_hw, 0.05)
    for material, fill in enumerate(fills, start=1):
        region = regions.materials == material
        if fill.kind == "lattice":
            image[region] = fill.level
        else:
            image[region] = np.clip(_amorphous(rng, shape_hw, fill), 0.01, None)[region]
    image = ndimage.gaussian_filter(image, 1.0)
    image += _columns(rng, regions, fills)
    y, x = np.mgrid[-1 : 1 : shape_hw[0] * 1j, -1 : 1 : shape_hw[1] * 1j]
    wedge_y, wedge_x = rng.uniform(-0.12, 0.12, size=2)
    return np.asarray(np.clip(image * (1 + wedge_y * y + wedge_x * x), 0, None))


def _amorphous(rng: np.random.Generator, shape_hw: tuple[int, ...], fill: _Fill) -> NDArray[np.float64]:
    """Speckle of a few pixels' correlation length; half of the films carry bright grains, as a Pt/C cap does."""
    speckle = ndimage.gaussian_filter(rng.normal(size=shape_hw), rng.uniform(1.0, 2.5))
    film = fill.level * (1 + fill.contrast * speckle / speckle.std())
    if fill.contrast > 0 and rng.uniform() < 0.5:
        coarse = ndimage.gaussian_filter(rng.normal(size=shape_hw), rng.uniform(6, 14))
        film += 0.5 * fill.level * np.clip(coarse / coarse.std() - 0.8, 0, 1.2)
    return np.asarray(film)


def _crystals(
    rng: np.random.Generator, regions: layout.Layout, fills: list[_Fill]
) -> list[tuple[Lattice, tuple[float, float]] | None]:
    """Lattice and origin (x, y) of each grain; None where it is not crystalline."""
    height, width = regions.grains.shape
    crystals: list[tuple[Lattice, tuple[float, float]] | None] = []
    for grain, material in enumerate(regions.material_of_grain, start=1):
        lattice = fills[material - 1].lattice
        parent = crystals[regions.antiphase[grain] - 1] if grain in regions.antiphase else None
        if lattice is None:
            crystals.append(None)
        elif parent is not None:
            shift = lattice.vectors_px[int(rng.integers(2))] / 2
            crystals.append((lattice, (parent[1][0] + float(shift[0]), parent[1][1] + float(shift[1]))))
        else:
            if material in regions.material_of_grain[: grain - 1]:
                lattice = replace(lattice, rotation_deg=float(rng.uniform(0, 180)))
            crystals.append((lattice, (float(rng.uniform(0, width)), float(rng.uniform(0, height)))))
    return crystals


def _columns(rng: np.random.Generator, regions: layout.Layout, fills: list[_Fill]) -> NDArray[np.float64]:
    """The image of all atomic columns; one blur for each width of column.

    Columns stand in a margin around the image too: at the frame an image is cut, not mirrored.
    """
    (height, width), margin = regions.grains.shape, max((_margin_px(fill.lattice) for fill in fills), default=0)
    planes: dict[float, NDArray[np.float64]] = {}
    for grain, crystal in enumerate(_crystals(rng, regions, fills), start=1):
        if crystal is None:
            continue
        lattice, origin_xy = crystal
        contrast = fills[regions.material_of_grain[grain - 1] - 1].contrast
        plane = planes.setdefault(lattice.sigma_px, np.zeros((height + 2 * margin, width + 2 * margin)))
        for column in lattice.columns:
            xy = lattice.positions_px(column, (height, width), origin_xy)
            _deposit(plane, xy, contrast * column.intensity, regions.grains == grain)
    blurred = (2 * np.pi * sigma**2 * ndimage.gaussian_filter(plane, sigma) for sigma, plane in planes.items())
    image = np.s_[margin : margin + height, margin : margin + width]
    return sum((plane[image] for plane in blurred), start=np.zeros((height, width)))


def _margin_px(lattice: Lattice | None) -> int:
    """How far from the image a column can stand and still be seen, and its second pixel."""
    return 0 if lattice is None else int(np.ceil(4 * lattice.sigma_px)) + 2


def _deposit(plane: NDArray[np.float64], xy: NDArray[np.float64], weight: float, region: NDArray[np.bool_]) -> None:
    """Add a column of this weight at each position inside the region, shared by its four nearest pixels.

    The plane has a margin around the region; a column there belongs to the region if the nearest pixel does.
    """
    height, width = region.shape
    margin = (plane.shape[0] - height) // 2
    nearest = np.clip(np.rint(xy).astype(np.int64), 0, [width - 1, height - 1])
    xy = xy[region[nearest[:, 1], nearest[:, 0]]] + margin
    corner = np.floor(xy).astype(np.int64)
    part = xy - corner
    for dy in (0, 1):
        for dx in (0, 1):
            share = np.abs(1 - dx - part[:, 0]) * np.abs(1 - dy - part[:, 1])
            np.add.at(plane, (corner[:, 1] + dy, corner[:, 0] + dx), weight * share)


def _weights(materials: NDArray[np.uint32], fills: list[_Fill]) -> list[float]:
    shares = _shares(materials, len(fills))
    return [1.0 if share < 0.1 or fill.has_twin else 10.0 for share, fill in zip(shares, fills, strict=True)]


def _shares(materials: NDArray[np.uint32], n: int) -> NDArray[np.float64]:
    """Share of the image that each of n materials covers."""
    return np.asarray(np.bincount(materials.ravel(), minlength=n + 1)[1:] / materials.size)


def _parameters(
    seed: int, difficulty: int, counts_per_pixel: float, jitter_px: float, regions: layout.Layout, fills: list[_Fill]
) -> dict[str, Any]:
    return {
        "seed": seed,
        "difficulty": difficulty,
        "counts_per_pixel": counts_per_pixel,
        "jitter_px": jitter_px,
        "grains": len(regions.material_of_grain),
        "antiphase_boundaries": len(regions.antiphase),
        "materials": [asdict(fill) for fill in fills],
    }
