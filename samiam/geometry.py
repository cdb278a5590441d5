"""Pure mask algebra: how masks overlap, contain each other, and where their boundaries lie."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.errors import InputError
from samiam.records import Masks

_TILE_PX = 256  # a multiple of 8, the pixels of a byte
_RUNS_PER_BLOCK = 1 << 16  # at once, so that memory does not grow with the image
_EXACT_IN_FLOAT32 = 1 << 24  # whole numbers up to here, which BLAS then adds without rounding


def intersections(first: Masks, second: Masks | None = None) -> NDArray[np.int64]:
    """Pixels shared by each pair of masks, exactly.

    It is done tile by tile, for the masks whose boxes reach into each: masks that lie apart cost nothing.
    A row of the tile is cut wherever any mask begins or ends; between two cuts every pixel is covered by the
    same masks, so it is enough to look at one pixel of each run and to weigh it with the run's length. Working
    memory stays within a few times the packed masks, N·H·W/8.

    Args:
        first: N masks.
        second: M masks of the same shape; None for `first` itself.

    Returns:
        int64 (N, M); with one argument the diagonal holds the areas.

    Raises:
        InputError: if the two sets are of different shapes.
    """
    if second is not None and second.shape_hw != first.shape_hw:
        raise InputError(f"masks of shape {first.shape_hw} cannot be compared with masks of shape {second.shape_hw}.")
    sets = [first] if second is None else [first, second]
    total = np.zeros((len(first), len(sets[-1])), np.int64)
    for top, left in product(*(range(0, side, _TILE_PX) for side in first.shape_hw)):
        bottom, right = (min(start + _TILE_PX, side) for start, side in zip((top, left), first.shape_hw, strict=True))
        there = [np.flatnonzero(_meets(masks.boxes_xywh, top, bottom, left, right)) for masks in sets]
        if all(map(len, there)):
            tile = np.s_[top:bottom, left // 8 : -(-right // 8)]
            stacks = [masks.packed[:, *tile][chosen] for masks, chosen in zip(sets, there, strict=True)]
            total[np.ix_(there[0], there[-1])] += _shared(stacks, (bottom - top, right - left))
    return total


def _meets(boxes_xywh: NDArray[np.int64], top: int, bottom: int, left: int, right: int) -> NDArray[np.bool_]:
    """Which boxes have a pixel within bounds."""
    x, y, width, height = boxes_xywh.T
    return np.asarray((x < right) & (x + width > left) & (y < bottom) & (y + height > top))


def _shared(stacks: list[NDArray[np.uint8]], shape_hw: tuple[int, int]) -> NDArray[np.int64]:
    """Pixels shared by each pair of packed masks, the first of the first stack, the second of the last."""
    starts, lengths = _runs(stacks, shape_hw)
    total = np.zeros((len(stacks[0]), len(stacks[-1])), np.int64)
    for begin, end in _blocks(lengths):
        rows, columns = np.divmod(starts[begin:end], shape_hw[1])
        covered = [_bits_at(packed, rows, columns) for packed in stacks]
        weighted = covered[0] * lengths[begin:end].astype(np.float32)
        total += np.rint(weighted @ covered[-1].T).astype(np.int64)
    return total


def _runs(stacks: list[NDArray[np.uint8]], shape_hw: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Flat start positions and lengths of the runs over which no mask begins or ends."""
    height, width = shape_hw
    cuts = np.zeros((height, -(-width // 8)), np.uint8)
    for packed in stacks:
        for rows in packed:
            left_neighbour = rows >> 1
            left_neighbour[:, 1:] |= rows[:, :-1] << 7
            cuts |= rows ^ left_neighbour
    is_start = np.unpackbits(cuts, axis=1, count=width).view(np.bool_)
    is_start[:, 0] = True
    starts = np.flatnonzero(is_start)
    return starts, np.diff(starts, append=height * width)


def _blocks(lengths: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Cut the runs into blocks small enough for memory, and for float32 to add their pixels exactly."""
    ends = np.cumsum(lengths)
    blocks, begin = [], 0
    while begin < len(lengths):
        done = ends[begin - 1] if begin else 0
        end = min(begin + _RUNS_PER_BLOCK, int(np.searchsorted(ends, done + _EXACT_IN_FLOAT32, side="right")))
        blocks.append((begin, end))
        begin = end
    return blocks


def _bits_at(packed: NDArray[np.uint8], rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.uint8]:
    """uint8 (N, len(rows)): 1 where mask n covers the pixel."""
    flat = packed.reshape(len(packed), packed.shape[1] * packed.shape[2])
    octets: NDArray[np.uint8] = np.take(flat, rows * packed.shape[2] + columns // 8, axis=1)
    shifts = (7 - columns % 8).astype(np.uint8)
    return (octets >> shifts) & np.uint8(1)


def containment(overlaps: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of mask i that lies inside mask j, |i∩j| / |i|, from `intersections(masks)`; 0 for an empty mask i."""
    areas = np.diagonal(overlaps)[:, None]
    return _ratio(overlaps, np.broadcast_to(areas, overlaps.shape))


def iou(
    overlaps: NDArray[np.int64], first_areas: NDArray[np.int64], second_areas: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Intersection over union of each pair, (N, M), from `intersections(first, second)`; 0 where both are empty."""
    unions = first_areas[:, None] + second_areas[None, :] - overlaps
    return _ratio(overlaps, unions)


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    ratio = np.zeros(part.shape)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio


def boundary_thickness_px(shape_hw: tuple[int, int], fraction: float = 0.02) -> int:
    """Thickness of a boundary: this fraction of the image diagonal, at least one pixel (paper §3.2: 2 %)."""
    return max(1, round(fraction * float(np.hypot(*shape_hw))))


def boundary(mask: NDArray[np.bool_], thickness_px: int) -> NDArray[np.bool_]:
    """The pixels of a mask within `thickness_px` of its outside, as boundary IoU defines them.

    Equal to padding by one background pixel, eroding `thickness_px` times by 3×3 and subtracting (Cheng et al.,
    Boundary IoU, CVPR 2021): pixels at the image border count as boundary.

    Args:
        mask: bool (H, W).
        thickness_px: at least 1.

    Example:
        >>> boundary(np.ones((3, 3), bool), thickness_px=1).astype(int).tolist()
        [[1, 1, 1], [1, 0, 1], [1, 1, 1]]
    """
    import cv2  # not with the module: who only scores whole masks does without

    inside = np.zeros_like(mask)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows):
        box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        size = 2 * thickness_px + 1
        square = np.ones((size, size), np.uint8)
        eroded = cv2.erode(mask[box].view(np.uint8), square, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        inside[box] = eroded.view(np.bool_)
    return mask & ~inside


def pole_of_inaccessibility(region: NDArray[np.bool_]) -> tuple[tuple[int, int], float]:
    """The pixel (row, column) of a region farthest from its edge, the first of several, and how far it is.

    Args:
        region: bool (H, W); beyond the image is outside. An empty region has a depth of 0.
    """
    depth = ndimage.distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
    return (int(row), int(column)), float(depth[row, column])
