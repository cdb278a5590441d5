"""Materials that recur in an image: parts that hardly touch, as on both sides of a layer, and look the same.

What a network sees in a texture depends on what lies around it, and on the far side of a layer there mostly is another
material. The brightness, the contrast and the spectrum of small windows tell whether it is. Crystals that have one
lattice and are as bright are of one material too, whether they touch or not, and so are the parts of a cap.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from samiam.boosting.lookalikes import LEAST_SHARE, reflections_of
from samiam.lattices.basis import Basis, basis_of
from samiam.lattices.likeness import stretch_between
from samiam.lattices.spectrum import Reflections
from samiam.morphology import dilated, eroded
from samiam.records.arrays import areas_in, numbers_in

_SIDES_PX = (128, 64, 32)  # of windows; the largest of which both parts have enough
_FEWEST, _MOST = 6, 24  # windows of a part
_WITHIN = 0.98  # of a window, what has to lie in its part
_NEAR_PX = 2  # the outline of a part
_MEETING = 0.15  # of the shorter outline: needles and flakes end within an image

# Chosen on 40 pairs of textures of `simulate.procedural_scene` (seeds from 20000 on), lattices of 5 to 40 px and
# amorphous films under noise and on a wedge. Distances of spectra are below 1.03 for 95 % of what is one texture, above
# 1.10 for 95 % of what is not in windows of 32 px, above 1.28 in windows of 64 px.
_SPECTRA = 1.05  # mean distance between windows of two parts over that between windows of one
_BRIGHTNESS = 0.25  # difference over the standard deviation of the image
_CONTRAST = 0.18  # difference of the logarithms
_STIFFNESS = 0.5  # of slopes: so many windows, as far apart as the parts are, speak against one
_DRIFT = 2.0  # either difference over what changes within a part, from the first to the ninth tenth of its windows

# Chosen on 246 scenes of `simulate.scenes.benchmark` (seeds 901 to 903), also turned by 30°.
_SAME_LATTICE = 0.02  # stretch between two
_AS_BRIGHT = 0.045  # difference over the standard deviation of the image
_AS_ROUGH = 1.025  # distance of spectra, as of _SPECTRA, of two parts of a cap
_CRYSTALS = 2  # beside which what has no lattice is a cap

Floats = NDArray[np.float64]


def recurring(
    parts: NDArray[np.uint32], pixels: NDArray[np.float32], apart: Collection[tuple[int, int]] = ()
) -> dict[int, int]:
    """The parts that are of the same material as one with a lower number, and that number.

    A part is of the material of several others only where it may be that of each. What meets is of two materials. But
    crystals of one lattice and brightness are of one, wherever they lie and however they are turned: less of the
    columns of one may be seen, as it is tilted or out of focus. So are, beside two crystals, parts without any lattice
    whose spectra are alike, however bright they are: a cap is thick and thin.

    Args:
        parts: uint32 (H, W), 0 where not segmented, parts 1, 2, ….
        pixels: float32 (H, W), the image.
        apart: pairs of parts that are of two materials.
    """
    numbers, spread, same = numbers_in(parts), float(pixels.std()), dict[int, int]()
    rims = {number: _rim(parts == number) for number in numbers}

    @cache
    def windows_of(number: int, side_px: int) -> Windows:
        return Windows.within(parts == number, pixels, side_px)

    @cache
    def reflections_in(number: int) -> Reflections | None:
        return reflections_of(parts == number, pixels) if number in large else None

    def lattice_of(number: int) -> Basis | None:
        basis = basis_of(reflections_in(number))
        return basis if isinstance(basis, Basis) else None

    def windows_of_both(first: int, second: int) -> tuple[Windows, Windows] | None:
        """The largest of which both have enough."""
        for side_px in _SIDES_PX:
            looks = windows_of(first, side_px), windows_of(second, side_px)
            if min(len(look.brightness) for look in looks) >= _FEWEST:
                return looks
        return None

    @cache
    def are_of_one_lattice(first: int, second: int) -> bool:
        looks = windows_of_both(first, second)
        if looks is None or abs(looks[0].brightness.mean() - looks[1].brightness.mean()) > _AS_BRIGHT * spread:
            return False
        one, other = lattice_of(first), lattice_of(second)
        return one is not None and other is not None and stretch_between(one, other) < _SAME_LATTICE

    @cache
    def are_of_one_cap(first: int, second: int) -> bool:
        looks = windows_of_both(first, second)
        if looks is None or _relative_distance(looks[0].spectra, looks[1].spectra) > _AS_ROUGH:
            return False
        both = reflections_in(first), reflections_in(second)
        if not all(found is not None and not len(found.waves) for found in both):
            return False
        return sum(lattice_of(number) is not None for number in large) >= _CRYSTALS

    differ = {frozenset(pair) for pair in apart}
    large = {number for number, area in enumerate(areas_in(parts)) if area >= LEAST_SHARE * parts.size}

    def are_one_anyway(first: int, second: int) -> bool:
        return are_of_one_lattice(first, second) or are_of_one_cap(first, second)

    def may_be_one(first: int, second: int) -> bool:
        if frozenset((first, second)) in differ:
            return False
        return not _meet(rims[first], rims[second]) or are_one_anyway(first, second)

    for first, second in combinations(numbers, 2):
        material = same.get(first, first)
        members = [number for number in numbers if same.get(number, number) == material]
        if second in same or not all(may_be_one(member, second) for member in members):
            continue
        looks = windows_of_both(first, second)
        if (looks is not None and looks[0].are_like(looks[1], spread)) or are_one_anyway(first, second):
            same[second] = material
    return same


def _rim(part: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels near the outline of a part (H, W), on either side, but for the edge of the image."""
    return dilated(part, _NEAR_PX, corners=True) & ~eroded(part, _NEAR_PX, corners=True, beyond=True)


