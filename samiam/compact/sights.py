"""Files of the compact network's weights, read into networks of torch: to train on, or to run on a GPU."""

from __future__ import annotations

from pathlib import Path

import torch

from samiam.compact.committee import Committee, Sight
from samiam.compact.network import FieldNetwork
from samiam.compact.weights import DOES_NOT_FIT, members_of, read_tensors
from samiam.errors import InputError
from samiam.storage.weight_files import as_described


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
    state, facts = read_tensors(path, sha256)
    with as_described(path):
        members = members_of(facts)
        networks = [FieldNetwork(member.size) for member in members]
        alone = len(members) == 1 and not members[0].prefix
        sight = networks[0] if alone else Committee(networks, [member.sees_grains for member in members])
    try:
        sight.load_state_dict({name: torch.from_numpy(array) for name, array in state.items()})
    except RuntimeError as error:
        raise InputError(f"{path}: {DOES_NOT_FIT}") from error
    return sight
