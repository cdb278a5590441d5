"""Files of trained weights: safetensors that say which network they are of, and a JSON card beside each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from samiam.errors import InputError
from samiam.storage.files import replacing, sha256_of, verify
from samiam.storage.strict_json import parse_json

if TYPE_CHECKING:
    from torch import Tensor

_KEY = "samiam"


def shipped_weights(name: str) -> Path:
    """The path of weights that come with the package."""
    return Path(str(resources.files("samiam") / "weights" / f"{name}.safetensors"))


def model_cards() -> dict[str, Path]:
    """By the name of weights that ship, the Markdown that says what they are for, learnt from and where they fail."""
    return {path.stem: path for path in sorted(shipped_weights("").parent.glob("*.md"))}


def given_or_shipped(name: str, given: str | Path | None, sha256: str | None = None) -> tuple[Path, str | None]:
    """The file of weights to use and the hash that it must have.

    Args:
        name: of the weights that ship, which have the hash on their card.
        given: a file to use instead.
        sha256: the hash that a given file must have; not checked where None.

    Raises:
        InputError: if a hash is given without its file, or the shipped card cannot be read.
    """
    if given:
        return Path(given), sha256
    if sha256:
        raise InputError(f"{sha256}: give the file of weights that has this hash as well.")
    path = shipped_weights(name)
    return path, read_card(path)["sha256"]


def read_card(path: str | Path) -> dict[str, Any]:
    """The JSON card beside a file of weights: its SHA-256, how it was trained, on what, and its scores.

    Raises:
        InputError: if it is missing or no JSON.
    """
    card = Path(path).with_suffix(".json")
    try:
        read = parse_json(card.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{card}: no card of weights ({error}); train them again.") from error
    if not isinstance(read, dict) or not isinstance(read.get("sha256"), str):
        raise InputError(f"{card}: no card of weights; train them again.")
    return read


def write_weights(
    path: str | Path, state: Mapping[str, Tensor], facts: Mapping[str, Any], card: Mapping[str, Any]
) -> None:
    """Write a network's tensors, in half precision, and the card beside them.

    Args:
        path: `<name>.safetensors`; the card becomes `<name>.json`.
        state: tensors by name.
        facts: what a reader needs to build the network (JSON-serialisable); kept within the file.
        card: what a person wants to know of it (JSON-serialisable).
    """
    from safetensors.torch import save_file

    path = Path(path)
    halved = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).cpu().contiguous()
        for name, tensor in state.items()
    }
    with replacing(path) as partial:
        save_file(halved, partial, metadata={_KEY: json.dumps(facts, sort_keys=True)})
    with replacing(path.with_suffix(".json")) as partial:
        whole = {"file": path.name, "sha256": sha256_of(path), "network": facts, **card}
        partial.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


def add_to_card(path: str | Path, **entries: Any) -> None:
    """Write further entries (JSON-serialisable) on the card beside a file of weights; those of these names go.

    Raises:
        InputError: if there is no card.
    """
    card = {**read_card(path), **entries}
    with replacing(Path(path).with_suffix(".json")) as partial:
        partial.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def read_weights(path: str | Path, sha256: str | None = None) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What `read_arrays` reads, as tensors.

    Raises:
        InputError: as `read_arrays` does.
    """
    import torch

    state, facts = read_arrays(path, sha256)
    return {name: torch.from_numpy(array) for name, array in state.items()}, facts


def read_arrays(path: str | Path, sha256: str | None = None) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The tensors, in single precision, and the facts that `write_weights` wrote.

    Args:
        path: the file.
        sha256: what its bytes must hash to; not checked where None.

    Raises:
        InputError: if the file is missing, damaged, another's, or has another hash, or numbers are not finite.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file of weights.")
    if sha256 is not None:
        verify(path, sha256)
    try:
        with safe_open(path, framework="np") as file:
            facts = parse_json((file.metadata() or {}).get(_KEY, "null"))
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, TypeError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as safetensors ({' '.join(str(error).split())}).") from error
    if not isinstance(facts, dict):
        raise InputError(f"{path}: does not say which network it is of; give weights that train.py wrote.")
    if lost := [name for name, tensor in state.items() if not np.isfinite(tensor).all()]:
        raise InputError(f"{path}: {lost[0]:.80} has numbers that are not finite; train the network again.")
    return {
        name: np.asarray(tensor, np.float32) if tensor.dtype.kind == "f" else tensor for name, tensor in state.items()
    }, facts


@contextmanager
def as_described(path: str | Path) -> Iterator[None]:
    """Around the building of the network that facts describe: impossible facts are refused.

    Raises:
        InputError: for what such facts raise within.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"{path}: describes a network that cannot be ({reason:.200}); give weights that train.py wrote."
        ) from error


def seeded(seed: int, build: Any) -> Any:  # noqa: ANN401
    """A network whose random weights come from a seed; the global random numbers stay as they were."""
    import torch

    with torch.random.fork_rng(devices=[]):
        # torch.manual_seed would also reseed the CUDA generators, which the fork above does not restore.
        torch.default_generator.manual_seed(seed)
        return build()
