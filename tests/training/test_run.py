"""A training from its first step to its weights, through `train.py`'s own composition."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
import wandb
from composed_configs import composed
from pytorch_lightning.utilities.exceptions import SIGTERMException
from wandb_records import missing, record_of

from samiam.commands.composing.program import TRAIN
from samiam.commands.composing.running import main
from samiam.commands.training import run as train
from samiam.commands.training.settings import PAIRS
from samiam.errors import InputError
from samiam.registry import build_encoder
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import read_card, read_weights
from samiam.training.fenet.contrastive import ContrastiveLearner
from samiam.training.run import _said_how_to_go_on, check_resumable, run
from samiam.training.settings import TrainerSettings

ROOT = Path(__file__).parents[2]
SCRIPT = Path(sys.executable).with_name("samiam")
TINY = [
    "logger=none",
    "data.shape_hw=[96,96]",
    "data.crops.batches=2",
    "data.crops.val_batches=1",
    "data.crops.scenes=2",
    "data.crops.sides_px=[48]",
    "+data.crops.least_px=48",
    "+learner.options.warm_up_steps=1",
    "data.workers=0",
    "trainer.accelerator=cpu",
    "trainer.progress=false",
]
QUIET = ["hydra/job_logging=none", "hydra/hydra_logging=none"]
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*Checkpoint directory .* exists"),
    pytest.mark.filterwarnings("ignore:.*Experiment logs directory"),
]


def settings(*overrides: str) -> dict[str, Any]:
    return composed("train", *TINY, *overrides)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two epochs in one go."""
    folder = tmp_path_factory.mktemp("whole")
    train.train(settings("trainer.epochs=2", "trainer.gradient_clip=1.0"), folder, "python train.py")
    return folder


def test_what_a_run_leaves(whole: Path) -> None:
    card = read_card(whole / "fenet_lattices.safetensors")
    assert card["sha256"] == sha256_of(whole / "fenet_lattices.safetensors")
    assert card["command"] == "python train.py"
    assert card["config"]["trainer"]["epochs"] == 2
    assert 0 < card["scores"]["val/accuracy"] <= 1
    assert card["epoch"] in (1, 2)
    metrics = pd.read_csv(whole / "metrics" / "metrics.csv")
    assert metrics["train/loss"].count() == 4
    assert metrics["val/accuracy"].max() == pytest.approx(card["scores"]["val/accuracy"], abs=1e-4)
    build_encoder("fenet", checkpoint=whole / "fenet_lattices.safetensors", checkpoint_sha256=card["sha256"])


def test_the_weights_are_those_of_the_best_epoch(whole: Path) -> None:
    best = torch.load(whole / "checkpoints" / "best.ckpt", weights_only=False)
    assert best["epoch"] + 1 == read_card(whole / "fenet_lattices.safetensors")["epoch"]
    state, _ = read_weights(whole / "fenet_lattices.safetensors")
    assert torch.equal(state["embedding.weight"], best["state_dict"]["network.embedding.weight"].half().float())


def test_batch_norms_of_a_network_in_evaluation_mode_learn(tmp_path: Path) -> None:
    read = train.read_training(settings("trainer.epochs=1"))
    job = train.job_of(read)
    means = {name: mean.clone() for name, mean in job.network.eval().named_buffers() if "running_mean" in name}
    run(job, read.trainer, read.logger, tmp_path, {}, "python train.py")
    learnt = dict(job.network.named_buffers())
    assert means
    assert not any(torch.equal(learnt[name], mean) for name, mean in means.items())


