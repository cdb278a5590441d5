"""Where in a region its fringes are, and where they jump: amplitude and phase of each reflection from place to place.

Geometric phase analysis (Hÿtch, Snoeck & Kilaas, Ultramicroscopy 74, 131 (1998)): a reflection's fringes, brought to
frequency 0, are a complex map whose phase is that of the planes. A stacking fault shifts the planes behind it, so that
the phase jumps by 120° where the fault does not leave it; behind a twin boundary the reflection is another's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samiam.blurring import blurred
from samiam.particles.faults.spectrum import Fringes

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
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
    counts = weights.reshape(shape[0] // BLOCK_PX, BLOCK_PX, -1, BLOCK_PX).sum(axis=(1, 3))
    is_in = counts > 0.25 * counts.max()
    at = [BLOCK_PX * np.arange(0.5, n) for n in counts.shape]
    places = np.stack(np.meshgrid(*at, indexing="ij"), axis=-1)[is_in]
    peaks = fringes.frequencies[fringes.powers > 0]
    blocks, shifts = _settled(_demodulated(values, peaks), *at)
    chosen = _apart(peaks + shifts, _SAME / fringes.diameter_px)[:N_REFLECTIONS]
    n = len(chosen)
    sums, local = (np.zeros((N_REFLECTIONS, len(places)), np.complex128) for _ in range(2))
    frequencies, above, around = np.zeros((N_REFLECTIONS, 2)), np.zeros(N_REFLECTIONS), np.ones(N_REFLECTIONS)
    sums[:n] = blocks[chosen][:, is_in]
    smooth_counts = np.maximum(blurred(counts, _SMOOTH), 1e-6)
    local[:n] = (_smooth(blocks[chosen]) / smooth_counts)[:, is_in]
    frequencies[:n], around[:n] = (peaks + shifts)[chosen], fringes.around[chosen]
    above[:n] = fringes.powers[chosen] / around[:n]
    middle = np.average(places, axis=0, weights=counts[is_in])
    return Maps(sums, local, counts[is_in], places - middle, frequencies, above, around)


def _demodulated(values: Floats, frequencies: Floats) -> Complexes:
    """Sums over blocks (K, h, w) of an image whose fringes of each frequency are brought to frequency 0."""
    y, x = (
        np.exp(-2j * np.pi * frequencies[:, axis, None] * np.arange(side)).reshape(-1, side // BLOCK_PX, BLOCK_PX)
        for axis, side in enumerate(values.shape)
    )  # (K, h, 4) and (K, w, 4)
    parts = values.reshape(y.shape[1], BLOCK_PX, x.shape[1], BLOCK_PX)
    rows = np.einsum("yaxb,kxb->kyax", parts, x, optimize=True)
    return np.asarray(np.einsum("kyax,kya->kyx", rows, y, optimize=True))


def _apart(frequencies: Floats, least: float) -> list[int]:
    """Those frequencies that are not too near to an earlier one, or to its opposite."""
    chosen: list[int] = []
    for index, frequency in enumerate(frequencies):
        others = np.concatenate([frequencies[chosen], -frequencies[chosen]])
        if np.linalg.norm(others - frequency, axis=1).min(initial=np.inf) >= least:
            chosen.append(index)
    return chosen


def _smooth(blocks: Complexes) -> Complexes:
    height, width = blocks.shape[1:]
    parts = np.moveaxis(blocks, 0, -1).copy().view(np.float64)  # real and imaginary ones are blurred alike
    found = blurred(parts, _SMOOTH).view(np.complex128).reshape(height, width, -1)
    return np.moveaxis(found, -1, 0)


def _settled(blocks: Complexes, at_y: Floats, at_x: Floats) -> tuple[Complexes, Floats]:
    """Each map (K, h, w) with a frequency at which its phase is level in most places, and how far that is (K, 2).

    A peak of a region with a fault lies between those of its parts; the slope from place to place, which a jump hardly
    changes, is theirs.
    """
    shifts = np.zeros((len(blocks), 2))
    for most in _JUMPS:
        smooth = _smooth(blocks)
        steps = (
            smooth[:, _LAG:] * smooth[:, :-_LAG].conj(),
            smooth[:, :, _LAG:] * smooth[:, :, :-_LAG].conj(),
        )
        slopes = np.stack([_slopes(along, most) for along in steps], axis=1)
        y, x = (
            np.exp(-2j * np.pi * slopes[:, axis, None] * at) for axis, at in enumerate((at_y, at_x))
        )  # (K, h) and (K, w)
        blocks = blocks * y[:, :, None] * x[:, None]
        shifts += slopes
    return blocks, shifts


def _slopes(steps: Complexes, most: float) -> Floats:
    """The mean phase of the steps of each map from place to place that are no jumps, in cycles a pixel."""
    kept = np.where(np.abs(np.angle(steps)) <= most, steps, 0)
    return np.asarray(np.angle(kept.sum(axis=(1, 2))) / (2 * np.pi * BLOCK_PX * _LAG))


def best_lines(maps: Maps, scale: Floats) -> list[Line]:
    """The line that cuts all reflections best, and that which cuts each of them best.

    Args:
        maps: of a region.
        scale: float (K,), what the gain of each reflection counts.

    Returns:
        1 + K lines.
    """
    total, n = maps.sums.sum(axis=1), maps.counts.sum()
    wholes = _squared(total) / n
    angles = np.pi * np.arange(_TURNS) / _TURNS
    across = maps.places @ [np.sin(angles), np.cos(angles)]  # (B, 36)
    first = across.min(axis=0)
    near, n_near = _before(np.rint(across - first).astype(np.intp), maps)  # (K, 36, offsets), (36, offsets)
    is_fair = (n_near >= _LEAST_SIDE * n) & (n_near <= (1 - _LEAST_SIDE) * n)
    n_near = np.where(is_fair, n_near, 0.5 * n)  # where it does not count, any number but 0 and all
    n_far, far = n - n_near, total[:, None, None] - near
    gains = _squared(near) / n_near + _squared(far) / n_far - wholes[:, None, None]
    lines = []
    for of in (np.tensordot(scale, gains, 1), *gains):
        at = turn, offset = divmod(int(np.where(is_fair, of, -np.inf).argmax()), of.shape[1])
        if is_fair[at]:
            sides = np.stack([near[:, *at] / n_near[at], far[:, *at] / n_far[at]], axis=1)
            normal, middle = float(np.rad2deg(angles[turn])), float(first[turn]) + offset + 0.5
            lines.append(Line(normal, middle, gains[:, *at], wholes, sides))
        else:  # too small a region to be cut
            sides = np.repeat(total[:, None] / n, 2, axis=1)
            lines.append(Line(0.0, 0.0, np.zeros(len(scale)), wholes, sides))
    return lines


def _before(offsets: NDArray[np.intp], maps: Maps) -> tuple[Complexes, Floats]:
    """What of the sums (K, T, offsets) and of the counts (T, offsets) lies up to each offset in each of T directions.

    Args:
        offsets: (B, T), of each block, whole pixels from 0.
        maps: of a region.
    """
    turns, n = offsets.shape[1], int(offsets.max()) + 1
    places = (offsets + n * np.arange(turns)).T.ravel()
    rows = (maps.counts, *maps.sums.real, *maps.sums.imag)
    tables = [np.bincount(places, np.tile(row, turns), turns * n).reshape(turns, n) for row in rows]
    counts, *parts = np.cumsum(tables, axis=2)
    real, imaginary = np.array(parts).reshape(2, len(maps.sums), turns, n)
    return real + 1j * imaginary, counts


def _squared(amplitudes: Complexes) -> Floats:
    """|z|², without the root that `abs` takes."""
    return np.asarray(amplitudes.real**2 + amplitudes.imag**2)
