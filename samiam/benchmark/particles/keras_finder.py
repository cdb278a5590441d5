"""The authors' network as a finder, used as they do: pieces of 512 px, brightness from 0 to 1, connected parts."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from samiam.benchmark.particles.keras_weights import read_keras_unet
from samiam.benchmark.particles.thresholds import ThresholdFinder
from samiam.networks.unet import PaperUNet
from samiam.particles.finder.inputs import stretched
from samiam.particles.finder.protocol import Found
from samiam.storage.files import sha256_of

_PIECE_PX = 512  # what it was trained on
_OUTLYING = 5.0  # standard deviations beyond which a pixel becomes the median of its neighbours (Groschner et al.)


class KerasFinder:
    """Finds particles by the authors' weights, on the pixels of the image, whatever their size.

    Args:
        weights: their Keras file.
        threshold: from which the second class is a particle.

    Raises:
        InputError: if the file is none of that network.
    """

    def __init__(self, weights: str | Path, threshold: float) -> None:
        self.name = "keras"
        self._network, self._threshold = read_keras_unet(weights), threshold
        self._divided = ThresholdFinder(self.name, self._parts)
        sha256 = sha256_of(Path(weights))
        self.options: Mapping[str, Any] = {**self._divided.options, "threshold": threshold, "weights_sha256": sha256}

    def find(self, pixels: NDArray[np.float32], pixel_size_nm: float) -> Found:
        """The particles of an image, see `ParticleFinder.find`."""
        return self._divided.find(pixels, pixel_size_nm)

    def _parts(self, pixels: NDArray[np.float32], pixel_size_nm: float) -> NDArray[np.integer]:  # noqa: ARG002 - one interface
        labels, _ = ndimage.label(probability_of(self._network, pixels) > self._threshold)
        return np.asarray(labels)


def probability_of(network: PaperUNet, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """How probable a particle is at each pixel, float32 (H, W).

    Args:
        network: in evaluation mode.
        pixels: real (H, W).
    """
    is_outlying = np.abs(pixels - pixels.mean()) > _OUTLYING * pixels.std()
    seen = stretched(np.where(is_outlying, ndimage.median_filter(pixels, 3), pixels))
    found = np.zeros(seen.shape, np.float32)
    starts = (range(0, side, _PIECE_PX) for side in seen.shape)
    with torch.inference_mode():
        for top, left in product(*starts):
            piece = slice(top, top + _PIECE_PX), slice(left, left + _PIECE_PX)
            scores = network(torch.from_numpy(seen[piece])[None, None])["particle"]
            found[piece] = scores.softmax(dim=1)[0, 1].numpy()
    return found
