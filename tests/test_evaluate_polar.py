"""`evaluate.py experiment=polar` from words to a report, on small videos."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest
from composed_configs import composed
from PIL import Image
from refusals import refusal

from samiam.benchmark.settings import read_evaluation
from samiam.commands.composing.program import EVALUATE
from samiam.commands.composing.running import main
from samiam.networks.variant import Variant
from samiam.polar.network import facts_of, new_network
from samiam.polar.settings import PointCalibration
from samiam.storage.weight_files import seeded, write_weights


def made_weights(path: Path, variant: Variant) -> Path:
    card = {"calibration": asdict(PointCalibration())}
    write_weights(path, seeded(0, lambda: new_network(variant)).state_dict(), facts_of(variant), card)
    return path


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A run on a video of one frame, and on one of three."""
    monkeypatch.chdir(tmp_path)
    return [
        *("experiment=polar", "logger=none", "cache=kept", "benchmark.videos=1", "benchmark.size_px=160"),
        *("benchmark.noise=[1.0]", "benchmark.frames=1", "benchmark.tracked_noise=[0.5]", "benchmark.tracked_frames=3"),
        *("benchmark.between=2", "benchmark.time_px=160", "benchmark.conditions.period_px=[16,16]"),
        f"benchmark.finder.weights={made_weights(tmp_path / 'polar.safetensors', 'ours')}",
        f"benchmark.paper_weights={made_weights(tmp_path / 'paper.safetensors', 'paper')}",
    ]


@pytest.mark.slow  # its parts are held by tests/benchmark/polar and tests/polar
def test_two_videos_from_words_to_a_report(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(EVALUATE, words) == 0
    printed = capsys.readouterr().out
    report = Path("outputs/evaluate/latest/report")
    methods = ["ours", "paper", "skeleton"]
    finding = pd.read_csv(report / "finding.csv")
    assert finding["method"].tolist() == pd.read_csv(report / "speed.csv")["method"].tolist() == methods
    assert finding["f_ends_within_half_period_low"].isna().all()
    linking = pd.read_csv(report / "linking.csv").set_index("method")
    assert linking.index.tolist() == ["true points", *methods]
    assert linking.loc["true points", "idf1_ends"] > 0.8
    assert pd.read_csv(report / "published.csv")["FNR"].tolist() == ["3.3 %", "28 %"]
    assert (report / "finding.md").read_text(encoding="utf-8").strip() in printed
    with Image.open(report / "figures" / "found-0-noise-1.png") as drawn:
        assert drawn.size[0] > 5 * 160  # the frame, its truth and three methods
    kept = {path: path.stat().st_mtime_ns for path in Path("kept").rglob("rows.json")}
    assert len(kept) == 7
    assert main(EVALUATE, [*words, "benchmark.methods=[skeleton]", "figures=false"]) == 0
    again, before = pd.read_csv(report / "finding.csv"), finding[finding["method"] == "skeleton"]
    pd.testing.assert_frame_equal(again, before.reset_index(drop=True), check_dtype=False)
    assert {path: path.stat().st_mtime_ns for path in Path("kept").rglob("rows.json")} == kept


def test_a_video_in_which_no_period_shows(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    small = ["benchmark.size_px=128", "benchmark.conditions.period_px=[27,27]", "benchmark.tracked_noise=[]"]
    assert main(EVALUATE, [*words, *small, "benchmark.noise=[0]", "benchmark.methods=[skeleton]"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "evaluate.py: found-0-noise-0: no period of stripes stands out from the noise; give a larger "
        "benchmark.size_px, or less of benchmark.noise."
    )
    assert not Path("outputs").exists()


@pytest.mark.parametrize(
    ("parted", "said"),
    [
        (["generator=sam"], "generator: is of the segmentation into materials, benchmark=polar has none"),
        (["seed=[1,2]"], "give one seed; more videos are benchmark.videos=N"),
        (["benchmark.noise=[1,1]"], "benchmark.noise=[1.0, 1.0]: give each once"),
        (["benchmark.steps=6"], "between=4: divides no 6 steps (benchmark.steps) into equal parts"),
        (["benchmark.conditions.noise=[1,1]"], "conditions.noise: is the ladder's"),
        (["benchmark.methods=[]"], "benchmark.methods"),
    ],
)
def test_what_cannot_be_is_refused(parted: list[str], said: str) -> None:
    assert said in refusal(lambda: read_evaluation(composed("evaluate", "experiment=polar", *parted)))


def test_what_no_weights_ship_of_is_left_out(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    without = [word for word in words if "weights" not in word]
    assert main(EVALUATE, [*without, "benchmark.methods=[paper]", "benchmark.paper_weights=missing.safetensors"]) == 2
    assert "missing.safetensors: no such file of weights" in capsys.readouterr().err
