"""Whether an image is looked at as it is, or inverted as one of dark field: HRTEM is what the finder has learnt.

Under the angles of dark field heavy particles are bright on a dark support, and a finder of HRTEM outlines the dark
gaps between them. Inverted, it is at home again. Where the file does not say which it is, both are looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from samiam.networks.inputs import resampled
from samiam.particles.finder.crystallinity import crystallinity
from samiam.particles.finder.inputs import FRINGES_NM, working_shape
from samiam.particles.finder.protocol import Found, ParticleFinder
from samiam.records import Masks

_DARK_FIELD = {"HAADF", "MAADF", "LAADF", "ADF", "DF"}
_BRIGHT_FIELD = {"BF", "ABF"}
_SURE = 0.93  # sureness from which an image is not looked at inverted: that would have to be surer by _SURER
# Found on pictures as those of scripts/dark_field.py: of 48 holes that are outlined more surely inverted 7 are as
# crystalline as asked for here, 5 as rough, and 1 is taken for a particle; docs/particles.md has what comes of it.
_LEAST_SURENESS, _SURER = 0.7, 0.05
# Where no lattice shows, the finder has learnt bright shadows too, and noise in them comes out as specks when inverted.
# Chosen on drawn shadows and on six micrographs, of SEM and STEM and of low magnification.
_LEAST_SURENESS_OF_SHADOWS, _SURER_OF_SHADOWS, _AS_PLAIN = 0.78, 0.03, 0.85
_BRIGHTER = 0.5  # in standard deviations of the image
_ROUGHER = 1.4  # noise and fringes grow with the brightness of dark field; a hole is as smooth as its support, or more
_MORE_CRYSTALLINE = 0.1  # than what is around, see `crystallinity`
_NOT_SO = "with --no-invert (invert=False)"
_FINE_PX = 1.5  # standard deviation of the blur that takes noise and fringes away

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Look:
    """What a finder found in an image, looked at as it is or inverted.

    Attributes:
        found: by the finder.
        is_inverted: whether it was shown the image inverted.
        remark: why, or what speaks for the other way; None where there is nothing to say.
    """

    found: Found
    is_inverted: bool = False
    remark: str | None = None


@dataclass(frozen=True)
class _Judged:
    """What speaks for particles that were found.

    Attributes:
        sureness: the mean of the IoU that the finder expects, by area; 0 where nothing is found.
        brightness: how much brighter they are than the rest, in standard deviations; NaN where there is no rest.
        roughness: noise and fringes of theirs, over those of the rest; likewise.
        order: how much more crystalline they are than the rest; likewise.
        explained: share of the variance of the image that is between them and the rest; likewise.
    """

    sureness: float
    brightness: float
    roughness: float
    order: float
    explained: float


def is_scanned(detector: str | None) -> bool:
    """Whether the file says that an image is one of STEM."""
    words = _words(detector)
    return bool(words & (_DARK_FIELD | _BRIGHT_FIELD | {"STEM"}))


def is_dark_field(detector: str | None) -> bool:
    """Whether the file says that an image was taken in dark field, as "STEM HAADF" or Velox's "DF4"."""
    words = _words(detector)
    return bool(words & _DARK_FIELD) and not words & _BRIGHT_FIELD


def _words(detector: str | None) -> set[str]:
    return set(re.findall("[A-Z]+", (detector or "").upper()))


def look(
    finder: ParticleFinder,
    pixels: NDArray[np.float32],
    pixel_size_nm: float,
    *,
    detector: str | None = None,
    invert: bool | None = None,
) -> Look:
    """What a finder finds in an image, whichever way round particles are what it has learnt.

    Args:
        finder: finds them.
        pixels: float32 (H, W) in [0, 1].
        pixel_size_nm: side of a square one.
        detector: what recorded the image, as its file says it.
        invert: whether to look at it inverted; as the file, or else the image, says where None.
    """
    shows_lattices = pixel_size_nm <= FRINGES_NM
    if invert is None and not (shows_lattices and is_dark_field(detector)):
        return _look_both_ways(finder, pixels, pixel_size_nm, shows_lattices=shows_lattices)
    if invert is None:
        remark = f"the file says {detector}, where particles are bright: looked at inverted, unless {_NOT_SO}"
        return Look(finder.find(1 - pixels, pixel_size_nm), is_inverted=True, remark=remark)
    if invert:
        return Look(finder.find(1 - pixels, pixel_size_nm), is_inverted=True, remark="looked at inverted, as asked")
    return Look(finder.find(pixels, pixel_size_nm))


