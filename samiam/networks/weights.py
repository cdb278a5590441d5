"""Files of weights of the networks of a wing, each of one variant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

import torch

from samiam.errors import InputError
from samiam.networks.unet import PaddedNetwork
from samiam.networks.variant import Variant
from samiam.settings import declared, read_settings
from samiam.storage.checkpoints import fit_state_dict
from samiam.storage.weight_files import read_card, read_weights

Calibration = TypeVar("Calibration")


def facts_of(name: str, variant: Variant) -> dict[str, Any]:
    """What a file of weights says of its network, see `write_weights`."""
    return {"network": name, "variant": variant}


def read_variant(
    path: Path,
    name: str,
    build: Callable[[Variant], PaddedNetwork],
    *,
    finds: str,
    sha256: str | None = None,
    variant: Variant | None = None,
) -> PaddedNetwork:
    """A network from a file of weights, on the CPU, in evaluation mode.

    Args:
        path: the file.
        name: of the network.
        build: makes one of a variant.
        finds: what it finds, in words.
        sha256: what its bytes must hash to; not checked where None.
        variant: that it must be of; either where None.

    Raises:
        InputError: if the file is missing, damaged, of another hash or of another network.
    """
    state, facts = read_weights(path, sha256)
    found = _variant_of(facts, name)
    if found is None or (variant is not None and found != variant):
        wanted = f"the network that finds {finds}" if variant is None else f"variant={variant} of it"
        raise InputError(f"{path}: weights of {facts.get('network')!r} {facts.get('variant', '')}, not of {wanted}.")
    network = build(found)
    fit_state_dict(network, state, path)
    # Twice as fast on the CPU as the usual order.
    return network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def _variant_of(facts: Mapping[str, Any], name: str) -> Variant | None:
    """The variant that facts name, None where they are another network's."""
    said: Any = facts.get("variant")
    return said if facts.get("network") == name and said in get_args(Variant) else None


def read_calibration(weights: Path, kind: type[Calibration], *, tells: str, experiment: str) -> Calibration:
    """What stands on the card of a file of weights of how its answers are taken.

    Args:
        weights: the file.
        kind: the settings that a calibration of such a network has.
        tells: what they decide, in words.
        experiment: of `train.py`, which calibrates.

    Raises:
        InputError: if the card is missing, has none or another one.
    """
    card = weights.with_suffix(".json")
    found: Any = read_card(weights).get("calibration")
    names = declared(kind)  # type: ignore[arg-type]
    if not isinstance(found, dict) or any(name not in found for name in names):
        raise InputError(
            f"{card}: does not say {tells}; "
            f"train the network by `python train.py experiment={experiment}`, which calibrates it."
        )
    return read_settings(kind, f"{card}: calibration", {name: found[name] for name in names})
