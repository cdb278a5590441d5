"""Runs logged to Weights & Biases: online where the user is logged in, otherwise offline, never asking."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
from pandas.api.types import is_numeric_dtype
from PIL import Image

from samiam.benchmark.report.gains import gains
from samiam.benchmark.report.tables import SCORES, everything, per_image, summarise
from samiam.benchmark.report.variants import against_first, scores
from samiam.benchmark.settings import EvaluationLogger
from samiam.benchmark.study import Outcome
from samiam.errors import InputError
from samiam.wandb_mode import wandb_mode
from samiam.wandb_runs import end, use_weights

_NO_KEY = re.compile(r"[^\w.-]+")


class Tracker(Protocol):
    """Takes the results of a run."""

    def log(self, outcomes: Sequence[Outcome], report: Path) -> None:
        """Log everything, and close the run.

        Args:
            outcomes: of all scenes.
            report: the folder of the report.
        """
        ...

    def log_tables(self, tables: Mapping[str, pd.DataFrame], pictures: Mapping[str, bytes], report: Path) -> None:
        """Log tables and pictures of any kind, and close the run.

        Args:
            tables: by name.
            pictures: PNGs by name.
            report: the folder of the report.
        """
        ...


class NoTracker:
    """Logs nothing."""

    def log(self, outcomes: Sequence[Outcome], report: Path) -> None:
        """Do nothing."""

    def log_tables(self, tables: Mapping[str, pd.DataFrame], pictures: Mapping[str, bytes], report: Path) -> None:
        """Do nothing."""


class WandbTracker:
    """A W&B run; its files are in `<folder>/wandb`.

    Where a run compares several boosters, each gets a W&B run of its own in the same group, with its scores under the
    same names, so that W&B's charts compare them.

    Args:
        project: the W&B project.
        mode: "online", "offline", "disabled", or "auto": what WANDB_MODE says, else online if an API key is found.
        group: of the W&B runs; the name of the folder where None.
        tags: of the W&B runs.
        folder: where the run's files go.
        config: the settings to record.
        weights: files that the run uses.
    """

    def __init__(
        self,
        project: str,
        mode: str,
        group: str | None,
        tags: Sequence[str],
        folder: Path,
        config: Mapping[str, Any],
        weights: Sequence[Path] = (),
    ) -> None:
        import wandb  # a second's import that the other tracker spares

        self._wandb = wandb
        self._shared = {
            "project": project,
            "mode": wandb_mode(mode),
            "group": group or folder.name,
            "tags": list(tags),
            "dir": folder,
            "config": dict(config),
            "settings": wandb.Settings(silent=True, console="off"),
        }
        try:
            self._run = wandb.init(**self._shared, name=_key(folder.name), job_type="evaluate")  # type: ignore[arg-type]
        except (wandb.errors.CommError, wandb.errors.UsageError, ValueError) as error:  # ValueError: an odd WANDB_…
            reason = " ".join(str(error).split())
            raise InputError(f"W&B cannot be used ({reason}); set logger.mode=offline or logger=none.") from error
        use_weights(self._run, weights)

    def log(self, outcomes: Sequence[Outcome], report: Path) -> None:
        """Log tables, pictures and the report, and close the run."""
        rows = [row for outcome in outcomes for row in outcome.rows]
        table = everything(rows)
        means, costs = scores(table), summarise(rows)
        by = [column for column in ("condition", "difficulty") if column in means]
        boosted = list(dict.fromkeys(table.loc[table["booster"] != "", "method"]))
        differences = {"gain": gains(table, SCORES), "against_first": against_first(table)}
        for found in (costs, means):
            self._run.summary.update(_flat(found, [*by, "method"]))
            if len(boosted) == 1:
                self._run.summary.update(_flat(found[found["method"] == boosted[0]], by))
        for name, found in differences.items():
            words = [column for column in (*by, "generator", "method") if column in found]
            self._run.summary.update({f"{name}/{key}": value for key, value in _flat(found, words).items()})
        pictures = self._pictures(outcomes)
        images = self._with_pictures(per_image(rows), pictures, boosted[0])
        tables = {name: self._table(found) for name, found in differences.items() if not found.empty}
        self._run.log(
            {"summary": self._table(costs), "scores": self._table(means), **tables, "images": images}
            | {"scenes": list(pictures.values())}
        )
        self._finish(report)
        for method in boosted if len(boosted) > 1 else []:
            with self._wandb.init(**self._shared, name=_key(method), job_type="method") as run:  # type: ignore[arg-type]
                for found in (costs, means):
                    run.summary.update(_flat(found[found["method"] == method], by))

    def log_tables(self, tables: Mapping[str, pd.DataFrame], pictures: Mapping[str, bytes], report: Path) -> None:
        """Log tables, pictures and the report, and close the run."""
        for name, found in tables.items():
            words = [str(column) for column in found if not is_numeric_dtype(found[column])]
            self._run.summary.update({f"{name}/{key}": value for key, value in _flat(found, words).items()})
        images = [self._wandb.Image(Image.open(BytesIO(png)), caption=name) for name, png in pictures.items()]
        shown = {name: self._table(found) for name, found in tables.items()}
        self._run.log({**shown, **({"pictures": images} if images else {})})
        self._finish(report)

    def _finish(self, report: Path) -> None:
        """Log the report as a page and as an artifact, and close the run."""
        page = report / "report.html"
        if page.is_file():
            self._run.log({"report": self._wandb.Html(page.read_text(encoding="utf-8"), inject=False)})
        artifact = self._wandb.Artifact(f"report-{self._run.id}", type="report")
        for path in sorted(found for found in report.rglob("*") if found.is_file()):  # add_dir would announce itself
            artifact.add_file(str(path), path.relative_to(report).as_posix())
        self._run.log_artifact(artifact)
        end(self._run)

    def _pictures(self, outcomes: Sequence[Outcome]) -> dict[tuple[str, str], Any]:
        """The pictures by scene and condition."""
        return {
            (source.name, source.condition): self._wandb.Image(
                Image.open(BytesIO(outcome.picture)), caption=f"{source.name} {source.condition}".strip()
            )
            for outcome in outcomes
            if outcome.picture is not None and (source := outcome.source)
        }

    def _with_pictures(self, images: pd.DataFrame, pictures: Mapping[tuple[str, str], Any], method: str) -> Any:  # noqa: ANN401
        """A row for each method on each image; those of the method that the pictures are of show them."""
        shown = [
            pictures.get((row["scene"], row.get("condition", ""))) if row["method"] == method else None
            for row in images.to_dict("records")
        ]
        return self._table(images.assign(picture=pd.Series(shown, images.index, object)))

    def _table(self, table: pd.DataFrame) -> Any:  # noqa: ANN401
        return self._wandb.Table(dataframe=table.astype(object).where(table.notna(), None))


def _flat(summary: pd.DataFrame, by: Sequence[str]) -> dict[str, Any]:
    """Scores under names such as "difficulty_1/compact_booster/miou": no space and no sign that W&B's queries read."""
    found: dict[str, Any] = {}
    for row in summary.to_dict("records"):
        names = [_key(f"difficulty {row[name]}" if name == "difficulty" else str(row[name])) for name in by]
        measured = {str(key): value for key, value in row.items() if key not in (*by, "method") and pd.notna(value)}
        found |= {"/".join([*names, key]): value for key, value in measured.items()}
    return found


def _key(name: str) -> str:
    return _NO_KEY.sub("_", name).strip("_")


def build_tracker(
    settings: EvaluationLogger, folder: Path, config: Mapping[str, Any], weights: Sequence[Path] = ()
) -> Tracker:
    """Make a tracker.

    Args:
        settings: which, and its project, mode, group and tags.
        folder: the run's folder.
        config: all settings of the run, to record.
        weights: files that the run uses.

    Raises:
        InputError: if W&B cannot be used in this mode.
    """
    if settings.name is None:
        return NoTracker()
    return WandbTracker(settings.project, settings.mode, settings.group, settings.tags, folder, config, weights)
