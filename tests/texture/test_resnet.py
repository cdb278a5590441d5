from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn
from torchvision.models import resnet18

from samiam.errors import InputError
from samiam.registry import build_encoder
from samiam.storage.checkpoints import CHECKPOINTS
from samiam.texture.network import NetworkEncoder

Crops = list[NDArray[np.float32]]


@pytest.fixture
def crops() -> Crops:
    rng = np.random.default_rng(0)
    return [rng.random(shape, dtype=np.float32) for shape in ((60, 60), (60, 60), (31, 90), (1, 1), (300, 250))]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """Other weights than the random ones of seed 0, with running statistics that matter."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        network = resnet18(weights=None)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 2)
    torch.save(network.state_dict(), tmp_path / "resnet18.pth")
    return tmp_path / "resnet18.pth"


@cache
def of_random_weights(features: str = "pooled", batch_size: int = 32) -> NetworkEncoder:
    """One encoder for all tests that only look at what it does."""
    return build_encoder("resnet18", features=features, batch_size=batch_size)


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def by_torchvision(network: nn.Module, crop: NDArray[np.float32], features: str) -> NDArray[np.float32]:
    """The vector of one crop, written out: Pillow resizes, hooks take the features from the whole network."""
    grey = np.asarray(Image.fromarray(crop).resize((224, 224), Image.Resampling.BILINEAR))
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    image = ((np.stack([grey] * 3, axis=-1) - mean) / std).transpose(2, 0, 1)
    taken: list[torch.Tensor] = []
    layer = network.get_submodule({"pooled": "avgpool", "layer3": "layer3"}[features])
    with layer.register_forward_hook(lambda *args: taken.append(args[-1])), torch.no_grad():
        network(torch.tensor(image[None], dtype=torch.float32))
    return taken[0].flatten().numpy()


@pytest.mark.parametrize(("features", "length"), [("pooled", 512), ("layer3", 50176)])
def test_vectors_are_torchvisions(crops: Crops, checkpoint: Path, features: str, length: int) -> None:
    own = {"checkpoint": checkpoint, "checkpoint_sha256": sha256_of(checkpoint)}
    encoder = build_encoder("resnet18", weights="imagenet", features=features, device="cpu", **own)
    network = resnet18(weights=None).eval()
    network.load_state_dict(torch.load(checkpoint, weights_only=True))
    vectors = encoder.encode(crops)
    assert vectors.dtype == np.float32
    assert vectors.shape == (5, length)
    for vector, crop in zip(vectors, crops, strict=True):
        np.testing.assert_allclose(vector, by_torchvision(network, crop, features), rtol=1e-3, atol=1e-3)


def test_a_vector_does_not_depend_on_its_batch(crops: Crops) -> None:
    alone = of_random_weights(batch_size=32)
    whole = alone.encode(crops)
    np.testing.assert_allclose(of_random_weights(batch_size=2).encode(crops), whole, rtol=1e-4, atol=1e-5)
    for index, crop in enumerate(crops):
        np.testing.assert_allclose(alone.encode([crop])[0], whole[index], rtol=1e-4, atol=1e-5)
    assert not np.allclose(whole[0], whole[1])


@pytest.mark.parametrize(("features", "length"), [("pooled", 512), ("layer3", 50176)])
def test_no_crops(features: str, length: int) -> None:
    vectors = of_random_weights(features).encode([])
    assert vectors.shape == (0, length)
    assert vectors.dtype == np.float32


def test_the_seed_decides_and_nothing_else_is_disturbed(crops: Crops) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = build_encoder("resnet18", seed=3).encode(crops[:1])
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    np.testing.assert_array_equal(build_encoder("resnet18", seed=3).encode(crops[:1]), first)
    assert not np.allclose(build_encoder("resnet18", seed=4).encode(crops[:1]), first)


def test_crops_are_left_alone_whatever_their_memory(crops: Crops) -> None:
    encoder = of_random_weights()
    mirrored = crops[4][::-1, ::2]
    mirrored.flags.writeable = False
    copy = mirrored.copy()
    np.testing.assert_array_equal(encoder.encode([mirrored]), encoder.encode([copy]))
    np.testing.assert_array_equal(mirrored, copy)
    np.testing.assert_array_equal(encoder.encode(np.stack(crops[:2])), encoder.encode(crops[:2]))


@pytest.mark.parametrize(
    "crop",
    [
        np.zeros((3, 4, 4)),
        np.zeros((0, 4)),
        np.full((4, 4), np.nan),
        np.full((4, 4), 1.01),
        np.full((4, 4), -0.01),
    ],
)
def test_impossible_crops(crop: NDArray[np.float32]) -> None:
    with pytest.raises(InputError, match=r"^crop 1 of shape"):
        of_random_weights(batch_size=1).encode([np.zeros((4, 4), np.float32), crop])


def test_options_are_provenance(checkpoint: Path) -> None:
    random = build_encoder("resnet18", batch_size=4)
    assert random.name == "resnet18"
    expected = {"weights": "random", "features": "pooled", "seed": 0, "batch_size": 4, "checkpoint_sha256": None}
    assert json.loads(json.dumps(random.options)) == expected
    sha256 = sha256_of(checkpoint)
    trained = build_encoder("resnet18", weights="imagenet", checkpoint=checkpoint, checkpoint_sha256=sha256.upper())
    assert trained.options["checkpoint_sha256"] == sha256


def test_the_published_weights_come_from_the_cache(
    crops: Crops, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = CHECKPOINTS["resnet18_imagenet"]
    sha256, size = sha256_of(checkpoint), checkpoint.stat().st_size
    own = build_encoder("resnet18", weights="imagenet", checkpoint=checkpoint, checkpoint_sha256=sha256)
    monkeypatch.setenv("SAMIAM_CACHE", str(tmp_path))
    fake = replace(published, sha256=sha256, size_bytes=size, filename=checkpoint.name)
    monkeypatch.setitem(CHECKPOINTS, "resnet18_imagenet", fake)
    cached = build_encoder("resnet18", weights="imagenet")
    np.testing.assert_array_equal(cached.encode(crops[:1]), own.encode(crops[:1]))
    assert cached.options["checkpoint_sha256"] == sha256


def build_own(checkpoint: Path) -> NetworkEncoder:
    return build_encoder("resnet18", weights="imagenet", checkpoint=checkpoint, checkpoint_sha256=sha256_of(checkpoint))


def test_weights_saved_before_batch_norm_counted_its_batches_fit(checkpoint: Path) -> None:
    state = torch.load(checkpoint, weights_only=True)
    old = type(state)((key, value) for key, value in state.items() if not key.endswith("num_batches_tracked"))
    new, crops = build_own(checkpoint), [np.full((9, 9), 0.5, np.float32)]
    torch.save(old, checkpoint)
    np.testing.assert_array_equal(build_own(checkpoint).encode(crops), new.encode(crops))


def test_weights_of_another_network(checkpoint: Path) -> None:
    torch.save(nn.Linear(2, 2).state_dict(), checkpoint)
    with pytest.raises(InputError, match="does not fit the network"):
        build_encoder("resnet18", weights="imagenet", checkpoint=checkpoint, checkpoint_sha256=sha256_of(checkpoint))
    with pytest.raises(InputError, match="was expected"):
        build_encoder("resnet18", weights="imagenet", checkpoint=checkpoint)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"feature": "pooled"},
            r"'feature'; did you mean 'features'. It has weights, features, seed, batch_size",
        ),
        ({"weights": "places"}, "weights='places': give random or imagenet"),
        ({"features": "layer4"}, "features='layer4': give pooled or layer3"),
        ({"seed": -1}, "seed=-1"),
        ({"seed": 2**63}, "seed="),
        ({"batch_size": 0}, "batch_size=0"),
        ({"batch_size": 1.5}, "batch_size=1.5"),
        ({"device": "gpu"}, "device='gpu'"),
        ({"checkpoint": "x.pth"}, "weights='imagenet'"),
        ({"weights": "imagenet", "checkpoint": "none.pth"}, "none.pth: cannot be read"),
    ],
)
def test_unusable_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_encoder("resnet18", **options)
