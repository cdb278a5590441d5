"""Which pixel belongs to which material and to which crystal: layers, islands, grains, defects, gaps."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import KDTree


@dataclass(frozen=True, eq=False)
class Layout:
    """The regions of a scene.

    Attributes:
        materials: uint32 (H, W); materials are 1 … M, 0 is a gap.
        grains: uint32 (H, W); separate crystals are 1 … G, 0 is a gap.
        material_of_grain: G entries; the material of grain g is `material_of_grain[g - 1]`.
        antiphase: grains that continue another grain's lattice shifted by half a cell: {grain: parent grain}.
        continues: grains that continue another grain's lattice as it is, as every second lath of a twin does.
    """

    materials: NDArray[np.uint32]
    grains: NDArray[np.uint32]
    material_of_grain: tuple[int, ...]
    antiphase: dict[int, int]
    continues: dict[int, int] = field(default_factory=dict)


def layers(
    rng: np.random.Generator,
    shape_hw: tuple[int, int],
    thickness_fractions: list[float],
    *,
    tilt_deg: float,
    roughness_px: float,
    roughness_length_px: float,
    gap_px: list[float],
) -> NDArray[np.uint32]:
    """A stack of layers, numbered from 1 along the growth direction.

    Args:
        rng: source of the interface roughness.
        shape_hw: image shape.
        thickness_fractions: share of the stack that each layer takes; they sum to 1.
        tilt_deg: angle of the growth direction to the image's y axis.
        roughness_px: standard deviation of each interface's height.
        roughness_length_px: lateral correlation length of the interfaces.
        gap_px: width of the unlabelled gap at each of the `len(thickness_fractions) - 1` interfaces.

    Returns:
        uint32 (H, W), 0 in the gaps.
    """
    height, width = shape_hw
    y, x = np.mgrid[:height, :width]
    angle = np.deg2rad(tilt_deg)
    along = np.cos(angle) * (y + 0.5 - height / 2) + np.sin(angle) * (x + 0.5 - width / 2)
    across = np.cos(angle) * (x - width / 2) - np.sin(angle) * (y - height / 2)
    extent = abs(np.cos(angle)) * height + abs(np.sin(angle)) * width
    interfaces = (np.cumsum(thickness_fractions)[:-1] - 0.5) * extent
    labels = np.ones(shape_hw, np.uint32)
    heights = [along - at - _profile(rng, across, roughness_px, roughness_length_px) for at in interfaces]
    for label, above in enumerate(heights, start=2):
        labels[above > 0] = label
    for above, gap in zip(heights, gap_px, strict=True):
        labels[np.abs(above) < gap / 2] = 0
    return labels


def _profile(
    rng: np.random.Generator, across: NDArray[np.float64], sigma_px: float, length_px: float
) -> NDArray[np.float64]:
    """Height of a rough interface at each pixel's lateral position."""
    reach = int(np.ceil(np.abs(across).max())) + 1
    noise = ndimage.gaussian_filter1d(rng.normal(size=2 * reach + 1), length_px, mode="wrap")
    noise = (noise - noise.mean()) * (sigma_px / max(float(noise.std()), 1e-12))  # long waves must not shift it
    return np.asarray(np.interp(across, np.arange(-reach, reach + 1), noise))


def blobs(
    rng: np.random.Generator, shape_hw: tuple[int, int], n: int, radius_px: tuple[float, float]
) -> NDArray[np.bool_]:
    """The union of `n` irregular round islands, bool (H, W)."""
    height, width = shape_hw
    y, x = np.mgrid[:height, :width]
    inside = np.zeros(shape_hw, np.bool_)
    for _ in range(n):
        radius = rng.uniform(*radius_px)
        centre_y, centre_x = rng.uniform(0.1, 0.9, size=2) * shape_hw
        polar = np.arctan2(y - centre_y, x - centre_x)
        lobes = sum(rng.uniform(0, 0.15) * np.cos(k * polar + rng.uniform(0, 2 * np.pi)) for k in (2, 3, 5))
        inside |= np.hypot(y - centre_y, x - centre_x) < radius * (1 + lobes)
    return inside


