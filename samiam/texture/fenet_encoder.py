"""FENet as an encoder: with the weights that ship with the package, with others, or with random ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, get_args

from torch import Tensor, nn
from torch.nn import functional

from samiam.device import pick_device
from samiam.errors import InputError
from samiam.storage.checkpoints import fit_state_dict
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import as_described, given_or_shipped, read_card, read_weights, seeded
from samiam.texture.fenet import EMBEDDING, Backbone, FENet
from samiam.texture.inputs import mirror_padded, resized
from samiam.texture.network import Crop, NetworkEncoder
from samiam.texture.published_fenet import SUFFIXES, read_published
from samiam.texture.settings import FENetDTDOptions, FENetOptions

_LARGEST_PX = 4096  # of a crop, far beyond any that a ResNet was trained on
_MOST_CLASSES = 10_000  # DTD has 47
LATTICES: Mapping[str, Any] = {
    "network": "fenet",
    "classes": None,
    "backbone": "resnet18",
    "stages": 3,
    "input": {"kind": "own scale", "least_px": 64},
    "normalised": True,
}
"""The network that ships: three stages of a ResNet-18, crops at their own scale, unit vectors."""
DTD: Mapping[str, Any] = {
    "network": "fenet",
    "classes": 47,
    "backbone": "resnet18",
    "stages": 4,
    "input": {"kind": "resized", "side_px": 224},
    "normalised": False,
}
"""The paper's network: crops stretched to 224 px, vectors as they are."""


def build_fenet(options: FENetOptions) -> NetworkEncoder:
    """FENet trained on crops of lattices.

    Args:
        options: its settings; a checkpoint is weights that `train.py experiment=fenet_lattices` wrote.

    Raises:
        InputError: if the device is unusable, or the weights are missing, of another hash or of another network.
    """
    place = pick_device(options.device)
    if options.weights == "random":
        network, facts, sha256, distance = new_fenet(LATTICES, options.seed), LATTICES, None, None
    else:
        path, expected = given_or_shipped("fenet_lattices", options.checkpoint, options.checkpoint_sha256)
        network, facts, sha256 = load_fenet(path, expected)
        distance = calibrated_distance(path)
    return _encoder("fenet", network.to(place), facts, {**options.decisive, "checkpoint_sha256": sha256}, distance)


def build_fenet_dtd(options: FENetDTDOptions) -> NetworkEncoder:
    """FENet trained on the Describable Textures Dataset: the paper's encoder.

    Args:
        options: its settings; a checkpoint is weights that `train.py experiment=fenet_dtd` wrote, or the authors' own
            `FENet_DTD.pth`. Neither ships.

    Raises:
        InputError: if the weights are not given, missing, of another hash or of another network, or the device is
            unusable.
    """
    if options.checkpoint is None:
        raise InputError(
            "fenet_dtd has no weights of its own; train them with `python train.py experiment=fenet_dtd` and give "
            "their path as checkpoint=, or that of the authors' FENet_DTD.pth."
        )
    place = pick_device(options.device)
    path = Path(options.checkpoint)
    load = load_published if path.suffix in SUFFIXES else load_fenet
    network, facts, sha256 = load(path, options.checkpoint_sha256)
    own = {**options.decisive, "checkpoint_sha256": sha256}
    return _encoder("fenet_dtd", network.to(place), facts, own, calibrated_distance(path))


def calibrated_distance(path: Path) -> float | None:
    """The threshold of the estimator "distance" on the card of a file of weights; None where there is none.

    Raises:
        InputError: if the card is no card, or the distance is no number above 0.
    """
    card = path.with_suffix(".json")
    if not card.is_file():
        return None
    distance = (read_card(path).get("calibration") or {}).get("distance")
    if distance is None:
        return None
    if not isinstance(distance, int | float) or not distance > 0:
        raise InputError(f"{card}: calibration.distance={distance!r}: give a number above 0.")
    return float(distance)


def load_fenet(path: Path, sha256: str | None = None) -> tuple[FENet, dict[str, Any], str]:
    """A FENet from a file of weights, what the file says of it, and the file's hash.

    Raises:
        InputError: if the file is missing, damaged, of another hash or of another network.
    """
    state, facts = read_weights(path, sha256)
    if facts.get("network") != "fenet":
        raise InputError(f"{path}: weights of {facts.get('network')!r}, not of a FENet.")
    with as_described(path):
        _check_facts(facts)
        network = _network(facts)
    fit_state_dict(network, state, path)
    return network, facts, sha256_of(path)


def load_published(path: Path, sha256: str | None = None) -> tuple[FENet, dict[str, Any], str]:
    """The same of a state dict that the paper's authors publish.

    Raises:
        InputError: if the file is missing, damaged, of another hash or of another network.
    """
    state = read_published(path, sha256)
    facts = {**DTD, "classes": len(state.get("classifier.bias", ()))}
    with as_described(path):
        _check_facts(facts)
    network = _network(facts)
    fit_state_dict(network, state, path)
    return network, facts, sha256_of(path)


def _check_facts(facts: Mapping[str, Any]) -> None:
    """Refuse facts that no FENet has, before one is built of them."""
    shown = facts["input"]
    side_px = shown["side_px"] if shown["kind"] == "resized" else shown["least_px"]
    if not (isinstance(side_px, int) and 0 < side_px <= _LARGEST_PX and isinstance(facts["normalised"], bool)):
        raise InputError(f"input={shown!r}, normalised={facts['normalised']!r}")
    if facts["stages"] not in (3, 4) or facts["backbone"] not in get_args(Backbone):
        raise InputError(f"backbone={facts['backbone']!r}, stages={facts['stages']!r}")
    if facts["classes"] is not None and not 0 < facts["classes"] <= _MOST_CLASSES:
        raise InputError(f"classes={facts['classes']!r}")


def new_fenet(facts: Mapping[str, Any], seed: int) -> FENet:
    """An untrained FENet as facts describe it, its random weights from a seed."""
    network: FENet = seeded(seed, partial(_network, facts))
    return network


def _network(facts: Mapping[str, Any]) -> FENet:
    return FENet(facts["classes"], facts["backbone"], facts["stages"])


def prepare_for(facts: Mapping[str, Any]) -> Callable[[Crop], Crop]:
    """What brings a crop to the size that a network was trained on."""
    wanted = facts["input"]
    if wanted["kind"] == "resized":
        return partial(resized, side=wanted["side_px"])
    return partial(mirror_padded, least_px=wanted["least_px"])


class _Embedding(nn.Module):
    """A FENet without its classifier."""

    def __init__(self, network: FENet, *, normalised: bool) -> None:
        super().__init__()
        self.network, self.normalised = network, normalised

    def forward(self, images: Tensor) -> Tensor:
        vectors: Tensor = self.network.embed(images)
        return functional.normalize(vectors) if self.normalised else vectors


def _encoder(
    name: str, network: FENet, facts: Mapping[str, Any], options: Mapping[str, Any], distance: float | None
) -> NetworkEncoder:
    batch_size = options["batch_size"]
    embedding = _Embedding(network, normalised=facts["normalised"])
    return NetworkEncoder(name, embedding, EMBEDDING, prepare_for(facts), batch_size, options, distance)
