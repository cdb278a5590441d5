"""Candidate regions of an image: whole materials, their connected parts, and the grains of these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import watershed

from samiam.compact.looks import Look
from samiam.compact.regions.evidence import Granularity, evidence_of
from samiam.compact.regions.textures import Texture, texture_tree
from samiam.compact.settings import CompactOptions

_ON_BOUNDARY = 0.4
"""Grains begin where a boundary is less sure than this; chosen by hand on procedural scenes."""
_MARGIN = 0.1
"""Cosine similarity by which a texture must be nearer, or may be less near, than the next for `stability`.

Chosen by hand on procedural scenes.
"""


@dataclass(frozen=True, eq=False)
class Region:
    """A candidate for a mask, on the grid of a look.

    Attributes:
        granularity: what it is.
        texture: what it consists of.
        inside: bool (h, w), the points that belong to it.
        signed: float32 (h, w), by how much each point is nearer in texture than to the next: above 0 inside.
        evidence: float64 (16,), what its quality is predicted from, named by `EVIDENCE`.
        stability: share of its points that stay when the texture must be nearer than the next by a margin, of those
            that join when it may be less near by as much.
    """

    granularity: Granularity
    texture: Texture
    inside: NDArray[np.bool_]
    signed: NDArray[np.float32]
    evidence: NDArray[np.float64]
    stability: float

    @cached_property
    def depth(self) -> NDArray[np.float32]:
        """How far each point is from the other side of the outline, in points: (h, w); clicks ask for it again."""
        inside = ndimage.distance_transform_edt(self.inside)
        return np.asarray(inside + ndimage.distance_transform_edt(~self.inside), np.float32)

    @cached_property
    def deepest(self) -> float:
        """How far its innermost point is from its outline."""
        return float(self.depth[self.inside].max())


@dataclass(frozen=True, eq=False)
class Sharing:
    """Textures that share an image out.

    Attributes:
        textures: at least two.
        nearness: float32 (n, h, w), the cosine similarity of each point to each.
    """

    textures: list[Texture]
    nearness: NDArray[np.float32]

    @classmethod
    def of(cls, look: Look, textures: list[Texture]) -> Sharing:
        """How near the points of a look are to textures."""
        means = np.stack([texture.mean for texture in textures])
        return cls(textures, np.tensordot(means, look.vectors, axes=1))

    def margin(self, place: int) -> NDArray[np.float32]:
        """By how much each point (h, w) is nearer to the texture at a place than to any other."""
        of_others = np.delete(self.nearness, place, axis=0).max(axis=0)
        return np.asarray(self.nearness[place] - of_others)


@dataclass(frozen=True, eq=False)
class Candidates:
    """The textures of an image and the regions that they give, not rated yet.

    Attributes:
        root: the whole image as one texture; None where there is nothing to split.
        levels: what shares the image out after each split.
        regions: by `id` of a texture that was split, the regions of its two parts.
        whole_image: all of it as one region; None where there is no root.
    """

    root: Texture | None
    levels: list[Sharing]
    regions: Mapping[int, list[Region]]
    whole_image: Region | None


def candidate_regions(look: Look, options: CompactOptions) -> Candidates:
    """Split an image into textures, the loosest first, and find what regions each split gives.

    Args:
        look: at the image.
        options: how far to go.
    """
    root = texture_tree(look, options.smallest_mask)
    shared_out = [] if root is None else [root]
    smallest_points = options.smallest_mask * look.boundaries.size
    levels: list[Sharing] = []
    found: dict[int, list[Region]] = {}
    while len(levels) < options.most_splits:
        loosest = max(shared_out, key=lambda texture: texture.spread if texture.parts else -1, default=None)
        if loosest is None or not loosest.parts or loosest.spread < options.least_apart:
            break
        shared_out = [*(other for other in shared_out if other is not loosest), *loosest.parts]
        levels.append(Sharing.of(look, shared_out))
        found[id(loosest)] = [
            region
            for place in (len(shared_out) - 2, len(shared_out) - 1)
            for region in regions_of_texture(look, levels[-1], place, smallest_points)
        ]
    return Candidates(root, levels, found, None if root is None else _whole_image(look, root))


def _whole_image(look: Look, root: Texture) -> Region:
    """All of an image as one region: there is nothing that it could be less near to."""
    inside = np.ones(look.boundaries.shape, np.bool_)
    margin = np.ones(inside.shape, np.float32)
    return Region("whole", root, inside, margin, evidence_of("whole", inside, inside, root, margin, look, 1.0), 1.0)


def regions_of_texture(look: Look, sharing: Sharing, place: int, smallest_points: float) -> list[Region]:
    """A texture as a whole, every connected part of it, and the grains of each part; the whole comes first.

    Args:
        look: at the image.
        sharing: what shares the image out.
        place: of the texture among that.
        smallest_points: fewer points make no region.
    """
    texture, margin = sharing.textures[place], sharing.margin(place)
    boundaries = np.maximum(look.boundaries, look.grain_boundaries)
    whole, regions = margin > 0, []
    for granularity, inside in _parts(whole, boundaries, smallest_points):
        signed = margin if granularity == "whole" else _limited(margin, whole, inside)
        strict, loose = (int(np.count_nonzero(signed > sign * _MARGIN)) for sign in (1, -1))
        stability = strict / max(loose, 1)
        evidence = evidence_of(granularity, inside, whole, texture, margin, look, stability)
        regions.append(Region(granularity, texture, inside, signed, evidence, stability))
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
