"""Several networks that look together: each sees what it was trained to see, their vectors stand side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from samiam.compact.network import FieldNetwork, facts_of
from samiam.compact.prepared import Prepared
from samiam.compact.settings import COMMITTEE
from samiam.compact.views import Maps, View, views_of


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
"""What a look comes of, while it is trained: a network, or several together."""


def in_use(sight: Sight) -> list[View]:
    """Networks as they are used, on the device where they are: in evaluation mode.

    Their memory format becomes the one that convolutions are fastest in.
    """
    sight = sight.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if isinstance(sight, FieldNetwork):
        return views_of([_TorchRunner(sight)], [True], beside=False)
    runners = [_TorchRunner(member) for member in sight.members]  # type: ignore[arg-type]
    return views_of(runners, sight.sees_grains, beside=False)


class _TorchRunner:
    """A network on torch; it sees what `Prepared` standardises and makes the rest of it itself."""

    def __init__(self, network: FieldNetwork) -> None:
        self._network = network

    def __call__(self, image: Prepared) -> Maps:
        device = next(self._network.parameters()).device
        with torch.inference_mode():
            inputs = torch.from_numpy(image.standardised)[None, None].to(device)
            inputs = inputs.contiguous(memory_format=torch.channels_last)
            vectors, grain_vectors, logits = (maps[0].float().cpu() for maps in self._network(inputs))
            return vectors.numpy(), grain_vectors.numpy(), logits.sigmoid().numpy()


def facts_of_committee(committee: Committee) -> Mapping[str, Any]:
    """What a reader of weights needs to build it."""
    members = [facts_of(member.size) for member in committee.members]  # type: ignore[arg-type]
    return {"network": COMMITTEE, "members": members, "sees_grains": list(committee.sees_grains)}
