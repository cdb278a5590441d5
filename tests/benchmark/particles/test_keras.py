"""The authors' network from a Keras file: against the same graph written out, and what is no such file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from made_keras import Layers, made_layers, write_keras
from refusals import refusal
from torch import Tensor
from torch.nn import functional

from samiam.benchmark.particles.keras_finder import KerasFinder, probability_of
from samiam.benchmark.particles.keras_weights import read_keras_unet


def convolved(maps: Tensor, kernel: np.ndarray, bias: np.ndarray) -> Tensor:
    weight = torch.from_numpy(kernel).permute(3, 2, 0, 1)
    return functional.conv2d(maps, weight, torch.from_numpy(bias), padding=kernel.shape[0] // 2)


def by_hand(layers: Layers, image: Tensor) -> Tensor:
    """The second class's probability by the layers as Keras names them, for two levels."""

    def normed(number: int, maps: Tensor) -> Tensor:
        found = convolved(maps, *layers[f"conv2d_{number}"])
        gamma, beta, mean, variance = (
            torch.from_numpy(a)[:, None, None] for a in layers[f"batch_normalization_{number}"]
        )
        return gamma * (found - mean) / torch.sqrt(variance + 1e-4) + beta

    first = normed(1, image)
    second = normed(2, functional.max_pool2d(first, 2))
    found = functional.max_pool2d(second, 2)  # before the ReLU
    for number in (3, 4):
        found = normed(number, found).relu()
    for numbers, beside in (((5, 6), second), ((7, 8), first)):
        found = torch.cat([beside.relu(), functional.interpolate(found, scale_factor=2, mode="nearest")], dim=1)
        for number in numbers:
            found = normed(number, found).relu()
    return convolved(found, *layers["final_layer"]).softmax(dim=1)[0, 1]


@pytest.mark.parametrize("whole_model", [False, True])
def test_it_says_what_keras_would(tmp_path: Path, *, whole_model: bool) -> None:
    layers = made_layers()
    network = read_keras_unet(write_keras(tmp_path / "own.h5", layers, whole_model=whole_model))
    pixels = np.random.default_rng(1).random((24, 16)).astype(np.float32)
    seen = (pixels - pixels.min()) / (pixels.max() - pixels.min())
    expected = by_hand(layers, torch.from_numpy(seen)[None, None])
    assert probability_of(network, pixels) == pytest.approx(expected.numpy(), abs=1e-5)
    assert probability_of(network, 0.5 * pixels + 0.2) == pytest.approx(expected.numpy(), abs=1e-4)


def test_a_hot_pixel_becomes_the_median_of_its_neighbours(tmp_path: Path) -> None:
    network = read_keras_unet(write_keras(tmp_path / "own.h5", made_layers()))
    rng = np.random.default_rng(2)
    pixels = rng.uniform(0.4, 0.6, (32, 32)).astype(np.float32)
    pixels[10, 12] = np.median(pixels[9:12, 11:14])
    mended, hot = pixels.copy(), pixels.copy()
    hot[10, 12] = 1.0
    around = np.delete(pixels[9:12, 11:14].ravel(), 4)
    mended[10, 12] = np.median([*around, 1.0])
    assert probability_of(network, hot) == pytest.approx(probability_of(network, mended), abs=1e-6)


def test_large_images_are_looked_at_in_pieces(tmp_path: Path) -> None:
    network = read_keras_unet(write_keras(tmp_path / "own.h5", made_layers()))
    pixels = np.random.default_rng(3).random((16, 520)).astype(np.float32)
    pixels[0, :2] = pixels[0, -2:] = 0, 1  # so that each piece has the same darkest and brightest
    found = probability_of(network, pixels)
    assert found[:, :512] == pytest.approx(probability_of(network, pixels[:, :512]), abs=1e-6)
    assert found[:, 512:] == pytest.approx(probability_of(network, pixels[:, 512:]), abs=1e-6)


def test_a_finder_of_it(tmp_path: Path) -> None:
    finder = KerasFinder(write_keras(tmp_path / "own.h5", made_layers()), 0.5)
    pixels = np.random.default_rng(4).random((64, 48)).astype(np.float32)
    found = finder.find(pixels, 0.2)
    assert found.masks.shape_hw == (64, 48)
    assert {"threshold", "weights_sha256"} <= set(finder.options)


def without(layers: Layers, name: str) -> Layers:
    return {key: arrays for key, arrays in layers.items() if key != name}


def hostile(kind: str, path: Path) -> Path:
    """A file that is none of the network."""
    layers: Any = made_layers()
    if kind == "text":
        path.write_text("layer_names")
    elif kind == "no names":
        h5py.File(path, "w").close()
    elif kind == "names without layers":
        with h5py.File(path, "w") as file:
            file.attrs["layer_names"] = np.array([b"conv2d_1"])
    elif kind == "a layer less":
        write_keras(path, without(layers, "conv2d_4"))
    elif kind == "a norm less":
        write_keras(path, without(layers, "batch_normalization_2"))
    elif kind == "another shape":
        layers["conv2d_5"][0] = layers["conv2d_5"][0][:, :, :2]
        write_keras(path, layers)
    elif kind == "not finite":
        layers["conv2d_1"][1][0] = np.nan
        write_keras(path, layers)
    elif kind == "a variance below 0":
        layers["batch_normalization_1"][3][0] = -1
        write_keras(path, layers)
    elif kind == "words":
        write_keras(path, layers)
        with h5py.File(path, "a") as file:
            del file["conv2d_1/conv2d_1/bias:0"]
            file["conv2d_1/conv2d_1/bias:0"] = [b"a", b"b"]
    elif kind == "more than there is memory":
        write_keras(path, layers)
        with h5py.File(path, "a") as file:
            del file["conv2d_1/conv2d_1/bias:0"]
            file.create_dataset("conv2d_1/conv2d_1/bias:0", (2**40,), "f4", chunks=(1024,))
    return path


@pytest.mark.parametrize(
    "kind",
    [
        *("text", "no names", "names without layers", "a layer less", "a norm less", "another shape", "not finite"),
        *("a variance below 0", "words", "more than there is memory", "missing"),
    ],
)
def test_what_is_none_is_refused_in_one_line(tmp_path: Path, kind: str) -> None:
    path = hostile(kind, tmp_path / "own.h5")
    message = refusal(lambda: read_keras_unet(path))
    assert message.startswith(f"{path}: no Keras weights of the network of Groschner et al. (")
    assert message.endswith("give an .h5 of the authors'.")
