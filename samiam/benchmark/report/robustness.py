"""What a change of the conditions does to each method, on the same images."""

from __future__ import annotations

import pandas as pd

from samiam.benchmark.report.columns import COLUMNS
from samiam.benchmark.report.intervals import as_text, mean_interval
from samiam.benchmark.report.tables import per_scene

_SCORES = ("miou", "mfpr", "matched_iou")


def robustness(table: pd.DataFrame) -> pd.DataFrame:
    """Scores under each condition, and their changes against the run's first.

    Args:
        table: as `everything` makes it.

    Returns:
        One row for each difficulty class, method and condition: `difficulty`, `method`, `condition`, `images`, and
        for mIoU, mFPR and the one-to-one IoU the mean, `<score>_change` (of the scenes that both conditions have, in
        points) and the ends `<score>_low`, `<score>_high` of its paired bootstrap's 95 % interval. Empty for a run with
        one condition.
    """
    conditions = list(table["condition"].cat.categories)
    if len(conditions) < 2:
        return pd.DataFrame()
    found = []
    for (difficulty, method), group in per_scene(table).groupby(["difficulty", "method"], sort=False):
        by_condition = {name: part.set_index("scene") for name, part in group.groupby("condition", observed=True)}
        for name, scenes in by_condition.items():
            row = {"difficulty": difficulty, "method": method, "condition": name, "images": len(scenes)}
            first = by_condition.get(conditions[0])
            found.append(row | (_changes(scenes, None if name == conditions[0] else first)))
    return pd.DataFrame(found).sort_values("difficulty", kind="stable", ignore_index=True)


def _changes(scenes: pd.DataFrame, first: pd.DataFrame | None) -> dict[str, float]:
    row = {}
    for score in _SCORES:
        row[score] = float(scenes[score].mean())
        points = pd.Series(dtype=float) if first is None else (100 * (scenes[score] - first[score])).dropna()
        row[f"{score}_change"] = float(points.mean())
        row[f"{score}_low"], row[f"{score}_high"] = mean_interval(points)
    return row


def with_changes(table: pd.DataFrame) -> pd.DataFrame:
    """The same as a reader wants it: the changes and their intervals as text."""
    shown = table[["method", "difficulty", "condition", "images"]].copy()
    for score in _SCORES:
        shown[score] = table[score]
        changes = table[f"{score}_change"]
        title = COLUMNS[score].title
        shown[f"{title} change"] = changes.map("{:+.1f}".format).where(changes.notna(), "")
        shown[f"{title} 95 %"] = as_text(table, score, "+.1f")
    return shown
