"""How learning rates rise and fall over a training."""

from __future__ import annotations

import math
from typing import Any, Generic, Protocol, TypeVar

import pytorch_lightning as pl
import torch
from torch import nn


class AdamWRecipe(Protocol):
    """How AdamW learns.

    Attributes:
        learning_rate: the highest.
        weight_decay: of AdamW.
        warm_up_steps: batches during which the learning rate rises.
    """

    @property
    def learning_rate(self) -> float: ...  # noqa: D102
    @property
    def weight_decay(self) -> float: ...  # noqa: D102
    @property
    def warm_up_steps(self) -> int: ...  # noqa: D102


Network = TypeVar("Network", bound=nn.Module)
Recipe = TypeVar("Recipe", bound=AdamWRecipe)


class WarmedUpLearner(pl.LightningModule, Generic[Network, Recipe]):
    """Learns by AdamW, under one warm-up and one cosine over the whole training.

    Attributes:
        network: what learns; frozen parameters stay as they are.
        recipe: has the rates.
    """

    network: Network
    recipe: Recipe

    def configure_optimizers(self) -> Any:  # noqa: ANN401
        """The optimizer, and the schedule, which goes by steps."""
        recipe = self.recipe
        learnt = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(learnt, recipe.learning_rate, weight_decay=recipe.weight_decay)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self._share_of_rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _share_of_rate(self, step: int) -> float:
        trainer, warm_up_steps = self.trainer, self.recipe.warm_up_steps
        if step < warm_up_steps:
            return (step + 1) / warm_up_steps
        # Lightning's own estimate of the steps would start the data of a resumed run before its epoch is known.
        n_falling = (trainer.max_epochs or 1) * trainer.num_training_batches - warm_up_steps
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm_up_steps) / max(1.0, n_falling))))
