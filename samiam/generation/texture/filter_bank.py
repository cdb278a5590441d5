"""Local texture of an image: energies of oriented band-pass filters on a coarse grid, kept sharp at interfaces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage
from sklearn.decomposition import PCA

_PAD_PX = 32  # of mirror padding; as far as the widest filters reach
_BANDWIDTH = np.log(1.4)  # of a filter, in log wavelength


def texture_map(
    pixels: NDArray[np.float32],
    *,
    stride_px: int,
    wavelengths_px: Sequence[float],
    n_orientations: int,
    smoothing_px: float,
    n_features: int,
) -> NDArray[np.float32]:
    """What the texture looks like around each point of a grid.

    Features are the logarithms of the local energy in every band and direction (log-Gabor filters) and of the local
    mean, reduced to their principal components.

    Args:
        pixels: float32 (H, W) in [0, 1].
        stride_px: spacing of the grid.
        wavelengths_px: centres of the bands.
        n_orientations: directions in each band.
        smoothing_px: standard deviation of the window in which energy is measured; a band of longer wavelength is
            measured in a window of its own wavelength.
        n_features: principal components kept (fewer where there are fewer).

    Returns:
        float32 (⌈H/stride⌉, ⌈W/stride⌉, n_features).
    """
    padded = np.pad(pixels, _PAD_PX, mode="reflect").astype(np.float32)
    image = tuple(slice(_PAD_PX, _PAD_PX + side) for side in pixels.shape)
    spectrum = fft.rfft2(padded, workers=-1)
    features = [ndimage.gaussian_filter(_binned(pixels, stride_px), smoothing_px / stride_px)]
    for wavelength_px, transfer in _log_gabor(padded.shape, wavelengths_px, n_orientations):
        # The padding mirrors the lattice into another orientation: its energy must not be smoothed into the image.
        energy = _binned(fft.irfft2(spectrum * transfer, padded.shape, workers=-1)[image] ** 2, stride_px)
        features.append(np.sqrt(ndimage.gaussian_filter(energy, max(smoothing_px, wavelength_px) / stride_px)))
    logarithms = np.log(np.stack(features, axis=-1) + 0.02)
    flat = logarithms.reshape(-1, len(features))
    components = np.zeros((len(flat), min(n_features, *flat.shape)), np.float32)
    if np.ptp(flat, axis=0).any():  # PCA divides by the variance
        components = PCA(components.shape[1], svd_solver="full").fit_transform(flat)
    return np.asarray(components.reshape(*logarithms.shape[:2], -1), np.float32)


def _binned(image: NDArray[np.float32], stride_px: int) -> NDArray[np.float32]:
    """Mean of each square of `stride_px`; squares that the border cuts short are filled with the border's pixels."""
    filled = np.pad(image, [(0, -side % stride_px) for side in image.shape], mode="edge")
    rows, columns = (side // stride_px for side in filled.shape)
    means: NDArray[np.float32] = filled.reshape(rows, stride_px, columns, stride_px).mean(axis=(1, 3))
    return means


def _log_gabor(
    shape_hw: tuple[int, ...], wavelengths_px: Sequence[float], n_orientations: int
) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """Wavelength and transfer function (on the half plane of `rfft2`) of each filter."""
    frequency_y, frequency_x = fft.fftfreq(shape_hw[0])[:, None], fft.rfftfreq(shape_hw[1])[None, :]
    radius, angle = np.hypot(frequency_y, frequency_x), np.arctan2(frequency_y, frequency_x)
    radius[0, 0] = 1.0
    width = np.pi / n_orientations / 1.5
    for wavelength_px in wavelengths_px:
        band = np.exp(-(np.log(radius * wavelength_px) ** 2) / (2 * _BANDWIDTH**2))
        band[0, 0] = 0.0
        for orientation in range(n_orientations):
            off_axis = np.angle(np.exp(2j * (angle - np.pi * orientation / n_orientations))) / 2
            yield wavelength_px, (band * np.exp(-(off_axis**2) / (2 * width**2))).astype(np.float32)


def sharpen(features: NDArray[np.float32], reach: int, repeats: int) -> NDArray[np.float32]:
    """Undo the mixing of textures at interfaces: every point takes the mean of its most uniform nearby window.

    A Kuwahara filter (Kuwahara et al. 1976) of many channels.

    Args:
        features: float32 (h, w, F).
        reach: windows are (2·reach + 1)² and lie up to this far away, in grid points.
        repeats: how often to apply it.
    """
    rows, columns = np.mgrid[: features.shape[0], : features.shape[1]]
    for _ in range(repeats):
        size = (2 * reach + 1, 2 * reach + 1, 1)
        means = ndimage.uniform_filter(features, size, mode="nearest")
        squares = ndimage.uniform_filter(features**2, size, mode="nearest")
        variance = (squares - means**2).sum(axis=-1)
        least = np.full(variance.shape, np.inf)
        for down in (-reach, 0, reach):
            for right in (-reach, 0, reach):
                y = np.clip(rows + down, 0, features.shape[0] - 1)
                x = np.clip(columns + right, 0, features.shape[1] - 1)
                better = variance[y, x] < least
                least[better] = variance[y, x][better]
                features = np.where(better[..., None], means[y, x], features)
    return features
