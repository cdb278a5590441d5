"""A trained classifier of crops at work: materials named, or left open where none is probable enough (paper §4.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from samiam.device import pick_device
from samiam.errors import InputError
from samiam.storage.checkpoints import fit_state_dict
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import given_or_shipped, read_weights
from samiam.texture.crop_network import LEAST_PX, CropNetwork, new_crop_network
from samiam.texture.inputs import mirror_padded
from samiam.texture.network import Crop, NetworkEncoder
from samiam.texture.open_set import OpenSet, probabilities, read_open_set
from samiam.texture.protocol import Answers
from samiam.texture.settings import ClassifierOptions, NetworkName

NAME = "crop_classifier"
UNSURE = -1  # no place among the materials


class TrainedClassifier:
    """Names the material of crops; a crop's answer does not depend on the others.

    Args:
        network: the classifier, on its device: one output for each material, and a last one for what is none of them.
        materials: names of its classes.
        open_set: how its logits are read.
        settings: the user's.
        sha256: of its weights, for provenance.
    """

    def __init__(
        self,
        network: CropNetwork,
        materials: tuple[str, ...],
        open_set: OpenSet,
        settings: ClassifierOptions,
        sha256: str,
    ) -> None:
        self.name = NAME
        self.materials = materials
        self._temperature = open_set.temperature
        self._least = open_set.confidence if settings.confidence is None else settings.confidence
        self.options: Mapping[str, Any] = {
            **settings.decisive,
            "confidence": self._least,
            "temperature": self._temperature,
            "checkpoint_sha256": sha256,
        }
        pad = partial(mirror_padded, least_px=LEAST_PX)
        n_outputs = len(materials) + 1
        self._network = NetworkEncoder(NAME, network, n_outputs, pad, settings.batch_size, self.options)

    def classify(self, crops: Sequence[Crop]) -> Answers:
        """The material of each crop, see `CropClassifier.classify`.

        Raises:
            InputError: if a crop is not a non-empty 2-D array of values in [0, 1].
        """
        shares = probabilities(self.logits(crops), self._temperature)[:, :-1].astype(np.float32)
        is_sure = shares.max(axis=1) >= self._least
        return Answers(np.where(is_sure, shares.argmax(axis=1), UNSURE).astype(np.int64), shares)

    def logits(self, crops: Sequence[Crop]) -> NDArray[np.float32]:
        """What the network says of each crop: float32 (C, materials + 1), the last for what is none of them."""
        return self._network.encode(crops)

    def __repr__(self) -> str:
        return f"TrainedClassifier({len(self.materials)} materials, weights {self.options['checkpoint_sha256'][:12]})"


def build_classifier(options: ClassifierOptions) -> TrainedClassifier:
    """A classifier of crops.

    Args:
        options: its settings; a checkpoint is weights that `train.py experiment=crop_classifier` wrote, with its card.

    Raises:
        InputError: if the device is unusable, the weights are missing, of another hash or of another network, or
            their card does not say when a crop is left open.
    """
    place = pick_device(options.device)
    path, expected = given_or_shipped(NAME, options.checkpoint, options.checkpoint_sha256)
    network, materials, sha256 = load_classifier(path, expected)
    return TrainedClassifier(network.to(place), materials, read_open_set(path), options, sha256)


def facts_of(network: str, materials: Sequence[str]) -> dict[str, Any]:
    """What a file of weights says of a classifier, see `write_weights`.

    Args:
        network: a name of `new_crop_network`.
        materials: names of the classes.
    """
    shown = {"kind": "own scale", "least_px": LEAST_PX}
    facts = {"network": NAME, "architecture": network, "materials": list(materials)}
    return {**facts, "outputs": len(materials) + 1, "input": shown}


def load_classifier(path: Path, sha256: str | None = None) -> tuple[CropNetwork, tuple[str, ...], str]:
    """A classifier from a file of weights, the names of its classes, and the file's hash.

    Raises:
        InputError: if the file is missing, damaged, of another hash or of another network.
    """
    state, facts = read_weights(path, sha256)
    if facts.get("network") != NAME:
        raise InputError(f"{path}: weights of {facts.get('network')!r}, not of a classifier of crops.")
    architecture: Any = facts.get("architecture")
    materials: Any = facts.get("materials", ())
    if not isinstance(materials, list) or not all(isinstance(name, str) and name.strip() for name in materials):
        raise InputError(f"{path}: its materials are no names; give weights that train.py wrote.")
    if architecture not in get_args(NetworkName) or len(materials) < 2:
        raise InputError(
            f"{path}: says that it is of {architecture!r} for {materials}, which there is not; "
            "give weights that train.py wrote."
        )
    if facts.get("outputs") != len(materials) + 1:
        raise InputError(
            f"{path}: of a classifier that has not learnt what its materials are not; "
            "train it again by `python train.py experiment=crop_classifier`."
        )
    network = new_crop_network(architecture, len(materials) + 1)
    fit_state_dict(network, state, path)
    return network, tuple(materials), sha256_of(path)
