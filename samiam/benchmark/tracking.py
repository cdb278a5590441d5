"""Runs logged to Weights & Biases: online where the user is logged in, otherwise offline, never asking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from samiam.errors import InputError
from samiam.wandb_mode import WANDB_MODES, wandb_mode


class Tracker(Protocol):
    """Takes the results of a run."""

    def log(self, summary: pd.DataFrame, images: pd.DataFrame, figures: Sequence[Path]) -> None:
        """Log the tables and figures, and close the run."""
        ...


class NoTracker:
    """Logs nothing."""

    def log(self, summary: pd.DataFrame, images: pd.DataFrame, figures: Sequence[Path]) -> None:
        """Do nothing."""


class WandbTracker:
    """One W&B run; its files are in `<folder>/wandb`.

    Args:
        project: the W&B project.
        mode: "online", "offline", "disabled", or "auto": what WANDB_MODE says, else online if an API key is found.
        folder: where the run's files go.
        config: the settings to record.
    """

    def __init__(self, project: str, mode: str, folder: Path, config: Mapping[str, Any]) -> None:
        import wandb  # a second's import that the other tracker spares

        self._wandb = wandb
        mode = wandb_mode(mode)
        settings = wandb.Settings(silent=True, console="off")
        try:
            self._run = wandb.init(
                project=project,
                mode=mode,  # type: ignore[arg-type]  # W&B says so where it is another
                dir=folder,
                config=dict(config),
                job_type="evaluate",
                settings=settings,
            )
        except (wandb.errors.CommError, wandb.errors.UsageError, ValueError) as error:  # ValueError: an odd WANDB_…
            reason = " ".join(str(error).split())
            raise InputError(f"W&B cannot be used ({reason}); set logger.mode=offline or logger=none.") from error

    def log(self, summary: pd.DataFrame, images: pd.DataFrame, figures: Sequence[Path]) -> None:
        """Log the tables and figures, and close the run."""
        both = {"summary": summary, "images": images}
        for row in summary.to_dict("records"):
            prefix = f"difficulty {row.pop('difficulty')}/{row.pop('method')}"
            self._run.summary.update({f"{prefix}/{key}": value for key, value in row.items() if pd.notna(value)})
        tables = {name: table.astype(object).where(table.notna(), None) for name, table in both.items()}
        self._run.log({name: self._wandb.Table(dataframe=table) for name, table in tables.items()})
        self._run.log({"scenes": [self._wandb.Image(str(figure), caption=figure.stem) for figure in figures]})
        self._run.finish()


def build_tracker(name: str | None, folder: Path, config: Mapping[str, Any], **options: Any) -> Tracker:
    """Make a tracker by name.

    Args:
        name: "wandb", or None for no logging.
        folder: the run's folder.
        config: the settings to record.
        options: for "wandb" its `project` and `mode`.

    Raises:
        InputError: if name or mode is unknown.
    """
    if name is None:
        return NoTracker()
    if name != "wandb" or options.get("mode", "auto") not in WANDB_MODES:
        raise InputError(f"logger {name!r} {dict(options)}: know 'wandb' with a mode of {', '.join(WANDB_MODES)}.")
    return WandbTracker(options.get("project", "sam-i-am"), options.get("mode", "auto"), folder, config)
