"""Files of weights of the networks of a wing, each of one variant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

import torch

from samiam.errors import InputError
from samiam.networks.unet import PaddedNetwork
from samiam.networks.variant import Variant
from samiam.storage.checkpoints import fit_state_dict
from samiam.storage.weight_files import read_weights


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
