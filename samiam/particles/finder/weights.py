"""Files of the finder's weights."""

from __future__ import annotations

from pathlib import Path

from samiam.networks.unet import PaddedNetwork
from samiam.networks.variant import Variant
from samiam.networks.weights import read_variant
from samiam.particles.finder.network import NETWORK, new_network


def read_network(path: Path, sha256: str | None = None, variant: Variant | None = None) -> PaddedNetwork:
    """A network of the finder from a file of weights, on the CPU, in evaluation mode.

    Args:
        path: the file.
        sha256: what its bytes must hash to; not checked where None.
        variant: that it must be of; either where None.

    Raises:
        InputError: if the file is missing, damaged, of another hash or of another network.
    """
    return read_variant(path, NETWORK, new_network, finds="particles", sha256=sha256, variant=variant)
