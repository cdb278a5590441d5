"""Light, thickness and focus that change slowly over an image: their effect on contrast and on brightness, taken out.

What is seen of a specimen is a factor times it, plus an offset. Both are smooth, and the steps between materials are
not: a surface of low order is fitted to the differences between neighbouring blocks, with the sum of absolute residuals
as loss, to which the few blocks at steps matter little. Only what then explains most differences is taken out, so that
a film that is brighter than its substrate stays so. It has to do so with blocks of several sizes: layers that are about
as wide as a block beat with it, which looks like a slow change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCKS, _BLOCK_PX = (24, 21, 19), 8  # at most along a side, of each size, and their least side
_ENOUGH_PX = 1024  # along the shorter side; of a larger image every second pixel or so is looked at
_ORDER = 4  # of the surfaces; an even one follows what falls off from the middle to the corners
_ROUNDS, _SOFTEST = 30, 0.05  # of reweighted least squares; below this share of the median a residual weighs no more
_SPAN = 4  # blocks over which a surface has to explain what changes

# Chosen on random lattices under light that changes 1:5 along an axis, exponentially, to the corners and additively,
# where the residual is at most 0.76, and on scenes under none, where it is mostly about 1; weaker changes do no harm.
_EXPLAINED = 0.8  # of the median absolute difference, what may remain
_ELSEWHERE = 0.9  # likewise, of blocks of the other sizes: 0.82 at most under such light, mostly 1 where layers beat
_CONTRAST = 2.0  # least factor between the lowest and the highest contrast
_BRIGHTNESS = 3.0  # least change of brightness, in standard deviations within a block
_VISIBLE = 1 / 255  # least standard deviation of what remains; with less the image shows nothing but the light

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Evened:
    """An image as if it were evenly lit.

    Attributes:
        pixels: float32 (H, W), in [0, 1].
        words: what was taken out.
    """

    pixels: NDArray[np.float32]
    words: str


def evenly_lit(pixels: NDArray[np.float32]) -> Evened | None:
    """An image without the slow changes of contrast and of brightness in it, where these are plain.

    Args:
        pixels: float32 (H, W), in [0, 1].

    Returns:
        The image evened, or None where it is even enough, too small to say, or nothing but a slow change.
    """
    if min(pixels.shape) < _BLOCK_PX * (_SPAN + 2):
        return None
    means, spreads = _blocks(pixels)
    contrast = _Surface.through([np.log(np.maximum(spread, 1e-6)) for spread in spreads])
    evened: NDArray[np.floating[Any]] = pixels
    words = []
    if contrast.explains(np.log(_CONTRAST)):
        evened = evened / np.exp(contrast.over(pixels.shape))
        words.append(f"contrast that changes slowly, 1:{np.exp(contrast.height):.1f}")
        means, spreads = _blocks(evened)
    brightness = _Surface.through(means)
    within = float(np.median(spreads[0]))
    if brightness.explains(_BRIGHTNESS * within):
        evened = evened - brightness.over(pixels.shape)
        words.append(f"brightness that changes slowly, by {brightness.height / within:.1f} times the contrast")
    if not words or _blocks(evened)[1][0].mean() < _VISIBLE:
        return None
    low, high = np.percentile(evened, (0.1, 99.9))
    return Evened(np.clip((evened - low) / (high - low), 0, 1).astype(np.float32), " and ".join(words))


def _blocks(pixels: NDArray[np.floating[Any]]) -> tuple[list[Floats], list[Floats]]:
    """Means and standard deviations of the blocks of an image, of each size."""
    step = max(1, min(pixels.shape) // _ENOUGH_PX)
    seen = np.asarray(pixels[::step, ::step], np.float64)
    squared = seen * seen
    means, spreads = list[Floats](), list[Floats]()
    for most in _BLOCKS:
        ends = [np.rint(np.linspace(0, side, min(most, side // _BLOCK_PX) + 1)).astype(int) for side in seen.shape]
        areas = np.outer(*(np.diff(end) for end in ends))
        mean, mean_squared = (_sums(image, ends) / areas for image in (seen, squared))
        means.append(mean)
        spreads.append(np.sqrt(np.maximum(mean_squared - mean**2, 0)))
    return means, spreads


def _sums(image: Floats, ends: Sequence[NDArray[np.int_]]) -> Floats:
    """Over blocks; not as products, whose last digits depend on the number of threads."""
    along_rows = np.add.reduceat(image, ends[1][:-1], axis=1)
    return np.asarray(np.add.reduceat(along_rows, ends[0][:-1], axis=0))


def _powers(n: int) -> Floats:
    """Of places along a side of n: (n, order + 1)."""
    return np.vander((2 * np.arange(n) + 1) / n - 1, _ORDER + 1, increasing=True)


def _differences(blocks: Floats, span: int) -> Floats:
    """Between blocks that are a span apart along either side: (n, ...) of (rows, columns, ...)."""
    down, across = blocks[span:] - blocks[:-span], blocks[:, span:] - blocks[:, :-span]
    return np.concatenate([part.reshape(-1, *blocks.shape[2:]) for part in (down, across)])


@dataclass(frozen=True, eq=False)
class _Surface:
    """A smooth surface through the values of blocks, up to a constant.

    Attributes:
        coefficients: (order + 1, order + 1), of powers of y and x.
        height: from its first to its 99th percentile.
        residuals: median absolute difference over a span that it leaves, in shares of what was there, for blocks of
            each size.
    """

    coefficients: Floats
    height: float
    residuals: list[float]

    @classmethod
    def through(cls, values: Sequence[Floats]) -> _Surface:
        """The one through the first of values of blocks of several sizes."""
        first = values[0]
        along_y, along_x = (_powers(side) for side in first.shape)
        exponents = [(i, j) for i in range(_ORDER + 1) for j in range(_ORDER + 1 - i) if i + j]
        terms = np.stack([np.outer(along_y[:, i], along_x[:, j]) for i, j in exponents], axis=-1)
        found = _least_absolute(_differences(terms, 1), _differences(first, 1))
        coefficients = np.zeros((_ORDER + 1, _ORDER + 1))
        coefficients[tuple(zip(*exponents, strict=True))] = found
        height = float(np.ptp(np.percentile(along_y @ coefficients @ along_x.T, (1, 99))))
        return cls(coefficients, height, [_left(each, coefficients) for each in values])

    def explains(self, least_height: float) -> bool:
        """Whether it is as high as this, and is what most differences come from."""
        residual, *elsewhere = self.residuals
        return self.height > least_height and residual < _EXPLAINED and max(elsewhere) < _ELSEWHERE

    def over(self, shape_hw: Sequence[int]) -> Floats:
        """Its height over each pixel of an image, on average 0."""
        surface = _powers(shape_hw[0]) @ self.coefficients @ _powers(shape_hw[1]).T
        return np.asarray(surface - surface.mean())


def _left(values: Floats, coefficients: Floats) -> float:
    """The median absolute difference over a span that a surface leaves of values of blocks, over what was there."""
    surface = _powers(values.shape[0]) @ coefficients @ _powers(values.shape[1]).T
    there, left = (np.median(np.abs(_differences(part, _SPAN))) for part in (values, values - surface))
    return float(left / there) if there else 1.0


def _least_absolute(terms: Floats, values: Floats) -> Floats:
    """The coefficients for which the absolute residuals are least in sum, by reweighted least squares."""
    weights = np.ones(len(values))
    for _ in range(_ROUNDS):
        weighted = terms.T * weights
        coefficients = np.linalg.solve(weighted @ terms, weighted @ values)
        residuals = np.abs(terms @ coefficients - values)
        weights = 1 / np.maximum(residuals, max(_SOFTEST * float(np.median(residuals)), 1e-12))
    return np.asarray(coefficients)
