"""What is left around an image that was shifted, turned or padded: one level, in the corners, with straight edges."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from samiam.artefacts.levels import Counts, commonest, may_be_lossy, near, sampled
from samiam.artefacts.pane import Mask, Pane, axes_of

_RUN_PX = 8  # of one level from a corner along a side, before anything is looked at closely; as wide as JPEG's blocks
_WIDEST, _WIDEST_ALONE = 0.25, 0.125  # of a side: a constant band that is wider, or wide on one side only, is vacuum
# Share of an image that the corners take, of which a turn leaves two opposite ones; at 45° they are half of it.
_LEAST, _MOST = 0.002, 0.6
# Of how deep a turn about the centre cuts each side, and in pixels; a crop of a turned image leaves less of a cut.
_LEAST_CUT, _LEAST_CUT_PX = 0.25, 1.0
_ONE_CUT = math.radians(2)  # within which edges belong to one cut
_DIRECTIONS = 6  # that are tried
_EDGE_PX = 3  # a cut is as abrupt, and where it was interpolated the pixel beside it is half of it
_LEAST_RISE = 0.5  # of the mean beyond the cut; the surface of a specimen rises over the width of its columns
_BITES = 0.4  # share of the cut, beyond that of the image, where the image has the frame's level too; a disc has 0.7
_MOST_LOSSY = 2.0  # counts by which a JPEG of 8 bits may move what is of one level
_LOSSY = 1 / 64  # likewise, of the range of the image; one of few levels has no count to spare
_BLOCKS_PX = 12  # from the cut, beyond which JPEG's blocks hold nothing of the image: the diagonal of one
_RINGING = 0.3  # of the contrast at the cut, what JPEG leaves of it in the blocks across
_FLAT = 0.12  # likewise, root mean square over those blocks


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame that was found.

    Attributes:
        shown: (H, W), what lies inside of it and a pixel or two from its edges, which may be mixed.
        words: what it is.
    """

    shown: Mask
    words: str


def find_frame(counts: Counts) -> Frame | None:
    """The frame of one level around an image: bands along its sides, or corners that a turn has left.

    The level is that of a corner and the rest, but for bites of the same level, is a rectangle, upright or turned,
    cut by the image's own edges. So is a specimen with vacuum around it, but that does not begin within three pixels.

    Args:
        counts: real (H, W).

    Returns:
        The frame, or None.
    """
    for level in _levels_of_corners(counts):
        for tolerance in _tolerances(counts, level):
            pane = _pane(counts, level, tolerance)
            if pane is not None and _is_cut_out(counts, level, tolerance, pane):
                return _frame(pane, (counts.shape[0], counts.shape[1]), is_exact=tolerance == 0)
    return None


def _levels_of_corners(counts: Counts) -> list[float]:
    """Levels that run from a corner along a side."""
    levels: dict[float, None] = {}
    lossy = _lossy(counts)
    for turned in _from_corners(counts):
        level = turned[0, 0]
        sides = (turned[0, :_RUN_PX], turned[:_RUN_PX, 0])
        if any(near(side, level, lossy).all() for side in sides):
            levels[float(level)] = None
    return list(levels)


def _lossy(counts: Counts) -> float:
    """How far from its level a JPEG may put what is of one level."""
    return min(_MOST_LOSSY, _LOSSY * float(np.ptp(sampled(counts)))) if may_be_lossy(counts) else 0.0


def _from_corners(image: Counts) -> tuple[Counts, ...]:
    """An image so that each corner in turn is at the upper left; the first and the last are opposite."""
    return image, image[::-1], image[:, ::-1], image[::-1, ::-1]


def _tolerances(counts: Counts, level: float) -> Iterator[float]:
    """To the bit first; then as a JPEG blurs it."""
    yield 0.0
    if may_be_lossy(counts):
        differences = np.abs(sampled(counts).astype(np.float32) - level)
        differences = differences[differences > _lossy(counts)]
        if differences.size:
            yield _RINGING * float(np.median(differences))


