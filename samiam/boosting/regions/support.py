"""Images without any lattice, as of particles at low magnification: what lies on a support, told by brightness.

What a network sees of a texture is as wide as its windows: gaps between particles that are narrower go with the
particles, and a single small particle with the support. Where the support is even, and all else brighter or all else
darker, pixels tell both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.blurring import blurred
from samiam.boosting.regions.alike.reflected import reflections_of
from samiam.morphology import dilated, eroded
from samiam.records.arrays import numbers_in

# Chosen on 138 scenes of `simulate.procedural_scene` (seeds from 73000 on) under nine of its `EFFECTS`, 64 of them of
# particles, and with a look at three published micrographs.
_MOST_PX = 1536  # longer side of the image in which it is told
_BLURS_PX = (1.5, 2.25, 3.4)  # the first one that takes the noise of the support away
_STEADY = 0.998  # share of the inside of the support that brightness takes for support, but for what is sure
_GREY_LEVELS, _LEAST_SHARE_OF_A_LEVEL = 64, 1e-3
_MOST_TIMES, _SETTLED = 16, 2e-3  # and the share of the image that changes, from which it is not told anew
_INSIDE_PX, _OUTLINE_PX = 4, 3  # what network and brightness draw differently at an outline is left as it is
_SMALLEST_SUPPORT = 0.01  # share of the image
_SLOW = 1 / 8  # of the longer side: a change of brightness as slow is none of the support
_SLOW_PX = 256  # longer side of the image in which it is followed
_STEEP = 3.0  # standard deviations of the support: by less than that no slope is followed beyond it
_RARE = 0.02  # weight of the support from which slow changes around it are known
_FAR = 4.0  # standard deviations of the support from its brightness
_SURELY = 6.0  # likewise, what a particle has somewhere that is found in the support
_FAINT = 0.25  # of the usual distance of all else from the support, what the whole of it has
_SHADED = 3.0  # standard deviations up to which a gap between particles may be away
_WIDEST_PX = 3.0  # from its outline, of a gap
_LEFT = 0.1  # share of a material that is no support, below which, of several, it is support itself
_APART, _MOSTLY = 3.5, 0.9  # standard deviations, and the share of all else that is so much brighter, or darker

_DISC = np.ones((5, 5), np.uint8)
_DISC[[0, 0, 4, 4], [0, 4, 0, 4]] = 0  # OpenCV's own is no square's: a turned image would be another

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class OnSupport:
    """Materials after brightness told what is support.

    Attributes:
        labels: uint32 (H, W), 0 where not segmented.
        gone: materials most of which is support, each with the number of the support; none of their pixels is left.
    """

    labels: NDArray[np.uint32]
    gone: dict[int, int] = field(default_factory=dict)


def on_support(labels: NDArray[np.uint32], pixels: Floats) -> OnSupport:
    """Give narrow gaps to the support and small particles to what lies on it; outlines stay as they are.

    The brightness of a pixel is compared with that of the support and of all else, as log likelihoods averaged over
    those beside it. Nothing changes where a lattice is seen, where the support is not even, or where what lies on it is
    partly brighter and partly darker.

    Args:
        labels: uint32 (H, W), 0 where not segmented, materials 1, 2, ….
        pixels: float32 (H, W), the image.
    """
    numbers = numbers_in(labels)
    if len(numbers) < 2 or any(_shows_lattice(labels == number, pixels) for number in numbers):
        return OnSupport(labels)
    evenness = {number: spread for number in numbers if (spread := _unevenness(labels == number, pixels)) is not None}
    if not evenness:
        return OnSupport(labels)
    support = min(evenness, key=lambda number: evenness[number])
    told = _told_smaller(labels == support, labels > 0, pixels)
    return OnSupport(labels) if told is None else _given(labels, support, told)


def _shows_lattice(part: Mask, pixels: Floats) -> bool:
    reflections = reflections_of(part, pixels)
    return reflections is not None and len(reflections.waves) > 0


def _unevenness(part: Mask, pixels: Floats) -> float | None:
    """The scatter of its brightness, without noise and slow changes; None for a part too small for a support."""
    inside = _within(part, _INSIDE_PX)
    if np.count_nonzero(inside) < _SMALLEST_SUPPORT * part.size:
        return None
    return _scatter(blurred(_flat(pixels, inside), _BLURS_PX[1])[inside])[1]


def _told_smaller(before: Mask, segmented: Mask, pixels: Floats) -> Mask | None:
    """The same of an image of so many pixels at most, of which no outline needs more."""
    share = min(1.0, _MOST_PX / max(pixels.shape))
    if share == 1:
        return _told(before, segmented, pixels)
    size = tuple(round(side * share) for side in pixels.shape[::-1])
    smaller = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)
    told = _told(_resized(before, size), _resized(segmented, size), smaller)
    return None if told is None else _resized(told, pixels.shape[::-1])


def _resized(mask: Mask, size: Sequence[int]) -> Mask:
    return np.asarray(cv2.resize(mask.view(np.uint8), size, interpolation=cv2.INTER_NEAREST_EXACT).view(np.bool_))


def _told(before: Mask, segmented: Mask, pixels: Floats) -> Mask | None:
    """The support, bool (H, W), by brightness; None where that does not tell it.

    Args:
        before: bool (H, W), where it was.
        segmented: bool (H, W).
        pixels: float32 (H, W), the image.
    """
    inside = _within(before, _INSIDE_PX)
    if np.count_nonzero(inside) < _SMALLEST_SUPPORT * inside.size:  # in a smaller image, of a support in narrow strips
        return None
    flat = _flat(pixels, inside)
    for blur_px in _BLURS_PX:
        away = _away(flat, inside, blur_px)
        likelier = _likelier(flat, inside, segmented & ~before, segmented, blur_px)
        is_sure = dilated(np.abs(away) > _FAR, _INSIDE_PX, corners=True)
        if np.count_nonzero(inside & ~likelier & ~is_sure) <= (1 - _STEADY) * np.count_nonzero(inside):
            break
    else:
        return None
    for _ in range(_MOST_TIMES):
        now = _likelier(flat, inside, segmented & ~likelier, segmented, blur_px)
        changed, likelier = np.count_nonzero(now != likelier), now
        if changed < _SETTLED * now.size:
            break
    found = _without_doubtful(before, likelier, segmented, away)
    others = _within(segmented & ~found, _OUTLINE_PX)
    on_one_side = max(np.count_nonzero(side) for side in (away[others] > _APART, away[others] < -_APART))
    return found if on_one_side > _MOSTLY * np.count_nonzero(others) else None


def _away(flat: Floats, support: Mask, blur_px: float) -> Floats:
    """How far the brightness around pixels is from that of the support, in standard deviations of this."""
    smooth = blurred(flat, blur_px)
    middle, spread = _scatter(smooth[support])
    return np.asarray((smooth - middle) / max(spread, 1e-12), np.float32)


def _given(labels: NDArray[np.uint32], support: int, told: Mask) -> OnSupport:
    """Labels with the support as it was told, what lies on it in the materials that are nearest."""
    own = labels == support
    changed = (told != own) & (labels > 0)
    outline = dilated(own, _OUTLINE_PX, corners=True) & ~_within(own, _OUTLINE_PX)
    changed &= _with_part_in(changed, ~outline)
    changed = cv2.morphologyEx(changed.view(np.uint8), cv2.MORPH_OPEN, _DISC).view(np.bool_)
    now = np.where(changed, told, own)
    others = [number for number in numbers_in(labels) if number != support]
    left = {number: _share_left(labels == number, now) for number in others}
    little = [number for number in others if left[number] < _LEFT]
    gone = {number: support for number in little if number != max(left, key=lambda one: left[one])}
    sources = np.isin(labels, [number for number in others if number not in gone]) & ~now
    if not sources.any():
        return OnSupport(labels)
    found = np.where(now, np.uint32(support), labels)
    homeless = (labels > 0) & ~now & ~sources
    if homeless.any():
        nearest = ndimage.distance_transform_edt(~sources, return_distances=False, return_indices=True)
        found[homeless] = labels[tuple(index[homeless] for index in nearest)]
    return OnSupport(found, gone)


def _share_left(material: Mask, support: Mask) -> float:
    """How much of a material, but for its outline where it is wider than that, is no support."""
    inside = _within(material, _OUTLINE_PX)
    inside = inside if inside.any() else material
    return float(1 - np.count_nonzero(inside & support) / np.count_nonzero(inside))


def _without_doubtful(before: Mask, likelier: Mask, segmented: Mask, away: Floats) -> Mask:
    """The support as before, but for particles that are sure in it and for what is sure to be support in all else.

    Args:
        before: bool (H, W), where it was.
        likelier: bool (H, W), where brightness rather is that of the support.
        segmented: bool (H, W).
        away: float32 (H, W), how far brightness is from that of the support, in standard deviations.
    """
    others = _within(segmented & ~likelier, _OUTLINE_PX)
    usual = float(np.median(np.abs(away[others]))) if others.any() else 0.0
    particles, gaps = before & segmented & ~likelier, likelier & ~before
    from_outline = cv2.distanceTransform(gaps.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    is_sure = _with_part_in(particles, np.abs(away) >= _SURELY) & (_mean_of_parts(particles, away) >= _FAINT * usual)
    is_gap = _with_part_in(gaps, from_outline >= _WIDEST_PX) & (_mean_of_parts(gaps, away) <= _SHADED)
    return np.asarray(before & ~is_sure | is_gap)


def _with_part_in(mask: Mask, where: Mask) -> Mask:
    """The connected parts of a mask that reach into another one."""
    parts, n_parts = ndimage.label(mask)
    reached = np.zeros(n_parts + 1, np.bool_)
    reached[parts[mask & where]] = True
    return np.asarray(reached[parts])


def _mean_of_parts(mask: Mask, away: Floats) -> Floats:
    """How far the mean of each connected part of a mask is away, on either side: float (H, W)."""
    parts, n_parts = ndimage.label(mask)
    sizes = np.bincount(parts.ravel(), minlength=n_parts + 1)
    sums = np.bincount(parts.ravel(), away.ravel(), n_parts + 1)
    return np.asarray(np.abs(sums / np.maximum(sizes, 1))[parts], np.float32)


def _likelier(flat: Floats, support: Mask, others: Mask, segmented: Mask, blur_px: float) -> Mask:
    """Where the grey levels around a pixel rather are those of the support than those of all else."""
    ends = np.quantile(flat[segmented], np.arange(1, _GREY_LEVELS) / _GREY_LEVELS)
    grey = np.searchsorted(ends, flat, side="right")
    log_odds = np.log(_shares(grey[support])) - np.log(_shares(grey[others]))
    told = np.where(segmented, log_odds[grey], 0).astype(np.float32)
    return np.asarray(segmented & (blurred(told, blur_px) > 0))


def _shares(levels: NDArray[np.intp]) -> NDArray[np.float64]:
    counts = ndimage.gaussian_filter1d(np.bincount(levels, minlength=_GREY_LEVELS).astype(np.float64), 1.0)
    counts += _LEAST_SHARE_OF_A_LEVEL * max(len(levels), 1) / _GREY_LEVELS
    return np.asarray(counts / counts.sum())


def _flat(pixels: Floats, support: Mask) -> Floats:
    """An image without the slow changes of its support's brightness; what is straight goes on beyond the support."""
    share = min(1.0, _SLOW_PX / max(pixels.shape))
    size = tuple(max(1, round(side * share)) for side in pixels.shape[::-1])
    shown = support.astype(np.float32)
    weights, sums = (
        np.asarray(cv2.resize(each, size, interpolation=cv2.INTER_AREA), np.float32) for each in (shown, shown * pixels)
    )
    plane = _plane(weights, sums)
    smooth = blurred(pixels, _BLURS_PX[1])[support]
    around = smooth - cv2.resize(plane, pixels.shape[::-1], interpolation=cv2.INTER_LINEAR)[support]
    middle = np.average(plane, weights=weights)
    slope = np.sqrt(np.average((plane - middle) ** 2, weights=weights))
    straight = plane if slope > _STEEP * _scatter(around)[1] else np.full_like(plane, middle)
    sigma_px = _SLOW * max(size)
    slow = straight + blurred(sums - weights * straight, sigma_px) / (blurred(weights, sigma_px) + np.float32(_RARE))
    return np.asarray(pixels - cv2.resize(slow, pixels.shape[::-1], interpolation=cv2.INTER_LINEAR))


def _plane(weights: Floats, sums: Floats) -> Floats:
    """The plane (h, w) that fits values best of which there are sums and weights (h, w)."""
    y, x = (axis.ravel() / max(weights.shape) - 0.5 for axis in np.indices(weights.shape))
    design = np.stack([np.ones(weights.size), y, x], axis=1)
    known = weights.ravel() > 0
    root = np.sqrt(weights.ravel()[known])
    fitted = np.linalg.lstsq(design[known] * root[:, None], sums.ravel()[known] / root, rcond=None)[0]
    return np.asarray((design @ fitted).reshape(weights.shape), np.float32)


def _scatter(values: Floats) -> tuple[float, float]:
    """The median, and the standard deviation by the middle two thirds."""
    low, middle, high = np.percentile(values, (16, 50, 84))
    return float(middle), float(high - low) / 2


def _within(part: Mask, away_px: int) -> Mask:
    """What of a part lies so far from its outline."""
    return eroded(part, away_px, corners=True, beyond=True)
