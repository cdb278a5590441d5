"""Files of the compact network's weights: read once, used by generator, encoder and clicks together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from samiam.compact.committee import COMMITTEE, Committee, Sight, network_of
from samiam.compact.looks import Look
from samiam.compact.model import CompactModel
from samiam.compact.network import NETWORK, FieldNetwork
from samiam.compact.regions.calibration import Calibration, read_calibration
from samiam.compact.settings import CompactWeights
from samiam.device import pick_device
from samiam.errors import InputError
from samiam.records import Micrograph
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import as_described, given_or_shipped, read_weights, shipped_weights

NAME = "compact"
_MOST_MODELS = 4
"""Models that are kept, each some 10 MB with its last look at an image of usual size."""


def look(micrograph: Micrograph, source: CompactWeights = CompactWeights()) -> Look:
    """Look at a micrograph, or remember the look where it was the last that these weights looked at.

    Generator, encoder and clicks of the same weights share the look.

    Args:
        micrograph: the image.
        source: which weights, and where they run.

    Raises:
        InputError: if the weights are missing, damaged, of another network or hash, their card has no calibration, or
            the device is unusable.
    """
    return load_model(source).look(micrograph.pixels)


def load_model(source: CompactWeights = CompactWeights()) -> CompactModel:
    """The network with its weights and its calibration, loaded once in a process for one file and device.

    It is shared: who trains it on takes `read_network`.

    Raises:
        InputError: if the weights are missing, damaged, of another network or hash, their card has no calibration, or
            the device is unusable.
    """
    place = pick_device(source.device)
    path, sha256 = given_or_shipped(NAME, source.weights, source.weights_sha256)
    return _loaded(path.absolute(), sha256, place, _states(path, path.with_suffix(".json")))


@lru_cache(_MOST_MODELS)
def _loaded(path: Path, sha256: str | None, place: torch.device, states: object) -> CompactModel:  # noqa: ARG001
    """A model; `states` are there to tell a file from another that has taken its place since."""
    network = read_sight(path, sha256).to(place)
    return CompactModel(network, read_calibration(path), sha256 or sha256_of(path))


def _states(*paths: Path) -> tuple[tuple[int, int, int], ...]:
    """Inode, size and time of the files that there are."""
    found = [path.stat() for path in paths if path.is_file()]
    return tuple((state.st_ino, state.st_size, state.st_mtime_ns) for state in found)


def read_network(path: Path, sha256: str | None = None) -> FieldNetwork:
    """A single network of its own from a file of weights, on the CPU, as training goes on from.

    Raises:
        InputError: if the file is missing, damaged, of another network, of several, or of another hash.
    """
    sight = read_sight(path, sha256)
    if isinstance(sight, Committee):
        raise InputError(
            f"{path}: weights of {len(sight.members)} networks together; go on from one of them, which "
            f"`python scripts/committee.py take {path} -o FILE` writes."
        )
    return sight


def read_sight(path: Path, sha256: str | None = None) -> Sight:
    """A network, or several together, from a file of weights, on the CPU.

    Raises:
        InputError: if the file is missing, damaged, of another network or of another hash.
    """
    state, facts = read_weights(path, sha256)
    if facts.get("network") not in (COMMITTEE, NETWORK):
        raise InputError(f"{path}: weights of {facts.get('network')!r}, not of the compact generator's network.")
    with as_described(path):
        _check_size(facts, state)
        sight = _built(facts)
    try:
        sight.load_state_dict(state)
    except RuntimeError as error:
        raise InputError(f"{path}: its tensors do not fit the network that it names; train it again.") from error
    return sight


def _built(facts: Mapping[str, Any]) -> Sight:
    """The network, or several together, with random weights."""
    if facts["network"] == NETWORK:
        return network_of(facts)
    return Committee([network_of(member) for member in facts["members"]], facts["sees_grains"])


def _check_size(facts: Mapping[str, Any], state: Mapping[str, Tensor]) -> None:
    """Refuse facts of a network that is far larger than its tensors, before it is built."""
    for member in facts["members"] if facts["network"] == COMMITTEE else [facts]:
        largest = max((max(tensor.shape, default=0) for tensor in state.values()), default=0)
        if sum(member["depths"]) > len(state) or max(member["widths"]) > largest:
            raise InputError(f"widths={member['widths']}, depths={member['depths']} in {len(state)} tensors")


def shipped_calibration() -> Calibration:
    """That of the weights that ship, by which a network is judged that has none of its own yet."""
    return read_calibration(shipped_weights(NAME))
