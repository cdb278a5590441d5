"""Materials that recur in an image: parts that hardly touch, as on both sides of a layer, and look the same.

What a network sees in a texture depends on what lies around it, and on the far side of a layer there mostly is another
material. The brightness, the contrast and the spectrum of small windows tell whether it is. Crystals that have one
lattice and are as bright are of one material too, whether they touch or not, and so are the parts of a cap.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cache, partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from samiam.boosting.regions.alike.lookalikes import LEAST_SHARE
from samiam.boosting.regions.alike.reflected import reflections_of
from samiam.boosting.regions.alike.windows import Windows, largest_of
from samiam.lattices.basis import Basis, lattice_of
from samiam.lattices.likeness import stretch_between, stretch_of_aligned
from samiam.lattices.spectrum import Reflections
from samiam.morphology import dilated, eroded
from samiam.records.arrays import areas_in, numbers_in

_NEAR_PX = 2  # the outline of a part
_MEETING = 0.15  # of the shorter outline: needles and flakes end within an image

# Chosen on 246 scenes of `simulate.scenes.benchmark` (seeds 901 to 903), also turned by 30°.
_SAME_LATTICE = 0.02  # stretch between two
_AS_BRIGHT = 0.045  # difference over the standard deviation of the image
_AS_ROUGH = 1.025  # distance of the spectra of two parts of a cap
_CRYSTALS = 2  # beside which what has no lattice is a cap
_TURNED_DEG, _SAME_CRYSTAL = 1.0, 0.012  # and stretch, up to which two parts are of one crystal
_SANDWICH = 3  # parts that there are, where two are on either side of another one

_OfTwo = Callable[[int, int], bool]


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
    numbers = numbers_in(parts)
    rims = {number: _rim(parts == number) for number in numbers}
    differ, compared = {frozenset(pair) for pair in apart}, _Compared(parts, pixels)

    def may_be_one(first: int, second: int) -> bool:
        if frozenset((first, second)) in differ:
            return False
        return not _meet(rims[first], rims[second]) or compared.are_one_anyway(first, second)

    def are_one(first: int, second: int) -> bool:
        return (
            compared.look_alike(first, second)
            or compared.are_one_anyway(first, second)
            or compared.are_one_crystal(first, second)
        )

    return _taken_together(numbers, may_be_one, are_one)


def recurring_grains(
    parts: NDArray[np.uint32], material_of: Sequence[int], pixels: NDArray[np.float32]
) -> dict[int, int]:
    """The grains that are the same as one of a lower number, which they do not meet, and that number.

    Parts of one crystal on both sides of a layer lie alike, have one lattice and look the same.

    Args:
        parts: uint32 (H, W), 0 where not segmented, grains 1, 2, ….
        material_of: the material of each.
        pixels: float32 (H, W), the image.
    """
    if len(material_of) < _SANDWICH:
        return {}
    compared, rim = _Compared(parts, pixels), cache(lambda number: _rim(parts == number))

    @cache
    def are_one(first: int, second: int) -> bool:
        if material_of[first - 1] != material_of[second - 1] or not compared.are_one_crystal(first, second):
            return False
        return not _meet(rim(first), rim(second))

    return _taken_together(numbers_in(parts), are_one, are_one)


def _taken_together(numbers: Sequence[int], may_be_one: _OfTwo, are_one: _OfTwo) -> dict[int, int]:
    """The parts that are one with another, and may be with all that it is one with; and the lowest of their numbers."""
    same: dict[int, int] = {}
    for first, second in combinations(numbers, 2):
        lowest = same.get(first, first)
        members = [number for number in numbers if same.get(number, number) == lowest]
        if second not in same and all(may_be_one(member, second) for member in members) and are_one(first, second):
            same[second] = lowest
    return same


class _Compared:
    """Parts of an image, what is seen of each looked for once."""

    def __init__(self, parts: NDArray[np.uint32], pixels: NDArray[np.float32]) -> None:
        areas = areas_in(parts)
        self._spread = float(pixels.std())
        self._large = [number for number in numbers_in(parts) if areas[number] >= LEAST_SHARE * parts.size]
        self._windows = cache(lambda number, side_px: Windows.within(parts == number, pixels, side_px))
        self._reflections = cache(lambda number: reflections_of(parts == number, pixels))
        self.are_one_anyway = cache(self._are_one_anyway)

    def look_alike(self, first: int, second: int) -> bool:
        """Whether two parts may be of one texture."""
        looks = self._looks(first, second)
        return looks is not None and looks[0].are_like(looks[1], self._spread)

    def are_one_crystal(self, first: int, second: int) -> bool:
        """Whether they are of one lattice that lies alike in both, and look so but for uneven light."""
        looks = self._looks(first, second)
        if looks is None or not looks[0].are_like(looks[1], self._spread, as_one_crystal=True):
            return False
        one, other = self._lattice(first), self._lattice(second)
        if one is None or other is None:
            return False
        stretch = stretch_of_aligned(one, other, _TURNED_DEG)
        return stretch is not None and stretch < _SAME_CRYSTAL

    def _are_one_anyway(self, first: int, second: int) -> bool:
        """Whether they are of one material also where they meet: crystals of one lattice, or parts of a cap."""
        looks = self._looks(first, second)
        if looks is None or first not in self._large or second not in self._large:
            return False
        brightness = [look.brightness.mean() for look in looks]
        if abs(brightness[0] - brightness[1]) <= _AS_BRIGHT * self._spread:
            one, other = self._lattice(first), self._lattice(second)
            if one is not None and other is not None:
                return stretch_between(one, other) < _SAME_LATTICE
        if looks[0].distance(looks[1]) > _AS_ROUGH:
            return False
        if not (self._shows_none(first) and self._shows_none(second)):
            return False
        return sum(self._lattice(number) is not None for number in self._large) >= _CRYSTALS

    def _looks(self, first: int, second: int) -> tuple[Windows, ...] | None:
        """Windows of both, the largest of which there are enough; None where there are too few."""
        return largest_of(partial(self._windows, first), partial(self._windows, second))

    def _lattice(self, number: int) -> Basis | None:
        return lattice_of(self._reflections(number))

    def _shows_none(self, number: int) -> bool:
        """Whether nothing in its spectrum stands out."""
        found: Reflections | None = self._reflections(number)
        return found is not None and not len(found.waves)


def _rim(part: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels near the outline of a part (H, W), on either side, but for the edge of the image."""
    return dilated(part, _NEAR_PX, corners=True) & ~eroded(part, _NEAR_PX, corners=True, beyond=True)


def _meet(rim: NDArray[np.bool_], other: NDArray[np.bool_]) -> bool:
    """Whether two parts lie beside each other along more of an outline than round the end of what parts them."""
    return bool(np.count_nonzero(rim & other) > _MEETING * min(np.count_nonzero(rim), np.count_nonzero(other)))