def test_a_killed_run_goes_on_exactly(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = settings("trainer.epochs=2", "trainer.gradient_clip=1.0")
    original = ContrastiveLearner.training_step

    def killed(self: Any, batch: Any) -> Any:
        if self.current_epoch == 1:
            raise KeyboardInterrupt
        return original(self, batch)

    monkeypatch.setattr(ContrastiveLearner, "training_step", killed)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        train.train(config, tmp_path, "python train.py")
    monkeypatch.setattr(ContrastiveLearner, "training_step", original)
    assert not (tmp_path / "fenet_lattices.safetensors").exists()
    train.train(config, tmp_path, "python train.py", resume=True)
    for checkpoint in ("best", "last"):
        there, here = (
            torch.load(folder / "checkpoints" / f"{checkpoint}.ckpt", weights_only=False)["state_dict"]
            for folder in (whole, tmp_path)
        )
        assert all(torch.equal(there[name], here[name]) for name in there)
    weights = "fenet_lattices.safetensors"
    assert (tmp_path / weights).read_bytes() == (whole / weights).read_bytes()


def test_nothing_to_resume(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a run that has finished an epoch"):
        check_resumable(tmp_path)


def test_whatever_goes_together_can_be_trained() -> None:
    several = {("particle_regions", "faults"), ("labelled_video", "polar_limited_labels")}
    assert {*train._JOBS, *several} == set(PAIRS)


@pytest.mark.slow
@pytest.mark.parametrize("program", [["train.py"], ["-m", "samiam", "train"], [str(SCRIPT), "train"]])
def test_two_processes_share_the_batches(tmp_path: Path, program: list[str]) -> None:
    overrides = [*TINY, "trainer.devices=2", "trainer.strategy=ddp", "trainer.epochs=1", "data.crops.val_batches=2"]
    overrides.append(f"hydra.run.dir={tmp_path}")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *program, *overrides], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("val/accuracy") == 1
    assert read_card(tmp_path / "fenet_lattices.safetensors")["scores"]["val/accuracy"] > 0
    assert pd.read_csv(tmp_path / "metrics" / "metrics.csv")["train/loss"].count() == 1  # of two batches, one each


@pytest.mark.slow
def test_the_card_of_a_resumed_run_tells_what_began_it(tmp_path: Path) -> None:
    began = [*TINY, "trainer.epochs=1"]
    for overrides, folder in ((began, tmp_path), ([f"resume={tmp_path}"], tmp_path / "unused")):
        assert main(TRAIN, [*overrides, *QUIET, f"hydra.run.dir={folder}"]) == 0
    command = read_card(tmp_path / "fenet_lattices.safetensors")["command"]
    assert command == f"{shlex.join(['python', 'train.py', *began])}, resumed"
    assert not (tmp_path / "unused").exists()


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["trainer.accelerator=gpu"], "trainer: "),
        (["trainer.epochs=0"], "trainer.epochs=0"),
        (
            ["+trainer.devices=9999"],
            r"trainer.devices=9999: this machine has \d+ CPU cores?; give \d+ at most",
        ),
        (
            ["+trainer.num_nodes=2"],
            "trainer.num_nodes=2: nothing says where the machines are; start train.py on each by srun or torchrun",
        ),
        (["+trainer.nonsense=1"], "trainer has no setting 'nonsense'"),
        (["+data.crops.nonsense=1"], "data.crops has no setting 'nonsense'"),
        (["data.scenes.n_materials=[3]"], "n_materials"),
        (["+data.scenes.counts_per_pixel=[1e30,1e31]"], "counts_per_pixel"),
        (["+data.crops.noise=1e30"], "data.crops.noise=1e"),
        (["data.crops.least_px=100000"], "data.crops.least_px=100000"),
        (["+data.nonsense=1"], "data has no setting 'nonsense'"),
        (["data.name=nonsense"], "data.name='nonsense': give lattices or whole_scenes"),
        (["learner.name=nonsense"], "learner.name='nonsense': give contrastive"),
        (["+learner.options.learning_rate=-1"], "learner.options.learning_rate=-1: give a number above 0"),
        (["logger.name=nonsense"], "logger.name='nonsense': give wandb or null"),
    ],
)
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_bad_settings(overrides: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        train.train(settings(*overrides), tmp_path, "python train.py")


@pytest.mark.parametrize("left", ["checkpoints/last.ckpt", "fenet_lattices.safetensors"])
def test_the_folder_of_another_run_is_refused(left: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / left).parent.mkdir(exist_ok=True)
    (tmp_path / left).touch()
    assert main(TRAIN, [*TINY, *QUIET, f"hydra.run.dir={tmp_path}"]) == 2
    assert f"{tmp_path}: holds another run; go on with it by resume=" in capsys.readouterr().err
    assert not (tmp_path / "settings.yaml").exists()


def test_less_time_than_an_epoch_takes_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"trainer.max_minutes=0\.0001: no epoch was over by then; give the training more"
    ):
        train.train(settings("+trainer.max_minutes=0.0001"), tmp_path, "python train.py")


def end_as_lightning(*, is_term: bool) -> None:
    if is_term:
        raise SIGTERMException
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        sys.exit(1)


@pytest.mark.parametrize("is_term", [True, False])
@pytest.mark.parametrize("is_begun", [True, False])
def test_a_training_that_a_signal_ends_says_how_it_goes_on(
    is_term: bool, is_begun: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if is_begun:
        (tmp_path / "checkpoints").mkdir()
        (tmp_path / "checkpoints" / "last.ckpt").touch()
    with pytest.raises((SystemExit, KeyboardInterrupt)) as ended, _said_how_to_go_on(tmp_path):
        end_as_lightning(is_term=is_term)
    assert (ended.type, ended.value.args) == ((SystemExit, (143,)) if is_term else (KeyboardInterrupt, ()))
    said = f"resume={tmp_path} goes on after the last epoch" if is_begun else "nothing is left to go on from"
    assert said in capsys.readouterr().err


def test_a_refused_run_leaves_nothing_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(TRAIN, [*TINY, *QUIET, "trainer.epochs=0", f"hydra.run.dir={tmp_path / 'run'}"]) == 2
    assert capsys.readouterr().err == "train.py: trainer.epochs=0: give a whole number, 1 or more.\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow  # tests/benchmark/test_tracking.py has runs of W&B
def test_wandb_keeps_config_metrics_and_weights_offline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    overrides = ["trainer.epochs=1", "logger.name=wandb", "+logger.project=tested", "+logger.mode=auto"]
    train.train(settings(*overrides), tmp_path, "python train.py")
    (run,) = tmp_path.glob("wandb/offline-run-*")
    written = record_of(run)
    metrics = [b"val/accuracy", b"train/loss", b"lr-AdamW"]
    sha256 = read_card(tmp_path / "fenet_lattices.safetensors")["sha256"].encode()
    assert not missing(written, [*metrics, b"p_epitaxial", b"tested", b"weights-fenet_lattices", sha256])
    assert len(list(run.rglob("media/images/train/samples*.png"))) == 16
    assert wandb.run is None
    said = capfd.readouterr()
    assert f"`wandb sync {run}` uploads it" in said.out
    assert not [word for word in ("anonymous", "litlogger", "LeafSpec") if word in said.out + said.err]


@pytest.mark.parametrize("value", [0, -1])
def test_trainer_settings_are_positive(value: int) -> None:
    for name in ("epochs", "patience", "max_minutes", "num_nodes", "gradient_clip", "threads"):
        with pytest.raises(InputError, match=f"^{name}={value}"):
            TrainerSettings(**{name: value})


@pytest.mark.slow
def test_weights_that_run_away_end_the_training(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"weights are no longer finite in epoch 1; lower learner.options.learning_rate"
    ):
        train.train(settings("trainer.epochs=2", "learner.options.learning_rate=1e30"), tmp_path, "python train.py")
    assert not list(tmp_path.glob("*.safetensors"))
