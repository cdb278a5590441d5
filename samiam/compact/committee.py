"""Several networks that look together: each sees what it was trained to see, their vectors stand side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from samiam.compact.network import FieldNetwork, facts_of
from samiam.compact.settings import FieldSize

COMMITTEE = "committee"
"""What weights of several networks say that they are of."""
_SCALES = {1.0: 1.0, 0.6: 0.5}
"""Scales that a network looks at an image at, and the weight of the vectors of materials at each.

What differs over large cells shows at the coarser one, in which thin layers are lost. Chosen on published micrographs
of grain boundaries, films and particles (docs/results/real.md) and on procedural multilayers.
"""


@dataclass(frozen=True)
class View:
    """One pass of a network.

    Attributes:
        network: what passes.
        scale: of the image, beside the scale of the look.
        weight: of its vectors of materials; those of grains weigh alike.
        sees_grains: whether its vectors of grains count.
    """

    network: FieldNetwork
    scale: float
    weight: float
    sees_grains: bool


class Committee(nn.Module):
    """Networks that look at an image together.

    Args:
        members: the networks.
        sees_grains: for each whether it tells grains apart; it then looks at two scales, else at the finer one.
    """

    def __init__(self, members: Sequence[FieldNetwork], sees_grains: Sequence[bool]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.sees_grains = tuple(sees_grains)


Sight = FieldNetwork | Committee
"""What a look comes of: a network, or several together."""


def views_of(sight: Sight) -> list[View]:
    """The passes of a look; the first is at the finer scale."""
    if isinstance(sight, FieldNetwork):
        return _views_of_network(sight, sees_grains=True)
    views: list[View] = []
    for member, sees_grains in zip(sight.members, sight.sees_grains, strict=True):
        assert isinstance(member, FieldNetwork)  # which a ModuleList does not say
        views += _views_of_network(member, sees_grains=sees_grains)
    return views


def _views_of_network(network: FieldNetwork, *, sees_grains: bool) -> list[View]:
    views = [View(network, scale, weight, sees_grains) for scale, weight in _SCALES.items()]
    return views if sees_grains else views[:1]


def facts_of_committee(committee: Committee) -> Mapping[str, Any]:
    """What a reader of weights needs to build it."""
    members = [facts_of(member.size) for member in committee.members]  # type: ignore[arg-type]
    return {"network": COMMITTEE, "members": members, "sees_grains": list(committee.sees_grains)}


def network_of(facts: Mapping[str, Any]) -> FieldNetwork:
    """A network of the size that its facts tell, with random weights."""
    return FieldNetwork(FieldSize(tuple(facts["widths"]), tuple(facts["depths"]), facts["n_heads"]))