def split_into_grains(rng: np.random.Generator, region: NDArray[np.bool_], n: int) -> NDArray[np.uint32]:
    """Voronoi grains of a region: uint32 (H, W), 1 … n inside, 0 outside."""
    inside = np.argwhere(region)
    seeds = inside[rng.choice(len(inside), size=min(n, len(inside)), replace=False)]
    grains = np.zeros(region.shape, np.uint32)
    grains[region] = KDTree(seeds).query(inside)[1] + 1
    return grains


def split_into_laths(
    rng: np.random.Generator, region: NDArray[np.bool_], width_px: tuple[float, float]
) -> NDArray[np.uint32]:
    """Parallel bands of a region, each of a width of its own: uint32 (H, W), 1 … n inside, 0 outside."""
    y, x = np.mgrid[: region.shape[0], : region.shape[1]]
    angle = rng.uniform(0, np.pi)
    along = np.cos(angle) * x + np.sin(angle) * y
    along -= along[region].min()
    edges = np.cumsum(rng.uniform(*width_px, size=2 + int(along[region].max() / width_px[0])))
    bands = np.where(region, 1 + np.searchsorted(edges, along), 0)
    return np.unique(bands, return_inverse=True)[1].reshape(region.shape).astype(np.uint32)


def split_by_line(rng: np.random.Generator, region: NDArray[np.bool_], roughness_px: float) -> NDArray[np.bool_]:
    """One side of a rough line through the middle of a region, across its longer direction: where a defect runs."""
    rows, columns = np.nonzero(region)
    centred = np.stack([columns - columns.mean(), rows - rows.mean()])
    longest = np.linalg.svd(centred @ centred.T)[0][:, 0]
    turned = np.deg2rad(rng.uniform(-20, 20)) + np.arctan2(longest[1], longest[0])
    y, x = np.mgrid[: region.shape[0], : region.shape[1]]
    along = np.cos(turned) * (x - columns.mean()) + np.sin(turned) * (y - rows.mean())
    across = np.cos(turned) * (y - rows.mean()) - np.sin(turned) * (x - columns.mean())
    spread = float((centred * longest[:, None]).sum(axis=0).std())
    wavy = _profile(rng, across, roughness_px, 20.0)
    return np.asarray(region & (along > rng.uniform(-0.5, 0.5) * spread + wavy))


def assemble(
    materials: NDArray[np.uint32],
    grain_maps: dict[int, NDArray[np.uint32]],
    antiphase_sides: dict[int, NDArray[np.bool_]],
    twinned: frozenset[int] = frozenset(),
) -> Layout:
    """Number all grains of a scene.

    Args:
        materials: uint32 (H, W), 1 … M, 0 in gaps.
        grain_maps: grains (1 … n) of the materials that are polycrystalline.
        antiphase_sides: for a single-crystalline material the side that is shifted by half a cell.
        twinned: materials of which every second grain continues the lattice of the one before last.
    """
    grains = np.zeros(materials.shape, np.uint32)
    owners: list[int] = []
    antiphase: dict[int, int] = {}
    continues: dict[int, int] = {}
    for material in range(1, int(materials.max()) + 1):
        region = materials == material
        if material in antiphase_sides:
            pieces = [region & ~antiphase_sides[material], region & antiphase_sides[material]]
        elif material in grain_maps:
            pieces = [region & (grain_maps[material] == grain) for grain in np.unique(grain_maps[material][region])]
        else:
            pieces = [region]
        pieces = [piece for piece in pieces if piece.any()]
        if material in antiphase_sides and len(pieces) == 2:
            antiphase[len(owners) + 2] = len(owners) + 1
        for number, piece in enumerate(pieces):
            owners.append(material)
            if material in twinned and number >= 2:
                continues[len(owners)] = len(owners) - 2
            grains[piece] = len(owners)
    return Layout(materials, grains, tuple(owners), antiphase, continues)
