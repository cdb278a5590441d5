"""How long and on what to train."""

from __future__ import annotations

from dataclasses import dataclass

from samiam.errors import InputError


@dataclass(frozen=True)
class TrainerSettings:
    """What Lightning's trainer is told.

    Attributes:
        epochs: at most.
        max_minutes: at most, None for no limit. A run that a clock ends is not reproduced exactly.
        patience: epochs without a better validation metric after which training stops; None never to stop early.
        accelerator: "auto", "cpu" or "gpu".
        devices: how many processes a machine has, or "auto".
        num_nodes: machines; on a SLURM cluster as many as the job has.
        strategy: "auto", "ddp", "ddp_spawn", …
        precision: "32-true", "bf16-mixed" or "16-mixed".
        gradient_clip: largest norm of the gradient, None for no limit.
        threads: of torch on the CPU in each process; None for as many as it takes by itself.
        progress: whether a bar shows how far it is.

    Raises:
        InputError: if a number is not positive.
    """

    epochs: int = 30
    max_minutes: float | None = None
    patience: int | None = None
    accelerator: str = "auto"
    devices: int | str = "auto"
    num_nodes: int = 1
    strategy: str = "auto"
    precision: str = "32-true"
    gradient_clip: float | None = None
    threads: int | None = None
    progress: bool = True

    def __post_init__(self) -> None:
        for name in ("epochs", "max_minutes", "patience", "num_nodes", "gradient_clip", "threads"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError(f"trainer.{name}={value}: give a positive number.")
