"""From a layout to a noise-free image: atomic columns, amorphous films, a thickness wedge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from simulate.procedural.fills import Fill
from simulate.procedural.films import amorphous_film
from simulate.procedural.lattices import Lattice, fringes
from simulate.procedural.layout import Layout

_SOFT = 0.2
"""Of the length along which a particle gets thinner, by so much is its outline blurred: facets are seen askew."""


def render(rng: np.random.Generator, regions: Layout, fills: list[Fill]) -> NDArray[np.float64]:
    """The noise-free image of a scene.

    Columns stand where their own centre lies in their grain, so interfaces are atomic. The second half of a crystal
    split by an antiphase boundary is shifted by half a cell; further grains of a material are turned at random.

    Args:
        rng: source of origins, orientations and speckle.
        regions: where each material and grain is.
        fills: what each material looks like; `fills[i]` is material i + 1.

    Returns:
        float64 (H, W), ≥ 0, in arbitrary units.
    """
    shape_hw = regions.materials.shape
    image = np.full(shape_hw, 0.05)
    for material, fill in enumerate(fills, start=1):
        region = regions.materials == material
        if fill.kind == "lattice":
            image[region] = fill.level
        else:
            image[region] = np.clip(amorphous_film(rng, shape_hw, fill), 0.01, None)[region]
    strength = _strength_of_grains(rng, regions, fills)
    if strength is not None:
        image *= strength[regions.grains]
    columns = _columns(rng, regions, fills, strength)
    for material, fill in enumerate(fills, start=1):
        if fill.rounded_px is not None:  # on a film, which has no columns
            inside = regions.materials == material
            thickness = _thickness(inside, fill.rounded_px)
            film, within = np.where(inside, fills[0].level, image), np.where(inside, image, fill.level)
            image = film + (within - film) * thickness
            columns *= thickness
    image = ndimage.gaussian_filter(image, 1.0) + columns
    y, x = np.mgrid[-1 : 1 : shape_hw[0] * 1j, -1 : 1 : shape_hw[1] * 1j]
    wedge_y, wedge_x = rng.uniform(-0.12, 0.12, size=2)
    return np.asarray(np.clip(image * (1 + wedge_y * y + wedge_x * x), 0, None))


def _thickness(inside: NDArray[np.bool_], rounded_px: float) -> NDArray[np.float64]:
    """How thick what lies within is, over the most: as a ball from its outline on, which is blurred; 0 outside."""
    margin = int(3 * _SOFT * rounded_px) + 1
    framed = np.pad(inside, margin, mode="edge")  # what goes on beyond the image has no outline there
    depth = np.clip(ndimage.distance_transform_edt(framed) / rounded_px, 0, 1)
    soft = ndimage.gaussian_filter(np.sqrt(1 - (1 - depth) ** 2), _SOFT * rounded_px)
    return np.asarray(soft[margin:-margin, margin:-margin])


def _crystals(
    rng: np.random.Generator, regions: Layout, fills: list[Fill]
) -> list[tuple[Lattice, tuple[float, float]] | None]:
    """Lattice and origin (x, y) of each grain; None where it is not crystalline."""
    height, width = regions.grains.shape
    crystals: list[tuple[Lattice, tuple[float, float]] | None] = []
    for grain, material in enumerate(regions.material_of_grain, start=1):
        fill = fills[material - 1]
        lattice = fill.lattice
        parent = crystals[regions.antiphase[grain] - 1] if grain in regions.antiphase else None
        if lattice is None:
            crystals.append(None)
        elif grain in regions.continues:
            crystals.append(crystals[regions.continues[grain] - 1])
        elif parent is not None:
            shift = lattice.vectors_px[int(rng.integers(2))] / 2
            crystals.append((lattice, (parent[1][0] + float(shift[0]), parent[1][1] + float(shift[1]))))
        else:
            if material in regions.material_of_grain[: grain - 1]:
                lattice = replace(lattice, rotation_deg=float(rng.uniform(0, 180)))
                lattice = fringes(lattice) if fill.has_tilted_grains else lattice
            crystals.append((lattice, (float(rng.uniform(0, width)), float(rng.uniform(0, height)))))
    return crystals


def _strength_of_grains(rng: np.random.Generator, regions: Layout, fills: list[Fill]) -> NDArray[np.float64] | None:
    """How bright each grain is beside the others of its material, by its number from 0; None where all are alike."""
    spreads = np.array([fills[material - 1].spread_of_grains for material in regions.material_of_grain])
    return np.exp([0.0, *(spreads * rng.normal(size=len(spreads)))]) if spreads.any() else None


def _columns(
    rng: np.random.Generator, regions: Layout, fills: list[Fill], strength: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """The image of all atomic columns; one blur for each width of column.

    Columns stand in a margin around the image too: at the frame an image is cut, not mirrored.
    """
    (height, width), margin = regions.grains.shape, max((_margin_px(fill.lattice) for fill in fills), default=0)
    planes: dict[float, NDArray[np.float64]] = {}
    for grain, crystal in enumerate(_crystals(rng, regions, fills), start=1):
        if crystal is None:
            continue
        lattice, origin_xy = crystal
        fill = fills[regions.material_of_grain[grain - 1] - 1]
        contrast = fill.contrast * (1.0 if strength is None else float(strength[grain]))
        plane = planes.setdefault(lattice.sigma_px, np.zeros((height + 2 * margin, width + 2 * margin)))
        region = regions.grains == grain
        for column in lattice.columns:
            _deposit(
                plane, lattice.positions_px(column, (height, width), origin_xy), contrast * column.intensity, region
            )
        if fill.overlap is not None:  # of the same probe, so that it has the same plane
            for column in fill.overlap.columns:
                xy = fill.overlap.positions_px(column, (height, width), origin_xy)
                _deposit(plane, xy, contrast * column.intensity, region)
    blurred = (_blurred(plane, sigma_px) for sigma_px, plane in planes.items())
    image = np.s_[margin : margin + height, margin : margin + width]
    return sum((plane[image] for plane in blurred), start=np.zeros((height, width)))


def _blurred(plane: NDArray[np.float64], sigma_px: float) -> NDArray[np.float64]:
    """Columns as Gaussians of unit height for unit weight; their deposit on four pixels has spread them by 1/6 px²."""
    return np.asarray(2 * np.pi * sigma_px**2 * ndimage.gaussian_filter(plane, np.sqrt(max(sigma_px**2 - 1 / 6, 0))))


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
