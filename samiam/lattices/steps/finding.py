"""Steps in a crystal: planes across which brightness and reflections change at once, however little.

A film that is doped by a few percent may differ from what it grew on by less than one window of it from the next. Along
an interface, which follows planes of the lattice, there are hundreds of columns whose mean shows it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.lattices.spectrum import Floats, reflections_within
from samiam.lattices.steps.fits import REACH, changes, placed, sharpness_of, strengths_of
from samiam.lattices.steps.planes import STRETCHES, at_points, followed, means_on_planes, normals_of
from samiam.lattices.steps.step import Step

# Chosen on 82 scenes of `simulate.scenes.benchmark(901)`.
_LOOKED_AT_PX = 512  # side of the part of a crystal whose reflections are found
_FEWEST_POINTS = 400
_FEWEST_STRETCHES = 4  # of planes, that have a place in them
_SHORTEST_STRETCH = 3.0  # points; what is blurred is alike in shorter ones, however much it wanders
_FILLED = 0.5  # of the usual number of points on planes, from which a stretch of them counts
_NEARER = 8  # points within which a step has to be one too: over more of them a cubic does not follow every wave
_THEREABOUTS = 4  # points from where it is, within which it is looked for
_AS_NEAR = 0.4  # share of the change of brightness that it has there: made curtains have 0.35 at most, doped films 0.42
_LEAST_REACH = 6  # points on a side where the frame cuts the crystal; beside others light and strain make steps too
_BESIDE_FRAME = 2  # points that are left out there: half of what they would be averaged over is not shown


def is_one_nearby(step: Step, pixels: NDArray[np.float32], mask: NDArray[np.bool_]) -> bool:
    """Whether a step of a crystal stays one where only planes near it are looked at.

    Waves of brightness, as curtains of a focused ion beam are, may look like a chain of steps: what no cubic explains
    over many planes one does over few.
    """
    nearby = strongest_step(pixels, mask, step.normal_xy, reach=_NEARER, place_px=step.place_px)
    return nearby is not None and bool(nearby.brighter * np.sign(step.brighter) > _AS_NEAR * abs(step.brighter))


def strongest_step(
    pixels: NDArray[np.float32],
    mask: NDArray[np.bool_],
    along_xy: Floats | None = None,
    *,
    reach: int = REACH,
    place_px: float | None = None,
) -> Step | None:
    """The step of a crystal that stands out most.

    Args:
        pixels: float32 (H, W), the image.
        mask: bool (H, W), the crystal.
        along_xy: (2,), the normal that it has; None for that of any planes of the lattice.
        reach: how many points on either side are looked at; two are a period.
        place_px: about where it lies along that normal; None for anywhere.

    Returns:
        None where there is no lattice, or less than 9 periods of the longest wave in it along any planes, or less than
        16 across them, or 13 where the frame of the image cuts it.
    """
    if not mask.any():
        return None
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    beside_px = np.array([(rows[0], len(mask) - 1 - rows[-1]), (columns[0], mask.shape[1] - 1 - columns[-1])])
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    pixels, mask = pixels[box], mask[box]
    found = reflections_within(pixels, mask, (1.0, 1.0), _LOOKED_AT_PX)
    waves = [] if found is None else followed(found.waves)
    if not waves:
        return None
    point_px = 0.5 / min(float(np.hypot(*wave)) for wave in waves)
    absolute, inside, sides_px = at_points(pixels, mask, waves, point_px)
    if np.count_nonzero(inside) < _FEWEST_POINTS:
        return None
    relative = absolute / np.maximum(absolute[:, inside].mean(axis=1), 1e-12)[:, None, None]
    # Points of the image around the crystal tell where another material ends it and where the frame does.
    beside = np.minimum(beside_px // sides_px[::-1, None], reach).astype(int)
    relative, inside = np.pad(relative, [(0, 0), *beside.tolist()]), np.pad(inside, beside)
    corner_xy = (beside_px[:, 0] - beside[:, 0] * sides_px[::-1])[::-1]
    normals = normals_of(waves) if along_xy is None else [along_xy]
    own_px = None if place_px is None else place_px - float(normals[0] @ corner_xy)
    steps = [_step_across(relative, inside, normal, sides_px, reach, own_px) for normal in normals]
    best = max((step for step in steps if step is not None), key=lambda step: step.log_odds, default=None)
    return None if best is None else replace(best, place_px=best.place_px + float(best.normal_xy @ corner_xy))


def _step_across(
    relative: Floats,
    inside: NDArray[np.bool_],
    normal_xy: Floats,
    sides_px: Floats,
    most: int,
    place_px: float | None = None,
) -> Step | None:
    """The step across planes that stands out most; None where the crystal is thin across them or along them.

    Args:
        relative: (D, h, w), brightness and how strong waves are at points, over their means.
        inside: bool (h, w), the points of the crystal.
        normal_xy: (2,), of the planes.
        sides_px: (x, y), of a point.
        most: points on either side that are looked at.
        place_px: about where it lies; None for anywhere.
    """
    point_px = float(sides_px.mean())
    y, x = np.nonzero(inside)
    along_px = np.ptp(y * sides_px[1] * normal_xy[0] - x * sides_px[0] * normal_xy[1])
    if along_px < STRETCHES * _SHORTEST_STRETCH * point_px:
        return None
    means, counts, in_frame, first = means_on_planes(relative, inside, normal_xy * sides_px / point_px)
    enough = _FILLED * np.array([np.median(own[own > 0]) if own.any() else 1 for own in counts])[:, None]
    is_cut = ndimage.maximum_filter1d(in_frame < enough, 2 * _BESIDE_FRAME + 1, axis=1)
    is_full = (counts >= enough) & ~is_cut
    behind = _before(is_full[:, ::-1], is_cut[:, ::-1], most)[:, ::-1]
    reach = np.stack([_before(is_full, is_cut, most), behind], axis=-1)
    is_usable = (reach > 0).all(axis=-1) & (reach == most).any(axis=-1)  # (stretches, places)
    places = np.flatnonzero(is_usable.sum(axis=0) >= _FEWEST_STRETCHES)
    if place_px is not None:
        places = places[np.abs((first + places) * point_px - place_px) <= _THEREABOUTS * point_px]
    if not len(places):
        return None
    reach, is_usable = reach[:, places], is_usable[:, places]
    mean, noise, strengths = strengths_of(changes(means, places, reach, is_usable), is_usable)
    whitening = np.linalg.cholesky(np.linalg.inv(noise)).T

    def profiles_around(index: int) -> tuple[Floats, int]:
        """Means over stretches that reach as far (D, n), in units of their scatter, and how many before the place."""
        used = is_usable[:, index]
        before, after = reach[used, index].min(axis=0)
        around = slice(places[index] - before, places[index] + after)
        weights = counts[used, around] / counts[used, around].sum(axis=0)
        return whitening @ (means[used, :, around] * weights[:, None]).sum(axis=0), int(before)

    sharpness = [sharpness_of(*profiles_around(index)) for index in range(len(places))]
    unlike = ndimage.maximum_filter1d(np.median(np.abs(mean[1:]), axis=0), most)  # beside the line of a grain too
    columns = mean[0], unlike, *strengths, sharpness
    steps = [Step(normal_xy, place, *values) for place, *values in zip(places, *columns, strict=True)]
    best = max(range(len(steps)), key=lambda index: steps[index].log_odds)
    profiles, before = profiles_around(best)
    return replace(steps[best], place_px=(first + places[best] - before + placed(profiles)) * point_px)


def _before(is_full: NDArray[np.bool_], is_cut: NDArray[np.bool_], most: int) -> NDArray[np.int64]:
    """How many planes in a row there are before each place: (stretches, n + 1), 0 where too few.

    Args:
        is_full: (stretches, n), planes that cross enough of the crystal; place i is before plane i.
        is_cut: likewise, those that the frame of the image cuts too short for that.
        most: the number that all beyond it count as.
    """
    at = np.arange(is_full.shape[1])
    last_gap = np.maximum.accumulate(np.where(is_full, -1, at), axis=1)
    found = np.minimum(at - last_gap, most)
    least = np.where(np.take_along_axis(is_cut, np.maximum(last_gap, 0), axis=1), _LEAST_REACH, most)
    return np.pad(np.where(found >= least, found, 0), ((0, 0), (1, 0)))
