"""A trained classifier of crops: what it names, and what it leaves open."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from samiam.errors import InputError
from samiam.registry import build_classifier
from samiam.storage.weight_files import write_weights
from samiam.texture import CropClassifier
from samiam.texture.classifier import ClassifierOptions, TrainedClassifier, facts_of, load_classifier
from samiam.texture.crop_network import CropNetwork, new_crop_network
from samiam.texture.fenet_encoder import LATTICES, new_fenet
from simulate.crops import CropDataset

MATERIALS = ("SrTiO3", "Ge", "Vac")


class TwoNumbers(nn.Module):
    """A crop's mean and contrast, in the units of the crop: an embedding that can be followed by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, images: Tensor) -> Tensor:
        grey = images[:, 0] * 0.229 + 0.485
        return torch.stack([grey.mean(dim=(1, 2)), 2 * grey.std(dim=(1, 2), correction=0)], dim=1)


def by_hand(confidence: float = 0.7, reach: float = 1.0) -> TrainedClassifier:
    """Class 0 is flat, class 1 is checked; unit vectors (1, 0) and (1, 1) / √2, with reaches of 0.3 and 0.1."""
    network = CropNetwork(TwoNumbers(), 2, 2)
    with torch.no_grad():
        network.head.weight.copy_(torch.tensor([[0.5, -0.5], [0.0, 0.5]]))
        network.head.bias.zero_()
        network.centres.copy_(torch.tensor([[1.0, 0.0], [math.sqrt(0.5), math.sqrt(0.5)]]))
        network.reaches.copy_(torch.tensor([0.3, 0.1]))
    return TrainedClassifier(network, ("flat", "checked"), ClassifierOptions(confidence, reach), "0" * 64)


def board(contrast: float, side: int = 64) -> NDArray[np.float32]:
    """Mean 0.4, standard deviation `contrast`."""
    return (0.4 + contrast * (1 - 2 * (np.indices((side, side)).sum(axis=0) % 2))).astype(np.float32)


# vectors (0.4, 2 · contrast): along (1, 0), (1, 1) and between
FLAT, CHECKED, BETWEEN, BEYOND = board(0.0), board(0.2), board(0.1), board(0.3)


def test_what_is_near_is_named_and_what_is_far_is_not() -> None:
    classifier = by_hand(confidence=0)
    shares, remoteness = classifier.judge([FLAT, CHECKED, BEYOND])
    np.testing.assert_allclose(shares[0], [1 / (1 + math.exp(-8)), 1 / (1 + math.exp(8))], atol=1e-5)
    apart = math.sqrt(2 - math.sqrt(2))  # of the two centres
    np.testing.assert_allclose(remoteness[:2], [[0, apart / 0.1], [apart / 0.3, 0]], atol=1e-3)
    far = math.dist((math.sqrt(0.5),) * 2, (0.4 / math.hypot(0.4, 0.6), 0.6 / math.hypot(0.4, 0.6)))
    assert remoteness[2, 1] == pytest.approx(far / 0.1, rel=1e-3)
    assert classifier.classify([FLAT, CHECKED, BEYOND]).tolist() == [0, 1, -1]
    assert by_hand(confidence=0, reach=2.1).classify([BEYOND]).tolist() == [1]


def test_an_even_vote_of_the_softmax_is_unsure() -> None:
    # the unit vector is (2, 1) / √5, and 0.5 · (2 - 1) = 0.5 · 1
    assert by_hand(confidence=0.55, reach=math.inf).classify([BETWEEN, FLAT]).tolist() == [-1, 0]
    assert by_hand(confidence=0.45, reach=math.inf).classify([BETWEEN])[0] >= 0


def test_answers_are_of_one_type_and_do_not_depend_on_the_others() -> None:
    classifier = by_hand()
    mixed = [FLAT, board(0.2, 60), CHECKED, board(0.2, 90), BEYOND]
    told = classifier.classify(mixed)
    assert told.dtype == np.int64
    assert told.tolist() == [0, 1, 1, 1, -1]
    assert [int(classifier.classify([crop])[0]) for crop in mixed] == told.tolist()
    assert classifier.classify([]).shape == (0,)
    assert classifier.classify([]).dtype == np.int64


