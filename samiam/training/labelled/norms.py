"""Batch normalisation in fine-tuning."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def keep_statistics(network: nn.Module) -> None:
    """Let batch norms normalise by the statistics that they have, and change them no more.

    Their scales and shifts still learn. To be called whenever the network was put into training mode.
    """
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            module.eval()
