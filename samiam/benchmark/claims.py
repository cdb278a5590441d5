"""What the paper claims, and whether the runs of this machine bear it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from samiam.benchmark.report.columns import COLUMNS
from samiam.benchmark.report.gains import PUBLISHED
from samiam.benchmark.report.tables import ALL

Verdict = Literal["reproduced", "not reproduced", "cannot be tested here"]
_CANNOT: Verdict = "cannot be tested here"
_BETTER = {"miou": 1, "boundary_miou": 1, "mfpr": -1, "boundary_mfpr": -1}  # which way a score gets better
_SAMS = ("vit_b", "vit_l", "vit_h")
ABOUT = """\
The paper's own numbers take its micrographs, SAM and its encoder; the other claims are tried on simulated micrographs
with the default method. The released code lets scores depend on the order of the masks: in mFPR a best match that a
better one replaces is forgotten, and after the first match a region's truth is its boundary. Figures made with it carry
these faults; here neither is so (`variant=released` keeps the released definitions without them)."""


@dataclass(frozen=True)
class Judged:
    """A claim, and what became of it.

    Attributes:
        claim: in a sentence.
        place: in the paper.
        here: the numbers of this machine, "" where there are none.
        verdict: what they say of the claim.
        why: in a sentence.
        command: which tests it.
    """

    claim: str
    place: str
    here: str
    verdict: Verdict
    why: str
    command: str


@dataclass(frozen=True)
class _Claim:
    """A claim, the run that tests it, and how: numbers, whether they bear it out, and why."""

    claim: str
    place: str
    run: str
    judge: Callable[[Path], tuple[str, bool, str]]


class _LackingError(Exception):
    """A run lacks what a claim needs."""


def judge_all(reports: Mapping[str, Path], missing: Mapping[str, str], commands: Mapping[str, str]) -> list[Judged]:
    """Judge every claim by the tables that runs have left.

    Args:
        reports: by run the folder of its report.
        missing: by run why it has none.
        commands: by run, those that are missing included, the command that makes it.
    """
    return [_judged(claim, reports, missing, commands) for claim in _CLAIMS] + list(_BY_HAND)


def _judged(
    claim: _Claim, reports: Mapping[str, Path], missing: Mapping[str, str], commands: Mapping[str, str]
) -> Judged:
    command = commands.get(claim.run, "")
    if claim.run not in reports:
        return Judged(claim.claim, claim.place, "", _CANNOT, missing.get(claim.run, "that run is left out"), command)
    try:
        here, holds, why = claim.judge(reports[claim.run])
    except _LackingError as lacking:
        return Judged(claim.claim, claim.place, "", _CANNOT, str(lacking), command)
    return Judged(claim.claim, claim.place, here, "reproduced" if holds else "not reproduced", why, command)


def _gains(report: Path) -> pd.DataFrame:
    """The gains of a run's first booster over its generator, under its first condition; a row for each class."""
    found = pd.read_csv(report / "gains.csv", dtype={"difficulty": str})
    for name in ("condition", "generator"):
        found = found[found[name] == found[name].iloc[0]] if name in found and len(found) else found
    if found.empty:
        raise _LackingError("the run has boosted nothing")
    if found["miou_low"].isna().any():
        raise _LackingError("a class of one image has no interval")
    return found[found["method"] == found["method"].iloc[0]].set_index("difficulty")


def _classes(gains: pd.DataFrame) -> list[str]:
    return [level for level in gains.index if level != ALL]


def _said(gains: pd.DataFrame, score: str) -> str:
    """Of each class, with its interval."""
    cells = [_with_ends(gains.loc[level], score) for level in _classes(gains)]
    return f"{COLUMNS[score].title} {' / '.join(cells)} in class {' / '.join(_classes(gains))}"


def _with_ends(row: pd.Series, score: str) -> str:
    return f"{row[score]:+.1f} ({row[f'{score}_low']:+.1f} … {row[f'{score}_high']:+.1f})"


def _surely_better(row: pd.Series, score: str) -> bool:
    """Whether the whole interval of a gain is on the good side."""
    worst = row[f"{score}_low"] if _BETTER[score] > 0 else row[f"{score}_high"]
    return bool(_BETTER[score] * worst > 0)


def _as_published(score: str) -> Callable[[Path], tuple[str, bool, str]]:
    def judge(report: Path) -> tuple[str, bool, str]:
        gains = _gains(report)
        outside = [
            str(level)
            for level, points in PUBLISHED[score].items()
            if str(level) in gains.index
            and not gains.loc[str(level), f"{score}_low"] <= points <= gains.loc[str(level), f"{score}_high"]
        ]
        why = f"the published change is outside the interval in class {', '.join(outside)}" if outside else ""
        return _said(gains, score), not outside, why or "the published changes are within the intervals"

    return judge


def _better_in_every_class(*scores: str) -> Callable[[Path], tuple[str, bool, str]]:
    def judge(report: Path) -> tuple[str, bool, str]:
        gains = _gains(report)
        unsure = [
            f"{COLUMNS[score].title} in class {level}"
            for score in scores
            for level in _classes(gains)
            if not _surely_better(gains.loc[level], score)
        ]
        why = f"zero is within the interval, or it is worse: {', '.join(unsure)}" if unsure else ""
        return "; ".join(_said(gains, score) for score in scores), not unsure, why or "no interval holds zero"

    return judge


