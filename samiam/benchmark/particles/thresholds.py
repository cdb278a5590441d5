"""Ways to find particles without learning: thresholds of brightness or of its variance, and a watershed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.filters import threshold_otsu
from skimage.segmentation import watershed

from samiam.particles.finder.protocol import Found
from samiam.particles.finder.settings import FinderOptions
from samiam.records import Masks

Floats = NDArray[np.float32]
Labels = NDArray[np.integer]
_SMOOTH_NM = 0.25
"""Standard deviation of the blur before a threshold: a fringe of {111}, so that fringes are no particles."""
_WINDOW_NM = 1.0
"""Side of the windows whose variance is looked at: four fringes."""
_APART_NM = 1.0
"""Between the middles of two particles: the smallest that is looked for."""


class ThresholdFinder:
    """Finds particles as the connected parts of what lies beyond a threshold.

    Args:
        name: for tables.
        divide: pixels (H, W) and their size in nm to labels, 0 for the support.
    """

    def __init__(self, name: str, divide: Callable[[Floats, float], Labels]) -> None:
        sizes = FinderOptions()
        self.name, self._divide = name, divide
        self.options: Mapping[str, Any] = {"smallest_nm": sizes.smallest_nm, "smallest_px": sizes.smallest_px}

    def find(self, pixels: Floats, pixel_size_nm: float) -> Found:
        """The particles of an image, without holes; those too small are left out, as the finder that ships does."""
        least_px = max(self.options["smallest_px"], self.options["smallest_nm"] / pixel_size_nm)
        found = [
            (box, inside)
            for box, inside in _filled(self._divide(pixels, pixel_size_nm))
            if 2 * np.sqrt(np.count_nonzero(inside) / np.pi) >= least_px
        ]

        def whole(box: tuple[slice, ...], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
            mask = np.zeros(pixels.shape, np.bool_)
            mask[box] = inside
            return mask

        return Found(Masks.from_arrays((whole(*one) for one in found), pixels.shape), ())


def _filled(labels: Labels) -> Iterator[tuple[tuple[slice, ...], NDArray[np.bool_]]]:
    """The box of each label and what of it lies within, holes filled."""
    for label, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is not None:
            yield box, np.asarray(ndimage.binary_fill_holes(labels[box] == label))


def dark_by_otsu(pixels: Floats, pixel_size_nm: float) -> Labels:
    """What is darker than Otsu's threshold (1979) of smoothed brightness, as particles in bright field mostly are."""
    smooth = ndimage.gaussian_filter(pixels, _SMOOTH_NM / pixel_size_nm)
    return _parts(smooth < _otsu(smooth))


def uneven_by_otsu(pixels: Floats, pixel_size_nm: float) -> Labels:
    """Where brightness varies more, within a nanometre, than Otsu's threshold of that: fringes and edges."""
    side = max(3, round(_WINDOW_NM / pixel_size_nm))
    exact = pixels.astype(np.float64)
    mean = ndimage.uniform_filter(exact, side)
    spread = np.sqrt(np.maximum(ndimage.uniform_filter(exact**2, side) - mean**2, 0))
    return _parts(spread > _otsu(spread))


def dark_by_watershed(pixels: Floats, pixel_size_nm: float) -> Labels:
    """What is darker than Otsu's threshold, divided where the distance to its edge has a valley (scikit-image)."""
    is_dark = dark_by_otsu(pixels, pixel_size_nm) > 0
    distance = ndimage.gaussian_filter(ndimage.distance_transform_edt(is_dark), _SMOOTH_NM / pixel_size_nm)
    apart = round(max(_APART_NM / pixel_size_nm, FinderOptions().smallest_px))
    tops = peak_local_max(distance, min_distance=apart, labels=_parts(is_dark))  # type: ignore[no-untyped-call]
    seeds = np.zeros(pixels.shape, np.int64)
    seeds[tuple(tops.T)] = np.arange(1, len(tops) + 1)
    return np.asarray(watershed(-distance, seeds, mask=is_dark))  # type: ignore[no-untyped-call]


def _otsu(values: NDArray[np.floating]) -> float:
    """Otsu's threshold; where all is equal nothing is beyond it."""
    low, high = float(values.min()), float(values.max())
    return low if low == high else float(threshold_otsu(values))  # type: ignore[no-untyped-call]


def _parts(inside: NDArray[np.bool_]) -> Labels:
    labels, _ = ndimage.label(inside)
    return np.asarray(labels)
