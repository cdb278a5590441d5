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
from samiam.texture.open_set import OpenSet
from simulate.crops import CropConditions, CropDataset

MATERIALS = ("SrTiO3", "Ge", "Vac")
CARD = {"open_set": {"temperature": 2.0, "confidence": 0.4, "kept": 0.95}}


class TwoNumbers(nn.Module):
    """A crop's mean and contrast, in the units of the crop: an embedding that can be followed by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, images: Tensor) -> Tensor:
        grey = images[:, 0] * 0.229 + 0.485
        return torch.stack([grey.mean(dim=(1, 2)), 2 * grey.std(dim=(1, 2), correction=0)], dim=1)


BY_CARD = OpenSet(temperature=1.0, confidence=0.7)


def by_hand(least: float | None = None, open_set: OpenSet = BY_CARD) -> TrainedClassifier:
    """Class 0 is flat, class 1 is checked, class 2 is anything of more contrast.

    The vector of mean and contrast has length 1, and the logits are 16 times its product with each row of the head.
    """
    network = CropNetwork(TwoNumbers(), 2, 3)
    with torch.no_grad():
        network.head.weight.copy_(torch.tensor(HEAD))
        network.head.bias.zero_()
    return TrainedClassifier(network, ("flat", "checked"), open_set, ClassifierOptions(least), "0" * 64)


HEAD = [[1.0, -0.5], [0.7, 0.7], [-1.2, 1.9]]


def board(contrast: float, side: int = 64) -> NDArray[np.float32]:
    """Mean 0.4, standard deviation `contrast`."""
    return (0.4 + contrast * (1 - 2 * (np.indices((side, side)).sum(axis=0) % 2))).astype(np.float32)


def shares_by_hand(contrast: float, temperature: float = 1.0) -> NDArray[np.float64]:
    vector = np.array([0.4, 2 * contrast]) / math.hypot(0.4, 2 * contrast)
    powers = np.exp(16 * np.array(HEAD) @ vector / temperature)
    return np.asarray(powers / powers.sum())


# vectors (0.4, 2 · contrast): along (1, 0), (1, 1), beyond, and between the first two
FLAT, CHECKED, BEYOND, BETWEEN = board(0.0), board(0.2), board(0.4), board(0.07)


def test_what_is_near_keeps_its_name_and_what_is_far_stays_open() -> None:
    answers = by_hand().classify([FLAT, CHECKED, BEYOND])
    assert answers.materials.tolist() == [0, 1, -1]
    expected = [shares_by_hand(contrast)[:2] for contrast in (0.0, 0.2, 0.4)]
    np.testing.assert_allclose(answers.shares, expected, atol=1e-3)
    assert answers.shares[2].sum() < 0.5, "that it is none of them is likelier"


def test_the_temperature_makes_it_more_or_less_sure() -> None:
    shares = by_hand(open_set=OpenSet(4.0, 0.0)).classify([CHECKED]).shares
    np.testing.assert_allclose(shares[0], shares_by_hand(0.2, 4.0)[:2], atol=1e-4)


def test_who_is_asked_to_be_surer_names_less() -> None:
    share = float(shares_by_hand(0.07)[:2].max())
    assert 0.5 < share < 0.95
    assert by_hand(share - 0.01).classify([BETWEEN]).materials[0] >= 0
    assert by_hand(share + 0.01).classify([BETWEEN]).materials[0] == -1
    assert by_hand(0).classify([BEYOND]).materials[0] >= 0, "everything has a name where nothing is asked"
    assert by_hand(None, OpenSet(1.0, share + 0.01)).classify([BETWEEN]).materials[0] == -1, "by the card"
    assert by_hand(share - 0.01, OpenSet(1.0, 1.0)).options["confidence"] == share - 0.01


def test_answers_are_of_one_type_and_do_not_depend_on_the_others() -> None:
    classifier = by_hand()
    mixed = [FLAT, board(0.2, 60), CHECKED, board(0.2, 90), BEYOND]
    told = classifier.classify(mixed)
    assert (told.materials.dtype, told.shares.dtype) == (np.int64, np.float32)
    assert told.materials.tolist() == [0, 1, 1, 1, -1]
    for index, crop in enumerate(mixed):
        np.testing.assert_allclose(classifier.classify([crop]).shares[0], told.shares[index], atol=1e-6)
    again = by_hand().classify(mixed)
    assert np.array_equal(again.shares, told.shares)
    nothing = classifier.classify([])
    assert (nothing.materials.shape, nothing.materials.dtype, nothing.shares.shape) == ((0,), np.int64, (0, 2))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "crop_classifier.safetensors"
    write_weights(path, new_crop_network("fenet", 4, 1).state_dict(), facts_of("fenet", MATERIALS), CARD)
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
    assert options["temperature"] == 2
    network, _, _ = load_classifier(weights)
    padded = np.pad(crops[0], 2, mode="symmetric")
    image = torch.from_numpy(np.stack([(padded - m) / s for m, s in ((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))]))
    with torch.no_grad():
        expected = (network.eval()(image[None].float()) / 2).softmax(dim=1)[0, :3]
    answers = build_classifier(checkpoint=weights, device="cpu", batch_size=2).classify(crops)
    np.testing.assert_allclose(answers.shares[0], expected, atol=1e-5)
    assert classifier.classify(crops).materials.tolist() == answers.shares.argmax(axis=1).tolist()
    assert build_classifier(checkpoint=weights, device="cpu").options["confidence"] == 0.4
    unsure = build_classifier(checkpoint=weights, device="cpu", confidence=1.0)
    assert unsure.classify(crops).materials.tolist() == [-1, -1, -1]


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


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({}, "does not say when a crop is left open"),
        ({"open_set": 3}, "does not say when a crop is left open"),
        ({"open_set": {"temperature": 1.0}}, "confidence"),
        ({"open_set": {"temperature": -1.0, "confidence": 0.5}}, "temperature=-1.0"),
    ],
)
def test_weights_whose_card_does_not_say_what_stays_open(card: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    write_weights(path, new_crop_network("fenet", 4).state_dict(), facts_of("fenet", MATERIALS), card)
    with pytest.raises(InputError, match=message) as raised:
        build_classifier(checkpoint=path, device="cpu")
    assert "\n" not in str(raised.value)
    assert str(raised.value).endswith(f"`python scripts/calibrate_classifier.py --weights {path}`.")


def test_weights_from_before_there_were_stand_ins(tmp_path: Path) -> None:
    facts = {name: value for name, value in facts_of("fenet", MATERIALS).items() if name != "outputs"}
    write_weights(tmp_path / "old.safetensors", new_crop_network("fenet", 3).state_dict(), facts, CARD)
    with pytest.raises(InputError, match="has not learnt what its materials are not; train it again") as raised:
        build_classifier(checkpoint=tmp_path / "old.safetensors")
    assert "\n" not in str(raised.value)


def told_by(classifier: CropClassifier, materials: tuple[str, ...], n: int, **conditions: Any) -> NDArray[np.int64]:
    """What crops that it has not seen are named, by turns of each material."""
    crops = CropDataset(materials, n, 60, CropConditions(**conditions), seed=987_654_321)
    return classifier.classify([crops[index][0][0].numpy() for index in range(n)]).materials


@pytest.mark.slow  # what is done with weights, those made here show
def test_the_weights_that_ship_name_crops_that_they_have_not_seen() -> None:
    classifier = build_classifier(device="cpu")
    assert set(classifier.materials) == {"SrTiO3", "Ge", "PtC", "Vac"}
    assert (told_by(classifier, classifier.materials, 24) == np.arange(24) % 4).mean() > 0.8


@pytest.mark.slow
def test_the_weights_that_ship_keep_their_names_and_leave_open_what_they_do_not_know() -> None:
    classifier = build_classifier(device="cpu")
    known = told_by(classifier, classifier.materials, 400, views=("100", "110"))
    assert (known == np.arange(400) % 4).mean() > 0.85
    for name, least in OPEN.items():
        assert (told_by(classifier, (name,), 100) < 0).mean() > least, name


OPEN = {"WO3": 0.9, "a-Ge": 0.85, "C": 0.65, "LaMnO3": 0.6, "LaFeO3": 0.4}
"""Least share of crops of materials that the weights do not know which stays open."""


def test_weights_of_something_else(tmp_path: Path, weights: Path) -> None:
    write_weights(tmp_path / "a.safetensors", new_fenet(LATTICES, 0).state_dict(), LATTICES, {})
    four = facts_of("fenet", (*MATERIALS, "PtC"))
    write_weights(tmp_path / "b.safetensors", new_crop_network("fenet", 4).state_dict(), four, CARD)
    strange = facts_of("alexnet", MATERIALS)
    write_weights(tmp_path / "c.safetensors", new_crop_network("fenet", 4).state_dict(), strange, CARD)
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
        ({"batch_size": 0}, "batch_size=0"),
        ({"certainty": 1}, "no setting 'certainty'.* It has confidence, batch_size"),
        ({"device": "tpu"}, "device='tpu'"),
    ],
)
def test_impossible_options(weights: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_classifier(checkpoint=weights, **options)


def test_crops_that_are_none() -> None:
    with pytest.raises(InputError, match="crop 1"):
        by_hand().classify([FLAT, np.full((64, 64), 2, np.float32)])
