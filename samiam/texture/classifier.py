"""A trained classifier of crops at work: materials named, or left open where it is unsure (paper §4.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from samiam.device import pick_device
from samiam.errors import InputError
from samiam.storage.checkpoints import fit_state_dict
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import given_or_shipped, read_weights
from samiam.texture.crop_network import LEAST_PX, CropNetwork, new_crop_network
from samiam.texture.inputs import mirror_padded
from samiam.texture.network import Crop, NetworkEncoder
from samiam.texture.settings import ClassifierOptions, NetworkName

NAME = "crop_classifier"
UNSURE = -1  # no place among the materials


class TrainedClassifier:
    """Names the material of crops; a crop's answer does not depend on the others.

    Args:
        network: the classifier, on its device.
        materials: names of its classes.
        settings: when it is unsure.
        sha256: of its weights, for provenance.
    """

    def __init__(
        self, network: CropNetwork, materials: tuple[str, ...], settings: ClassifierOptions, sha256: str
    ) -> None:
        self.name = NAME
        self.materials = materials
        self.options: Mapping[str, Any] = {**settings.decisive, "checkpoint_sha256": sha256}
        self._settings = settings
        self._judge = NetworkEncoder(
            NAME,
            _Verdict(network),
            2 * len(materials),
            partial(mirror_padded, least_px=LEAST_PX),
            settings.batch_size,
            self.options,
        )

    def classify(self, crops: Sequence[Crop]) -> NDArray[np.int64]:
        """The material of each crop, see `CropClassifier.classify`.

        Raises:
            InputError: if a crop is not a non-empty 2-D array of values in [0, 1].
        """
        shares, remoteness = self.judge(crops)
        likeliest = shares.argmax(axis=1)
        places = np.arange(len(crops))
        is_sure = (shares[places, likeliest] >= self._settings.confidence) & (
            remoteness[places, likeliest] <= self._settings.reach
        )
        return np.where(is_sure, likeliest, UNSURE).astype(np.int64)

    def judge(self, crops: Sequence[Crop]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What `classify` decides by.

        Args:
            crops: C images (h, w) in [0, 1]; sizes may differ.

        Returns:
            float32 (C, materials) shares of the softmax; and float32 (C, materials) distances from the centre of each
            material in units of its reach.
        """
        verdicts = self._judge.encode(crops)
        n = len(self.materials)
        return verdicts[:, :n], verdicts[:, n:]

    def __repr__(self) -> str:
        return f"TrainedClassifier({len(self.materials)} materials, weights {self.options['checkpoint_sha256'][:12]})"


class _Verdict(nn.Module):
    """Shares and distances side by side: (B, 2 · classes)."""

    def __init__(self, network: CropNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        logits, distances = self.network.judge(images)
        return torch.cat([logits.softmax(dim=1), distances], dim=1)


def build_classifier(options: ClassifierOptions) -> TrainedClassifier:
    """A classifier of crops.

    Args:
        options: its settings; a checkpoint is weights that `train.py experiment=crop_classifier` wrote.

    Raises:
        InputError: if the device is unusable, or the weights are missing, of another hash or of another network.
    """
    place = pick_device(options.device)
    file = given_or_shipped(NAME, options.checkpoint, options.checkpoint_sha256)
    network, materials, sha256 = load_classifier(*file)
    return TrainedClassifier(network.to(place), materials, options, sha256)


def facts_of(network: str, materials: Sequence[str]) -> dict[str, Any]:
    """What a file of weights says of a classifier, see `write_weights`.

    Args:
        network: a name of `new_crop_network`.
        materials: names of the classes.
    """
    shown = {"kind": "own scale", "least_px": LEAST_PX}
    return {"network": NAME, "architecture": network, "materials": list(materials), "input": shown}


def load_classifier(path: Path, sha256: str | None = None) -> tuple[CropNetwork, tuple[str, ...], str]:
    """A classifier from a file of weights, the names of its classes, and the file's hash.

    Raises:
        InputError: if the file is missing, damaged, of another hash or of another network.
    """
    state, facts = read_weights(path, sha256)
    if facts.get("network") != NAME:
        raise InputError(f"{path}: weights of {facts.get('network')!r}, not of a classifier of crops.")
    architecture: Any = facts.get("architecture")
    materials = facts.get("materials", ())
    if architecture not in get_args(NetworkName) or len(materials) < 2:
        raise InputError(
            f"{path}: says that it is of {architecture!r} for {materials}, which there is not; "
            "give weights that train.py wrote."
        )
    network = new_crop_network(architecture, len(materials))
    fit_state_dict(network, state, path)
    return network, tuple(materials), sha256_of(path)