def _sizes_of_sam(report: Path) -> tuple[str, bool, str]:
    found = pd.read_csv(report / "gains.csv", dtype={"difficulty": str})
    sizes = (
        found[found["difficulty"] == found["difficulty"].iloc[-1]].drop_duplicates("generator").set_index("generator")
    )
    if lacking := [name for name in _SAMS if name not in sizes.index]:
        raise _LackingError(f"no checkpoint of {', '.join(lacking)}: `samiam models fetch {lacking[0]}`")
    little, *much = (sizes.loc[name] for name in _SAMS)
    holds = all(_surely_better(row, "miou") and row["miou"] > little["miou"] for row in much)
    holds &= all(_surely_better(row, "mfpr") for row in (little, *much))
    here = "; ".join(
        f"{name} mIoU {sizes.loc[name, 'miou']:+.1f}, mFPR {sizes.loc[name, 'mfpr']:+.1f}" for name in _SAMS
    )
    return here, holds, "gains of ViT-L and ViT-H above zero and above that of ViT-B, mFPR below zero for all three"


def _supervised(report: Path) -> tuple[str, bool, str]:
    found = pd.read_csv(report / "gains.csv", dtype={"difficulty": str})
    row = found[found["method"] == "classifier − alone"].iloc[-1]
    return (
        f"mIoU {_with_ends(row, 'miou')}",
        _surely_better(row, "miou"),
        "whether zero is within the interval, over all images",
    )


def _weighted(report: Path) -> tuple[str, bool, str]:
    """The same booster in the run beside, in which all labels weigh alike."""
    beside = report.parents[1] / "default" / report.name
    if not (beside / "scores.csv").is_file():
        raise _LackingError("the run `default`, in which all labels weigh alike, is missing")
    weighted, alike = (_of_first_booster(of) for of in (report, beside))
    hard = [level for level in ("2", "3") if level in weighted.index]
    if not hard:
        raise _LackingError("the run has no image of class 2 or 3")
    here = "; ".join(f"class {level}: {alike[level]:.3f}, weighted {weighted[level]:.3f}" for level in hard)
    return (
        here,
        all(weighted[level] > alike[level] for level in hard),
        "the mIoU where easy labels weigh 10 and hard ones 1",
    )


def _of_first_booster(report: Path) -> pd.Series:
    scores = pd.read_csv(report / "scores.csv", dtype={"difficulty": str})
    boosted = scores[scores["method"].str.contains(" + ", regex=False)]
    mious: pd.Series = boosted[boosted["method"] == boosted["method"].iloc[0]].set_index("difficulty")["miou"]
    return mious


def _labelling(report: Path) -> tuple[str, bool, str]:
    images = pd.read_csv(report / "images.csv").drop_duplicates("scene")
    if "labelling_s" not in images:
        raise _LackingError("nobody noted how long labelling took")
    medians = images.groupby("difficulty")["labelling_s"].median()
    here = " / ".join(f"{seconds:.0f} s" for seconds in medians)
    return here, bool(medians.is_monotonic_increasing), "medians of the classes"


_CLAIMS: Sequence[_Claim] = (
    _Claim(
        "The booster raises mIoU over SAM+ (ViT-L) by 21.35 / 12.6 / 5.27 points", "§1", "paper", _as_published("miou")
    ),
    _Claim("It lowers mFPR by 9.91 / 18.42 / 4.06 points", "§1", "paper", _as_published("mfpr")),
    _Claim("Labelling takes longer the harder an image is", "Fig. 3", "paper", _labelling),
    _Claim("The booster betters the mIoU in every class", "Fig. 4", "default", _better_in_every_class("miou")),
    _Claim("It lowers mFPR in every class", "Fig. 5", "default", _better_in_every_class("mfpr")),
    _Claim(
        "It does both on boundaries as well",
        "Fig. 4, 5",
        "default",
        _better_in_every_class("boundary_miou", "boundary_mfpr"),
    ),
    _Claim("Hard labels answer for losses in classes 2 and 3", "§3.3, par", "weighted", _weighted),
    _Claim(
        "ViT-L and ViT-H gain much, ViT-B little in mIoU; mFPR falls for all", "Fig. 8", "generators", _sizes_of_sam
    ),
    _Claim("A classifier of simulated crops can take the place of clustering", "§4.2", "supervised", _supervised),
)
_TRAINS = "it takes training networks, half an hour and more; docs/results/classifiers.md has what came of it"
_BY_HAND = (
    Judged(
        "Classifiers that begin at random name 80 % of the crops or more",
        "§4.2",
        "",
        _CANNOT,
        _TRAINS,
        "python scripts/crop_classifiers.py",
    ),
    Judged(
        "Classifiers that begin with ImageNet's weights do poorly",
        "§4.2",
        "",
        _CANNOT,
        f"the paper's are ResNet-18 and FENet, whose weights have to be fetched, and {_TRAINS}: of EfficientNet alone",
        "python scripts/crop_classifiers.py",
    ),
)
