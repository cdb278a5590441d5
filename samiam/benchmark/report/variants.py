"""Every method's scores, and how it differs from the run's first one on the same images."""

from __future__ import annotations

import pandas as pd

from samiam.benchmark.report.intervals import mean_intervals
from samiam.benchmark.report.paired import holm, swap_p_value
from samiam.benchmark.report.tables import BOUNDARY_SCORES, SCORES, classes, leading, per_scene, with_all

COMPARED = ("miou", "mfpr", "boundary_miou", "boundary_mfpr")
"""Scores that stand with intervals, and of which methods are compared."""
_MEANS = [*SCORES, *BOUNDARY_SCORES, "crop_accuracy", "masks", "materials"]


def scores(table: pd.DataFrame) -> pd.DataFrame:
    """Means over the images of each class, and of all of them together.

    Args:
        table: as `everything` makes it.

    Returns:
        One row for each class and method: `condition` where a run has conditions, `difficulty` ("1" to "3" and "all"),
        `method`, `images`, and for each score the mean; of those in `COMPARED` also the ends `<score>_low` and
        `<score>_high` of a bootstrap's 95 % interval over the images, see `mean_interval`.
    """
    scenes = with_all(per_scene(table))
    by = [*classes(table), "method"]
    others = [name for name in _MEANS if name not in COMPARED and scenes[name].notna().any()]
    plain = scenes.groupby(by, sort=False, observed=True)[others].mean().reset_index()
    found = mean_intervals(scenes, by, COMPARED).merge(plain, on=by)
    return found.sort_values(by[:-1], kind="stable", ignore_index=True)


def reference(table: pd.DataFrame) -> str | None:
    """The method that others are compared with: the run's first booster; None where none has boosted."""
    return next(iter(leading(table).values()), None)


def against_first(table: pd.DataFrame, *, p_values: bool = True) -> pd.DataFrame:
    """How each booster and baseline differs from the run's first booster, on the images that both have.

    Args:
        table: as `everything` makes it.
        p_values: whether there are any, of which a method on 82 images takes a quarter of a second.

    Returns:
        One row for each class and method but the first: `condition` where a run has conditions, `difficulty`, `method`,
        `images`, and for each score of `COMPARED` the mean difference in hundredths (points), the ends `<score>_low`
        and `<score>_high` of a paired bootstrap's 95 % interval, and `<score>_p`: the p-value of `swap_p_value`, by
        Holm's method corrected for the methods of that class. Empty where there is nothing to compare.
    """
    first = reference(table)
    by = classes(table)
    pairs = _differences(table, first) if first else pd.DataFrame()
    if pairs.empty:
        return pd.DataFrame()
    points = with_all(pairs)
    found = mean_intervals(points, [*by, "method"], COMPARED)
    groups = points.groupby([*by, "method"], sort=False, observed=True)
    for score in COMPARED if p_values else ():
        found[f"{score}_p"] = [swap_p_value(group[score]) for _, group in groups]
        in_class = found.groupby(by, sort=False, observed=True)[f"{score}_p"]
        found[f"{score}_p"] = in_class.transform(lambda values: holm(values))
    return found.sort_values(by, kind="stable", ignore_index=True)


def _differences(table: pd.DataFrame, first: str) -> pd.DataFrame:
    """Each method minus the first on each scene, in points, averaged over the seeds."""
    scenes = per_scene(table)
    scenes = scenes[~scenes["is_alone"]]
    pair = ["condition", "difficulty", "scene"]
    of_first = scenes.loc[scenes["method"] == first, [*pair, *COMPARED]]
    both = scenes[scenes["method"] != first].merge(of_first, on=pair, suffixes=("", " first"))
    points = {score: 100 * (both[score] - both[f"{score} first"]) for score in COMPARED}
    return both.assign(**points)[[*pair, "method", *COMPARED]]


_VISIBLE = 0.005  # difference of mIoU from which one may be seen in a picture


def most_different(table: pd.DataFrame, most: int = 5) -> list[str]:
    """The scenes on which the mIoU of the boosters differs most, under the run's first condition.

    Args:
        table: as `everything` makes it.
        most: how many scenes to give; fewer where they hardly differ on others, none where there is one booster.
    """
    first = per_scene(table[table["condition"].isin(table["condition"].cat.categories[:1]) & (table["booster"] != "")])
    spread = first.groupby("scene", sort=False)["miou"].agg(lambda values: values.max() - values.min())
    return [str(scene) for scene in spread[spread >= _VISIBLE].sort_values(ascending=False, kind="stable").index[:most]]
