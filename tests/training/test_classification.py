"""A network that learns classes: what it logs, what its schedules do, and that a killed run goes on exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import WandbLogger
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from samiam.errors import InputError
from samiam.training.classification import Classification, ClassificationRecipe
from samiam.training.run import Job, run
from samiam.training.settings import TrainerSettings
from samiam.training.showing import Showing
from samiam.wandb_mode import LoggerSettings

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*isinstance.treespec, LeafSpec"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*Checkpoint directory .* exists"),
    pytest.mark.filterwarnings("ignore:.*Experiment logs directory"),
]
CLASSES = 3


def made(n: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(CLASSES, (n,), generator=generator)
    return torch.randn(n, 3, 4, 4, generator=generator) + labels[:, None, None, None], labels


class MadeData(pl.LightningDataModule):
    """Sets whose last batches are smaller than the others."""

    test_sets = ((5, 2),)

    def train_dataloader(self) -> Any:
        return self.loader(12, 0)

    def val_dataloader(self) -> Any:
        return self.loader(7, 1)

    def test_dataloader(self) -> Any:
        return [self.loader(n, seed) for n, seed in self.test_sets]

    def loader(self, n: int, seed: int) -> Any:
        return DataLoader(TensorDataset(*made(n, seed)), batch_size=4)


class NamedTests(MadeData):
    test_sets = ((5, 2), (9, 3))
    test_names = ("known", "held.out")


def small_network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, CLASSES))


def trainer(epochs: int = 1) -> pl.Trainer:
    return pl.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )


def right(network: nn.Module, n: int, seed: int) -> float:
    images, labels = made(n, seed)
    with torch.inference_mode():
        return float((network.eval()(images).argmax(dim=1) == labels).float().mean())


def test_validation_counts_images_not_batches() -> None:
    learner, fitting = Classification(small_network(), ClassificationRecipe(label_smoothing=0.3)), trainer(epochs=3)
    fitting.fit(learner, MadeData())
    images, labels = made(7, 1)
    with torch.inference_mode():
        plain = functional.cross_entropy(learner.network.eval()(images), labels)
    assert float(fitting.callback_metrics["val/accuracy"]) == pytest.approx(right(learner.network, 7, 1))
    assert float(fitting.callback_metrics["val/loss"]) == pytest.approx(float(plain), abs=1e-5)
    assert right(learner.network, 12, 0) > 1 / CLASSES


def test_one_test_set_needs_no_name() -> None:
    learner = Classification(small_network(), ClassificationRecipe())
    (scores,) = trainer().test(learner, MadeData(), verbose=False)
    assert scores == {"test/accuracy": pytest.approx(right(learner.network, 5, 2))}


def test_every_named_test_set_stands_in_the_first_result() -> None:
    learner = Classification(small_network(), ClassificationRecipe())
    for _ in range(2):  # counts start anew in every test
        scores = trainer().test(learner, NamedTests(), verbose=False)[0]
        assert scores == {
            "test/known/accuracy": pytest.approx(right(learner.network, 5, 2)),
            "test/held.out/accuracy": pytest.approx(right(learner.network, 9, 3)),
        }


def test_smoothed_labels_change_the_training_loss() -> None:
    network = small_network().eval()
    images, labels = batch = made(4, 0)
    learner = Classification(network, ClassificationRecipe(label_smoothing=0.3))
    learner.log = lambda *_args, **_kwargs: None  # type: ignore[method-assign, assignment]
    expected = functional.cross_entropy(network(images), labels, label_smoothing=0.3)
    assert torch.allclose(learner.training_step(batch), expected)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_what_asks_for_no_gradient_stays(optimizer: Any) -> None:
    network = small_network()
    fixed, learnt = network[0].weight, network[3].weight  # type: ignore[index]
    fixed.requires_grad_(False)
    before = fixed.clone(), learnt.detach().clone()
    trainer().fit(Classification(network, ClassificationRecipe(optimizer, weight_decay=0.5)), MadeData())
    assert torch.equal(fixed, before[0])
    assert not torch.equal(learnt, before[1])


@pytest.mark.parametrize(
    ("recipe", "rates"),
    [
        (ClassificationRecipe(learning_rate=1.0, step_epochs=2, gamma=0.1), [1, 1, 0.1, 0.1]),
        (ClassificationRecipe(learning_rate=1.0, step_epochs=1, gamma=0.99), [1, 0.99, 0.9801, 0.970299]),
        (ClassificationRecipe("adamw", learning_rate=1.0, schedule="cosine"), [1, 0.853553, 0.5, 0.146447]),
    ],
)
def test_the_learning_rate_of_each_epoch(recipe: ClassificationRecipe, rates: list[float]) -> None:
    learner = Classification(small_network(), recipe)
    learner.trainer = trainer(epochs=4)
    made = learner.configure_optimizers()
    seen = []
    for _ in range(4):
        seen.append(made["optimizer"].param_groups[0]["lr"])
        made["optimizer"].step()
        made["lr_scheduler"]["scheduler"].step()
    assert seen == pytest.approx(rates, rel=1e-5)
    assert made["lr_scheduler"]["interval"] == "epoch"


def test_the_optimizer_is_the_recipes() -> None:
    learner = Classification(small_network(), ClassificationRecipe(learning_rate=0.2, momentum=0.7, weight_decay=0.01))
    (group,) = learner.configure_optimizers()["optimizer"].param_groups
    assert (group["lr"], group["momentum"], group["weight_decay"]) == (0.2, 0.7, 0.01)


def test_a_killed_run_goes_on_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = TrainerSettings(epochs=3, accelerator="cpu", progress=False)
    recipe = ClassificationRecipe(learning_rate=0.1, schedule="cosine")
    at_the_end: list[dict[str, Tensor]] = []

    class Watched(Classification):
        fails = False

        def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
            if self.fails and (self.current_epoch, batch_idx) == (1, 1):
                raise RuntimeError("the power fails")
            return super().training_step(batch)

        def on_train_end(self) -> None:
            at_the_end.append({name: tensor.clone() for name, tensor in self.network.state_dict().items()})

    def go(folder: Path, *, resume: bool = False) -> None:
        job = Job("made", Watched(small_network(), recipe), MadeData(), {})
        run(job, settings, LoggerSettings(None), folder, {}, "made", resume=resume)

    go(tmp_path / "whole")
    monkeypatch.setattr(Watched, "fails", True)
    with pytest.raises(RuntimeError, match="power"):
        go(tmp_path / "killed")
    monkeypatch.setattr(Watched, "fails", False)
    go(tmp_path / "killed", resume=True)
    whole, resumed = at_the_end
    assert all(torch.equal(tensor, resumed[name]) for name, tensor in whole.items())
    assert not torch.equal(whole["3.weight"], small_network().state_dict()["3.weight"])


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"optimizer": "adam"}, "optimizer='adam': give sgd or adamw"),
        ({"schedule": "none"}, "schedule='none': give step or cosine"),
        ({"learning_rate": 0.0}, "learning_rate=0.0: give a number above 0"),
        ({"weight_decay": -1.0}, "weight_decay=-1.0: give a number, 0 or more"),
        ({"step_epochs": 0}, "step_epochs=0: give a whole number, 1 or more"),
        ({"gamma": 0.0}, "gamma=0.0: give a number above 0 to 1"),
        ({"gamma": 1.1}, "gamma=1.1: give"),
        ({"momentum": 1.0}, "momentum=1.0"),
        ({"label_smoothing": -0.1}, "label_smoothing=-0.1"),
    ],
)
def test_a_recipe_out_of_range_is_one_line(options: dict[str, Any], part: str) -> None:
    with pytest.raises(InputError) as caught:
        ClassificationRecipe(**options)
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


class Recorder:
    """Stands for W&B's logger."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []
        self.experiment = self

    def log(self, shown: dict[str, Any]) -> None:
        self.shown.append(shown)


def test_what_is_learnt_from_and_taken_for_what_is_shown() -> None:
    recorder = Recorder()
    shows = Showing(cast("WandbLogger", recorder), ["a", "b", "c"])
    runner = trainer()
    runner.callbacks.append(shows)  # type: ignore[attr-defined]
    learner = Classification(small_network(), ClassificationRecipe())
    runner.fit(learner, MadeData())
    samples, confusion = recorder.shown
    labels = made(12, 0)[1]
    assert [image._caption for image in samples["train/samples"]] == ["abc"[label] for label in labels[:4]]
    of_val, truth = made(7, 1)
    found = learner.eval()(of_val).argmax(dim=1)
    rows = [(row[0], row[1], row[2]) for row in confusion["val/confusion"].table.data]
    expected = [
        ("abc"[i], "abc"[j], int(((truth == i) & (found == j)).sum())) for i in range(CLASSES) for j in range(CLASSES)
    ]
    assert rows == expected