def _look_both_ways(
    finder: ParticleFinder, pixels: NDArray[np.float32], pixel_size_nm: float, *, shows_lattices: bool
) -> Look:
    """As it is, unless particles are found more surely inverted, and what is bright speaks for being particles."""
    as_it_is = finder.find(pixels, pixel_size_nm)
    if _sureness(as_it_is.masks) >= _SURE:
        return Look(as_it_is)
    inverted = finder.find(1 - pixels, pixel_size_nm)
    if not _sureness(inverted.masks) >= _LEAST_SURENESS:  # as of NaN
        return Look(as_it_is)
    seen = resampled(pixels, working_shape(pixels.shape, pixel_size_nm))
    seen = (seen - seen.mean()) / (float(seen.std()) or 1.0)  # not cut off, as particles in dark field would be
    crystalline = crystallinity(seen) if shows_lattices else np.zeros((0, *seen.shape), np.float32)
    dark, bright = (_judged(found.masks, seen, crystalline) for found in (as_it_is, inverted))
    if not bright.brightness >= _BRIGHTER:
        return Look(as_it_is)
    if _are_particles(bright, dark) if shows_lattices else _are_plainer(bright, dark):
        surer = f"which is surer ({bright.sureness:.2f} instead of {dark.sureness:.2f})"
        remark = f"bright particles, as in dark field: looked at inverted, {surer}, unless {_NOT_SO}"
        return Look(inverted, is_inverted=True, remark=remark)
    if not shows_lattices and dark.brightness >= _BRIGHTER:
        return Look(as_it_is)  # which has found what is bright
    doubt = (
        f"what is bright could be outlined too (IoU of {bright.sureness:.2f} expected, {dark.sureness:.2f} of the dark)"
    )
    remark = f"{doubt}: holes of the support, or particles in dark field, for which give --invert (invert=True)"
    return Look(as_it_is, remark=remark)


def _are_particles(bright: _Judged, dark: _Judged) -> bool:
    """Whether what is found inverted speaks more for particles than what is found as it is, and not for holes."""
    is_surer = bright.sureness >= dark.sureness + _SURER
    are_dark_ones_crystals = dark.brightness < 0 and dark.order >= bright.order
    is_crystal = bright.roughness >= _ROUGHER and bright.order >= _MORE_CRYSTALLINE
    return is_surer and is_crystal and not are_dark_ones_crystals


def _are_plainer(bright: _Judged, dark: _Judged) -> bool:
    """Whether shadows are found more surely inverted, and tell as much of what there is to see."""
    is_sure = bright.sureness >= max(_LEAST_SURENESS_OF_SHADOWS, dark.sureness + _SURER_OF_SHADOWS)
    return is_sure and not bright.explained < _AS_PLAIN * dark.explained


def _sureness(masks: Masks) -> float:
    """NaN where the finder does not say how sure it is."""
    return float(np.average(masks.predicted_iou, weights=masks.areas)) if len(masks) else 0.0


def _judged(masks: Masks, seen: Floats, crystalline: Floats) -> _Judged:
    """What speaks for masks over an image of which `seen` (H, W) is the normalised one, on its own pixels.

    Args:
        masks: of the image.
        seen: of mean 0 and standard deviation 1.
        crystalline: (N, H, W), see `crystallinity`; of no windows where no lattice shows, and no order is told.
    """
    union = np.zeros(masks.shape_hw, np.bool_)
    for mask in masks:
        union |= mask
    inside = resampled(union.astype(np.float32), (seen.shape[0], seen.shape[1])) > 0.5
    if not inside.any() or inside.all():
        return _Judged(_sureness(masks), np.nan, np.nan, np.nan, np.nan)
    fine = (seen - cv2.GaussianBlur(seen, (0, 0), _FINE_PX)) ** 2
    brightness, share = float(seen[inside].mean() - seen[~inside].mean()), float(inside.mean())
    orders = [float(of_window[inside].mean() - of_window[~inside].mean()) for of_window in crystalline]
    return _Judged(
        _sureness(masks),
        brightness,
        float(np.sqrt(fine[inside].mean() / max(float(fine[~inside].mean()), 1e-12))),
        max(orders, default=np.nan),
        share * (1 - share) * brightness**2,
    )
