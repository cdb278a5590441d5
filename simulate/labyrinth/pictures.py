"""What a scanning microscope shows of a labyrinth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import csr_array

from simulate.draws import log_uniform, uniform
from simulate.labyrinth.evolution import GRID_PERIOD_PX, Field, grid_noise
from simulate.labyrinth.settings import LabyrinthConditions

_CONTRAST_PERIODS = 8.0  # after which it has little to do with what it was, 1/e: thickness and tilt
_BLOTCH_PERIODS = 3.0  # likewise
_NOISE_PERIOD_PX = 27.0  # of frames that noise is told for: that of 1995² frames with 300 ends (Lin et al.)
_HEADROOM = 3.5  # noise standard deviations within the range of a detector


@dataclass(frozen=True)
class View:
    """One draw of the conditions; names and units as there, but for the noise.

    Attributes:
        gradient_rad: towards where it is brightest, from +x towards +y, which is down.
        noise: of a pixel of this frame, in σ of the stripes.
    """

    period_px: float
    wall: float
    contrast_ratio: float
    gradient: float
    gradient_rad: float
    blotches: float
    jitter_px: float
    row_brightness: float
    noise: float


def drawn_view(conditions: LabyrinthConditions, rng: np.random.Generator) -> View:
    """Draw how a labyrinth is seen."""
    period_px = log_uniform(rng, conditions.period_px)
    return View(
        period_px=period_px,
        wall=log_uniform(rng, conditions.wall),
        contrast_ratio=log_uniform(rng, conditions.contrast_ratio),
        gradient=uniform(rng, conditions.gradient),
        gradient_rad=float(rng.uniform(0, 2 * np.pi)),
        blotches=uniform(rng, conditions.blotches),
        jitter_px=uniform(rng, conditions.jitter_px),
        row_brightness=uniform(rng, conditions.row_brightness),
        noise=uniform(rng, conditions.noise) * period_px / _NOISE_PERIOD_PX,
    )


class Specimen:
    """What lies beside the labyrinth and moves with it: how strong its contrast is where, and blotches.

    Args:
        view: how it is seen.
        rng: source of the draws.
        n: side of the grid.
    """

    def __init__(self, view: View, rng: np.random.Generator, n: int) -> None:
        strong = np.clip(_slow_noise(rng, n, _CONTRAST_PERIODS) / 4 + 0.5, 0, 1)  # of normal values, 95 % lie within
        contrast = view.contrast_ratio ** (strong - 0.5)
        self.contrast: Field = contrast / np.sqrt(np.mean(contrast**2, dtype=np.float64))
        self.blotches: Field = np.float32(view.blotches) * _slow_noise(rng, n, _BLOTCH_PERIODS)

    def shown(self, field: Field, wall: float) -> Field:
        """Brightness (n, n) on the grid, of standard deviation 1 but for the blotches."""
        profile = np.tanh(field / (np.float32(wall) * field.std()))
        profile -= profile.mean()
        return np.asarray(self.contrast * profile / profile.std() + self.blotches, np.float32)


def _slow_noise(rng: np.random.Generator, n: int, periods: float) -> Field:
    """Noise (n, n) of mean 0 and variance 1 whose autocorrelation falls to 1/e within so many periods of the stripes.

    White noise behind a Gaussian of standard deviation s has the autocorrelation exp(−d² / 4 s²).
    """
    waves = np.ones((n, n // 2 + 1), np.float32)
    waves[0, 0] = 0
    return grid_noise(rng, n, ndimage.fourier_gaussian(waves, periods / 2 * GRID_PERIOD_PX, n=n))


class Window:
    """What pixels of a frame see of a periodic grid: cubic convolution (Keys 1981, doi:10.1109/TASSP.1981.1163711).

    Args:
        n: side of the grid.
        top_left: place on the grid of the frame's first pixel.
        spacing: of the frame's pixels, on the grid.
        shape_hw: of the frame.
    """

    def __init__(self, n: int, top_left: tuple[float, float], spacing: float, shape_hw: tuple[int, int]) -> None:
        self._down, self._across = (
            _interpolation(start + spacing * np.arange(length, dtype=np.float64), n)
            for start, length in zip(top_left, shape_hw, strict=True)
        )

    def of(self, field: Field) -> Field:
        """A field (n, n) on the pixels (H, W)."""
        columns = np.ascontiguousarray((self._down @ field).T)
        return np.ascontiguousarray((self._across @ columns).T)


def _interpolation(places: NDArray[np.float64], n: int) -> csr_array:
    """Weights (m, n) of the grid's values at places between them."""
    first = np.floor(places).astype(np.int64)
    t = (places - first)[:, None]
    near = ((-0.5 * t + 1) * t - 0.5) * t, (1.5 * t - 2.5) * t * t + 1, ((-1.5 * t + 2) * t + 0.5) * t
    weights = np.concatenate([*near, (0.5 * t - 0.5) * t * t], axis=1).astype(np.float32)
    indices = (first[:, None] + np.arange(-1, 3)) % n
    return csr_array((weights.ravel(), indices.ravel(), 4 * np.arange(len(places) + 1)), shape=(len(places), n))


def recorded(brightness: Field, view: View, rng: np.random.Generator) -> Field:
    """A frame (H, W) within [0, 1], of brightness without noise; the same scale for all frames of a video.

    Args:
        brightness: (H, W), in σ of the stripes.
        view: how it is seen.
        rng: of the frame.
    """
    rows, columns = brightness.shape
    jitter = np.float32(view.jitter_px) * rng.standard_normal((rows, 1), np.float32)
    seen = brightness + jitter * np.gradient(brightness, axis=1)
    seen += _tilted((rows, columns), view)
    seen += np.float32(view.row_brightness) * rng.standard_normal((rows, 1), np.float32)
    seen += np.float32(view.noise) * rng.standard_normal((rows, columns), np.float32)
    reach = 2 * np.sqrt(view.contrast_ratio) + view.gradient / 2 + 3 * view.blotches + _HEADROOM * view.noise
    return np.asarray(np.clip(seen / np.float32(2 * reach) + np.float32(0.5), 0, 1), np.float32)


def _tilted(shape_hw: tuple[int, int], view: View) -> Field:
    down, across = (np.linspace(-0.5, 0.5, length, dtype=np.float32) for length in shape_hw)
    plane = np.sin(view.gradient_rad) * down[:, None] + np.cos(view.gradient_rad) * across[None]
    return np.asarray(view.gradient * plane, np.float32)
