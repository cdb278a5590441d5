"""What a look comes of: passes of networks, each at its scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from samiam.compact.prepared import Floats, Prepared

_SCALES = {1.0: 1.0, 0.6: 0.5}
"""Scales that a network looks at an image at, and the weight of the vectors of materials at each.

What differs over large cells shows at the coarser one, in which thin layers are lost. Chosen on published micrographs
of grain boundaries, films and particles (docs/results/real.md) and on procedural multilayers.
"""
Maps = tuple[Floats, Floats, Floats]
"""Vectors (16, h, w), vectors of grains (16, h, w), and how sure boundaries of both kinds are (2, h, w), in [0, 1]."""
Network = Callable[[Prepared], Maps]
"""A network at work, on whatever it runs."""


@dataclass(frozen=True)
class View:
    """One pass of a network.

    Attributes:
        network: what passes.
        scale: of the image, beside the scale of the look.
        weight: of its vectors of materials; those of grains weigh alike.
        sees_grains: whether its vectors of grains count.
        beside: whether it sees all of a `Prepared` image, and may pass beside another.
    """

    network: Network
    scale: float
    weight: float
    sees_grains: bool
    beside: bool = True


def views_of(networks: Sequence[Network], sees_grains: Sequence[bool], *, beside: bool = True) -> list[View]:
    """The passes of a look; the first is at the finer scale.

    Args:
        networks: that look together.
        sees_grains: for each whether it tells grains apart; it then looks at two scales, else at the finer one.
        beside: see `View`.
    """
    views: list[View] = []
    for network, sees in zip(networks, sees_grains, strict=True):
        of_network = [View(network, scale, weight, sees, beside) for scale, weight in _SCALES.items()]
        views += of_network if sees else of_network[:1]
    return views
