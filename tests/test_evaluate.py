"""The entry point `evaluate.py` and the configs it composes."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from runpy import run_path
from typing import Any

import composed_configs
import hydra
import numpy as np
import pandas as pd
import pytest
from composed_configs import CONFIGS, ROOT, choices_of, experiments_of, groups_of, written
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf
from PIL import Image

from samiam.benchmark.settings import SimulatedBenchmark, ZenodoBenchmark, read_evaluation
from samiam.boosting.n_materials import ESTIMATORS
from samiam.commands.composing.program import EVALUATE
from samiam.commands.composing.running import main
from samiam.commands.evaluating.run import evaluate
from samiam.commands.evaluating.scene_samples import sources
from samiam.datasets.zenodo import PAPERS_RECORD
from samiam.errors import InputError
from samiam.generation.texture.generator import TextureGenerator
from samiam.interrupts import heed
from samiam.records import Scene
from samiam.registry import ENCODERS, GENERATORS
from samiam.storage.checkpoints import CHECKPOINTS
from simulate import procedural_scene, realistic
from simulate.scenes.benchmark import BENCHMARK, QUICK

GROUPS = groups_of("evaluate")
SMALL = [
    "benchmark=procedural",
    "benchmark.seeds=[0]",
    "benchmark.difficulties=[1]",
    "benchmark.shape_hw=[128,128]",
    "generator=texture",
    "encoder=spectrum",
    "logger=none",
    "cache=null",
]


def composed(*overrides: str) -> dict[str, Any]:
    """The settings that `python evaluate.py OVERRIDES` runs with."""
    return composed_configs.composed("evaluate", *overrides)


def check(settings: dict[str, Any]) -> None:
    """All that stands in the configs is known and can be used; no weights are needed to tell."""
    if settings["benchmark"]["name"] == "labelled":
        settings = settings | {"benchmark": {"folder": ".", **settings["benchmark"]}}
    read_evaluation(settings)


class TestConfigs:
    def test_defaults(self) -> None:
        settings = composed()
        check(settings)
        assert set(settings) == set(GROUPS)
        whole = read_evaluation(settings)
        assert whole.variants == {}
        assert whole.crop_accuracy is False
        assert whole.generator.name == "compact"
        assert whole.benchmark == SimulatedBenchmark(scenes="quick")

    def test_every_group_is_used(self) -> None:
        assert set(GROUPS) == {"benchmark", "booster", "encoder", "generator", "logger"}

    @pytest.mark.parametrize(("group", "choice"), choices_of("evaluate"))
    def test_every_choice(self, group: str, choice: str) -> None:
        settings = composed(f"{group}={choice}")
        check(settings)
        default = composed()
        assert all(settings[other] == default[other] for other in GROUPS if other != group)
        assert set(settings[group]) == set(written("evaluate", f"{group}/{choice}"))

    @pytest.mark.parametrize("experiment", experiments_of("evaluate"))
    def test_every_experiment(self, experiment: str) -> None:
        settings = composed(f"experiment={experiment}")
        check(settings)
        assert set(settings) >= set(GROUPS)
        assert settings != composed() or "hydra" in written("evaluate", f"experiment/{experiment}")

    def test_what_the_experiments_change(self) -> None:
        default, released, sam = composed(), composed("experiment=released"), composed("experiment=sam_plus")
        assert {key for key in released if default.get(key) != released[key]} == {"booster", "encoder", "variant"}
        assert released["booster"]["crops"] == {"placement": "grid", "crop_px": 60, "smallest_crop_px": 60}
        assert {key for key in sam if key not in default or default[key] != sam[key]} == {
            *("encoder", "generator", "threads"),
        }
        assert sam["generator"]["name"] == "vit_l"
        assert set(CHECKPOINTS) >= {"vit_b", "vit_l", "vit_h"} <= set(GENERATORS)
        assert composed("experiment=released", "variant=paper")["variant"] == "paper"

    def test_the_paper_s_settings(self) -> None:
        paper = composed("experiment=paper")
        default = composed()
        assert {key for key in paper if key not in default or default[key] != paper[key]} == {
            *("benchmark", "generator", "encoder", "threads"),
        }
        whole = read_evaluation(paper)
        assert whole.benchmark == ZenodoBenchmark("zenodo", PAPERS_RECORD, pixels="stored")
        assert (whole.generator.name, whole.encoder.name) == ("vit_l", "fenet_dtd")
        assert (whole.n_materials, whole.variant) == ("given", "paper")

    def test_each_rule_of_removal_is_off_once(self) -> None:
        variants = composed("experiment=ablation_removal")["variants"]
        changed = [variant.get("booster", {}).get("removal", {}) for variant in variants.values()]
        off = [rules for rules in changed if any(value in (None, False) for value in rules.values())]
        assert sorted(name for rules in off if len(rules) == 1 for name in rules) == [
            "compound_parent",
            "redundant",
            "tiny_child",
            "tiny_island_px",
        ]
        assert sorted(max(off, key=len)) == ["compound_parent", "redundant", "tiny_child", "tiny_island_px"]

    def test_every_generator_is_compared(self) -> None:
        variants = composed("experiment=ablation_generator")["variants"]
        assert [variant["generator"]["name"] for variant in variants.values()] == list(GENERATORS)
        assert [variant.get("optional", False) for variant in variants.values()] == [False, False, True, True, True]

    def test_weights_are_compared_in_two_runs(self) -> None:
        sweep = written("evaluate", "experiment/ablation_weighted")["hydra"]
        assert (sweep["mode"], sweep["sweeper"]["params"]) == ("MULTIRUN", {"++weighted": "false,true"})
        with hydra.initialize_config_dir(str(EVALUATE.configs), version_base="1.3"):  # as the sweeper composes them
            runs = [
                [f"{key}={value}", "experiment=ablation_weighted"]
                for key in sweep["sweeper"]["params"]
                for value in (False, True)
            ]
            assert [hydra.compose("config", words)["weighted"] for words in runs] == [False, True]

    def test_what_the_ablations_compare(self) -> None:
        encoders, crops, numbers = (
            composed(f"experiment=ablation_{name}")["variants"] for name in ("encoder", "crops", "n_materials")
        )
        assert {variant["encoder"]["name"] for variant in encoders.values()} == set(ENCODERS) - {"fenet_dtd"}
        rules = [variant["booster"]["crops"] for variant in crops.values()]
        assert {changed.get("n_crops") for changed in rules} >= {5, 10, 20, 40}
        assert {changed.get("crop_px") for changed in rules} >= {30, 60, 90}
        assert [len(changed) for changed in rules][1:] == [1] * (len(rules) - 1)
        tried = [variant["booster"]["grouping"]["estimator"] for variant in numbers.values() if "booster" in variant]
        assert sorted(tried) == sorted(ESTIMATORS)
        told = ["given", "one_fewer", "one_more"]
        assert [variant["n_materials"] for variant in numbers.values()] == told + ["estimated"] * len(tried)

    @pytest.mark.parametrize(("group", "choice"), [(group, "nope") for group in GROUPS])
    def test_an_unknown_choice(self, group: str, choice: str) -> None:
        with pytest.raises(InputError, match=f"unknown {group} '{choice}'"):
            composed(f"{group}={choice}")

    def test_an_unknown_experiment(self) -> None:
        with pytest.raises(InputError, match="unknown experiment 'nope'"):
            composed("experiment=nope")

    def test_at_most_one_target_in_a_file(self) -> None:
        for path in CONFIGS.rglob("*.yaml"):
            assert path.read_text(encoding="utf-8").count("_target_") <= 1, path


Run = Callable[..., tuple[pd.DataFrame, pd.DataFrame]]


def messages(stderr: str) -> list[str]:
    """The lines of the error output that are not tqdm's."""
    lines = [line.rpartition("\r")[2] for line in stderr.splitlines()]
    return [line for line in lines if line.strip() and not re.search(r"\[.*(scene/s|s/scene)\]$", line.rstrip())]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a run has left its results: `first`."""
    folder = tmp_path_factory.mktemp("outputs")
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()) as printed:
        assert main(EVALUATE, [*SMALL, f"hydra.run.dir={folder / 'first'}"]) == 0
    GlobalHydra.instance().clear()
    assert printed.getvalue().endswith(f"\n{folder / 'latest' / 'report' / 'report.html'}\n")
    assert (folder / "latest").readlink() == Path("first")
    return folder


class TestRun:
    def test_tables(self, folder: Path) -> None:
        summary = pd.read_csv(folder / "first" / "report" / "summary.csv")
        images = pd.read_csv(folder / "first" / "report" / "images.csv")
        for table in (summary, images):
            assert table["method"].tolist() == ["texture", "texture + booster"]
            assert table["difficulty"].tolist() == [1, 1]
            assert table["images"].tolist() == [1, 1]
            assert table["miou"].between(0, 1).all()
            assert (table["seconds"] > 0).all()
        assert set(images["scene"]) == {"procedural-1-0"}
        assert images["n_materials"].tolist()[1] == images["materials"].tolist()[1]
        assert images["n_materials_given"].isna().tolist() == [True, False]
        pd.testing.assert_frame_equal(summary, images[list(summary)])  # the means of one image

    def test_report_and_figures(self, folder: Path) -> None:
        report = (folder / "latest" / "report" / "report.md").read_text(encoding="utf-8")
        assert "- command: `python evaluate.py benchmark=procedural 'benchmark.seeds=[0]'" in report
        for line in ("# Benchmark", "- generator: texture", "- encoder: spectrum", "- number of materials: given"):
            assert line in report
        assert "![procedural-1-0](figures/procedural-1-0.png)" in report
        with Image.open(folder / "latest" / "report" / "figures" / "procedural-1-0.png") as picture:
            assert picture.size == (4 * 520, 512 + 2 * 36 + 8)  # a line of titles, a line of legend, the rim

    def test_the_config_is_kept(self, folder: Path) -> None:
        path = folder / "first" / "settings.yaml"
        assert read_evaluation(OmegaConf.to_container(OmegaConf.load(path))) == read_evaluation(composed(*SMALL))
        assert path.read_text(encoding="utf-8").startswith("# python evaluate.py benchmark=procedural ")

    @pytest.mark.slow
    def test_the_same_again_in_a_process_of_its_own_gives_the_same_scores(self, folder: Path) -> None:
        command = [sys.executable, str(ROOT / "evaluate.py"), *SMALL, f"hydra.run.dir={folder / 'second'}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout.endswith(f"\n{folder / 'latest' / 'report' / 'report.html'}\n")
        assert (folder / "latest").readlink() == Path("second")
        for name in ("summary.csv", "images.csv"):
            first, second = (
                pd.read_csv(folder / run / "report" / name).drop(columns=["seconds", "peak_mb"])
                for run in ("first", "second")
            )
            pd.testing.assert_frame_equal(first, second, check_exact=True)
        pictures = [
            (folder / run / "report" / "figures" / "procedural-1-0.png").read_bytes() for run in ("first", "second")
        ]
        assert pictures[0] == pictures[1]


@pytest.mark.usefixtures("no_charts")
class TestVariants:
    """A run with variants, beside one of each variant on its own."""

    VARIANTS = (
        "+variants.few.booster.crops={n_crops:4,crop_px:40}",
        "+variants.estimated.n_materials=estimated",
        "+variants.plain.encoder={name:spectrum,options:{brightness_weight:0}}",
    )
    ALONE = (
        ("+booster.crops={n_crops:4,crop_px:40}",),
        ("n_materials=estimated",),
        ("+encoder.options.brightness_weight=0",),
    )

    @pytest.fixture
    def run(self) -> Run:
        """`evaluate.evaluate` on the small benchmark without figures; gives folder and tables."""

        def run(folder: Path, *overrides: str) -> tuple[pd.DataFrame, pd.DataFrame]:
            evaluate(composed(*SMALL, *overrides), folder, "a command")
            report = folder / "report"
            return pd.read_csv(report / "images.csv"), pd.read_csv(report / "summary.csv")

        return run

    def test_each_scores_as_on_its_own(self, run: Run, tmp_path: Path) -> None:
        images, summary = run(tmp_path / "all", *self.VARIANTS, "crop_accuracy=true", "figures=false")
        methods = ["texture", "texture + few", "texture + estimated", "texture + plain"]
        assert images["method"].tolist() == summary["method"].tolist() == methods
        assert images["crop_accuracy"].isna().tolist() == [True, False, False, False]
        unlike = {"method", "seconds", "peak_mb"}
        for place, overrides in enumerate(self.ALONE, start=1):
            single, _ = run(tmp_path / str(place), *overrides, "crop_accuracy=true", "figures=false")
            for mine, theirs in ((0, 0), (place, 1)):
                pd.testing.assert_series_equal(
                    images.drop(columns=unlike).iloc[mine],
                    single.drop(columns=unlike).iloc[theirs],
                    check_names=False,
                )

    @pytest.mark.slow  # words and pictures of variants are held by tests/benchmark
    def test_report_names_them_and_shows_them(self, run: Run, tmp_path: Path) -> None:
        images, _ = run(tmp_path, *self.VARIANTS, "+variants.rest.encoder={name:resnet18}")
        report = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
        for line in (
            "- encoder: spectrum, resnet18",
            "- number of materials: given, estimated",
            '- variant few: {"booster": {"crops": {"n_crops": 4, "crop_px": 40}}}',
            '- variant estimated: {"n_materials": "estimated"}',
        ):
            assert f"\n{line}\n" in report
        for name in ("few", "estimated", "plain", "rest"):
            assert f"{name} − alone" in report
        drawn = sorted(path.name for path in (tmp_path / "report" / "figures").glob("proc*.png"))
        assert drawn == ["procedural-1-0-variants.png", "procedural-1-0.png"], "all methods, where they differ"
        with Image.open(tmp_path / "report" / "figures" / drawn[0]) as picture:
            assert picture.size == (4 * 520, 2 * (512 + 36 + 8) + 36), "micrograph, truth and four methods"
        assert images["n_materials_given"].tolist()[1:] == [True, False, True, True]

    def test_masks_are_generated_once(self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = []
        generate = TextureGenerator.generate

        def counted(self: TextureGenerator, micrograph: Any) -> Any:
            seen.append(micrograph.name)
            return generate(self, micrograph)

        monkeypatch.setattr(TextureGenerator, "generate", counted)
        run(tmp_path, *self.VARIANTS, "figures=false")
        assert seen == ["procedural-1-0"]

    def test_a_bad_one_is_refused_before_any_scene(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(TextureGenerator, "generate", None)
        with pytest.raises(InputError, match=r"variants\.bad\.encoder\.name: unknown encoder 'nope'"):
            run(tmp_path, *self.VARIANTS, "+variants.bad.encoder.name=nope")
        assert not list(tmp_path.iterdir())


Makers = Callable[[dict[str, Any]], list[Callable[[], Scene]]]


@pytest.fixture(scope="module")
def scenes() -> Makers:
    """What `evaluate.sources` gives, to be called."""
    return lambda benchmark: [source.make for source in sources(read_evaluation({"benchmark": benchmark}))]


class TestBenchmarks:
    """What the choices of the group `benchmark` stand for."""

    def test_nothing_is_made_before_it_is_needed(self, scenes: Makers, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("simulate.scenes.benchmark.expose", None)
        assert len(scenes(composed()["benchmark"])) == 12
        assert len(scenes(composed("benchmark=full")["benchmark"])) == 82
        assert len(scenes(composed("benchmark=procedural")["benchmark"])) == 12
        assert len(scenes(composed("benchmark=realistic")["benchmark"])) == 21
        assert len(scenes(composed("benchmark.scenes=[1,82]")["benchmark"])) == 2
        assert len(scenes(composed("benchmark=full", "benchmark.seed=7")["benchmark"])) == 82

    def test_a_fresh_benchmark(self) -> None:
        read = read_evaluation(composed("benchmark.seed=7"))
        assert [source.name for source in sources(read)] == [f"seed7-{name}" for name in QUICK]

    @pytest.mark.parametrize(
        "benchmark",
        [
            {"name": "effects", "effects": ["plain", "gamma", "plain"], "seeds": [3, 3], "shape_hw": [64, 64]},
            {"name": "procedural", "difficulties": [2], "seeds": [3], "shape_hw": [64, 64]},
        ],
        ids=["effects", "procedural"],
    )
    def test_scenes_have_the_names_of_their_sources(self, benchmark: dict[str, Any]) -> None:
        found = sources(read_evaluation({"benchmark": benchmark}))
        assert len({(source.name, source.condition) for source in found}) == len(found)
        for source in found:
            assert source.make().micrograph.name == source.name

    def test_simulated_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        taken = ["benchmark=realistic", "benchmark.numbers=[11]", "benchmark.side_px=64"]
        taken += ["+conditions.as_taken={}", "+conditions.dim.dose=0.5", "+conditions.dark.inverted=true"]
        first = [source.make() for source in sources(read_evaluation(composed(*taken, f"cache={tmp_path}")))]
        monkeypatch.setattr("simulate.scenes.benchmark.expose", None)
        monkeypatch.setattr("simulate.scenes.dose_and_drift.expose", None)
        again = [source.make() for source in sources(read_evaluation(composed(*taken, f"cache={tmp_path}")))]
        for one, other in zip(first, again, strict=True):
            assert repr(one) == repr(other)
            np.testing.assert_array_equal(one.micrograph.pixels, other.micrograph.pixels)
            np.testing.assert_array_equal(one.labels, other.labels)
        assert not np.array_equal(first[0].micrograph.pixels, first[1].micrograph.pixels)
        monkeypatch.setattr("samiam.commands.evaluating.scene_samples._library", dict)
        with pytest.raises(TypeError, match="NoneType"):  # another library: simulated anew
            sources(read_evaluation(composed(*taken, f"cache={tmp_path}")))[1].make()

    def test_realistic(self, scenes: Makers) -> None:
        overrides = ["benchmark.numbers=[11]", "benchmark.side_px=64"]
        (make,) = scenes(composed("benchmark=realistic", *overrides)["benchmark"])
        scene = realistic(11, side_px=64).scene()
        assert make().micrograph.name == scene.micrograph.name
        np.testing.assert_array_equal(make().micrograph.pixels, scene.micrograph.pixels)

    def test_procedural(self, scenes: Makers) -> None:
        overrides = ["benchmark.seeds=[7]", "benchmark.difficulties=[3,1]", "benchmark.shape_hw=[64,96]"]
        hard, easy = (make() for make in scenes(composed("benchmark=procedural", *overrides)["benchmark"]))
        assert (hard.micrograph.name, easy.micrograph.name) == ("procedural-3-7", "procedural-1-7")
        np.testing.assert_array_equal(hard.labels, procedural_scene(7, shape_hw=(64, 96), difficulty=3).labels)

    def test_labelled(self, scenes: Makers, tmp_path: Path) -> None:
        scene = procedural_scene(7, shape_hw=(64, 96), difficulty=1)
        (tmp_path / "dataset").mkdir()
        (tmp_path / "labels_merged" / "image").mkdir(parents=True)
        Image.fromarray((scene.micrograph.pixels * 255).astype(np.uint8)).save(tmp_path / "dataset" / "image.png")
        for index, mask in enumerate(scene.truth, start=1):
            Image.fromarray(mask).save(tmp_path / "labels_merged" / "image" / f"m{index}-merged-{index}.png")
        (make,) = scenes(composed("benchmark=labelled", f"benchmark.folder={tmp_path}")["benchmark"])
        np.testing.assert_array_equal(make().labels, scene.labels)

    @pytest.mark.parametrize(
        ("words", "unlabelled"),
        [
            (("benchmark=labelled", "benchmark.folder=x"), "ignored"),
            (("benchmark=labelled", "benchmark.folder=x", "benchmark.unlabelled=background"), "background"),
            (("benchmark=zenodo",), "background"),
            (("benchmark=zenodo", "benchmark.unlabelled=ignored"), "ignored"),
            (("benchmark=full",), "background"),
        ],
    )
    def test_what_is_not_labelled(self, words: tuple[str, ...], unlabelled: str) -> None:
        assert read_evaluation(composed(*words)).unlabelled == unlabelled

    @pytest.mark.slow
    def test_simulated(self, scenes: Makers) -> None:
        (make,) = scenes(composed("benchmark.scenes=[2]")["benchmark"])
        assert make().micrograph.name == BENCHMARK[1].name


@pytest.fixture
def halves(tmp_path: Path) -> Path:
    """A folder with one label image: two textures, labelled but for a strip between them."""
    for name in ("images", "labels"):
        (tmp_path / "real" / name).mkdir(parents=True)
    rows, columns = np.indices((96, 128))
    stripes = np.where(columns < 64, columns % 6 < 3, 0.5 * (rows % 12 < 6))
    Image.fromarray((255 * stripes).astype(np.uint8)).save(tmp_path / "real" / "images" / "halves.png")
    labels = np.where(columns < 56, 1, np.where(columns < 72, 0, 2)).astype(np.uint8)
    Image.fromarray(labels).save(tmp_path / "real" / "labels" / "halves.png")
    return tmp_path / "real"


@pytest.mark.usefixtures("no_charts")
def test_labelled_images_one_by_one(halves: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["generator=texture", "encoder=spectrum", "logger=none", "cache=null", "figures=false"]
    words = ["experiment=labelled", "~variants.grains", f"benchmark.folder={halves}", *small]
    evaluate(composed(*words), tmp_path / "run", "a command")
    report = tmp_path / "run" / "report"
    table = pd.read_csv(report / "by_image.csv")
    assert table["image"].tolist() == ["halves", "mean of several"]
    assert [name for name in table if name.endswith(" IoU")] == [
        *("texture + given IoU", "texture + estimated IoU"),
    ]
    assert table["texture + given found"].tolist()[0] == 2
    assert pd.read_csv(report / "summary.csv")["mprecision"].tolist() == [1.0] * 3, "the strip is not looked at"
    assert "\n## Image by image\n" in capsys.readouterr().out
    assert "\n- pixels without a label: not looked at\n" in (report / "report.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("no_charts")
def test_configs_of_one_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own" / "experiment").mkdir(parents=True)
    (tmp_path / "own" / "experiment" / "mine.yaml").write_text("# @package _global_\nfigures: false\nseed: 7\n")
    monkeypatch.chdir(tmp_path)
    words = ["--config-dir", "own", "experiment=mine", "benchmark.difficulties=[1]", *SMALL, "hydra.run.dir=run"]
    assert main(EVALUATE, words) == 0
    GlobalHydra.instance().clear()
    written = (tmp_path / "run" / "settings.yaml").read_text()
    assert OmegaConf.create(written).seed == 7
    assert written.startswith("# python evaluate.py --config-dir=own experiment=mine 'benchmark.difficulties=[1]' ")
    assert main(EVALUATE, ["--config-dir=own", "experiment=min"]) == 2


# Refused where one of the others of `test_one_line` is; tests/test_settings.py has all that a value can be wrong in.
LIKE_ANOTHER: list[tuple[str, tuple[str, ...]]] = [
    ("benchmark.seeds=[x]", ("benchmark.seeds=['x']", "whole number")),
    ("benchmark.seeds=3", ("benchmark.seeds=3: give a list",)),
    ("benchmark.difficulties=[]", ("benchmark.difficulties=[]: give a list", "one at least")),
    ("benchmark.difficulties=2", ("benchmark.difficulties=2: give a list",)),
    ("benchmark.shape_hw=128", ("benchmark.shape_hw=128: give a list of 2",)),
    ("benchmark.shape_hw=[128]", ("benchmark.shape_hw=[128]: give a list of 2",)),
    ("+generator.options.foo=1", ("generator.options has no setting 'foo'", "pred_iou_thresh")),
    ("+booster.crops.crop_px=[60]", ("booster.crops.crop_px=[60]",)),
    ("seed=[]", ("seed=[]: give a",)),
    ("n_materials=null", ("n_materials=None: give given or one_fewer or one_more or estimated.",)),
    ("crop_accuracy=foo", ("crop_accuracy='foo': give true or false.",)),
    ("weighted=foo", ("weighted='foo': give true or false.",)),
    ("conditions=3", ("conditions=3: give settings by name",)),
    ("+booster.nope=0", ("booster has no setting 'nope'", "removal")),
    ("+variants.other.encoder.name=nope", ("variants.other.encoder.name: unknown encoder 'nope'", "spectrum")),
    ("threads=half", ("threads='half': give a whole number",)),
    ("encoder.name=nope", ("encoder.name: unknown encoder 'nope'", "spectrum")),
    ("seed=-1", ("seed=-1",)),
]


class TestRefusals:
    @pytest.fixture(autouse=True)
    def fresh_hydra(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
        monkeypatch.setattr("samiam.cluster._TIMEOUT", "200ms")
        yield
        GlobalHydra.instance().clear()

    @pytest.mark.parametrize(
        ("override", "parts"),
        [
            ("generator=nope", ("unknown generator 'nope'", "sam", "texture")),
            ("generator.name=nope", ("generator.name: unknown generator 'nope'", "texture")),
            ("variant=foo", ("variant='foo': give paper or released.",)),
            ("grains=2", ("grains=2: give true or false.",)),
            ("grains=true", ("grains: the encoder spectrum does not see them; use compact.",)),
            ("benchmark.unlabelled=ignored", ("benchmark has no setting 'unlabelled'",)),
            ("+benchmark.foo=1", ("benchmark has no setting 'foo'", "seeds")),
            (
                "benchmark.name=nope",
                (
                    "benchmark.name='nope': give simulated or realistic or procedural or effects or labelled or zenodo "
                    "or particles or polar.",
                ),
            ),
            ("n_materials=7", ("n_materials=7: give given or one_fewer or one_more or estimated.",)),
            ("n_materials=???", ("n_materials",)),
            ("benchmark.seeds=[-1]", ("benchmark.seeds=[-1]: give a list, each a whole number, 0 or more",)),
            ("benchmark.difficulties=[9]", ("benchmark.difficulties=[9]: give a list", "from 1 to 3")),
            ("benchmark.shape_hw=[32,128]", ("benchmark.shape_hw=[32, 128]: give a list of 2", "from 64 to 16384")),
            ("benchmark.seeds=[]", ("benchmark.seeds=[]: give a list, each a whole number, 0 or more, one at least.",)),
            ("generator.options.foo=1", ("generator.options has no setting 'foo'", "pred_iou_thresh")),
            ("+booster.crops.crop_px=0", ("booster.crops.crop_px=0",)),
            ("booster.crops=60", ("booster.crops=60", "by name")),
            ("booster.crops.seed=1", ("booster.crops.seed: ", "the seed of the run")),
            ("variants=3", ("variants=3: give settings by name",)),
            ("+variants.few=3", ("variants.few=3: give what it changes",)),
            ("+variants.few.booster.crops.n_crops=0", ("variants.few.booster.crops.n_crops=0",)),
            ("+variants.few.n_crops=5", ("variants.few has no setting 'n_crops'", "booster")),
            (
                "+conditions.odd.dose=2",
                ("conditions.odd: dose need a specimen to expose again; choose benchmark=quick",),
            ),
            ("+conditions.odd.turn=2", ("conditions.odd has no setting 'turn'; did you mean 'turn_deg'?",)),
            (f"cache={Path(__file__)}/inside", (f"cache={Path(__file__)}/inside: cannot be written to",)),
            ("workers=0", ("workers=0: give a whole number, 1 or more or null.",)),
            ("seed=[0,0]", ("seed=[0, 0]: give a seed, or a list of different ones.",)),
            ("scheduler=tcp://127.0.0.1:1", ("no Dask scheduler answers at tcp://127.0.0.1:1",)),
            ("logger.name=tensorboard", ("logger.name='tensorboard'", "wandb")),
            ("nope=1", ("nope",)),
            ("nope", ("nope",)),
            *(pytest.param(*case, marks=pytest.mark.slow) for case in LIKE_ANOTHER),
        ],
    )
    def test_one_line(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        override: str,
        parts: tuple[str, ...],
    ) -> None:
        message = self.refusal([*SMALL, override], tmp_path, monkeypatch, capsys)
        for part in parts:
            assert part in message

    @pytest.mark.parametrize(
        ("overrides", "part"),
        [
            (["benchmark=labelled"], "benchmark.folder is missing: give text."),
            (["benchmark=labelled", "benchmark.folder=nowhere"], "nowhere: no such folder"),
            (["benchmark=labelled", "benchmark.folder=."], ".: no layout of labelled micrographs fits; looked for"),
            (
                ["benchmark=labelled", "+benchmark.seeds=[0]"],
                "benchmark has no setting 'seeds'. It has name, folder, layout, unlabelled.",
            ),
            (
                ["benchmark=labelled", "benchmark.folder=.", "benchmark.layout=nope"],
                "benchmark.layout='nope': give auto or zenodo",
            ),
            (["benchmark.scenes=[99]"], "no scene 99 in the benchmark; there are 01-"),
            (["benchmark.scenes=[nope]"], "no scene 'nope' in the benchmark"),
            (["benchmark.scenes=some"], "benchmark.scenes='some': give quick or all or a list"),
            (["benchmark.scenes=[]"], "benchmark.scenes=[]: give quick or all or a list"),
            (["benchmark.scenes=[1.5]"], "benchmark.scenes=[1.5]: give quick or all or a list"),
            (
                ["benchmark=full", "+benchmark.folder=."],
                "benchmark has no setting 'folder'. It has name, scenes, seed.",
            ),
        ],
    )
    def test_one_line_for_each_benchmark(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        overrides: list[str],
        part: str,
    ) -> None:
        assert part in self.refusal([*overrides, "logger=none"], tmp_path, monkeypatch, capsys)

    def refusal(
        self,
        overrides: list[str],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> str:
        """The one line that a command ends with, its exit code 2 and its lack of output checked."""
        monkeypatch.chdir(tmp_path)
        quiet = ["hydra/job_logging=none", "hydra/hydra_logging=none", f"hydra.run.dir={tmp_path / 'run'}"]
        monkeypatch.setattr(sys, "argv", ["evaluate.py", *quiet, *overrides])
        with pytest.raises(SystemExit) as caught:
            run_path(str(ROOT / "evaluate.py"), run_name="__main__")
        heed()
        assert caught.value.code == 2
        out, err = capsys.readouterr()
        (message,) = messages(err)
        assert message.startswith("evaluate.py: ")
        assert out == ""
        assert not (tmp_path / "latest").exists()
        assert not (tmp_path / "run").exists()
        return message

    @pytest.mark.slow  # in this process: the tests above
    def test_one_line_in_a_process_of_its_own(self, tmp_path: Path) -> None:
        command = [sys.executable, str(ROOT / "evaluate.py"), *SMALL, "benchmark.seeds=[-1]", "hydra.run.dir=run"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, encoding="utf-8")
        assert (done.returncode, done.stdout) == (2, "")
        assert messages(done.stderr) == [
            "evaluate.py: benchmark.seeds=[-1]: give a list, each a whole number, 0 or more, one at least."
        ]
        assert not (tmp_path / "latest").exists()


@pytest.mark.slow
def test_the_booster_gains_in_every_class_of_the_quick_benchmark(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "evaluate.py"), "logger=none", f"hydra.run.dir={tmp_path / 'run'}"]
    subprocess.run(command, capture_output=True, check=True, cwd=tmp_path)
    summary = pd.read_csv(tmp_path / "run" / "report" / "summary.csv").set_index(["difficulty", "method"])
    assert summary["images"].tolist() == [4] * 6
    for difficulty in (1, 2, 3):
        alone, boosted = summary.loc[(difficulty, "compact")], summary.loc[(difficulty, "compact + booster")]
        assert boosted["miou"] > alone["miou"]
        assert boosted["mfpr"] < alone["mfpr"]
        assert boosted["masks"] < alone["masks"]
