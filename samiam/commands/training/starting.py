"""Where a training begins: at random weights, or at those of an earlier one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from samiam.storage.weight_files import read_card, seeded

_Network = TypeVar("_Network", bound=nn.Module)


def started(
    start: str | None, seed: int, new: Callable[[], _Network], read: Callable[[Path, str], _Network]
) -> tuple[_Network, dict[str, Any] | None]:
    """A network before training, and the card of the weights that it has.

    Args:
        start: a file of weights with its card; None for random weights.
        seed: of random weights.
        new: makes a network with those.
        read: reads one from a file of the SHA-256 that its card gives.

    Returns:
        The network; its card, None where its weights are random.

    Raises:
        InputError: if the card is missing or no JSON, and what `read` raises.
    """
    if start is None:
        return seeded(seed, new), None
    card = read_card(start)
    return read(Path(start), card["sha256"]), card