def _pane(counts: Counts, level: float, tolerance: float) -> Pane | None:
    """The rectangle that holds what is not at a level, in the direction in which it holds the least else."""
    from scipy import ndimage  # `samiam info` need not wait for it where there is no frame
    from scipy.spatial import ConvexHull, QhullError

    differs = ~near(counts, level, tolerance)
    # By majority, so that a hot pixel or what JPEG makes of an edge moves no corner.
    differs = ndimage.uniform_filter(differs.astype(np.float32), 3, mode="nearest") > 0.5
    rows = np.flatnonzero(differs.any(axis=1))
    if not len(rows):
        return None
    first = differs[rows].argmax(axis=1)
    last = differs.shape[1] - 1 - differs[rows, ::-1].argmax(axis=1)
    points_xy = np.concatenate([np.stack([first, rows], 1), np.stack([last, rows], 1)]).astype(np.float64)
    try:
        corners_xy = points_xy[ConvexHull(points_xy).vertices]
    except QhullError:  # a line
        return None
    panes = [_pane_around(corners_xy, turn, counts.shape) for turn in _directions(corners_xy, counts.shape)]
    step = (max(1, counts.shape[0] // 512), max(1, counts.shape[1] // 512))
    areas = [pane.covers(differs.shape, step=step).mean() for pane in panes]
    # A turn is one where it holds less by more than a pixel all along two sides, as ragged edges may make it seem.
    is_turned = areas[0] - min(areas) > 1 / differs.shape[0] + 1 / differs.shape[1]
    return panes[int(np.argmin(areas))] if is_turned else panes[0]


def _directions(corners_xy: NDArray[np.float64], shape: tuple[int, ...]) -> list[float]:
    """Upright first, then along the edges of a convex outline, a cut being several that differ by steps of a pixel."""
    edges = np.roll(corners_xy, -1, axis=0) - corners_xy
    lengths = np.hypot(edges[:, 0], edges[:, 1])
    turns = np.arctan2(edges[:, 1], edges[:, 0]) % (math.pi / 2)
    upright = 1 / max(shape)  # a pixel over the image
    oblique = (turns > upright) & (turns < math.pi / 2 - upright)
    lengths, turns = lengths[oblique], turns[oblique]
    alike = lengths * (np.abs(turns[:, None] - turns) < _ONE_CUT)
    best = np.argsort(-alike.sum(axis=1), kind="stable")[:_DIRECTIONS]
    means = (alike @ turns)[best] / alike.sum(axis=1)[best]
    return [0.0, *means.tolist(), *turns[best].tolist()]


def _pane_around(corners_xy: NDArray[np.float64], turn: float, shape: tuple[int, ...]) -> Pane:
    places = np.array(axes_of(turn)) @ corners_xy.T
    low, high = places.min(axis=1), places.max(axis=1)
    if turn == 0:
        low = np.where(low <= 0, -math.inf, low)
        high = np.where(high >= np.array(shape[::-1]) - 1, math.inf, high)
    return Pane(turn, (float(low[0]), float(low[1])), (float(high[0]), float(high[1])))


def _is_cut_out(counts: Counts, level: float, tolerance: float, pane: Pane) -> bool:
    """Whether a rectangle is an image in a frame, and not a specimen in vacuum."""
    shape_hw = (counts.shape[0], counts.shape[1])
    inside = pane.covers(shape_hw)
    is_left = _is_left_by_a_turn(pane, inside) if pane.turn else _is_narrow(pane, shape_hw)
    if not is_left or not _is_flat(counts, level, tolerance, pane):
        return False
    values, edge = _sampled_within(counts, inside), counts[inside & ~pane.covers(shape_hw, inset_px=_EDGE_PX)]
    has_texture = commonest(values)[1] < 0.5
    bites = near(edge, level, tolerance).mean() - near(values, level, tolerance).mean()
    return bool(has_texture and bites <= _BITES and _is_abrupt(counts, level, pane, inside))


def _sampled_within(counts: Counts, inside: Mask) -> Counts:
    """Some of the counts of a region, (N,)."""
    values = sampled(counts)[sampled(inside)]
    return values if values.size else counts[inside]


def _is_narrow(pane: Pane, shape_hw: tuple[int, int]) -> bool:
    """Whether what lies outside of an upright rectangle is bands too narrow for vacuum."""
    shares = [margin / side for margin, side in zip(pane.margins(shape_hw), shape_hw * 2, strict=True)]
    n_sides = sum(share > 0 for share in shares)
    return bool(n_sides > 0 and max(shares) <= (_WIDEST_ALONE if n_sides == 1 else _WIDEST))


def _is_left_by_a_turn(pane: Pane, inside: Mask) -> bool:
    """Whether what lies outside is what a turn leaves: opposite corners, cuts on three sides, no wide band beyond.

    A turn cuts all four sides, of which a crop may take one. Parallel surfaces of a specimen, or two that meet, cut
    two.
    """
    cut = [not turned[0, :_RUN_PX].any() or not turned[:_RUN_PX, 0].any() for turned in _from_corners(inside)]
    has_opposites = (cut[0] and cut[3]) or (cut[1] and cut[2])
    if not has_opposites or not _LEAST <= np.count_nonzero(~inside) / inside.size <= _MOST:
        return False
    height, width = inside.shape
    n_cuts = 0
    for axis, (along_x, along_y) in enumerate(axes_of(pane.turn)):
        places = sorted(along_x * x + along_y * y for x in (0, width - 1) for y in (0, height - 1))
        length, low, high = places[3] - places[0], pane.low_uv[axis], pane.high_uv[axis]
        if max(low - places[1], places[2] - high) > _WIDEST_ALONE * length:
            return False
        side = width if abs(along_x) > abs(along_y) else height
        least = max(_LEAST_CUT_PX, _LEAST_CUT * (length - side) / 2)
        n_cuts += (low - places[0] >= least) + (places[3] - high >= least)
    return n_cuts >= 3


def _is_flat(counts: Counts, level: float, tolerance: float, pane: Pane) -> bool:
    """Whether what lies outside is of one level, to the bit or but for what JPEG does within blocks across the cut."""
    shape_hw = (counts.shape[0], counts.shape[1])
    outside = counts[~pane.covers(shape_hw)]
    if tolerance == 0:
        return bool(near(outside, level).mean() > 0.995)
    far = near(counts[~pane.covers(shape_hw, inset_px=-_BLOCKS_PX)], level, _lossy(counts))
    if far.size and far.mean() < 0.98:
        return False
    differences = outside.astype(np.float32) - level
    at_level = (np.abs(differences) <= _lossy(counts)).mean()
    return bool(at_level > 0.5 and np.sqrt(np.mean(differences**2)) <= _FLAT / _RINGING * tolerance)


def _is_abrupt(counts: Counts, level: float, pane: Pane, inside: Mask) -> bool:
    """Whether the image begins at full strength, or its darkest pixel lies far from the frame's level."""
    values = np.abs(_sampled_within(counts, inside).astype(np.float64) - level)
    low, high = np.percentile(values, (0.1, 99.9))
    if low > 0.25 * (high - low):
        return True
    rings = [pane.covers(inside.shape, inset_px=depth) for depth in range(_EDGE_PX + 1)]
    rises = [np.abs(counts[outer & ~inner].astype(np.float64) - level).mean() for outer, inner in pairwise(rings)]
    return bool(max(rises) >= _LEAST_RISE * values.mean())


def _frame(pane: Pane, shape_hw: tuple[int, int], *, is_exact: bool) -> Frame:
    is_upright = pane.turn == 0
    shown = pane.covers(shape_hw, inset_px=1 if is_upright and is_exact else 2)
    if not is_upright:
        degrees = math.degrees(pane.turn)
        return Frame(shown, f"the corners around an image turned by {min(degrees, 90 - degrees):.1f}°")
    margins = dict(zip(("top", "right", "bottom", "left"), pane.margins(shape_hw), strict=True))
    if len(set(margins.values())) == 1:
        return Frame(shown, f"a frame of {margins['top']} px")
    sides = [f"{px} px at the {side}" for side, px in margins.items() if px]
    return Frame(shown, f"a frame of {' and '.join([', '.join(sides[:-1]), sides[-1]] if sides[1:] else sides)}")
