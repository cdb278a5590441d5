"""The authors' own weights, in a made file of the layout of theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from samiam.errors import InputError
from samiam.registry import build_encoder
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import write_weights
from samiam.texture.fenet_encoder import DTD, load_published, new_fenet

Change = Callable[[dict[str, Tensor]], dict[str, Tensor]]
THEIRS = {
    "upsample": "UP",
    "reduce.0": "conv_before_mfs.0",
    "reduce.1": "conv_before_mfs.1",
    "fractal.density_norm": "mfs.deepmfs.1",
    "fractal.histogram_norm": "mfs.deephist.1",
    "average.0": "pool.2",
    "average.1": "pool.3",
    "embedding": "fc.1",
    "classifier": "fc.3",
}
"""Modules here, and what their state dict calls them."""


def published(ours: dict[str, Tensor], prefix: str = "") -> dict[str, Tensor]:
    """A state dict as they would have saved it."""
    found = {}
    for name, tensor in ours.items():
        module, _, last = name.rpartition(".")
        if module == "fractal.density.kernels":
            found[f"mfs.deepmfs.0.conv.{last}.weight"] = tensor
        elif module == "fractal.histogram":
            is_centre = last == "centres"
            found[f"mfs.deephist.0.{'codewords' if is_centre else 'scale'}"] = tensor[:, None] if is_centre else tensor
        else:
            found[f"{THEIRS.get(module, module)}.{last}"] = tensor
    return {f"{prefix}{name}": tensor for name, tensor in found.items()}


@pytest.fixture(scope="module")
def ours() -> dict[str, Tensor]:
    return new_fenet({**DTD, "classes": 5}, 1).state_dict()


@pytest.mark.parametrize("prefix", ["", "module."])
def test_it_is_the_same_network(ours: dict[str, Tensor], tmp_path: Path, prefix: str) -> None:
    path = tmp_path / "FENet_DTD.pth"
    torch.save(published(ours, prefix), path)
    network, facts, sha256 = load_published(path, sha256_of(path))
    assert (facts, sha256) == ({**DTD, "classes": 5}, sha256_of(path))
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, ours[name]), name


def test_the_encoder_takes_it_as_it_is(ours: dict[str, Tensor], tmp_path: Path) -> None:
    path = tmp_path / "FENet_DTD.pth"
    torch.save(published(ours), path)
    encoder = build_encoder("fenet_dtd", checkpoint=path)
    assert encoder.options["checkpoint_sha256"] == sha256_of(path)
    crop = np.random.default_rng(0).random((60, 60), dtype=np.float32)
    facts = {**DTD, "classes": 5}
    own = tmp_path / "own.safetensors"
    write_weights(own, ours, facts, {})  # in half precision
    np.testing.assert_allclose(
        encoder.encode([crop]), build_encoder("fenet_dtd", checkpoint=own).encode([crop]), rtol=0.05, atol=0.05
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _: {"image_encoder.pos_embed": torch.zeros(1)}, "'image_encoder.pos_embed' is no tensor of the"),
        (lambda state: {k: v for k, v in state.items() if not k.startswith("fc.3")}, "classes=0"),
        (
            lambda state: {k: v for k, v in state.items() if k != "UP.bias"},
            r"does not fit the network \(1 tensors missing",
        ),
    ],
)
def test_other_networks(ours: dict[str, Tensor], tmp_path: Path, change: Change, message: str) -> None:
    path = tmp_path / "other.pth"
    torch.save(change(published(ours)), path)
    with pytest.raises(InputError, match=message):
        build_encoder("fenet_dtd", checkpoint=path)


def test_nothing_in_the_file_is_run(tmp_path: Path) -> None:
    path = tmp_path / "FENet_DTD.pth"
    torch.save({"run": print}, path)
    with pytest.raises(InputError, match="cannot read it as plain weights"):
        build_encoder("fenet_dtd", checkpoint=path)
