"""Settings of every training."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from samiam.settings import Count, NotNegative, Positive, settings

BelowOne = Annotated[float, Field(ge=0, lt=1)]


@settings
class TrainerSettings:
    """What Lightning's trainer is told.

    Attributes:
        epochs: at most.
        max_minutes: at most, null for no limit. A run that a clock ends is not reproduced exactly.
        patience: epochs without a better validation metric after which training stops; null never to stop early.
        accelerator: what computes.
        devices: how many processes a machine has, no more than it has cores, or GPUs where these compute; or "auto".
        num_nodes: machines; on a SLURM cluster as many as the job has.
        strategy: "auto", "ddp", "ddp_spawn", …
        precision: of the network's arithmetic.
        gradient_clip: largest norm of the gradient, null for no limit.
        threads: of torch on the CPU in each process; null for as many as it takes by itself.
        progress: whether a bar shows how far it is.
    """

    epochs: Count = 30
    max_minutes: Positive | None = None
    patience: Count | None = None
    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    devices: Count | Literal["auto"] = "auto"
    num_nodes: Count = 1
    strategy: str = "auto"
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    gradient_clip: Positive | None = None
    threads: Count | None = None
    progress: bool = True


@settings
class ClassificationRecipe:
    """How classes are learnt; the defaults are FENet's on DTD (Xu et al., NeurIPS 2021, released options).

    Attributes:
        optimizer: "sgd" or "adamw".
        learning_rate: at the beginning.
        momentum: of SGD; AdamW has none.
        weight_decay: of either.
        schedule: "step", the rate times `gamma` after every `step_epochs`; or "cosine", falling to 0 by the end.
        step_epochs: of the schedule "step".
        gamma: of the schedule "step".
        label_smoothing: share of the target that all classes have in common; in training only.
    """

    optimizer: Literal["sgd", "adamw"] = "sgd"
    learning_rate: Positive = 0.01
    momentum: BelowOne = 0.9
    weight_decay: NotNegative = 5e-4
    schedule: Literal["step", "cosine"] = "step"
    step_epochs: Count = 10
    gamma: Annotated[float, Field(gt=0, le=1)] = 0.1
    label_smoothing: BelowOne = 0.0
