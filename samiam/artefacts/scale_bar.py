"""Scale bars that were drawn into an image, with the length written beside them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samiam.artefacts.box import Box, around_all
from samiam.artefacts.levels import Counts, may_be_lossy, near, percentiles, sampled
from samiam.artefacts.plates import GAP_PX, LOSSY, NEAR_THE_EDGE, Drawn, plate_under, plates_of
from samiam.artefacts.slender import LONGEST, SHORTEST, SHORTEST_PX, slender
from samiam.artefacts.writing import RIM_PX, with_thin_writing, with_writing

_CONTRAST = 0.2  # of the image's own range, between a bar and what is around it
_TOUCHING = 0.25  # share of a side beside a bar, within `GAP_PX`, that may be of its level


def find_scale_bar(counts: Counts) -> Box | None:
    """The box around a scale bar, its writing and the plate that they stand on.

    The bar lies near the upper or lower edge, solid, more than four times as long as thick. Either it is of the least
    or the greatest count and stands out on all sides, or it lies within a plate or an outline of that count. Where
    there is more than one such thing, and not side by side, they are the specimen's.

    Args:
        counts: real (H, W).

    Returns:
        The box, or None.
    """
    lowest, highest = float(counts.min()), float(counts.max())
    dark, bright = percentiles(sampled(counts), (0.5, 99.5))
    contrast = bright - dark
    tolerances = (0.0, LOSSY * (highest - lowest)) if may_be_lossy(counts) else (0.0,)
    for tolerance in tolerances:
        found = [drawn for level in (lowest, highest) for drawn in _drawn_with(counts, level, tolerance, contrast)]
        if found and tolerance < tolerances[-1] and all(drawn.plate == drawn.bar for drawn in found):
            # A bar may be of one level to the bit where the plate under it is not.
            found += [
                plate for level in (lowest, highest) for plate in plates_of(counts, level, tolerances[-1], contrast)
            ]
        if found and (box := _one_group(counts, found, tolerance, contrast)) is not None:
            return box.grown(RIM_PX, (counts.shape[0], counts.shape[1]))
    return None


def _drawn_with(counts: Counts, level: float, tolerance: float, contrast: float) -> list[Drawn]:
    """Bars of a level that stand out, and those within plates of that level."""
    at_level = near(counts, level, tolerance)
    bars = _solid_runs(at_level, 1 if tolerance == 0 else 2)
    return [
        *plates_of(counts, level, tolerance, contrast),
        *(
            Drawn(bar, level, plate_under(counts, bar) or bar)
            for bar in bars
            if _stands_out(counts, bar, level, tolerance, contrast)
        ),
    ]


def _one_group(counts: Counts, found: list[Drawn], tolerance: float, contrast: float) -> Box | None:
    """The box around all that was found and its writing, if it is one thing."""
    box = around_all([drawn.plate for drawn in found], (counts.shape[0], counts.shape[1]), RIM_PX)
    if box is None:
        return None
    thickest = max(found, key=lambda drawn: drawn.bar.height)
    if box.height - thickest.bar.height > 2 * RIM_PX:  # a plate with room for writing
        return box
    written = _written_beside(counts, thickest, tolerance)
    # Without its writing, what is not of one level to the bit has to stand out all the more.
    is_plain = (
        tolerance == 0
        or not written == thickest.bar == box
        or _stands_out(counts, thickest.bar, thickest.level, tolerance, 2 * contrast)
    )
    return box.around(written) if is_plain else None


def _written_beside(counts: Counts, drawn: Drawn, tolerance: float) -> Box:
    """The box around a bar and its writing."""
    at_level = near(counts, drawn.level, tolerance)
    if tolerance == 0:
        almost = near(counts, drawn.level, LOSSY * float(counts.max() - counts.min()))
        for ink in (at_level, almost):
            written = with_thin_writing(ink, drawn.bar)
            if written != drawn.bar:
                return written
    return with_writing(at_level, drawn.bar)


def _solid_runs(at_level: NDArray[np.bool_], slack_px: int) -> list[Box]:
    """Slender rectangles of nothing else, as long runs that lie one above the other."""
    height, width = at_level.shape
    depth = max(1, int(NEAR_THE_EDGE * height))
    rows = np.r_[0:depth, max(depth, height - depth) : height]
    return slender(at_level, rows, max(SHORTEST_PX, SHORTEST * width), LONGEST * width, slack_px)


def _stands_out(counts: Counts, bar: Box, level: float, tolerance: float, contrast: float) -> bool:
    """Whether a bar touches no edge of the image and ends on all sides within a few pixels."""
    ring = bar.grown(GAP_PX, (counts.shape[0], counts.shape[1]))
    if (ring.height, ring.width) != (bar.height + 2 * GAP_PX, bar.width + 2 * GAP_PX):
        return False
    around = counts[ring.slices].astype(np.float64) - level
    within = around[GAP_PX:-GAP_PX, GAP_PX:-GAP_PX]
    is_solid = tolerance == 0 or np.sqrt(np.mean(within**2)) < tolerance / 2
    sides = (around[0], around[-1], around[GAP_PX:-GAP_PX, 0], around[GAP_PX:-GAP_PX, -1])
    is_apart = all((np.abs(side) <= tolerance).mean() < _TOUCHING for side in sides)
    stands_out = np.median(np.abs(np.concatenate(sides))) > _CONTRAST * contrast
    return bool(is_solid and is_apart and stands_out)
