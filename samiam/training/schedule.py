"""How learning rates rise and fall over a training."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Protocol

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


def adamw_with_warm_up(parameters: Iterable[nn.Parameter], trainer: pl.Trainer, recipe: AdamWRecipe) -> Any:  # noqa: ANN401
    """AdamW under one warm-up and one cosine over the whole training, as `configure_optimizers` returns it.

    Args:
        parameters: what is learnt; frozen ones are left out.
        trainer: knows how long the training is.
        recipe: has the rates.
    """
    warm_up_steps = recipe.warm_up_steps

    def share(step: int) -> float:
        if step < warm_up_steps:
            return (step + 1) / warm_up_steps
        # Lightning's own estimate of the steps would start the data of a resumed run before its epoch is known.
        n_falling = (trainer.max_epochs or 1) * trainer.num_training_batches - warm_up_steps
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm_up_steps) / max(1.0, n_falling))))

    learnt = [parameter for parameter in parameters if parameter.requires_grad]
    optimizer = torch.optim.AdamW(learnt, recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, share)
    return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
