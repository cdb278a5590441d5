"""The images on which a run's booster does worst, and what it decided there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

import pandas as pd

from samiam.benchmark.report.columns import titled_table
from samiam.benchmark.report.page import literal, picture, plain, table
from samiam.benchmark.report.tables import BOUNDARY_SCORES, SCORES, leading
from samiam.records import Decision
from samiam.records.showing import counted

_COUNTS = ["masks", "materials", "n_materials"]


def worst_scenes(found: pd.DataFrame, most: int = 5) -> list[str]:
    """The scenes of lowest mIoU with the first booster, under the run's first condition and with its first seed.

    Args:
        found: as `everything` makes it.
        most: how many scenes to give.
    """
    first = _first(found)
    boosted = first[first["method"].isin(list(leading(first).values())[:1])]
    return [str(scene) for scene in boosted.sort_values("miou", kind="stable")["scene"][:most]]


def _first(found: pd.DataFrame) -> pd.DataFrame:
    """The rows that pictures and decision logs are of: one condition, one seed, and of boosters the first of each."""
    is_first = found["condition"].isin(found["condition"].cat.categories[:1]) & found["seed"].isin(found["seed"][:1])
    is_leading = (found["booster"] == "") | found["method"].isin(list(leading(found).values()))
    chosen: pd.DataFrame = found[is_first & is_leading]
    return chosen


def log_table(log: Sequence[Decision]) -> pd.DataFrame:
    """A decision log as a table, one row for each mask, the columns those of `Decision`."""
    columns = [field.name for field in fields(Decision)]
    whole = dict.fromkeys(("mask", "material", "other"), "Int64")
    return pd.DataFrame([asdict(decision) for decision in log], columns=columns).astype(whole)


def log_summary(log: Sequence[Decision]) -> pd.DataFrame:
    """How many masks each rule decided on, and the range of what it looked at.

    Returns:
        One row for each action and rule, in the order of the log: `action`, `rule`, `masks`, `value` and `threshold`.
    """
    rows = [
        {
            "action": action,
            "rule": rule,
            "masks": len(masks),
            "value": _range(masks["value"]),
            "threshold": _range(masks["threshold"]),
        }
        for (action, rule), masks in log_table(log).groupby(["action", "rule"], sort=False)
    ]
    return pd.DataFrame(rows, columns=["action", "rule", "masks", "value", "threshold"])


def _range(values: pd.Series[float]) -> str:
    low, high = f"{values.min():.3g}", f"{values.max():.3g}"
    return low if low == high else f"{low} … {high}"


def worst_images(
    found: pd.DataFrame, folder: Path, pictures: Mapping[str, Path], logs: Mapping[str, Sequence[Decision]]
) -> list[str]:
    """For each of the worst scenes a part of the report: its picture, its scores and its decision log in short.

    Args:
        found: as `everything` makes it.
        folder: the report's.
        pictures: by scene.
        logs: by scene; the files `logs/<scene>.csv` are taken to hold them.
    """
    first = _first(found)
    parts = []
    for scene in worst_scenes(found):
        rows = first[first["scene"] == scene]
        parts.append(f"### {plain(scene)} (difficulty {rows['difficulty'].iloc[0]})")
        if scene in pictures:
            parts += [picture(pictures[scene], folder, scene), caption(found, scene)]
        parts.append(titled_table(rows[["method", *SCORES, *BOUNDARY_SCORES, *_COUNTS]].reset_index(drop=True)))
        if scene in logs:
            parts.append(table(log_summary(logs[scene]), {"masks": 0}) if logs[scene] else "No masks, no decisions.")
            parts.append(f"All decisions: {literal(log_path(folder, scene).relative_to(folder).as_posix())}")
    return parts


def caption(found: pd.DataFrame, scene: str) -> str:
    """What the four panels of a scene's picture show, with the score that the tables have.

    Args:
        found: as `everything` makes it.
        scene: its name.
    """
    rows = _first(found)
    rows = rows[rows["scene"] == scene]
    boosted = rows[rows["booster"] != ""].iloc[0]
    alone = rows[rows["is_alone"] & (rows["generator"] == boosted["generator"])].iloc[0]
    return (
        f"*{plain(scene)}*, difficulty {boosted['difficulty']}. From left to right: the micrograph; its truth, "
        f"{counted(boosted['materials'], 'region')}; {counted(alone['masks'], 'mask')} of {plain(alone['method'])}, "
        f"mIoU {alone['miou']:.3f}; {counted(boosted['masks'], 'region')} of {plain(boosted['method'])}, mIoU "
        f"{boosted['miou']:.3f}."
    )


def log_path(folder: Path, scene: str) -> Path:
    """Where the report keeps the decision log of a scene."""
    return folder / "logs" / f"{scene}.csv"
