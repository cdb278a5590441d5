"""Where a gain stays behind the published one: which images, and what the scores say of the reason."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from samiam.benchmark.report.gains import PUBLISHED, differences
from samiam.benchmark.report.tables import leading, per_scene

_BETTER = {"miou": 1, "mfpr": -1}  # which way a score gets better
_NAMES = {"miou": "mIoU", "mfpr": "mFPR"}
_MOST = 5  # images that are named; more nobody looks up


def shortfalls(table: pd.DataFrame) -> list[str]:
    """One sentence for each generator, difficulty class and published score that is not reached.

    Args:
        table: as `everything` makes it. Of each generator the first booster counts, under the run's first condition,
            because the published numbers are of micrographs as they came.
    """
    table = table[table["condition"].isin(table["condition"].cat.categories[:1])]
    scenes, points = per_scene(table), differences(table, list(PUBLISHED))
    methods = leading(table)
    several = len(methods) > 1
    found = []
    for generator, method in methods.items():
        boosted = scenes[scenes["method"] == method].set_index("scene")
        alone = scenes[(scenes["generator"] == generator) & scenes["is_alone"]].set_index("scene")
        gained = points[(points["generator"] == generator) & (points["booster"] == boosted["booster"].iloc[0])]
        for difficulty, group in gained.groupby("difficulty"):
            gain = group.set_index("scene")[list(PUBLISHED)]
            prefix = f"{generator}, " if several else ""
            found += [prefix + text for text in _of_class(int(difficulty), gain, alone, boosted)]
    return found


def _of_class(difficulty: int, gain: pd.DataFrame, alone: pd.DataFrame, boosted: pd.DataFrame) -> Iterator[str]:
    for score, published in PUBLISHED.items():
        sign, mean = _BETTER[score], float(gain[score].mean())
        if difficulty in published and sign * mean < sign * published[difficulty]:
            yield (
                f"difficulty {difficulty}, {_NAMES[score]}: {mean:+.2f} against {published[difficulty]:+.2f}: "
                f"{_room(score, published[difficulty], alone.loc[gain.index, score].mean())}; "
                f"{_losers(sign * gain[score], sign, boosted)}."
            )


def _room(score: str, published: float, alone: float) -> str:
    """How much the generator alone leaves to gain."""
    left = 100 * (1 - alone) if score == "miou" else 100 * alone
    already = f"the generator alone already has {_NAMES[score]} {alone:.2f}"
    if left < abs(published):
        return f"{already} and leaves {left:.1f} points, fewer than were published"
    return f"{already}, {left:.1f} points from the best"


def _losers(gain: pd.Series[float], sign: int, boosted: pd.DataFrame) -> str:
    """The images that the booster makes worse, the worst first, with what it left of them."""
    in_order = gain.sort_values(kind="stable")
    named = [
        f"{scene} ({sign * points:+.1f}{_left(boosted['masks'][scene], boosted['materials'][scene])})"
        for scene, points in zip(in_order.index.astype(str), in_order, strict=True)
    ]
    n_losing = int((gain < 0).sum())
    if n_losing == 0:
        return f"no scene loses, least gains {named[0]}"
    more = f" and {n_losing - _MOST} more" if n_losing > _MOST else ""
    return f"the scenes that lose: {', '.join(named[: min(n_losing, _MOST)])}{more}"


def _left(regions: float, materials: float) -> str:
    """What an image has too few or too many of."""
    return "" if regions == materials else f"; {regions:g} regions for {materials:g} materials"
