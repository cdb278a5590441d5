"""From a micrograph to its field of texture vectors, at a scale that the network knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from samiam.compact.network import MULTIPLE_PX, FieldNetwork, standardised
from samiam.compact.settings import CompactWeights, FieldSize
from samiam.device import pick_device
from samiam.errors import InputError
from samiam.period import lattice_period
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import given_or_shipped, read_weights

_USUAL_SIDE_PX = 512
_LARGEST_SIDE_PX = 2048
_MOST_MAGNIFIED = 2.0
_ROWS_AT_ONCE = 256
_LEAST_PERIOD_PX = 3.0
"""Below this, columns of a reduced image run together."""


@dataclass(frozen=True, eq=False)
class Field:
    """What the network sees in a micrograph.

    Attributes:
        vectors: float32 (16, h, w), a unit vector of texture at each point of a grid over the image; vectors of one
            material point the same way.
        boundaries: float32 (h, w), how sure it is that two materials meet there, [0, 1].
        grain_boundaries: float32 (h, w), likewise for two grains of one material.
        shape_hw: of the image, in pixels.
    """

    vectors: Tensor
    boundaries: Tensor
    grain_boundaries: Tensor
    shape_hw: tuple[int, int]

    def above_zero(self, values: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Where values (h, w) over the grid, interpolated linearly, are above 0: bool (H, W)."""
        height, width = self.shape_hw
        columns = functional.interpolate(torch.from_numpy(values)[None], width, mode="linear")[0]
        places = ((torch.arange(height) + 0.5) * len(values) / height - 0.5).clamp(0, len(values) - 1)
        above = places.floor().long()
        below, part = (above + 1).clamp(max=len(values) - 1), (places - above)[:, None]
        mask = np.empty(self.shape_hw, np.bool_)
        for top in range(0, height, _ROWS_AT_ONCE):
            rows = slice(top, top + _ROWS_AT_ONCE)
            between = torch.lerp(columns[above[rows]], columns[below[rows]], part[rows])
            mask[rows] = (between > 0).numpy()
        return mask


class FieldModel:
    """Micrographs to fields by a trained network.

    Args:
        network: the network, on its device.
        sha256: of its weights, for provenance; None where they have no file.
    """

    def __init__(self, network: FieldNetwork, sha256: str | None = None) -> None:
        self.network = network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.sha256 = sha256

    def __call__(self, pixels: NDArray[np.float32], scale: float | None = None) -> Field:
        """The field of an image.

        Args:
            pixels: float32 (H, W) in [0, 1].
            scale: what the image is magnified by before it passes the network; `known_scale(pixels)` where None.
        """
        shape_hw = (int(pixels.shape[0]), int(pixels.shape[1]))
        image = torch.from_numpy(np.array(pixels, np.float32))[None, None]
        scale = known_scale(pixels) if scale is None else scale
        sides = [max(1, round(side * scale / MULTIPLE_PX)) * MULTIPLE_PX for side in shape_hw]
        device = next(self.network.parameters()).device
        with torch.inference_mode():
            resized = functional.interpolate(image, sides, mode="bilinear", antialias=True).to(device)
            inputs = standardised(resized).contiguous(memory_format=torch.channels_last)
            vectors, logits = (maps[0].float().cpu() for maps in self.network(inputs))
            boundaries, grain_boundaries = logits.sigmoid()
        return Field(vectors, boundaries, grain_boundaries, shape_hw)


def known_scale(pixels: NDArray[np.float32]) -> float:
    """What to magnify an image by so that it is about as large, and its lattice about as fine, as those trained on.

    An image is brought to about 512 px, or to as much more as its lattice needs to be seen, up to 2048 px.

    Args:
        pixels: float32 (H, W).
    """
    long = max(pixels.shape)
    scale = _USUAL_SIDE_PX / long
    if scale < 1:
        period_px = lattice_period(pixels)
        scale = max(scale, min(1.0, _LEAST_PERIOD_PX / period_px)) if period_px else scale
    return float(min(scale, _MOST_MAGNIFIED, _LARGEST_SIDE_PX / long))


def load_field_model(source: CompactWeights = CompactWeights()) -> FieldModel:
    """The network with its weights.

    Raises:
        InputError: if the weights are missing, damaged, of another network or hash, or the device is unusable.
    """
    place = pick_device(source.device)
    path, sha256 = given_or_shipped("compact", source.weights, source.weights_sha256)
    state, facts = read_weights(path, sha256)
    network = _network_of(facts, path)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise InputError(f"{path}: its tensors do not fit the network that it names; train it again.") from error
    return FieldModel(network.to(place), sha256 or sha256_of(path))


def _network_of(facts: Mapping[str, Any], path: Path) -> FieldNetwork:
    if facts.get("network") != "field":
        raise InputError(f"{path}: weights of {facts.get('network')!r}, not of the compact generator's network.")
    return FieldNetwork(FieldSize(tuple(facts["widths"]), tuple(facts["depths"]), facts["n_heads"]))