def _meet(rim: NDArray[np.bool_], other: NDArray[np.bool_]) -> bool:
    """Whether two parts lie beside each other along more of an outline than round the end of what parts them."""
    return bool(np.count_nonzero(rim & other) > _MEETING * min(np.count_nonzero(rim), np.count_nonzero(other)))


@dataclass(frozen=True, eq=False)
class Windows:
    """What n windows of a part look like.

    Attributes:
        places: float64 (n, 2), rows and columns of their top left pixels.
        pixels: float64 (n, side, side).
        brightness: float64 (n,), their means.
        contrast: float64 (n,), the logarithms of their standard deviations.
    """

    places: Floats
    pixels: Floats
    brightness: Floats
    contrast: Floats

    @classmethod
    def within(cls, part: NDArray[np.bool_], pixels: NDArray[np.float32], side_px: int) -> Windows:
        """Windows all over a part (H, W) of an image (H, W), half a side apart at least."""
        places = np.array(_places(part, side_px), np.intp).reshape(-1, 2)
        found = np.array([pixels[top : top + side_px, left : left + side_px] for top, left in places], np.float64)
        found = found.reshape(len(places), side_px, side_px)
        contrast = np.log(np.maximum(found.std(axis=(1, 2)), 1e-6))
        return cls(places.astype(np.float64), found, found.mean(axis=(1, 2)), contrast)

    @cached_property
    def spectra(self) -> Floats:
        """Square roots of the amplitudes of their waves, whatever their contrast: float64 (n, d)."""
        return np.array([_spectrum(window) for window in self.pixels / np.exp(self.contrast)[:, None, None]])

    def are_like(self, other: Windows, spread: float) -> bool:
        """Whether others may be of the same texture, in an image of this standard deviation."""
        places = self.places, other.places
        return (
            _differ_little((self.brightness, other.brightness), places, _BRIGHTNESS * spread)
            and _differ_little((self.contrast, other.contrast), places, _CONTRAST)
            and _relative_distance(self.spectra, other.spectra) < _SPECTRA
        )


def _places(part: NDArray[np.bool_], side_px: int) -> list[tuple[int, int]]:
    """Top left corners (row, column) of windows within a part, from the top to the bottom."""
    if min(part.shape) < side_px:
        return []
    filled = cv2.boxFilter(part.astype(np.float32), -1, 2 * (side_px,), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    filled = filled[: part.shape[0] - side_px + 1, : part.shape[1] - side_px + 1]  # none goes over the edge
    step, places = side_px // 4, list[tuple[int, int]]()
    is_free = filled >= _WITHIN
    for top, left in np.argwhere(filled[::step, ::step] >= _WITHIN).tolist():
        top, left = top * step, left * step
        if is_free[top, left]:
            places.append((top, left))
            half = side_px // 2
            is_free[top : top + half, max(0, left - half + 1) : left + half] = False
    return [places[place] for place in np.linspace(0, len(places) - 1, min(len(places), _MOST)).astype(int)]


def _spectrum(window: Floats) -> Floats:
    """Of a window of standard deviation 1, blurred by a step so that waves near to each other count as alike: (d,)."""
    taper = np.hanning(len(window))
    waves = np.abs(fft.rfft2((window - window.mean()) * taper[:, None] * taper)) ** 0.5
    return cv2.GaussianBlur(fft.fftshift(waves, axes=0), (0, 0), 1.0).ravel()  # type: ignore[no-any-return]


def _differ_little(values: tuple[Floats, Floats], places: tuple[Floats, Floats], most: float) -> bool:
    """Whether what is seen at places of two parts differs by no more than this, as it is or but for a common slope."""
    middles = [each.mean(axis=0) for each in places]
    apart = max(float(np.linalg.norm(middles[0] - middles[1])), 1e-12)
    within = np.concatenate([each - middle for each, middle in zip(places, middles, strict=True)]) / apart
    rises = np.concatenate([each - each.mean() for each in values])
    slope = np.linalg.solve(within.T @ within + _STIFFNESS * np.eye(2), within.T @ rises)
    step = float(values[1].mean() - values[0].mean())
    but_for_slope = step - float((middles[1] - middles[0]) / apart @ slope)
    varies = max(float(np.ptp(np.quantile(each, (0.1, 0.9)))) for each in values)
    return min(abs(step), abs(but_for_slope)) <= min(most, _DRIFT * varies)


def _relative_distance(first: Floats, second: Floats) -> float:
    """The mean distance between a vector (d,) of the one and one of the other, over that of two of either."""
    between, within_first, within_second = (
        np.linalg.norm(one[:, None] - other, axis=-1)
        for one, other in ((first, second), (first, first), (second, second))
    )
    within = [values.sum() / (len(values) * (len(values) - 1)) for values in (within_first, within_second)]
    return float(between.mean() / max(np.mean(within), 1e-12))
