"""`evaluate.py experiment=particles` from words to a report, on waves that are made in no time."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from composed_configs import composed
from made_particles import disc
from PIL import Image
from refusals import refusal
from written_waves import made_wave

from samiam.benchmark.settings import read_evaluation
from samiam.commands.composing.program import EVALUATE
from samiam.commands.composing.running import main
from samiam.commands.evaluating.run import evaluate_in
from samiam.networks.variant import Variant
from samiam.particles.faults.classifier import facts_of, names_of
from samiam.particles.faults.forest import LEAF, Forest
from samiam.particles.finder.calibration import ParticleCalibration
from samiam.particles.finder.network import facts_of as facts_of_network
from samiam.particles.finder.network import new_network
from samiam.storage.weight_files import write_weights


def made_forest(path: Path, variant: Variant) -> Path:
    """A tree that goes by the mean of the first number, with the card of one."""
    shares = np.array([[0.2, 0.8, 0, 0, 0], [0.9, 0.1, 0, 0, 0]])
    forest = Forest(
        roots=np.array([0], np.int32),
        feature=np.array([0, LEAF, LEAF], np.int8),
        threshold=np.array([0.5, 0, 0], np.float16),
        onward=np.array([2, 0, 1], np.int16),
        leaves=(shares if variant == "paper" else np.log(np.maximum(shares, 1e-4))).astype(np.float16),
    )
    assert names_of(variant)
    detection = {"faulty": 9, "found": 8, "faultless": 9, "cleared": 8}
    card = {"calibration": {"temperature": 1.0, "confidence": 0.5}, "detection": detection}
    write_weights(path, forest.state(), facts_of(variant), card)
    return path


def made_paper_network(path: Path) -> Path:
    write_weights(
        path,
        new_network("paper").state_dict(),
        facts_of_network("paper"),
        {"calibration": asdict(ParticleCalibration())},
    )
    return path


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A run on one picture each of two specimens and of a support."""
    monkeypatch.chdir(tmp_path)
    for name, seed in (("test-0-0", 0), ("test-0-1", 1)):
        made_wave(name, seed, tmp_path / "waves")
    made_wave("carbon-0-0", 2, tmp_path / "waves", is_empty=True)
    return [
        *(
            "experiment=particles",
            "logger=none",
            "cache=kept",
            "benchmark.waves=[waves]",
            "benchmark.sets=[test,carbon]",
        ),
        *("benchmark.pictures=1", "benchmark.carbon_pictures=1", "benchmark.shape_hw=[128,128]"),
        *("benchmark.conditions.pixel_size_nm=[0.05,0.05]", "benchmark.time_px=64"),
        f"benchmark.paper_weights={made_paper_network(tmp_path / 'paper.safetensors')}",
        f"benchmark.faults.weights={made_forest(tmp_path / 'ours_faults.safetensors', 'ours')}",
        f"benchmark.paper_faults={made_forest(tmp_path / 'paper_faults.safetensors', 'paper')}",
    ]


