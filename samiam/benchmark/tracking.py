"""Runs logged to Weights & Biases: online where the user is logged in, otherwise offline, never asking."""

from __future__ import annotations

import netrc
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pandas as pd

from samiam.errors import InputError

_MODES = ("auto", "online", "offline", "disabled")


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
        mode = _mode(mode)
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
        for row in summary.to_dict("records"):
            prefix = f"difficulty {row.pop('difficulty')}/{row.pop('method')}"
            self._run.summary.update({f"{prefix}/{key}": value for key, value in row.items()})
        tables = {"summary": summary, "images": images.astype(object).where(images.notna(), None)}
        self._run.log({name: self._wandb.Table(dataframe=table) for name, table in tables.items()})
        self._run.log({"scenes": [self._wandb.Image(str(figure), caption=figure.stem) for figure in figures]})
        self._run.finish()


def _mode(mode: str) -> Any:  # noqa: ANN401
    """What "auto" means here and now, and no run online without a key, for which W&B itself would ask."""
    is_logged_in = _is_logged_in()
    if mode == "auto":
        mode = os.environ.get("WANDB_MODE") or ("online" if is_logged_in else "offline")
    if mode in ("online", "run", "shared") and not is_logged_in:
        raise InputError(f"W&B has no API key for mode={mode}; run `wandb login`, or set logger.mode=offline.")
    return mode


def _is_logged_in() -> bool:
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    host = urlsplit(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).hostname or ""
    try:
        return netrc.netrc(os.environ.get("NETRC")).authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False


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
    if name != "wandb" or options.get("mode", "auto") not in _MODES:
        raise InputError(f"logger {name!r} {dict(options)}: know 'wandb' with a mode of {', '.join(_MODES)}.")
    return WandbTracker(options.get("project", "sam-i-am"), options.get("mode", "auto"), folder, config)
