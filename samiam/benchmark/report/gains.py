"""What a booster adds to the generator alone, on the same images, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from samiam.benchmark.report.columns import COLUMNS
from samiam.benchmark.report.intervals import mean_intervals
from samiam.benchmark.report.tables import classes, with_all

PUBLISHED: dict[str, dict[int, float]] = {"miou": {1: 21.35, 2: 12.6, 3: 5.27}, "mfpr": {1: -9.91, 2: -18.42, 3: -4.06}}
"""Changes that the paper reports, in points, by difficulty class: SAM+ with ViT-L on its own micrographs."""
_SCENE = ["condition", "difficulty", "generator", "scene"]


def differences(table: pd.DataFrame, scores: Sequence[str]) -> pd.DataFrame:
    """Each booster minus its generator alone, in hundredths (points), averaged over the seeds.

    A row of a booster has the generator's row of the same scene, condition and seed for its pair; where there is none,
    it does not count.

    Args:
        table: as `everything` makes it.
        scores: which columns to compare.

    Returns:
        One row for each booster on each scene: `condition`, `difficulty`, `generator`, `scene`, `booster`, the scores.
    """
    pair = [*_SCENE, "seed"]
    alone = table.loc[table["is_alone"], [*pair, *scores]]
    both = table[table["booster"] != ""].merge(alone, on=pair, suffixes=("", " alone"))
    points = {score: 100 * (both[score] - both[f"{score} alone"]) for score in scores}
    return (
        both.assign(**points)
        .groupby([*_SCENE, "booster"], sort=False, observed=True)[list(scores)]
        .mean()
        .reset_index()
    )


def gains(table: pd.DataFrame, scores: Sequence[str]) -> pd.DataFrame:
    """Means of the differences over the images of each class.

    Args:
        table: as `everything` makes it.
        scores: which columns to compare, those of `PUBLISHED` among them.

    Returns:
        One row for each class, and for all of them, and booster: `condition` where a run has conditions, `generator`
        where it has several, `difficulty` ("1" to "3" and "all"), `method`, `images`, and for each score the mean and
        the ends `<score>_low` and `<score>_high` of a paired bootstrap's 95 % interval, see `mean_interval`.
    """
    by = classes(table)
    found = mean_intervals(with_all(differences(table, scores)), [*by, "generator", "booster"], scores)
    found.insert(0, "method", found.pop("booster").astype(str) + " − alone")
    several = found["generator"].nunique() > 1
    first = [*by[:-1], *(["generator"] if several else []), "difficulty", "method"]
    columns = [*first, *(name for name in found if name not in [*first, "generator"])]
    return found.sort_values(by, kind="stable", ignore_index=True)[columns]


def with_published(table: pd.DataFrame) -> pd.DataFrame:
    """The gains with the published change of each class beside them, as `<title> published`."""
    shown = table.copy()
    for score, published in PUBLISHED.items():
        by_level = {str(level): points for level, points in published.items()}
        shown[f"{COLUMNS[score].title} published"] = (
            shown["difficulty"].astype(str).map(by_level).map("{:+.1f}".format, "ignore")
        )
    return shown
