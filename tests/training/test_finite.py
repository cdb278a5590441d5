"""Trainings whose numbers run away."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from refusals import refusal
from torch import nn

from samiam.training.finite import StopWhereNotFinite


def trainer(score: float) -> Any:
    return SimpleNamespace(current_epoch=2, callback_metrics={"val/accuracy": torch.tensor(score)})


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights(value: float) -> None:
    network: Any = nn.Linear(2, 1)
    stop = StopWhereNotFinite("val/accuracy")
    stop.on_validation_start(trainer(0.5), network)
    with torch.no_grad():
        network.weight[0, 1] = value
    message = refusal(lambda: stop.on_validation_start(trainer(0.5), network))
    assert "weights are no longer finite in epoch 3; lower learner.options.learning_rate" in message


def test_scores() -> None:
    stop, network = StopWhereNotFinite("val/accuracy"), nn.Linear(2, 1)
    stop.on_validation_end(trainer(0.5), network)  # type: ignore[arg-type]
    assert "val/accuracy is nan in epoch 3" in refusal(lambda: stop.on_validation_end(trainer(np.nan), network))  # type: ignore[arg-type]
