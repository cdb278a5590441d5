"""Other ways to segment an image into its materials, to stand in the same table."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import sobel, threshold_multiotsu
from skimage.segmentation import felzenszwalb, watershed
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from samiam.benchmark.settings import Baseline
from samiam.errors import InputError
from samiam.generation.texture.filter_bank import texture_map
from samiam.generation.texture.generator import TextureGenerator
from samiam.records import Masks, Micrograph

_SMOOTHING_PX = 8.0
"""Half of a coarse lattice's period: columns should not be segments."""
_SMALLEST_SHARE = 0.005  # of the image: the smallest mask of the compact generator, so that all are alike
_BASINS = 32  # several times as many as any scene has regions


def segment_by(baseline: Baseline, micrograph: Micrograph, n_materials: int) -> Masks:
    """The masks of a baseline; they do not overlap.

    Args:
        baseline: one of `BASELINES`.
        micrograph: the image.
        n_materials: how many materials there are; "watershed" and "felzenszwalb" make no use of it.

    Returns:
        One mask for each segment that covers at least half a percent of the image.

    Raises:
        InputError: if the name is unknown.
    """
    if baseline not in BASELINES:
        raise InputError(f"baseline {baseline!r} is unknown; known are {', '.join(BASELINES)}.")
    labels = BASELINES[baseline](micrograph.pixels, n_materials)
    large = [label for label in np.unique(labels) if (labels == label).mean() >= _SMALLEST_SHARE]
    return Masks.from_arrays((labels == label for label in large), micrograph.shape_hw)


def _by_kmeans(pixels: NDArray[np.float32], n_materials: int) -> NDArray[np.int64]:
    """KMeans on local texture, as the generator `texture` measures it."""
    rules = TextureGenerator()
    features = texture_map(
        pixels,
        stride_px=rules.stride_px,
        wavelengths_px=rules.wavelengths_px,
        n_orientations=rules.n_orientations,
        smoothing_px=rules.smoothing_px,
        n_features=rules.n_features,
    )
    with threadpool_limits(1):
        found = KMeans(n_materials, n_init=4, random_state=0).fit_predict(features.reshape(-1, features.shape[-1]))
    labels = found.reshape(features.shape[:2]).astype(np.int64)
    full = labels.repeat(rules.stride_px, axis=0).repeat(rules.stride_px, axis=1)
    cut: NDArray[np.int64] = full[: pixels.shape[0], : pixels.shape[1]]
    return cut


def _by_multi_otsu(pixels: NDArray[np.float32], n_materials: int) -> NDArray[np.int64]:
    """Thresholds of smoothed brightness (Liao et al. 2001)."""
    smooth = _smoothed(pixels)
    if n_materials < 2 or len(np.unique(smooth)) < n_materials:
        return np.zeros(pixels.shape, np.int64)
    thresholds = threshold_multiotsu(smooth, classes=n_materials, nbins=128)  # type: ignore[no-untyped-call]
    return np.digitize(smooth, thresholds)


def _by_watershed(pixels: NDArray[np.float32], n_materials: int) -> NDArray[np.int64]:  # noqa: ARG001 - one interface
    """Basins of the gradient of smoothed brightness."""
    basins: NDArray[np.int64] = watershed(sobel(_smoothed(pixels)), markers=_BASINS)  # type: ignore[no-untyped-call]
    return basins


def _by_felzenszwalb(pixels: NDArray[np.float32], n_materials: int) -> NDArray[np.int64]:  # noqa: ARG001 - likewise
    """Regions of a graph of pixels (Felzenszwalb & Huttenlocher 2004)."""
    least = max(1, int(_SMALLEST_SHARE * pixels.size))
    return np.asarray(felzenszwalb(_smoothed(pixels), scale=1000, sigma=0, min_size=least))


def _smoothed(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(ndimage.gaussian_filter(pixels, _SMOOTHING_PX))


BASELINES: dict[Baseline, Callable[[NDArray[np.float32], int], NDArray[np.int64]]] = {
    "kmeans": _by_kmeans,
    "multi_otsu": _by_multi_otsu,
    "watershed": _by_watershed,
    "felzenszwalb": _by_felzenszwalb,
}
"""What each name does: pixels (H, W) and the number of materials to a segment for each pixel."""
