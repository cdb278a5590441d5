"""The two programs, and where their settings, configs and work are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Program:
    """One of the two programs.

    Attributes:
        name: of its script and of its folder of configs.
        settings: where the class of all its settings is, as `module:class`.
        read: where the function is that reads a config, as `module:function`.
        work: where the function is that does the work, likewise.
    """

    name: str
    settings: str
    read: str
    work: str

    @property
    def script(self) -> str:
        """What is typed after `python`."""
        return f"{self.name}.py"

    @property
    def configs(self) -> Path:
        """The folder of its configs: in the checkout, or where the package was installed."""
        package = Path(__file__).parents[2]
        inside = package / "configs" / self.name
        return inside if inside.is_dir() else package.parent / "configs" / self.name

    def choices(self, group: str, beside: Path | None = None) -> list[str]:
        """What may be chosen in a group, with that of a user's own folder of configs beside."""
        folders = [self.configs] if beside is None else [self.configs, beside]
        return sorted({path.stem for folder in folders for path in (folder / group).glob("*.yaml")})

    @property
    def groups(self) -> list[str]:
        """The groups of its configs."""
        return sorted(path.name for path in self.configs.iterdir() if path.is_dir())


EVALUATE = Program(
    "evaluate",
    "samiam.benchmark.settings:EvaluateSettings",
    "samiam.benchmark.settings:read_evaluation",
    "samiam.commands.evaluating.run:evaluate_in",
)
TRAIN = Program(
    "train",
    "samiam.commands.training.settings:TrainSettings",
    "samiam.commands.training.settings:read_training",
    "samiam.commands.training.run:train_in",
)
