"""Carbon that grows on the specimen where the beam was."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from samiam.errors import InputError
from simulate.imaging.stem.bounds import need_not_negative, need_positive, need_shape

_KNOTS_PER_LENGTH = 2  # enough for the waves to be as high between knots as on them


def contamination(
    rng: np.random.Generator,
    shape_hw: tuple[int, int],
    pixel_size_A: float,
    mean_thickness_A: float,
    *,
    variation: float = 0.3,
    length_A: float = 300.0,
    square: float = 0.0,
    square_edge_A: float = 15.0,
) -> NDArray[np.float64]:
    """Thickness of a carbon film: smooth waves, and a square left by an earlier, smaller scan.

    Args:
        rng: source of the waves and of the square's place; it is drawn from alike whatever the values.
        shape_hw: pixels of the frame.
        pixel_size_A: > 0.
        mean_thickness_A: over the frame, ≥ 0.
        variation: standard deviation of the logarithm of the thickness, apart from the square, 0 … 2.
        length_A: correlation length of the waves, > 0.
        square: how much thicker the film is in the square, in shares of the thickness beside it, ≥ 0.
            The square is 0.3 to 0.7 of the frame's shorter side wide and may reach over the frame's edge.
        square_edge_A: standard deviation of the Gaussian that softens the square's edges, > 0.

    Returns:
        float64 (H, W), ≥ 0, in Å.

    Raises:
        InputError: if a value is out of range.
    """
    need_shape(shape_hw)
    need_positive(pixel_size_A=pixel_size_A, length_A=length_A, square_edge_A=square_edge_A)
    need_not_negative(mean_thickness_A=mean_thickness_A, square=square)
    if not 0 <= variation <= 2:
        raise InputError(f"variation={variation}: give the relative variation of the thickness, 0 to 2.")
    waves = _waves(rng, (shape_hw[0] * pixel_size_A / length_A, shape_hw[1] * pixel_size_A / length_A), shape_hw)
    profiles = _soft_square(rng, shape_hw, square_edge_A / pixel_size_A)
    waves *= variation
    thickness = np.exp(waves, out=waves)
    if square > 0:
        thickness *= 1 + square * np.outer(*profiles)
    thickness *= mean_thickness_A / thickness.mean()
    return thickness


def _waves(
    rng: np.random.Generator, extent_lengths: tuple[float, float], shape_hw: tuple[int, int]
) -> NDArray[np.float64]:
    """A smooth Gaussian random field (H, W) of mean 0 and variance 1 over a frame so many correlation lengths large."""
    rows, columns = (_knot_weights(extent, n) for extent, n in zip(extent_lengths, shape_hw, strict=True))
    return np.asarray(rows @ rng.standard_normal((rows.shape[1], columns.shape[1])) @ columns.T)


def _knot_weights(extent_lengths: float, n_px: int) -> NDArray[np.float64]:
    """Weights (pixels, knots) of random knots in each pixel; the squares of a pixel's weights sum to 1."""
    places = (np.arange(n_px) + 0.5) / n_px * extent_lengths
    knots = np.arange(-3 * _KNOTS_PER_LENGTH, np.ceil((extent_lengths + 3) * _KNOTS_PER_LENGTH) + 1)
    # Two pixels correlate as the convolution of their weights, exp(-(distance / length)²).
    weights = np.exp(-2 * (places[:, None] - knots / _KNOTS_PER_LENGTH) ** 2)
    return np.asarray(weights / np.sqrt((weights**2).sum(axis=1, keepdims=True)))


def _soft_square(
    rng: np.random.Generator, shape_hw: tuple[int, int], edge_px: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two profiles, along y and x, whose product is 1 in a square at a random place and 0 outside."""
    half_px = 0.5 * rng.uniform(0.3, 0.7) * min(shape_hw)
    from_centre_px = [np.arange(n_px) + 0.5 - rng.uniform(0.2, 0.8) * n_px for n_px in shape_hw]
    down, along = (special.ndtr((half_px - np.abs(places)) / edge_px) for places in from_centre_px)
    return down, along
