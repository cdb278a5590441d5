"""Where in a region its fringes are, and where they jump: amplitude and phase of each reflection from place to place.

Geometric phase analysis (Hÿtch, Snoeck & Kilaas, Ultramicroscopy 74, 131 (1998)): a reflection's fringes, brought to
frequency 0, are a complex map whose phase is that of the planes. A stacking fault shifts the planes behind it, so that
the phase jumps by 120° where the fault does not leave it; behind a twin boundary the reflection is another's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.particles.faults.spectrum import Fringes

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
T = TypeVar("T", np.float64, np.complex128)
BLOCK_PX = 4
"""Side of the blocks that maps are made of, 0.16 nm: no phase changes faster."""
N_REFLECTIONS = 6
"""How many are looked at: {111}, {200} and {220} of one crystal, or {111} of two."""
_SAME = 1.0  # diameters to the minus one, within which two frequencies are one: the spot of a disc is no sharper
_SMOOTH = 1.5  # standard deviation in blocks of what is seen of a place: 2.4 Å, a fringe
_LAG = 2  # blocks from place to place: a period and a half of the widest fringes
_JUMPS = (np.pi, 0.8, 0.5, 0.4)  # radians, from which a step is a jump and no slope, as the slope becomes known
_TURNS = 36  # directions of lines, 5° apart
_LEAST_SIDE = 0.12  # share of a region on either side of a line


@dataclass(frozen=True, eq=False)
class Maps:
    """A region's K = 6 reflections from place to place; all zero for those that there are not.

    Attributes:
        sums: complex (K, B), what each block adds to the amplitude of each reflection.
        local: complex (K, B), amplitude about each block.
        counts: float (B,), pixels in each block.
        places: float (B, 2), y and x of each block from the middle of the region, in pixels.
        frequencies: float (K, 2), of the reflections, where most of the region has them.
        above: float (K,), the power of each peak over that around it; the highest first.
        around: float (K,), the latter.
    """

    sums: Complexes
    local: Complexes
    counts: Floats
    places: Floats
    frequencies: Floats
    above: Floats
    around: Floats


@dataclass(frozen=True, eq=False)
class Line:
    """A straight line that cuts a region in two, and what the reflections are on either side.

    Attributes:
        normal_deg: direction across the line, from +x towards +y, [0, 180).
        offset_px: of the line from the middle of the region.
        gains: float (K,), by how much the power of each reflection rises if either side has a phase of its own.
        wholes: float (K,), the power of each reflection in the region as one.
        sides: complex (K, 2), mean amplitudes on either side.
    """

    normal_deg: float
    offset_px: float
    gains: Floats
    wholes: Floats
    sides: Complexes


def maps_of(fringes: Fringes) -> Maps:
    """The maps of a region's reflections; peaks whose phases are level at one frequency are of one reflection."""
    shape = [-(-side // BLOCK_PX) * BLOCK_PX for side in fringes.values.shape]
    pad = [(0, long - side) for long, side in zip(shape, fringes.values.shape, strict=True)]
    values, weights = np.pad(fringes.values, pad), np.pad(fringes.weights, pad)
    y, x = np.arange(shape[0]), np.arange(shape[1])
    counts = _blocks(weights)
    is_in = counts > 0.25 * counts.max()
    at_y, at_x = (BLOCK_PX * np.arange(0.5, n) for n in counts.shape)
    places = np.stack(np.meshgrid(at_y, at_x, indexing="ij"), axis=-1)[is_in]
    smooth_counts = np.maximum(ndimage.gaussian_filter(counts, _SMOOTH), 1e-6)
    n_blocks = len(places)
    sums, local = (np.zeros((N_REFLECTIONS, n_blocks), np.complex128) for _ in range(2))
    frequencies, above, around = np.zeros((N_REFLECTIONS, 2)), np.zeros(N_REFLECTIONS), np.ones(N_REFLECTIONS)
    n = 0
    for peak, power, expected in zip(fringes.frequencies, fringes.powers, fringes.around, strict=True):
        if n == N_REFLECTIONS or not power:
            break
        wave = np.exp(-2j * np.pi * peak[0] * y)[:, None] * np.exp(-2j * np.pi * peak[1] * x)
        blocks, shift = _settled(_blocks(values * wave), at_y, at_x)
        settled = peak + shift
        if n and _nearest(settled, frequencies[:n]) < _SAME / fringes.diameter_px:
            continue
        sums[n], local[n] = blocks[is_in], (_smooth(blocks) / smooth_counts)[is_in]
        frequencies[n], above[n], around[n] = settled, power / expected, expected
        n += 1
    middle = np.average(places, axis=0, weights=counts[is_in])
    return Maps(sums, local, counts[is_in], places - middle, frequencies, above, around)


def _nearest(frequency: Floats, others: Floats) -> float:
    """Distance to the nearest of others, or of their opposites."""
    return float(
        min(np.linalg.norm(others - frequency, axis=1).min(), np.linalg.norm(others + frequency, axis=1).min())
    )


def _blocks(values: NDArray[T]) -> NDArray[T]:
    height, width = values.shape
    parts = values.reshape(height // BLOCK_PX, BLOCK_PX, width // BLOCK_PX, BLOCK_PX)
    return np.asarray(parts.sum(axis=(1, 3)))


def _smooth(blocks: Complexes) -> Complexes:
    return np.asarray(
        ndimage.gaussian_filter(blocks.real, _SMOOTH) + 1j * ndimage.gaussian_filter(blocks.imag, _SMOOTH)
    )


def _settled(blocks: Complexes, at_y: Floats, at_x: Floats) -> tuple[Complexes, Floats]:
    """The map with a frequency at which its phase is level in most places, and how far that is from the given one.

    A peak of a region with a fault lies between those of its parts; the slope from place to place, which a jump hardly
    changes, is theirs.
    """
    shift = np.zeros(2)
    for most in _JUMPS:
        smooth = _smooth(blocks)
        slope = [
            _slope(after * before.conj(), most)
            for after, before in (
                (smooth[_LAG:], smooth[:-_LAG]),
                (smooth[:, _LAG:], smooth[:, :-_LAG]),
            )
        ]
        blocks = blocks * np.exp(-2j * np.pi * slope[0] * at_y)[:, None] * np.exp(-2j * np.pi * slope[1] * at_x)
        shift += slope
    return blocks, shift


def _slope(steps: Complexes, most: float) -> float:
    """The mean phase of steps from place to place that are no jumps, in cycles a pixel."""
    kept = steps[np.abs(np.angle(steps)) <= most]
    return float(np.angle(kept.sum())) / (2 * np.pi * BLOCK_PX * _LAG) if kept.size else 0.0


def best_lines(maps: Maps, scale: Floats) -> list[Line]:
    """The line that cuts all reflections best, and that which cuts each of them best.

    Args:
        maps: of a region.
        scale: float (K,), what the gain of each reflection counts.

    Returns:
        1 + K lines.
    """
    n_lines = 1 + len(scale)
    best: list[tuple[float, Line | None]] = [(-1.0, None)] * n_lines
    total, n = maps.sums.sum(axis=1), maps.counts.sum()
    wholes = np.abs(total) ** 2 / n
    for angle in np.pi * np.arange(_TURNS) / _TURNS:
        across = maps.places @ [np.sin(angle), np.cos(angle)]
        order = np.argsort(across, kind="stable")
        n_near = np.cumsum(maps.counts[order])
        allowed = np.flatnonzero((n_near >= _LEAST_SIDE * n) & (n_near <= (1 - _LEAST_SIDE) * n))
        if not len(allowed):
            continue
        near = np.cumsum(maps.sums[:, order], axis=1)[:, allowed]
        n_near = n_near[allowed]
        gains = np.abs(near) ** 2 / n_near + np.abs(total[:, None] - near) ** 2 / (n - n_near) - wholes[:, None]
        for index, of in enumerate([gains.T @ scale, *gains]):
            at = int(np.argmax(of))
            if of[at] > best[index][0]:
                sides = np.stack([near[:, at] / n_near[at], (total - near[:, at]) / (n - n_near[at])], axis=1)
                offset = float(across[order[allowed[at]]])
                best[index] = float(of[at]), Line(float(np.rad2deg(angle)), offset, gains[:, at], wholes, sides)
    none = Line(0.0, 0.0, np.zeros(len(scale)), wholes, np.repeat(total[:, None] / n, 2, axis=1))
    return [line or none for _, line in best]
