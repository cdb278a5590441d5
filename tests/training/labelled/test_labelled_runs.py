"""Tuning on labelled images, from `train.py`'s settings to weights that segment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from composed_configs import composed
from made_halves import halves, write_dataset
from PIL import Image

from samiam import build_encoder, build_generator
from samiam.commands.composing.program import TRAIN
from samiam.commands.composing.running import main
from samiam.commands.training import labelled
from samiam.commands.training import run as train
from samiam.compact.network import FieldNetwork, facts_of
from samiam.compact.settings import FieldSize
from samiam.compact.weights import shipped_calibration
from samiam.errors import InputError
from samiam.records import Scene
from samiam.registry import build_classifier
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import add_to_card, read_card, read_weights, seeded, shipped_weights, write_weights
from simulate import SceneRanges, procedural_scene

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*Checkpoint directory .* exists"),
    pytest.mark.filterwarnings("ignore:.*Experiment logs directory"),
]
SMALL = FieldSize((8, 8, 16), (1, 1, 2), 2)
QUICK = [
    *("logger=none", "trainer.progress=false", "trainer.accelerator=cpu", "trainer.epochs=1"),
    *("++data.rules.batches=2", "++data.rules.old_scenes=1", "++data.rules.side_px=64", "++data.rules.batch_size=2"),
]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "set", {"a": "train", "b": "val", "c": "test"})


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Weights of a small compact network, with the calibration of those that ship."""
    return written(small_network(), tmp_path / "small.safetensors")


def small_network() -> FieldNetwork:
    return seeded(0, lambda: FieldNetwork(SMALL))


def written(network: FieldNetwork, path: Path) -> Path:
    write_weights(path, network.state_dict(), facts_of(SMALL), {"command": "made"})
    add_to_card(path, calibration=asdict(shipped_calibration()))
    return path


