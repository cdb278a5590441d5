from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from samiam.boosting import CropRules, sample_crops
from samiam.errors import InputError
from samiam.metrics import clustering_accuracy
from samiam.registry import build_encoder
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import write_weights
from samiam.texture.fenet_encoder import DTD, LATTICES, load_fenet, new_fenet
from simulate import procedural_scene


def crops(n: int, side: int = 60) -> list[np.ndarray]:
    return list(np.random.default_rng(side).random((n, side, side), np.float32))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of weights as a training writes it."""
    path = tmp_path_factory.mktemp("weights") / "own.safetensors"
    write_weights(path, new_fenet(LATTICES, 3).state_dict(), LATTICES, {})
    return path


def test_unit_vectors_that_do_not_depend_on_the_other_crops() -> None:
    encoder = build_encoder("fenet", weights="random", batch_size=2)
    mixed = [*crops(3), *crops(2, 90), *crops(1, 24)]
    vectors = encoder.encode(mixed)
    assert vectors.shape == (6, 128)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.concatenate([encoder.encode([crop]) for crop in mixed])
    assert np.allclose(vectors, alone, atol=1e-5)
    assert encoder.encode([]).shape == (0, 128)


def test_random_weights_come_from_the_seed() -> None:
    first, again, other = (build_encoder("fenet", weights="random", seed=seed).encode(crops(2)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other, atol=1e-3)


def test_the_weights_that_ship_tell_materials_apart() -> None:
    encoders = {weights: build_encoder("fenet", device="cpu", weights=weights) for weights in ("lattices", "random")}
    accuracies: dict[str, list[float]] = {weights: [] for weights in encoders}
    for seed in range(500, 503):
        scene = procedural_scene(seed, difficulty=2, shape_hw=(256, 256))
        drawn = sample_crops(scene.micrograph, scene.truth, CropRules(6, 40))
        for weights, encoder in encoders.items():
            accuracies[weights].append(clustering_accuracy(encoder.encode(drawn.pixels), drawn.owners))
    assert np.mean(accuracies["lattices"]) > 0.9
    assert np.mean(accuracies["lattices"]) > np.mean(accuracies["random"]) + 0.05


def test_own_weights(own: Path) -> None:
    encoder = build_encoder("fenet", checkpoint=own, checkpoint_sha256=sha256_of(own))
    assert encoder.name == "fenet"
    assert encoder.options["checkpoint_sha256"] == sha256_of(own)
    halved = new_fenet(LATTICES, 3).eval()
    halved.load_state_dict(
        {k: v.half().float() if v.is_floating_point() else v for k, v in halved.state_dict().items()}
    )
    assert torch.equal(load_fenet(own)[0].embedding.weight, halved.embedding.weight)


def test_the_papers_encoder_stretches_crops_and_does_not_normalise(tmp_path: Path) -> None:
    path = tmp_path / "dtd.safetensors"
    write_weights(path, new_fenet(DTD, 0).state_dict(), DTD, {})
    vectors = build_encoder("fenet_dtd", checkpoint=path).encode(crops(1))
    assert vectors.shape == (1, 128)
    assert abs(float(np.linalg.norm(vectors)) - 1) > 1e-3


def test_a_hash_without_its_file() -> None:
    with pytest.raises(InputError, match="give the file of weights that has this hash"):
        build_encoder("fenet", checkpoint_sha256="0" * 64)


def test_a_file_of_another_hash(own: Path) -> None:
    with pytest.raises(InputError, match="was expected"):
        build_encoder("fenet", checkpoint=own, checkpoint_sha256="0" * 64)


def test_weights_of_another_network(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    write_weights(path, {"a": torch.zeros(1)}, {"network": "resnet18"}, {})
    with pytest.raises(InputError, match="weights of 'resnet18', not of a FENet"):
        build_encoder("fenet", checkpoint=path)


def test_weights_with_another_number_of_classes(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    write_weights(path, new_fenet({**DTD, "classes": 5}, 0).state_dict(), DTD, {})
    with pytest.raises(InputError, match=r"does not fit the network .* 2 of another shape"):
        build_encoder("fenet_dtd", checkpoint=path)


def test_facts_that_describe_no_network(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    write_weights(path, {"a": torch.zeros(1)}, {"network": "fenet", "backbone": "vgg"}, {})
    with pytest.raises(InputError, match="describes a network that cannot be"):
        build_encoder("fenet", checkpoint=path)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("fenet_dtd", {}, "train.py experiment=fenet_dtd"),
        ("fenet_dtd", {"checkpoint": "none.safetensors"}, "no such file of weights"),
        ("fenet_dtd", {"checkpoint": "none.safetensors", "batch_size": 0}, "batch_size=0"),
        ("fenet", {"weights": "imagenet"}, "weights='imagenet'"),
        ("fenet", {"weights": "random", "checkpoint": "some"}, "not with weights='random'"),
        ("fenet", {"batch_size": 0}, "batch_size=0"),
        ("fenet", {"seed": -1}, "seed=-1"),
        ("fenet", {"nonsense": 1}, "no setting 'nonsense'"),
        ("fenet", {"device": "tpu"}, "device='tpu'"),
    ],
)
def test_bad_options(name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_encoder(name, **options)


def test_a_bad_crop() -> None:
    with pytest.raises(InputError, match="crop 1 of shape"):
        build_encoder("fenet", weights="random").encode(
            [np.zeros((30, 30), np.float32), np.full((3, 3), 2, np.float32)]
        )
