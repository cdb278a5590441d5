"""Files of the compact network's weights: read once, used by generator, encoder and clicks together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from samiam.compact.graph import FieldRunner
from samiam.compact.looks import Look
from samiam.compact.model import CompactModel
from samiam.compact.regions.calibration import Calibration, read_calibration
from samiam.compact.settings import COMMITTEE, NETWORK, CompactWeights, FieldSize
from samiam.compact.views import View, views_of
from samiam.device import CPU, place_of
from samiam.errors import InputError
from samiam.records import Micrograph
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import as_described, given_or_shipped, read_arrays, shipped_weights

NAME = "compact"
DOES_NOT_FIT = "its tensors do not fit the network that it names; train it again."
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

    It is shared: who trains it on takes `samiam.compact.sights.read_network`. On a GPU it runs on torch, else on ONNX
    Runtime.

    Raises:
        InputError: if the weights are missing, damaged, of another network or hash, their card has no calibration, or
            the device is unusable.
    """
    place = place_of(source.device)
    path, sha256 = given_or_shipped(NAME, source.weights, source.weights_sha256)
    return _loaded(path.absolute(), sha256, place, _states(path, path.with_suffix(".json")))


@lru_cache(_MOST_MODELS)
def _loaded(path: Path, sha256: str | None, place: str, states: object) -> CompactModel:  # noqa: ARG001
    """A model; `states` are there to tell a file from another that has taken its place since."""
    views = _read_views(path, sha256) if place == CPU else _views_on_gpu(path, sha256, place)
    return CompactModel(views, read_calibration(path), sha256 or sha256_of(path))


def _views_on_gpu(path: Path, sha256: str | None, place: str) -> list[View]:
    from samiam.compact.committee import in_use  # torch
    from samiam.compact.sights import read_sight

    return in_use(read_sight(path, sha256).to(place))


def _states(*paths: Path) -> tuple[tuple[int, int, int], ...]:
    """Inode, size and time of the files that there are."""
    found = [path.stat() for path in paths if path.is_file()]
    return tuple((state.st_ino, state.st_size, state.st_mtime_ns) for state in found)


@dataclass(frozen=True)
class Member:
    """A network of a file of weights.

    Attributes:
        prefix: of the names of its tensors.
        size: how large it is.
        sees_grains: see `views_of`.
    """

    prefix: str
    size: FieldSize
    sees_grains: bool


def members_of(facts: Mapping[str, Any]) -> list[Member]:
    """The network that a file of weights is of, or the several that look together."""
    if facts["network"] == NETWORK:
        return [Member("", _size_of(facts), sees_grains=True)]
    both = zip(facts["members"], facts["sees_grains"], strict=True)
    return [Member(f"members.{place}.", _size_of(own), bool(sees)) for place, (own, sees) in enumerate(both)]


def _size_of(facts: Mapping[str, Any]) -> FieldSize:
    return FieldSize(tuple(facts["widths"]), tuple(facts["depths"]), facts["n_heads"])


def read_tensors(path: Path, sha256: str | None = None) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Tensors and facts of a file of weights.

    Raises:
        InputError: if the file is missing, damaged, of another network or of another hash.
    """
    state, facts = read_arrays(path, sha256)
    if facts.get("network") not in (COMMITTEE, NETWORK):
        raise InputError(f"{path}: weights of {facts.get('network')!r}, not of the compact generator's network.")
    with as_described(path):
        _check_size(facts, state)
    return state, facts


def _read_views(path: Path, sha256: str | None) -> list[View]:
    """The networks of a file of weights on ONNX Runtime."""
    state, facts = read_tensors(path, sha256)
    with as_described(path):
        members = members_of(facts)
    by_member = [_below(member.prefix, state) for member in members]
    try:
        if sum(map(len, by_member)) < len(state):
            raise ValueError("tensors of no network")
        networks = [FieldRunner(own, member.size) for own, member in zip(by_member, members, strict=True)]
    except ValueError as error:
        raise InputError(f"{path}: {DOES_NOT_FIT}") from error
    return views_of(networks, [member.sees_grains for member in members])


def _below(prefix: str, state: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): array for name, array in state.items() if name.startswith(prefix)}


def _check_size(facts: Mapping[str, Any], state: Mapping[str, NDArray[Any]]) -> None:
    """Refuse facts of a network that is far larger than its tensors, before it is built."""
    for member in facts["members"] if facts["network"] == COMMITTEE else [facts]:
        largest = max((max(tensor.shape, default=0) for tensor in state.values()), default=0)
        if sum(member["depths"]) > len(state) or max(member["widths"]) > largest:
            raise InputError(f"widths={member['widths']}, depths={member['depths']} in {len(state)} tensors")


def shipped_calibration() -> Calibration:
    """That of the weights that ship, by which a network is judged that has none of its own yet."""
    return read_calibration(shipped_weights(NAME))
