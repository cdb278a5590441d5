"""Files of the finder's weights."""

from __future__ import annotations

from pathlib import Path

import torch

from samiam.errors import InputError
from samiam.networks.unet import PaddedNetwork
from samiam.networks.variant import Variant
from samiam.particles.finder.network import new_network, variant_of
from samiam.storage.checkpoints import fit_state_dict
from samiam.storage.weight_files import read_weights


def read_network(path: Path, sha256: str | None = None, variant: Variant | None = None) -> PaddedNetwork:
    """A network of the finder from a file of weights, on the CPU, in evaluation mode.

    Args:
        path: the file.
        sha256: what its bytes must hash to; not checked where None.
        variant: that it must be of; either where None.

    Raises:
        InputError: if the file is missing, damaged, of another hash or of another network.
    """
    state, facts = read_weights(path, sha256)
    found = variant_of(facts)
    if found is None or (variant is not None and found != variant):
        wanted = "the network that finds particles" if variant is None else f"variant={variant} of it"
        raise InputError(f"{path}: weights of {facts.get('network')!r} {facts.get('variant', '')}, not of {wanted}.")
    network = new_network(found)
    fit_state_dict(network, state, path)
    # Twice as fast on the CPU as the usual order.
    return network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]
