"""Candidate regions of a field: whole materials, their connected parts, and the grains of these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import watershed

from samiam.compact.field import Field
from samiam.compact.textures import Texture

Granularity = Literal["whole", "connected", "grain"]
GRANULARITIES: tuple[Granularity, ...] = ("whole", "connected", "grain")
_ON_BOUNDARY = 0.4
_MARGIN = 0.1
"""Cosine similarity by which a texture must be nearer, or may be less near, than the next for `stability`."""


@dataclass(frozen=True, eq=False)
class Region:
    """A candidate for a mask, on the grid of a field.

    Attributes:
        granularity: what it is.
        texture: what it consists of.
        inside: bool (h, w), the points that belong to it.
        signed: float32 (h, w), by how much each point is nearer in texture than to the next: above 0 inside.
        evidence: float64 (n,), what its quality is predicted from.
        stability: share of its points that stay when the texture must be nearer than the next by a margin, of those
            that join when it may be less near by as much.
    """

    granularity: Granularity
    texture: Texture
    inside: NDArray[np.bool_]
    signed: NDArray[np.float32]
    evidence: NDArray[np.float64]
    stability: float


def similarities(field: Field, textures: Sequence[Texture]) -> NDArray[np.float32]:
    """Cosine similarity (n, h, w) of each point to each texture."""
    # In numpy: where a network is validated in mixed precision, torch's products are of half precision.
    return np.tensordot(np.stack([texture.mean for texture in textures]), field.vectors.numpy(), axes=1)


def regions_of_texture(field: Field, textures: Sequence[Texture], place: int, smallest_points: float) -> list[Region]:
    """A texture as a whole, every connected part of it, and the grains of each part; the whole comes first.

    Args:
        field: of the image.
        textures: those that share the image out, at least two.
        place: of the texture among them.
        smallest_points: fewer points make no region.
    """
    nearness = similarities(field, textures)
    margin = nearness[place] - np.delete(nearness, place, axis=0).max(axis=0)
    boundaries = np.maximum(field.boundaries.numpy(), field.grain_boundaries.numpy())
    whole, regions = margin > 0, []
    for granularity, inside in _parts(whole, boundaries, smallest_points):
        signed = margin if granularity == "whole" else _limited(margin, whole, inside)
        strict, loose = (int(np.count_nonzero(signed > sign * _MARGIN)) for sign in (1, -1))
        stability = strict / max(loose, 1)
        evidence = _evidence(granularity, inside, whole, textures[place], margin, field, stability)
        regions.append(Region(granularity, textures[place], inside, signed, evidence, stability))
    return regions


def _limited(margin: NDArray[np.float32], whole: NDArray[np.bool_], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The margin of a texture, made negative at points nearer to other parts of it than to this one."""
    to_part, to_others = (ndimage.distance_transform_edt(~points) for points in (inside, whole & ~inside))
    return np.where(to_part <= to_others, margin, -np.abs(margin)).astype(np.float32)


def _parts(
    whole: NDArray[np.bool_], boundaries: NDArray[np.float32], smallest_points: float
) -> Iterator[tuple[Granularity, NDArray[np.bool_]]]:
    if np.count_nonzero(whole) < smallest_points:
        return
    yield "whole", whole
    parts = _large_parts(whole, smallest_points)
    for part in parts:
        if len(parts) > 1:
            yield "connected", part
        grains = _large_parts(part & (boundaries < _ON_BOUNDARY), smallest_points)
        if len(grains) > 1:
            seeds = sum(number * grain.astype(np.int32) for number, grain in enumerate(grains, start=1))
            grown = watershed(boundaries, seeds, mask=part)  # type: ignore[no-untyped-call]
            for number in range(1, len(grains) + 1):
                yield "grain", grown == number


def _large_parts(inside: NDArray[np.bool_], smallest_points: float) -> list[NDArray[np.bool_]]:
    """Connected parts, the largest first."""
    labels, n = ndimage.label(inside)
    sizes = np.bincount(labels.ravel(), minlength=n + 1)[1:]
    return [labels == 1 + part for part in np.argsort(-sizes, kind="stable") if sizes[part] >= smallest_points]


def _evidence(
    granularity: Granularity,
    inside: NDArray[np.bool_],
    whole: NDArray[np.bool_],
    texture: Texture,
    margin: NDArray[np.float32],
    field: Field,
    stability: float,
) -> NDArray[np.float64]:
    """What tells a region that means something: how it differs from the rest, how even it is, how sharp its outline."""
    outline = ndimage.binary_dilation(inside) & ~ndimage.binary_erosion(inside, border_value=1)
    on_outline = outline if outline.any() else inside
    interior = ndimage.binary_erosion(inside, iterations=2, border_value=1)
    interior = interior if interior.any() else inside
    between_materials, between_grains = (maps.numpy() for maps in (field.boundaries, field.grain_boundaries))
    return np.array(
        [
            1.0,
            float(granularity == "connected"),
            float(granularity == "grain"),
            np.log(max(texture.apart, 1e-3)),
            np.log(max(texture.spread, 1e-3)),
            float(margin[inside].mean()),
            stability,
            float(between_materials[on_outline].mean()),
            float(between_grains[on_outline].mean()),
            float(between_materials[interior].mean()),
            _along_a_line(between_materials[interior]),
            _along_a_line(between_grains[interior]),
            texture.apart,
            texture.spread,
            np.log(inside.mean()),
            int(np.count_nonzero(inside)) / max(int(np.count_nonzero(whole)), 1),
        ]
    )


def _along_a_line(values: NDArray[np.float32]) -> float:
    """The mean of the highest values, as many as a line across a region of this many points has."""
    n = max(1, round(len(values) ** 0.5))
    return float(np.partition(values, -n)[-n:].mean())
