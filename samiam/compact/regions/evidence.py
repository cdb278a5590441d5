"""What tells a region that means something: how it differs from the rest, how even it is, how sharp its outline."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from samiam.compact.looks import Look
from samiam.compact.regions.textures import Texture
from samiam.morphology import dilated, eroded

Granularity = Literal["whole", "connected", "grain"]
"""A material as a whole, a connected part of one, a grain."""

EVIDENCE = (
    "constant",
    "is_connected",
    "is_grain",
    "log_apart",
    "log_spread",
    "margin",
    "stability",
    "boundary_on_outline",
    "grain_boundary_on_outline",
    "boundary_inside",
    "boundary_along_a_line_inside",
    "grain_boundary_along_a_line_inside",
    "apart",
    "spread",
    "log_share_of_image",
    "share_of_texture",
)
"""The names of `evidence_of`, in its order: what the quality of a region is predicted from."""
EVIDENCE_OF_CHOICE = (*EVIDENCE, "quality", "quality_of_parts", "is_doubtful")
"""The names of `Rated.evidence`, in its order: what the choice among the regions around a click goes by."""


def evidence_of(
    granularity: Granularity,
    inside: NDArray[np.bool_],
    whole: NDArray[np.bool_],
    texture: Texture,
    margin: NDArray[np.float32],
    look: Look,
    stability: float,
) -> NDArray[np.float64]:
    """The evidence of a region, float64 (16,), named by `EVIDENCE`.

    Args:
        granularity: of the region.
        inside: bool (h, w), its points.
        whole: bool (h, w), all points of its texture.
        texture: what it consists of.
        margin: float32 (h, w), by how much each point is nearer to the texture than to the next.
        look: at the image.
        stability: share of its points under a loose threshold that are its under a strict one too.
    """
    outline = dilated(inside) & ~eroded(inside, beyond=True)
    on_outline = outline if outline.any() else inside
    interior = eroded(inside, 2, beyond=True)
    interior = interior if interior.any() else inside
    between_materials, between_grains = look.boundaries, look.grain_boundaries
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