def test_reaches_are_those_of_the_right_crops() -> None:
    network = CropNetwork(TwoNumbers(), 2, 3).eval()
    with torch.no_grad():
        network.head.weight.copy_(torch.tensor([[20.0, -20.0], [0.0, 20.0], [-99.0, -99.0]]))
        network.head.bias.zero_()
    assert network.reaches.tolist() == [math.inf] * 3
    contrasts = (0.0, 0.02, 0.04, 0.2, 0.2, 0.2)
    labels = torch.tensor([0, 0, 0, 1, 0, 2])  # the last two are told wrongly, and class 2 never
    crops = torch.from_numpy(np.stack([board(contrast) for contrast in contrasts]))[:, None]
    images = ((crops - 0.485) / 0.229).expand(-1, 3, -1, -1)
    network.learn_reaches(images, labels, share=0.5)
    vectors = np.array([(0.4, 2 * contrast) for contrast in contrasts[:3]])
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    distances = np.sort(np.linalg.norm(units - units.mean(axis=0), axis=1))
    np.testing.assert_allclose(network.centres[0], units.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(network.centres[1], [math.sqrt(0.5)] * 2, atol=1e-5)
    assert float(network.reaches[0]) == pytest.approx(distances[1], abs=1e-4)
    assert float(network.reaches[2]) == 0
    judged = network.judge(images)[1]
    assert bool((judged[:, 2] == math.inf).all())


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "crop_classifier.safetensors"
    network = new_crop_network("fenet", 3, 1)
    network.reaches.fill_(2.0)
    write_weights(path, network.state_dict(), facts_of("fenet", MATERIALS), {})
    return path


@pytest.fixture
def crops() -> list[NDArray[np.float32]]:
    rng = np.random.default_rng(0)
    return [rng.random(shape, dtype=np.float32) for shape in ((60, 60), (60, 60), (48, 90))]


def test_weights_from_a_file(weights: Path, crops: list[NDArray[np.float32]]) -> None:
    classifier: CropClassifier = build_classifier(checkpoint=weights, device="cpu", confidence=0.0)
    assert classifier.materials == MATERIALS
    assert classifier.name == "crop_classifier"
    options = json.loads(json.dumps(dict(classifier.options)))
    assert options["confidence"] == 0
    assert len(options["checkpoint_sha256"]) == 64
    network, _, _ = load_classifier(weights)
    padded = np.pad(crops[0], 2, mode="symmetric")
    image = torch.from_numpy(np.stack([(padded - m) / s for m, s in ((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))]))
    with torch.no_grad():
        expected = network.eval()(image[None].float()).softmax(dim=1)[0]
    shares, _ = build_from(weights).judge(crops)
    np.testing.assert_allclose(shares[0], expected, atol=1e-5)
    assert classifier.classify(crops).tolist() == shares.argmax(axis=1).tolist()
    unsure = build_classifier(checkpoint=weights, device="cpu", confidence=1.0)
    assert unsure.classify(crops).tolist() == [-1, -1, -1]


def build_from(weights: Path) -> TrainedClassifier:
    built = build_classifier(checkpoint=weights, device="cpu", batch_size=2)
    assert isinstance(built, TrainedClassifier)
    return built


def test_shipped_weights_are_held_to_their_card(weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shipped = tmp_path / "crop_classifier.safetensors"
    monkeypatch.setattr("samiam.storage.weight_files.shipped_weights", lambda _: shipped)
    with pytest.raises(InputError, match="no card of weights"):
        build_classifier()
    for suffix in (".safetensors", ".json"):
        shipped.with_suffix(suffix).write_bytes(weights.with_suffix(suffix).read_bytes())
    assert build_classifier(device="cpu").materials == MATERIALS
    with open(shipped, "ab") as file:
        file.write(b"\0")
    with pytest.raises(InputError, match="sha256"):
        build_classifier()


def test_the_weights_that_ship_name_crops_that_they_have_not_seen() -> None:
    classifier = build_classifier(device="cpu")
    crops = CropDataset(classifier.materials, n=24, size_px=60, seed=987_654_321)
    pixels, labels = zip(*(crops[index] for index in range(24)), strict=True)
    answers = classifier.classify([crop[0].numpy() for crop in pixels])
    assert set(classifier.materials) == {"SrTiO3", "Ge", "PtC", "Vac"}
    assert (answers == np.array(labels)).mean() > 0.85


def test_weights_of_something_else(tmp_path: Path, weights: Path) -> None:
    write_weights(tmp_path / "a.safetensors", new_fenet(LATTICES, 0).state_dict(), LATTICES, {})
    four = facts_of("fenet", (*MATERIALS, "PtC"))
    write_weights(tmp_path / "b.safetensors", new_crop_network("fenet", 3).state_dict(), four, {})
    strange = facts_of("alexnet", MATERIALS)
    write_weights(tmp_path / "c.safetensors", new_crop_network("fenet", 3).state_dict(), strange, {})
    for name, message in (("a", "not of a classifier"), ("b", "does not fit"), ("c", "alexnet"), ("d", "no such file")):
        with pytest.raises(InputError, match=message) as raised:
            build_classifier(checkpoint=tmp_path / f"{name}.safetensors")
        assert "\n" not in str(raised.value)
    with pytest.raises(InputError, match="sha256"):
        build_classifier(checkpoint=weights, checkpoint_sha256="0" * 64)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"confidence": 1.1}, "confidence=1.1"),
        ({"confidence": -0.1}, "confidence=-0.1"),
        ({"reach": 0}, "reach=0"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"certainty": 1}, "no setting 'certainty'.* It has confidence, reach, batch_size"),
        ({"device": "tpu"}, "device='tpu'"),
    ],
)
def test_impossible_options(weights: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_classifier(checkpoint=weights, **options)


def test_crops_that_are_none() -> None:
    with pytest.raises(InputError, match="crop 1"):
        by_hand().classify([FLAT, np.full((64, 64), 2, np.float32)])
