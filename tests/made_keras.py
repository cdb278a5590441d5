"""A tiny file of the layout in which Keras keeps the weights of the authors' network."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

Layers = dict[str, list[NDArray[np.float32]]]


def made_layers(widths: tuple[int, ...] = (2, 3), seed: int = 0) -> Layers:
    """Random weights by the names of their layers: kernels (h, w, in, out), and four rows for each norm."""
    rng = np.random.default_rng(seed)
    below = (*widths[1:], widths[-1])
    up = [(width + coarse, width) for width, coarse in zip(widths, below, strict=True)][::-1]
    pairs = list(zip((1, *widths[:-1]), widths, strict=True))
    pairs += [(widths[-1], widths[-1])] * 2
    for first, second in up:
        pairs += [(first, second), (second, second)]
    layers: Layers = {"input_1": []}
    for number, (n_in, n_out) in enumerate(pairs, start=1):
        layers[f"conv2d_{number}"] = [_drawn(rng, 3, 3, n_in, n_out), _drawn(rng, n_out)]
        norm = [1 + _drawn(rng, n_out), _drawn(rng, n_out), _drawn(rng, n_out), 1 + _drawn(rng, n_out) ** 2]
        layers[f"batch_normalization_{number}"] = norm
        layers[f"activation_{number}"] = []
    layers["final_layer"] = [_drawn(rng, 1, 1, widths[0], 2), _drawn(rng, 2)]
    return layers


def _drawn(rng: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    return (0.4 * rng.normal(size=shape)).astype(np.float32)


def write_keras(path: Path, layers: Layers, *, whole_model: bool = False) -> Path:
    """Write them as `save_weights` does, or as `save`, which has the weights in a group."""
    with h5py.File(path, "w") as file:
        group = file.create_group("model_weights") if whole_model else file
        group.attrs["layer_names"] = np.array([name.encode() for name in layers])
        for layer, arrays in layers.items():
            own = group.create_group(layer)
            kinds = ("kernel", "bias") if len(arrays) == 2 else ("gamma", "beta", "moving_mean", "moving_variance")
            names = [f"{layer}/{kind}:0" for kind in kinds[: len(arrays)]]
            own.attrs["weight_names"] = np.array([name.encode() for name in names]) if names else np.array([], "S1")
            for name, array in zip(names, arrays, strict=True):
                own[name] = array
    return path
