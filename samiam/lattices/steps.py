"""Steps in a crystal: planes across which brightness and reflections change at once, however little.

A film that is doped by a few percent may differ from what it grew on by less than one window of it from the next. Along
an interface, which follows planes of the lattice, there are hundreds of columns whose mean shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

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
_FILLED = 0.5  # of the usual number of points on planes, from which a stretch of them counts
_REACH, _BLURRED = 16, 2  # points on either side of a step, and those next to it that are left out
_FEWEST_BEYOND = 3  # points beyond a step, wherever it is placed
_SMALLEST = 1e-3  # relative change that is noise in any micrograph; without a floor noise has no inverse
_SHARPEST = 1e-3  # that nothing is nearer to 0 or 1 than

# Logistic regression on 953 crystals: 776 that are one (layers of `simulate.scenes.benchmark`, seeds 901 to 903, and of
# `simulate.procedural_scene` under each of its `EFFECTS`), of which 9 are told wrongly, and 177 that are two or more,
# of which 28 are missed.
_OFFSET, _BY_STRENGTH, _BY_SHARPNESS, _BY_BRIGHTNESS, _BY_LATTICE = -5.86, -2.02, 1.06, 2.13, 1.23
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

    def beyond(self, shape_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """The pixels beyond it along its normal: bool (H, W)."""
        along_y, along_x = (np.arange(side) + 0.5 for side in shape_hw)
        return np.asarray(along_y[:, None] * self.normal_xy[1] + along_x * self.normal_xy[0] >= self.place_px)


def strongest_step(pixels: NDArray[np.float32], mask: NDArray[np.bool_], along_xy: Floats | None = None) -> Step | None:
    """The step of a crystal that stands out most.

    Args:
        pixels: float32 (H, W), the image.
        mask: bool (H, W), the crystal.
        along_xy: (2,), the normal that it has; None for that of any planes of the lattice.

    Returns:
        None where there is no lattice, or less than 16 periods of the longest wave in it across any planes.
    """
    if not mask.any():
        return None
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    corner_xy = np.array([columns[0], rows[0]])
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
    normals = _normals(waves) if along_xy is None else [along_xy]
    steps = [_step_across(relative, inside, normal, sides_px) for normal in normals]
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


def _step_across(relative: Floats, inside: NDArray[np.bool_], normal_xy: Floats, sides_px: Floats) -> Step | None:
    """The step across planes that stands out most; None where the crystal is thin across them.

    Args:
        relative: (D, h, w), brightness and how strong waves are at points, over their means.
        inside: bool (h, w), the points of the crystal.
        normal_xy: (2,), of the planes.
        sides_px: (x, y), of a point.
    """
    point_px = float(sides_px.mean())
    means, counts, first = _means_on_planes(relative, inside, normal_xy * sides_px / point_px)
    if means.shape[2] < 2 * _REACH:
        return None
    usual = [np.median(own[own > 0]) if own.any() else 1 for own in counts]
    is_full = counts >= _FILLED * np.array(usual)[:, None]
    used, smooth, stepped = _designs()
    usable = np.all(_windows(is_full), axis=-1)  # (stretches, places)
    places = np.flatnonzero(usable.sum(axis=0) >= _FEWEST_STRETCHES)
    if not len(places):
        return None
    changes = _windows(means)[:, :, places][..., used] @ np.linalg.pinv(stepped)[-1]
    mean, noise, strengths = _strengths(changes, usable[:, places])
    weights = counts * is_full
    profile = (means * weights[:, None]).sum(axis=0) / np.maximum(weights.sum(axis=0), 1)
    whitened = np.linalg.cholesky(np.linalg.inv(noise)).T @ profile
    left = [_left(_windows(whitened)[:, places][..., used], design) for design in (smooth, stepped)]
    sharpness = np.clip(1 - left[1] / np.maximum(left[0], 1e-12), _SHARPEST, 1 - _SHARPEST)
    unlike = ndimage.maximum_filter1d(np.median(np.abs(mean[1:]), axis=0), _REACH)  # beside the line of a grain too
    columns = mean[0], unlike, *strengths, sharpness
    steps = [Step(normal_xy, place, *values) for place, *values in zip(places, *columns, strict=True)]
    best = max(steps, key=lambda step: step.log_odds)
    start = int(best.place_px)
    return replace(best, place_px=(first + start + _placed(whitened[:, start : start + 2 * _REACH])) * point_px)


def _placed(profiles: Floats) -> int:
    """Before which of the points of profiles (D, n) a step fits best; it may lie nearer to an end than is looked at."""
    at = np.arange(profiles.shape[1]) + 0.5
    smooth = np.vander(at / len(at), 4)
    places = range(_FEWEST_BEYOND, len(at) - _FEWEST_BEYOND + 1)
    left = [_left(profiles[:, None], np.column_stack([smooth, at > place])).item() for place in places]
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


def _left(profiles: Floats, design: Floats) -> Floats:
    """What a design (m, k) leaves of profiles (D, n, m), squared: (n,)."""
    base = np.linalg.qr(design)[0]
    return np.asarray(np.sum((profiles - profiles @ base @ base.T) ** 2, axis=(0, 2)))


def _windows(profiles: NDArray[Any]) -> NDArray[Any]:
    """Both sides of each place along profiles (…, n): a view (…, places, 2 × reach)."""
    return np.lib.stride_tricks.sliding_window_view(profiles, 2 * _REACH, axis=-1)


def _means_on_planes(
    relative: Floats, inside: NDArray[np.bool_], normal_xy: Floats
) -> tuple[Floats, NDArray[np.int64], int]:
    """Means over planes, a point thick, in stretches along them: (stretches, D, n), (stretches, n) numbers of points,
    and how many such planes lie between the first one and the top left corner.
    """
    y, x = np.nonzero(inside)
    across = np.floor((x + 0.5) * normal_xy[0] + (y + 0.5) * normal_xy[1]).astype(int)
    along = (y + 0.5) * normal_xy[0] - (x + 0.5) * normal_xy[1]
    first, n_planes = int(across.min()), int(np.ptp(across)) + 1
    ends = np.quantile(along, np.arange(1, _STRETCHES) / _STRETCHES)
    stretch = np.searchsorted(ends, along, side="right")
    bins, shape = stretch * n_planes + across - first, (_STRETCHES, n_planes)
    counts = np.bincount(bins, minlength=_STRETCHES * n_planes).reshape(shape)
    sums = [np.bincount(bins, values[inside], _STRETCHES * n_planes).reshape(shape) for values in relative]
    return np.stack(sums, axis=1) / np.maximum(counts, 1)[:, None], counts, first


@cache
def _designs() -> tuple[NDArray[np.bool_], Floats, Floats]:
    """The points around a step that count, what a smooth change over these n may be (n, 4), and with a step (n, 5)."""
    at = np.arange(-_REACH, _REACH) + 0.5
    used = np.abs(at) > _BLURRED
    smooth = np.vander(at[used] / _REACH, 4)
    return used, smooth, np.column_stack([smooth, np.sign(at[used]) / 2])
