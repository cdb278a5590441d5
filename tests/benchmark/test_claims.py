"""Claims judged by tables that are made for it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from samiam.benchmark.claims import judge_all
from samiam.benchmark.report.gains import PUBLISHED

_SCORES = ("miou", "mfpr", "boundary_miou", "boundary_mfpr")


def gains(
    folder: Path, points: dict[str, tuple[float, float]], half: float = 1.0, generator: str | None = None
) -> Path:
    """A report whose booster gains so much mIoU and mFPR in each class, and half as much on boundaries."""
    rows = [
        {
            **({} if generator is None else {"generator": generator}),
            "difficulty": level,
            "method": "classifier − alone",
            **{
                name: value
                for score, mean in zip(_SCORES, (miou, mfpr, miou / 2, mfpr / 2), strict=True)
                for name, value in ((score, mean), (f"{score}_low", mean - half), (f"{score}_high", mean + half))
            },
        }
        for level, (miou, mfpr) in points.items()
    ]
    folder.mkdir(parents=True, exist_ok=True)
    before = pd.read_csv(folder / "gains.csv", dtype={"difficulty": str}) if (folder / "gains.csv").exists() else None
    pd.concat([before, pd.DataFrame(rows)]).to_csv(folder / "gains.csv", index=False)
    return folder


def verdicts(reports: dict[str, Path], run: str) -> list[str]:
    """Of the claims that a run tests, told by its command."""
    return [one.verdict for one in judge_all(reports, [], {run: "this run"}) if one.command == "this run"]


def test_without_runs_nothing_is_claimed_and_every_claim_says_how_to_test_it() -> None:
    judged = judge_all({}, ["paper"], {"paper": "a command"})
    assert {one.verdict for one in judged} == {"cannot be tested here"}
    assert all(one.why and not one.here for one in judged)
    assert [one.command for one in judged if "the run paper could not" in one.why] == ["a command"] * 3
    assert len(judged) == 11


@pytest.mark.parametrize(
    ("half", "off", "verdict"), [(1, 0, "reproduced"), (1, 5, "not reproduced"), (9, 5, "reproduced")]
)
def test_published_numbers_hold_where_they_are_within_the_intervals(
    tmp_path: Path, half: float, off: float, verdict: str
) -> None:
    points = {str(level): (PUBLISHED["miou"][level] + off, PUBLISHED["mfpr"][level] + off) for level in (1, 2, 3)}
    report = gains(tmp_path / "paper", points, half)
    pd.DataFrame({"scene": ["a", "b"], "difficulty": [1, 2], "labelling_s": [30.0, 20.0]}).to_csv(
        report / "images.csv", index=False
    )
    assert verdicts({"paper": report}, "paper") == [verdict, verdict, "not reproduced"]


def test_better_means_that_no_interval_holds_zero(tmp_path: Path) -> None:
    good = gains(tmp_path / "good", {"1": (20, -9), "2": (3, -3), "all": (9, -5)})
    assert verdicts({"default": good}, "default") == ["reproduced"] * 3
    doubtful = gains(tmp_path / "doubtful", {"1": (20, -9), "2": (1.5, 0.5), "all": (9, -5)})
    judged = [one for one in judge_all({"default": doubtful}, [], {"default": "x"}) if one.command == "x"]
    assert [one.verdict for one in judged] == ["reproduced", "not reproduced", "not reproduced"]
    assert judged[1].why == "zero is within the interval, or it is worse: mFPR in class 2"
    assert judged[0].here == "mIoU +20.0 (+19.0 … +21.0) / +1.5 (+0.5 … +2.5) in class 1 / 2"


def test_what_a_run_lacks(tmp_path: Path) -> None:
    single = gains(tmp_path / "single", {"1": (20, -9)}, float("nan"))
    report = tmp_path / "weighted" / "report"
    report.mkdir(parents=True)
    judged = [
        one
        for one in judge_all({"default": single, "weighted": report}, [], {})
        if one.why.startswith(("a ", "the run `"))
    ]
    assert [one.verdict for one in judged] == ["cannot be tested here"] * 4


def test_sizes_of_sam(tmp_path: Path) -> None:
    for name, gain in (("compact", 30.0), ("vit_b", 1.0), ("vit_l", 15.0)):
        gains(tmp_path, {"1": (gain, -9), "all": (gain, -9)}, generator=name)
    reports = {"generators": tmp_path}
    (lacking,) = [one for one in judge_all(reports, [], {}) if one.place == "Fig. 8"]
    assert (lacking.verdict, lacking.why) == (
        "cannot be tested here",
        "no checkpoint of vit_h: `samiam models fetch vit_h`",
    )
    gains(tmp_path, {"1": (12.0, -9), "all": (12.0, -9)}, generator="vit_h")
    assert verdicts(reports, "generators") == ["reproduced"]


@pytest.mark.parametrize(
    ("gain", "over_clustering", "verdict"),
    [(0.5, 0.0, "not reproduced"), (9.0, -0.5, "reproduced"), (9.0, -1.5, "not reproduced")],
)
def test_the_supervised_booster(gain: float, over_clustering: float, verdict: str, tmp_path: Path) -> None:
    report = gains(tmp_path, {"1": (gain, -9), "all": (gain, -9)})
    beside = {"miou": over_clustering, "miou_low": over_clustering - 1, "miou_high": over_clustering + 1}
    pd.DataFrame([{"difficulty": "all", "method": "compact + classifier", **beside}]).to_csv(
        report / "variants.csv", index=False
    )
    assert verdicts({"supervised": report}, "supervised") == [verdict]


@pytest.mark.parametrize(("weighted", "verdict"), [(0.9, "reproduced"), (0.7, "not reproduced")])
def test_weights_are_compared_with_the_run_beside(tmp_path: Path, weighted: float, verdict: str) -> None:
    for name, miou in (("default", 0.8), ("weighted", weighted)):
        report = tmp_path / name / "report"
        report.mkdir(parents=True)
        pd.DataFrame(
            {"difficulty": ["1", "2", "3", "3"], "method": ["g + a", "g + a", "g + a", "g"], "miou": [1, miou, miou, 0]}
        ).to_csv(report / "scores.csv", index=False)
    assert verdicts({"weighted": tmp_path / "weighted" / "report"}, "weighted") == [verdict]
