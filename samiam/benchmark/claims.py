"""What the paper claims, and whether the runs of this machine bear it out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from samiam.benchmark.claim_judges import (
    Judge,
    LackingError,
    as_published,
    better_in_every_class,
    labelling,
    sizes_of_sam,
    supervised,
    weighted,
)

Verdict = Literal["reproduced", "not reproduced", "cannot be tested here"]
_CANNOT: Verdict = "cannot be tested here"
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
    """A claim, the run that tests it, and how."""

    claim: str
    place: str
    run: str
    judge: Judge


def judge_all(reports: Mapping[str, Path], missing: Collection[str], commands: Mapping[str, str]) -> list[Judged]:
    """Judge every claim by the tables that runs have left.

    Args:
        reports: by run the folder of its report.
        missing: runs that could not be made.
        commands: by run, those that are missing included, the command that makes it.
    """
    return [_judged(claim, reports, missing, commands) for claim in _CLAIMS] + list(_BY_HAND)


def _judged(
    claim: _Claim, reports: Mapping[str, Path], missing: Collection[str], commands: Mapping[str, str]
) -> Judged:
    command = commands.get(claim.run, "")
    if claim.run not in reports:
        return Judged(claim.claim, claim.place, "", _CANNOT, _of_run(claim.run, missing), command)
    try:
        here, holds, why = claim.judge(reports[claim.run])
    except LackingError as lacking:
        return Judged(claim.claim, claim.place, "", _CANNOT, str(lacking), command)
    return Judged(claim.claim, claim.place, here, "reproduced" if holds else "not reproduced", why, command)


def _of_run(name: str, missing: Collection[str]) -> str:
    """Why a run has no report, as far as a claim is concerned: the page says once what a run lacks."""
    return f"the run {name} could not be made; below stands what it lacks" if name in missing else f"no run {name}"


_CLAIMS: Sequence[_Claim] = (
    _Claim(
        "The booster raises mIoU over SAM+ (ViT-L) by 21.35 / 12.6 / 5.27 points", "§1", "paper", as_published("miou")
    ),
    _Claim("It lowers mFPR by 9.91 / 18.42 / 4.06 points", "§1", "paper", as_published("mfpr")),
    _Claim("Labelling takes longer the harder an image is", "Fig. 3", "paper", labelling),
    _Claim("The booster betters the mIoU in every class", "Fig. 4", "default", better_in_every_class("miou")),
    _Claim("It lowers mFPR in every class", "Fig. 5", "default", better_in_every_class("mfpr")),
    _Claim(
        "It does both on boundaries as well",
        "Fig. 4, 5",
        "default",
        better_in_every_class("boundary_miou", "boundary_mfpr"),
    ),
    _Claim("Hard labels answer for losses in classes 2 and 3", "§3.3, par", "weighted", weighted),
    _Claim("ViT-L and ViT-H gain much, ViT-B little in mIoU; mFPR falls for all", "Fig. 8", "generators", sizes_of_sam),
    _Claim("A classifier of simulated crops can take the place of clustering", "§4.2", "supervised", supervised),
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
