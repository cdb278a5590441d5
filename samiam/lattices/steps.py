"""Steps in a crystal: planes across which brightness and reflections change at once, however little.

A film that is doped by a few percent may differ from what it grew on by less than one window of it from the next. Along
an interface, which follows planes of the lattice, there are hundreds of columns whose mean shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.lattices.spectrum import reflections_within

# Chosen on 82 scenes of `simulate.scenes.benchmark(901)`.
_LOOKED_AT_PX = 512  # side of the part of a crystal whose reflections are found
_SHORTEST_PX = 2.5  # of a wave whose strength is followed
_MOST_WAVES, _MOST_PLANES = 5, 6
_SAME_WAVE = 0.15  # of its length, that a wave may be off another one
_SAME_PLANES = np.sin(np.deg2rad(8))
_BLUR = 1.2  # points, a standard deviation; two points are a period
_WITHIN = 0.97  # of what is blurred, that lies in the crystal
_FEWEST_POINTS = 400
_STRETCHES, _FEWEST_STRETCHES = 6, 4  # along planes
_SHORTEST_STRETCH = 3.0  # points; what is blurred is alike in shorter ones, however much it wanders
_FILLED = 0.5  # of the usual number of points on planes, from which a stretch of them counts
_REACH, _BLURRED = 16, 2  # points on either side of a step, and those next to it that are left out
_NEARER = 8  # points within which a step has to be one too: over more of them a cubic does not follow every wave
_THEREABOUTS = 4  # points from where it is, within which it is looked for
_AS_NEAR = 0.4  # share of the change of brightness that it has there: made curtains have 0.35 at most, doped films 0.42
_LEAST_REACH = 6  # points on a side where the frame cuts the crystal; beside others light and strain make steps too
_BESIDE_FRAME = 2  # points that are left out there: half of what they would be averaged over is not shown
_FEWEST_BEYOND = 3  # points beyond a step, wherever it is placed
_SMALLEST = 1e-3  # relative change that is noise in any micrograph; without a floor noise has no inverse
_SHARPEST = 1e-3  # that nothing is nearer to 0 or 1 than

# Logistic regression on 953 crystals, 177 of which have a step: layers of `simulate.scenes.benchmark` (seeds 901 to
# 903) and of `simulate.procedural_scene` under each of its `EFFECTS`. With the former also turned by 30° and magnified
# 1.5 times, 9 of 1328 without a step are told wrongly, and 25 are missed of 120 whose step is found in its place.
_OFFSET, _BY_STRENGTH, _BY_SHARPNESS, _BY_BRIGHTNESS, _BY_LATTICE = -5.86, -2.02, 1.06, 2.13, 1.23
LOG_ODDS_BEFORE = float(np.log(177 / 776))
"""That a crystal has a step, of those that the odds of one were fitted on."""
LOG_ODDS_AFTER = float(np.log(95 / 9))
"""That a step which rather is an interface is one, of those that were tried."""
_TURNED = 0.25  # change of most waves: doping changes them by a tenth, of a lattice that is turned they fade
_LEAST_SHARPNESS = 0.3  # near a bright neighbour whose light reaches into a crystal there is less
_LEAST_LATTICE = 3.0
"""Strength of waves that a step along lines of the scan needs: charging makes such lines brighter."""
_ALONG_LINES = np.sin(np.deg2rad(0.6))

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Step:
    """A plane across which a crystal changes at once.

    A change is strong where it exceeds what differs between stretches of the plane: squared, over the variance of its
    mean, for each of what changes.

    Attributes:
        normal_xy: float64 (2,), of the plane, of unit length.
        place_px: where it lies along the normal, from the top left corner, to half a period.
        brighter: change of brightness along the normal, over the crystal's mean.
        unlike: median change of the strength of waves near it, over their means, without its sign.
        strength: of brightness and waves together.
        brightness: strength of brightness alone.
        lattice: strength of waves alone.
        sharpness: share of what no smooth change explains that the step does, (0, 1).
    """

    normal_xy: Floats
    place_px: float
    brighter: float
    unlike: float
    strength: float
    brightness: float
    lattice: float
    sharpness: float

    @property
    def log_odds(self) -> float:
        """That it is an interface of two materials."""
        is_of_lines = self.lattice < _LEAST_LATTICE and np.abs(self.normal_xy).min() < _ALONG_LINES
        if is_of_lines or self.sharpness < _LEAST_SHARPNESS or self.unlike > _TURNED:
            return -np.inf
        sharpness = np.log(self.sharpness / (1 - self.sharpness))
        strengths = np.log([self.strength, self.brightness, self.lattice]) @ (_BY_STRENGTH, _BY_BRIGHTNESS, _BY_LATTICE)
        return float(_OFFSET + _BY_SHARPNESS * sharpness + strengths)

    def sides(self, inside: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """The pixels of a region, bool (H, W), before it and those beyond it."""
        beyond = self.beyond((inside.shape[0], inside.shape[1]))
        return inside & ~beyond, inside & beyond

    def smaller_side(self, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The pixels of a region, bool (H, W), on that side of it where there are fewer."""
        return min(reversed(self.sides(inside)), key=np.count_nonzero)

    def beyond(self, shape_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """The pixels beyond it along its normal: bool (H, W)."""
        along_y, along_x = (np.arange(side) + 0.5 for side in shape_hw)
        return np.asarray(along_y[:, None] * self.normal_xy[1] + along_x * self.normal_xy[0] >= self.place_px)


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
    reach: int = _REACH,
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
    waves = [] if found is None else _followed(found.waves)
    if not waves:
        return None
    at_points, inside, sides_px = _at_points(pixels, mask, waves, 0.5 / min(float(np.hypot(*wave)) for wave in waves))
    if np.count_nonzero(inside) < _FEWEST_POINTS:
        return None
    relative = at_points / np.maximum(at_points[:, inside].mean(axis=1), 1e-12)[:, None, None]
    # Points of the image around the crystal tell where another material ends it and where the frame does.
    beside = np.minimum(beside_px // sides_px[::-1, None], reach).astype(int)
    relative, inside = np.pad(relative, [(0, 0), *beside.tolist()]), np.pad(inside, beside)
    corner_xy = (beside_px[:, 0] - beside[:, 0] * sides_px[::-1])[::-1]
    normals = _normals(waves) if along_xy is None else [along_xy]
    own_px = None if place_px is None else place_px - float(normals[0] @ corner_xy)
    steps = [_step_across(relative, inside, normal, sides_px, reach, own_px) for normal in normals]
    best = max((step for step in steps if step is not None), key=lambda step: step.log_odds, default=None)
    return None if best is None else replace(best, place_px=best.place_px + float(best.normal_xy @ corner_xy))


def _followed(waves: Floats) -> list[Floats]:
    """Of waves (n, 2) those that stand out most, are resolved and differ."""
    found: list[Floats] = []
    for wave in waves[np.hypot(*waves.T) <= 1 / _SHORTEST_PX]:
        near = _SAME_WAVE * float(np.hypot(*wave))
        if all(min(np.hypot(*(wave - other)), np.hypot(*(wave + other))) > near for other in found):
            found.append(wave)
    return found[:_MOST_WAVES]


def _normals(waves: Sequence[Floats]) -> list[Floats]:
    """Of the planes that waves run across, and of those between whose own wave may be extinct: unit vectors (2,)."""
    first = min(waves, key=lambda wave: float(wave @ wave))
    others = [wave for wave in waves if _sine(wave, first) > _SAME_PLANES]
    second = min(others, key=lambda wave: float(wave @ wave), default=None)
    found: list[Floats] = []
    for wave in waves if second is None else (*waves, first + second, first - second):
        normal = wave / np.hypot(*wave)
        if all(_sine(normal, other) > _SAME_PLANES for other in found):
            found.append(normal)
    return found[:_MOST_PLANES]


def _sine(one: Floats, other: Floats) -> float:
    """Of the angle between two directions (2,)."""
    return float(abs(one[0] * other[1] - one[1] * other[0]) / (np.hypot(*one) * np.hypot(*other)))


def _at_points(
    pixels: NDArray[np.float32], mask: NDArray[np.bool_], waves: Sequence[Floats], point_px: float
) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """Brightness and how strong waves are at points (D, h, w) of an image, which points (h, w) are of the mask, and the
    sides (x, y) of a point, about as long as asked for.
    """
    width, height = (max(1, round(side / point_px)) for side in pixels.shape[::-1])

    def along_rows(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.resize(values, (width, len(values)), interpolation=cv2.INTER_AREA))

    def averaged(values: NDArray[np.float32]) -> NDArray[np.float32]:
        fewer = cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.GaussianBlur(fewer, (0, 0), _BLUR, borderType=cv2.BORDER_REPLICATE))

    weights = mask.astype(np.float32)
    filled = averaged(weights)
    over = np.maximum(filled, np.float32(1e-3))
    brightness = averaged(pixels * weights) / over
    lattice = (pixels - cv2.resize(brightness, pixels.shape[::-1], interpolation=cv2.INTER_LINEAR)) * weights
    found = [brightness]
    for wave in waves:
        (cos_x, sin_x), (cos_y, sin_y) = (
            (np.cos(phase).astype(np.float32), np.sin(phase).astype(np.float32))
            for phase in (2 * np.pi * q * np.arange(side) for q, side in zip(wave, pixels.shape[::-1], strict=True))
        )
        by_cos, by_sin = along_rows(lattice * cos_x), along_rows(lattice * sin_x)
        real = averaged(by_cos * cos_y[:, None] - by_sin * sin_y[:, None])
        imaginary = averaged(by_sin * cos_y[:, None] + by_cos * sin_y[:, None])
        found.append(np.hypot(real, imaginary) / over)
    sides_px = np.array(pixels.shape[::-1]) / (width, height)
    return np.array(found, np.float64), filled >= _WITHIN, sides_px


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
    if along_px < _STRETCHES * _SHORTEST_STRETCH * point_px:
        return None
    means, counts, in_frame, first = _means_on_planes(relative, inside, normal_xy * sides_px / point_px)
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
    mean, noise, strengths = _strengths(_changes(means, places, reach, is_usable), is_usable)
    whitening = np.linalg.cholesky(np.linalg.inv(noise)).T

    def profiles_around(index: int) -> tuple[Floats, int]:
        """Means over stretches that reach as far (D, n), in units of their scatter, and how many before the place."""
        used = is_usable[:, index]
        before, after = reach[used, index].min(axis=0)
        around = slice(places[index] - before, places[index] + after)
        weights = counts[used, around] / counts[used, around].sum(axis=0)
        return whitening @ (means[used, :, around] * weights[:, None]).sum(axis=0), int(before)

    sharpness = [_sharpness(*profiles_around(index)) for index in range(len(places))]
    unlike = ndimage.maximum_filter1d(np.median(np.abs(mean[1:]), axis=0), most)  # beside the line of a grain too
    columns = mean[0], unlike, *strengths, sharpness
    steps = [Step(normal_xy, place, *values) for place, *values in zip(places, *columns, strict=True)]
    best = max(range(len(steps)), key=lambda index: steps[index].log_odds)
    profiles, before = profiles_around(best)
    return replace(steps[best], place_px=(first + places[best] - before + _placed(profiles)) * point_px)


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


def _changes(means: Floats, places: NDArray[np.intp], reach: NDArray[np.int64], is_usable: NDArray[np.bool_]) -> Floats:
    """By how much each stretch changes at each place beyond what is smooth: (stretches, D, places), 0 where unknown."""
    found = np.zeros((means.shape[0], means.shape[1], len(places)))
    for before, after in np.unique(reach[is_usable], axis=0).tolist():
        stretch, index = np.nonzero(is_usable & (reach == (before, after)).all(axis=-1))
        design = _design(before, after)
        around = means[stretch[:, None], :, places[index][:, None] + design.used]  # (m, points, D)
        found[stretch, :, index] = design.change @ around
    return found


def _sharpness(profiles: Floats, before: int) -> float:
    """Share of what no smooth change of profiles (D, n) explains that a step does before one of their points."""
    kind = _design(before, profiles.shape[1] - before)
    around = profiles[:, before + kind.used]
    left, left_by_step = _left(around, kind.smooth), _left(around, kind.stepped)
    return float(np.clip(1 - left_by_step / max(left, 1e-12), _SHARPEST, 1 - _SHARPEST))


def _placed(profiles: Floats) -> int:
    """Before which of the points of profiles (D, n) a step fits best; it may lie nearer to an end than is looked at."""
    at = np.arange(profiles.shape[1]) + 0.5
    smooth = np.vander(at / len(at), 4)
    places = range(_FEWEST_BEYOND, len(at) - _FEWEST_BEYOND + 1)
    left = [_left(profiles, np.linalg.qr(np.column_stack([smooth, at > place]))[0]) for place in places]
    return places[int(np.argmin(left))]


def _strengths(changes: Floats, usable: NDArray[np.bool_]) -> tuple[Floats, Floats, list[Floats]]:
    """Of changes (stretches, D, n), where (stretches, n) there are any: their means (D, n), the covariance (D, D) of
    one from stretch to stretch, and the strengths (n,) of all together, of the first alone and of the others.
    """
    n_usable = usable.sum(axis=0)
    mean = (changes * usable[:, None]).sum(axis=0) / n_usable
    scatter = np.moveaxis(changes - mean, 1, 2)[usable]
    noise = scatter.T @ scatter / len(scatter) * _STRETCHES / (_STRETCHES - 1) + _SMALLEST**2 * np.eye(len(mean))
    strengths = []
    for of in (slice(None), slice(1), slice(1, None)):
        squared = np.sum(mean[of] * np.linalg.solve(noise[of, of], mean[of]), axis=0)
        strengths.append(np.maximum(squared * n_usable / len(mean[of]), 1e-9))
    return mean, noise, strengths


def _left(profiles: Floats, base: Floats) -> float:
    """What orthonormal columns (m, k) leave of profiles (D, m), squared."""
    return float(np.sum((profiles - profiles @ base @ base.T) ** 2))


def _means_on_planes(
    relative: Floats, inside: NDArray[np.bool_], normal_xy: Floats
) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64], int]:
    """Means over planes, a point thick, in stretches along them, from the plane before the crystal to that behind it.

    Returns:
        Means (stretches, D, n), numbers of points of the crystal and of the image (stretches, n), and how many such
        planes lie between the first one and the top left corner.
    """
    y, x = np.indices(inside.shape) + 0.5
    across = np.floor(x * normal_xy[0] + y * normal_xy[1]).astype(int)
    along = y * normal_xy[0] - x * normal_xy[1]
    first, n_planes = int(across[inside].min()) - 1, int(np.ptp(across[inside])) + 3
    ends = np.quantile(along[inside], np.arange(1, _STRETCHES) / _STRETCHES)
    bins = np.searchsorted(ends, along, side="right") * n_planes + across - first
    is_near = (across >= first) & (across < first + n_planes)
    n_bins, shape = _STRETCHES * n_planes, (_STRETCHES, n_planes)
    counts, in_frame = (np.bincount(bins[which], minlength=n_bins).reshape(shape) for which in (inside, is_near))
    sums = [np.bincount(bins[inside], values[inside], n_bins).reshape(shape) for values in relative]
    return np.stack(sums, axis=1) / np.maximum(counts, 1)[:, None], counts, in_frame, first


@dataclass(frozen=True, eq=False)
class _Design:
    """What is fitted around a place.

    Attributes:
        used: (n,), the planes that count, from the place on.
        smooth: (n, 4), orthonormal, what a smooth change may be.
        stepped: (n, 5), likewise, with a step.
        change: (n,), what the step of values is by least squares.
    """

    used: NDArray[np.int64]
    smooth: Floats
    stepped: Floats
    change: Floats


@cache
def _design(before: int, after: int) -> _Design:
    """What is fitted to so many planes on either side of a place."""
    at = np.arange(-before, after) + 0.5
    is_used = np.abs(at) > _BLURRED
    smooth = np.vander(at[is_used] / _REACH, 4)
    stepped = np.column_stack([smooth, np.sign(at[is_used]) / 2])
    used = np.arange(-before, after)[is_used]
    return _Design(used, np.linalg.qr(smooth)[0], np.linalg.qr(stepped)[0], np.linalg.pinv(stepped)[-1])
