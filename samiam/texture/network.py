"""An encoder around a frozen network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from samiam.texture.inputs import as_imagenet, checked_crop
from samiam.texture.protocol import Estimator

Crop = NDArray[np.float32]


class NetworkEncoder:
    """Crops to vectors by a frozen network; the vector of a crop does not depend on the others.

    Args:
        name: the name under which `build_encoder` makes it.
        network: maps images (B, 3, h, w), normalised as ImageNet's, to vectors (B, length); on its device.
        length: D, of a vector.
        prepare: brings a grey crop to a size that the network takes.
        batch_size: crops that pass the network at once; decides memory, not vectors.
        options: every setting that decides the vectors, for provenance.
        distance: threshold of the estimator "distance" that was calibrated for these weights; None without one.

    Attributes:
        estimator: none that suits these vectors better than the default.
    """

    estimator: Estimator | None = None

    def __init__(
        self,
        name: str,
        network: nn.Module,
        length: int,
        prepare: Callable[[Crop], Crop],
        batch_size: int,
        options: Mapping[str, Any],
        distance: float | None = None,
    ) -> None:
        self.name = name
        self.distance = distance
        self.options = options
        self._network = network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._device = next(network.parameters()).device
        self._length, self._prepare, self._batch_size = length, prepare, batch_size

    def encode(self, crops: Sequence[Crop]) -> NDArray[np.float32]:
        """One vector for each crop.

        Args:
            crops: C grey crops (h, w) with values in [0, 1]; their sizes may differ.

        Returns:
            float32 (C, D); (0, D) for no crops.

        Raises:
            InputError: if a crop is not a non-empty 2-D array of values in [0, 1].
        """
        vectors = np.empty((len(crops), self._length), np.float32)
        prepared = [self._prepare(checked_crop(crop, index)) for index, crop in enumerate(crops)]
        for indices in _batches([crop.shape for crop in prepared], self._batch_size):
            grey = torch.from_numpy(np.stack([prepared[index] for index in indices])[:, None]).to(self._device)
            with torch.inference_mode():
                images = as_imagenet(grey).contiguous(memory_format=torch.channels_last)
                vectors[indices] = self._network(images).float().cpu().numpy()
        return vectors

    def __repr__(self) -> str:
        return f"NetworkEncoder({self.name}, vectors of {self._length})"


def _batches(shapes: Sequence[tuple[int, ...]], batch_size: int) -> list[list[int]]:
    """Indices of crops that can pass the network together."""
    of_shape: dict[tuple[int, ...], list[int]] = {}
    for index, shape in enumerate(shapes):
        of_shape.setdefault(shape, []).append(index)
    return [
        indices[start : start + batch_size]
        for indices in of_shape.values()
        for start in range(0, len(indices), batch_size)
    ]
