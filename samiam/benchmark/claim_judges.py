"""Whether the tables of a run bear a claim out: what it measured, yes or no, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from samiam.benchmark.report.columns import COLUMNS
from samiam.benchmark.report.gains import PUBLISHED
from samiam.benchmark.report.tables import ALL

Found = tuple[str, bool, str]
"""Numbers as text, whether they bear the claim out, and why."""
Judge = Callable[[Path], Found]
"""Looks at the folder of a report; raises `LackingError` where that says nothing of the claim."""
_Row = Mapping[Any, Any]
_BETTER = {"miou": 1, "boundary_miou": 1, "mfpr": -1, "boundary_mfpr": -1}  # which way a score gets better
_SAMS = ("vit_b", "vit_l", "vit_h")


class LackingError(Exception):
    """A run lacks what a claim needs."""


def as_published(score: str) -> Judge:
    """Whether the published change of each class lies within the interval of the gain."""

    def judge(report: Path) -> Found:
        gains = _gains(report)
        published = {str(level): points for level, points in PUBLISHED[score].items()}
        if absent := [level for level in published if level not in gains]:
            raise LackingError(f"the run has no image of class {', '.join(absent)}")
        outside = [
            level
            for level, points in published.items()
            if not gains[level][f"{score}_low"] <= points <= gains[level][f"{score}_high"]
        ]
        why = f"the published change is outside the interval in class {', '.join(outside)}" if outside else ""
        return _said(gains, [score]), not outside, why or "the published changes are within the intervals"

    return judge


def better_in_every_class(*scores: str) -> Judge:
    """Whether the whole interval of the gain is on the good side, in each class."""

    def judge(report: Path) -> Found:
        gains = _gains(report)
        unsure = [
            f"{COLUMNS[score].title} in class {level}"
            for score in scores
            for level, row in gains.items()
            if level != ALL and not _is_surely_better(row, score)
        ]
        why = f"zero is within the interval, or it is worse: {', '.join(unsure)}" if unsure else ""
        return _said(gains, scores), not unsure, why or "no interval holds zero"

    return judge


def sizes_of_sam(report: Path) -> Found:
    """Whether the larger two of SAM gain more mIoU than the smallest, and all three lose mFPR, over all images."""
    found = _read(report, "gains")
    found = found[found["difficulty"] == found["difficulty"].iloc[-1]]
    rows = {str(row.get("generator")): row for row in reversed(found.to_dict("records"))}  # the first of each counts
    if lacking := [name for name in _SAMS if name not in rows]:
        raise LackingError(f"no checkpoint of {', '.join(lacking)}: `samiam models fetch {lacking[0]}`")
    little, *much = (rows[name] for name in _SAMS)
    gain = all(_is_surely_better(row, "miou") and row["miou"] > little["miou"] for row in much)
    holds = gain and all(_is_surely_better(row, "mfpr") for row in (little, *much))
    here = "; ".join(f"{name} mIoU {rows[name]['miou']:+.1f}, mFPR {rows[name]['mfpr']:+.1f}" for name in _SAMS)
    return here, holds, "gains of ViT-L and ViT-H above zero and above that of ViT-B, mFPR below zero for all three"


def supervised(report: Path) -> Found:
    """Whether the booster that names crops betters its generator and is not surely worse than clustering, in all."""
    gain, beside = (
        found[found["method"].str.endswith(name)].to_dict("records")[-1:]
        for found, name in ((_read(report, "gains"), "classifier − alone"), (_read(report, "variants"), "+ classifier"))
    )
    if not gain or not beside:
        raise LackingError("the run has no variant `classifier` beside another")
    here = f"mIoU {_with_ends(gain[0], 'miou')} over the masks alone, {_with_ends(beside[0], 'miou')} over clustering"
    holds = _is_surely_better(gain[0], "miou") and beside[0]["miou_high"] >= 0
    return here, holds, "over all images the first interval has to be above zero, the second not below"


def weighted(report: Path) -> Found:
    """Whether the booster does better where easy labels weigh more: against the run `default` beside."""
    beside = report.parents[1] / "default" / report.name
    if not (beside / "scores.csv").is_file():
        raise LackingError("the run `default`, in which all labels weigh alike, is missing")
    of_weighted, of_alike = (_mious_of_first_booster(of) for of in (report, beside))
    hard = [level for level in ("2", "3") if level in of_weighted and level in of_alike]
    if not hard:
        raise LackingError("the run has no image of class 2 or 3")
    here = "; ".join(f"class {level}: {of_alike[level]:.3f}, weighted {of_weighted[level]:.3f}" for level in hard)
    why = "the mIoU where easy labels weigh 10 and hard ones 1"
    return here, all(of_weighted[level] > of_alike[level] for level in hard), why


def labelling(report: Path) -> Found:
    """Whether annotators took longer from class to class."""
    images = pd.read_csv(report / "images.csv").drop_duplicates("scene")
    if "labelling_s" not in images:
        raise LackingError("nobody noted how long labelling took")
    medians = images.groupby("difficulty")["labelling_s"].median()
    here = " / ".join(f"{seconds:.0f} s" for seconds in medians)
    return here, bool(medians.is_monotonic_increasing), "medians of the classes"


def _read(report: Path, name: str) -> pd.DataFrame:
    """A table, under the run's first condition."""
    found = pd.read_csv(report / f"{name}.csv", dtype={"difficulty": str})
    if found.empty:
        raise LackingError("the run has boosted nothing")
    return found[found["condition"] == found["condition"].iloc[0]] if "condition" in found else found


def _gains(report: Path) -> dict[str, _Row]:
    """By class what a run's first booster gains over its generator."""
    found = _read(report, "gains")
    if "generator" in found:
        found = found[found["generator"] == found["generator"].iloc[0]]
    found = found[found["method"] == found["method"].iloc[0]]
    if found["miou_low"].isna().any():
        raise LackingError("a class of one image has no interval")
    return {
        str(row["difficulty"]): {str(name): value for name, value in row.items()} for row in found.to_dict("records")
    }


def _mious_of_first_booster(report: Path) -> dict[str, float]:
    """By class."""
    scores = _read(report, "scores")
    boosted = scores[scores["method"].str.contains(" + ", regex=False)]
    own = boosted[boosted["method"] == boosted["method"].iloc[0]]
    return dict(zip(own["difficulty"], own["miou"], strict=True))


def _said(gains: Mapping[str, _Row], scores: Sequence[str]) -> str:
    """Of each class, with its interval."""
    levels = [level for level in gains if level != ALL]
    return "; ".join(
        f"{COLUMNS[score].title} {' / '.join(_with_ends(gains[level], score) for level in levels)} "
        f"in class {' / '.join(levels)}"
        for score in scores
    )


def _with_ends(row: _Row, score: str) -> str:
    return f"{row[score]:+.1f} ({row[f'{score}_low']:+.1f} … {row[f'{score}_high']:+.1f})"


def _is_surely_better(row: _Row, score: str) -> bool:
    """Whether the whole interval of a gain is on the good side."""
    worst = row[f"{score}_low"] if _BETTER[score] > 0 else row[f"{score}_high"]
    return bool(_BETTER[score] * worst > 0)