@pytest.mark.slow
def test_two_specimens_from_words_to_a_report(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(EVALUATE, [*words, "cache=null"]) == 0
    printed = capsys.readouterr().out
    report = Path("outputs/evaluate/latest/report")
    finding = pd.read_csv(report / "finding.csv")
    methods = ["ours", "finder", "paper", "otsu", "variance", "watershed"]
    assert finding["method"].tolist() == methods
    assert (finding[["specimens", "pictures"]].to_numpy() == 2).all()
    assert finding["dice"].between(0, 1).all()
    assert finding["dice_low"].isna().all()
    carbon = pd.read_csv(report / "carbon.csv").set_index("method")
    assert carbon["pictures"].tolist() == [1] * 6
    assert carbon.loc["otsu", "with_any"] == 1
    assert pd.read_csv(report / "speed.csv")["method"].tolist() == methods
    faults = pd.read_csv(report / "faults.csv")
    assert {"known"} <= set(faults["regions"])
    assert "ours" in set(faults["method"])
    assert (report / "finding.md").read_text(encoding="utf-8").strip() in printed
    shown = {path.name for path in (report / "figures").iterdir()}
    assert shown == {"test-0-0_0.png", "test-0-1_0.png", "carbon-0-0_0.png"}
    with Image.open(report / "figures" / "test-0-0_0.png") as drawn:
        assert drawn.size[0] > 8 * 500  # the picture, its truth and six methods
    assert "2 pictures of 2 specimens" in (report / "report.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_what_was_worked_out_is_not_again(words: list[str]) -> None:
    assert main(EVALUATE, [*words, "cache=kept", "figures=false", "benchmark.time_px=null"]) == 0
    finding = Path("outputs/evaluate/latest/report/finding.csv")
    whole, kept = pd.read_csv(finding), kept_files()
    assert kept
    fewer = ["cache=kept", "figures=false", "benchmark.time_px=null", "benchmark.methods=[ours,otsu]"]
    assert main(EVALUATE, [*words, *fewer, "workers=2"]) == 0
    assert kept_files() == kept
    expected = whole[whole["method"].isin(["ours", "otsu"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(pd.read_csv(finding), expected)


def kept_files() -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in Path("kept").rglob("rows.json")}


def labelled(folder: Path) -> Path:
    """Two dark discs with an instance each, and one without a pixel size nor a particle label image of its shape."""
    for place in ("images", "labels"):
        (folder / place).mkdir(parents=True)
    rng = np.random.default_rng(0)
    first, second = disc((96, 128), (30, 40), 40), disc((96, 128), (90, 50), 36)
    pixels = np.where(first | second, 70, 170) + rng.normal(0, 4, (96, 128))
    for name, labels in (("gold", first + 2 * second), ("zoned", np.where(first | second, 2, 1))):
        labels = labels.astype(np.uint8)
        labels[:, :4] = 0
        Image.fromarray(pixels.astype(np.uint8)).save(folder / "images" / f"{name}.png")
        Image.fromarray(labels).save(folder / "labels" / f"{name}.png")
    return folder


def run(folder: Path, *words: str, is_single: bool = True) -> int:
    """One run without simulated specimens nor classifiers."""
    base = ("experiment=particles", "logger=none", "cache=null", "benchmark.sets=[]", "benchmark.time_px=null")
    config = composed("evaluate", *base, "benchmark.methods=[otsu]", "figures=false", *words)
    return evaluate_in(config, folder, "a command", is_single=is_single)


def test_labelled_micrographs(tmp_path: Path) -> None:
    place = f"benchmark.folder={labelled(tmp_path / 'own')}"
    assert run(tmp_path / "runs" / "one", place, "benchmark.images=[gold]", "benchmark.pixel_size_nm=0.1") == 0
    (gold,) = pd.read_csv(tmp_path / "runs/one/report/finding.csv").to_dict("records")
    assert (gold["set"], gold["f1"]) == ("labelled", 1.0)
    assert gold["dice"] > 0.9
    sizes = "benchmark.pixel_size_nm={zoned: 0.1}"
    assert run(tmp_path / "runs" / "two", place, "benchmark.particle_label=2", sizes) == 1
    assert run(tmp_path / "runs" / "swept", place, "benchmark.particle_label=2", sizes, is_single=False) == 1
    report = tmp_path / "runs/two/report"
    (zoned,) = pd.read_csv(report / "finding.csv").to_dict("records")
    assert np.isnan(zoned["f1"])
    assert zoned["dice"] > 0.9
    said = (report / "report.md").read_text("utf-8")
    assert f"gold: `{tmp_path / 'own/images/gold.png'}: how large a pixel is stands neither in the file" in said
    assert "give benchmark.pixel_size_nm, or the material" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("benchmark.sets=[test,test]", "sets=['test', 'test']: give each once"),
        ("benchmark.sets=[]", "give a set, or folder=PATH"),
        ("benchmark.images=[a]", "images: is of labelled micrographs"),
        ("benchmark.pixel_size_nm=0.02", "pixel_size_nm: is of labelled micrographs"),
        ("benchmark.folder=x benchmark.pixel_size_nm={a: big}", "pixel_size_nm.a='big': give a width above 0 in nm"),
        ("benchmark.faults.variant=paper", "faults.variant: both take part"),
        ("booster.crops.n_crops=4", "booster: is of the segmentation into materials"),
        ("grains=true", "grains: is of the segmentation into materials"),
        ("seed=[0,1]", "give one seed"),
        ("benchmark.methods=[sam]", "benchmark.methods"),
        ("benchmark.picture=3", "pictures"),
    ],
)
def test_settings_that_cannot_be_used(words: str, said: str) -> None:
    parted = ["benchmark.folder=x", words.removeprefix("benchmark.folder=x ")] if " " in words else [words]
    assert said in refusal(lambda: read_evaluation(composed("evaluate", "experiment=particles", *parted)))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["benchmark.conditions.defocus=[1,2]"], "defocus_A"),
        (["benchmark.waves=[/nosuch]"], "benchmark.waves=/nosuch: no such folder"),
        (["benchmark.conditions.dose_e_per_A2=[9,1]"], "benchmark.conditions.dose_e_per_A2"),
        (["benchmark.keras_weights=no.h5"], "no Keras weights of the network"),
        (["benchmark.methods=[ours,paper]", "benchmark.paper_weights=no.safetensors"], "no such file of weights"),
        (["benchmark.paper_faults=no.safetensors"], "no such file of weights"),
        (["benchmark.folder=nowhere"], "nowhere: has no folders images and labels"),
    ],
)
def test_what_cannot_be_used_is_refused_before_any_picture(tmp_path: Path, words: list[str], said: str) -> None:
    assert said in refusal(lambda: run(tmp_path / "run", "benchmark.sets=[test]", *words))
    assert not (tmp_path / "run").exists()