@pytest.fixture(autouse=True)
def _small_old_world(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(number: int, side_px: int = 64, *, ranges: SceneRanges) -> Scene:
        return procedural_scene(number, shape_hw=(side_px, side_px), ranges=ranges)

    monkeypatch.setattr(labelled, "draw_old", drawn)


def tuned(experiment: str, dataset: Path, folder: Path, *words: str) -> tuple[Path, dict[str, Any], str]:
    """The weights, their card and what was printed."""
    config = composed("train", f"experiment={experiment}", f"data.folder={dataset}", *QUICK, *words)
    said = train.train(config, folder, "a command")
    (weights,) = folder.glob("*.safetensors")
    return weights, read_card(weights), said


def states(*paths: Path) -> list[Mapping[str, torch.Tensor]]:
    return [read_weights(path)[0] for path in paths]


def is_same(first: Mapping[str, torch.Tensor], second: Mapping[str, torch.Tensor]) -> bool:
    return all(torch.equal(first[name], tensor) for name, tensor in second.items())


class TestCompact:
    def test_weights_that_are_no_better_stay_as_they_were(self, dataset: Path, small: Path, tmp_path: Path) -> None:
        words = (f"learner.start={small}", "data.rules.least_gain=1.0")
        weights, card, said = tuned("labelled_compact", dataset, tmp_path / "run", *words)
        assert is_same(*states(weights, small))
        assert card["epoch"] == 0
        assert said.splitlines()[-2:] == [card["decision"], card["numbers"]["decision"]]
        assert card["decision"].startswith("kept the starting weights: val/score")
        assert card["scores"] == card["scores_of_start"] != card["scores_learnt"]
        assert {"val/miou", "old/score", "test/miou_given"} <= set(card["scores"])
        assert card["start"]["sha256"] == sha256_of(small)
        made = build_generator("compact", weights=weights, device="cpu")  # on ONNX Runtime
        assert made.generate(halves().micrograph).shape_hw == (72, 72)
        assert card["numbers"]["seen"] == [0, 2]
        is_taken = card["numbers"]["decision"].startswith("estimates the number by those of the labels too")
        assert build_encoder("compact", weights=weights, device="cpu").numbers_seen == ((0, 2) if is_taken else ())

    def test_weights_that_are_better_are_taken(
        self, dataset: Path, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scores = iter([0.1, 0.1, 0.1, *[0.9] * 9])  # of the start on val, old and test, then of what was learnt
        names = ("score", "iou", "iou_given")
        scored = "samiam.training.labelled.field.segmentation_scores"
        monkeypatch.setattr(scored, lambda *_: dict.fromkeys(names, next(scores)))
        words = (f"learner.start={small}", "++learner.options.learning_rate=0.01")
        weights, card, _ = tuned("labelled_compact", dataset, tmp_path / "run", *words)
        assert card["decision"] == "took the learnt weights: val/score 0.100 → 0.900 on 1 image of split val"
        assert card["epoch"] == 1
        learnt, before = states(weights, small)
        assert not is_same(learnt, before)
        # Batch norms keep their statistics; scales and shifts learn.
        kept = [name for name in before if "running" in name or "num_batches" in name]
        assert kept
        assert all(torch.equal(learnt[name], before[name]) for name in kept)

    def test_batch_norms_may_learn(self, dataset: Path, small: Path) -> None:
        words = (f"learner.start={small}", "++learner.options.norms=learnt")
        config = composed("train", "experiment=labelled_compact", f"data.folder={dataset}", *QUICK, *words)
        learner = train.job_of(train.read_training(config)).learner.train()
        assert all(module.training for module in learner.modules() if isinstance(module, torch.nn.BatchNorm2d))

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ([], "data.folder is missing"),
            (["data.folder=nowhere"], "nowhere: no such folder"),
            (["data.folder=SET", "learner.start=WEIGHTS"], "weights of 'fenet'"),
            (["data.folder=SET", "++data.rules.side_px=100"], "multiple of 16"),
            (["data.folder=SET", "learner=field", "~learner.network"], "labelled cannot be learnt by field"),
        ],
    )
    def test_refused_in_a_line(
        self, words: list[str], said: str, dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shipped = Path(train.__file__).parents[2] / "weights" / "fenet_lattices.safetensors"
        given = [word.replace("SET", str(dataset)).replace("WEIGHTS", str(shipped)) for word in words]
        quiet = ["hydra/job_logging=none", "hydra/hydra_logging=none", f"hydra.run.dir={tmp_path / 'run'}"]
        assert main(TRAIN, ["experiment=labelled_compact", "logger=none", *given, *quiet]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
        assert not (tmp_path / "run").exists()


def test_a_classifier_wants_names(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "set", {"a": "train", "b": "val"}, ("Ge", "material 1"))
    config = composed("train", "experiment=labelled_crop_classifier", f"data.folder={folder}", *QUICK)
    with pytest.raises(InputError, match="'material 1' is none; give one by samiam dataset build --rename"):
        train.job_of(train.read_training(config))


@pytest.mark.slow
def test_labels_are_learnt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelled, "_MOST_LOST", 1.0)  # so small a network forgets what it knew
    network = small_network()
    torch.nn.init.zeros_(next(parameter for parameter in network.parameters() if parameter.ndim == 4))
    blind = written(network, tmp_path / "blind.safetensors")  # at random it tells halves by their brightness
    splits = {name: split for split in ("train", "val", "test") for name in (f"{split}1", f"{split}2")}
    folder = write_dataset(tmp_path / "set", splits)
    words = [f"learner.start={blind}", "++learner.options.learning_rate=0.01", "++learner.options.norms=learnt"]
    words += ["trainer.epochs=4", "++data.rules.batches=12", "++data.rules.rehearsal=0.0"]
    _, card, _ = tuned("labelled_compact", folder, tmp_path / "run", *words)
    assert card["decision"].startswith("took the learnt weights")
    assert card["scores"]["test/score"] > card["scores_of_start"]["test/score"] + 0.05


@pytest.mark.slow
@pytest.mark.parametrize("network", ["fenet", "crop_classifier"])
def test_what_works_on_crops(network: str, tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "set", {"a": "train", "b": "val", "c": "test"}, ("Ge", "unobtainium"), side=160)
    weights, card, said = tuned(f"labelled_{network}", folder, tmp_path / "run", "++data.rules.batch_size=8")
    assert said.splitlines()[-1] == card["decision"]
    if network == "fenet":
        encoder = build_encoder("fenet", checkpoint=weights, checkpoint_sha256=card["sha256"], device="cpu")
        assert encoder.distance == read_card(shipped_weights("fenet_lattices"))["calibration"]["distance"]
    else:
        classifier = build_classifier(checkpoint=weights, device="cpu")
        assert classifier.materials == ("SrTiO3", "Ge", "PtC", "Vac", "unobtainium")
        right = halves(7, 160).micrograph.pixels[50:110, 90:150]
        assert classifier.classify([right]).shares.argmax() == 4


def test_a_run_is_not_gone_on_with_on_other_labels(dataset: Path, small: Path, tmp_path: Path) -> None:
    def go(epochs: int, *, resume: bool) -> None:
        words = (f"data.folder={dataset}", *QUICK, f"learner.start={small}", f"trainer.epochs={epochs}")
        train.train(composed("train", "experiment=labelled_compact", *words), folder, "a command", resume=resume)

    folder = tmp_path / "run"
    go(1, resume=False)
    go(2, resume=True)
    mask = next((dataset / "Ann" / "labels_merged" / "a").glob("Ge-*.png"))
    Image.open(mask).rotate(90).save(mask)
    with pytest.raises(InputError, match="images or labels have changed since that run was begun"):
        go(3, resume=True)
