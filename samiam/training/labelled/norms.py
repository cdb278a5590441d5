"""Batch normalisation in fine-tuning."""

from __future__ import annotations

from typing import Literal, Self

import pytorch_lightning as pl
from torch.nn.modules.batchnorm import _BatchNorm


class NormsTuner(pl.LightningModule):
    """Tunes a network whose batch norms keep the statistics that they have, or learn new ones.

    Attributes:
        norms: which of the two; the scales and shifts of norms learn in either case.
    """

    norms: Literal["kept", "learnt"]

    def train(self, mode: bool = True) -> Self:
        """Set the mode; norms that keep their statistics stay in that of evaluation."""
        super().train(mode)
        if self.norms == "kept":
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self
