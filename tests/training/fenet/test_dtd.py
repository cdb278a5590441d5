"""FENet on the Describable Textures Dataset, on a tiny tree of the same layout."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from composed_configs import composed
from PIL import Image
from refusals import refusal
from torch import nn
from torchvision.datasets import DTD
from torchvision.models import get_model

from samiam.commands.training import run as train
from samiam.errors import InputError
from samiam.registry import build_encoder
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import read_card, read_weights
from samiam.texture.fenet_encoder import DTD as PAPER
from samiam.texture.inputs import MEAN_RGB, STD_RGB
from samiam.training.classification import Classification, ClassificationRecipe
from samiam.training.fenet.dtd import DTDBatches, DTDData, DTDRules, DTDStart, fetch, load_splits, start_fenet
from samiam.training.sampling import EpochBatches

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*isinstance.treespec, LeafSpec"),
    pytest.mark.filterwarnings("ignore:.*Checkpoint directory .* exists"),
    pytest.mark.filterwarnings("ignore:.*Experiment logs directory"),
]
ROOT = Path(__file__).parents[3]
CLASSES = ("banded", "dotted", "woven")
SPLITS = ("train", "val", "test")
IMAGES = 4  # of each class in each split
SIDES = {"classes": len(CLASSES), "batch_size": 4, "resize_px": 80, "side_px": 72}


def write_tree(root: Path, seeds: tuple[int, int, int] = (0, 1, 2)) -> Path:
    """Photographs of 80 × 90 px and two partitions, each split's pixels from a seed of its own."""
    tree = root / "dtd" / "dtd"
    (tree / "labels").mkdir(parents=True)
    for number, (split, seed) in enumerate(zip(SPLITS, seeds, strict=True)):
        rng = np.random.default_rng(seed)
        names = [f"{name}/{name}_{number * IMAGES + k:04d}.jpg" for name in CLASSES for k in range(IMAGES)]
        for name in names:
            (tree / "images" / name).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 256, (80, 90, 3), dtype=np.uint8)).save(tree / "images" / name)
        (tree / "labels" / f"{split}1.txt").write_text("".join(f"{name}\n" for name in names))
        other = SPLITS[number - 1]
        (tree / "labels" / f"{other}2.txt").write_text("".join(f"{name}\n" for name in names))
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tree(tmp_path_factory.mktemp("datasets"))


def rules_of(root: Path, **options: Any) -> DTDRules:
    return DTDRules(**{"root": str(root), "download": False, **SIDES, **options})


def names_of(images: DTD) -> list[str]:
    return [path.name for path in images._image_files]


def data_of(rules: DTDRules, n_workers: int = 0) -> DTDData:
    data = DTDData(rules, n_workers)
    data.prepare_data()
    data.setup("fit")
    return data


def epoch_of(data: DTDData, epoch: int) -> list[Any]:
    loader = data.train_dataloader()
    loader.sampler.epoch = lambda: epoch  # type: ignore[attr-defined]
    return list(loader)


def same(first: list[Any], second: list[Any]) -> bool:
    pairs = zip(first, second, strict=True)
    return all(torch.equal(one, two) for batches in pairs for one, two in zip(*batches, strict=True))


class TestSplits:
    def test_splits_are_the_partitions(self, root: Path) -> None:
        first, second = load_splits(rules_of(root)), load_splits(rules_of(root, partition=2))
        assert {split: len(images) for split, images in first.items()} == dict.fromkeys(SPLITS, 12)
        assert names_of(first["val"])[:5] == [*(f"banded_000{k}.jpg" for k in (4, 5, 6, 7)), "dotted_0004.jpg"]
        assert names_of(second["train"]) == names_of(first["val"])
        assert first["test"].classes == list(CLASSES)

    def test_training_does_not_depend_on_what_it_is_measured_by(self, root: Path, tmp_path: Path) -> None:
        def trained(rules: DTDRules) -> dict[str, torch.Tensor]:
            torch.manual_seed(0)
            network = nn.Sequential(nn.Conv2d(3, 4, 9, 4), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(2), nn.Flatten())
            learner = Classification(nn.Sequential(network, nn.Linear(16, 3)), ClassificationRecipe())
            quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
            trainer = pl.Trainer(max_epochs=2, accelerator="cpu", enable_model_summary=False, **quiet)
            trainer.fit(learner, DTDData(rules))
            return learner.network.state_dict()

        usual = trained(rules_of(root))
        others_measured = trained(rules_of(write_tree(tmp_path / "measured", (0, 8, 9))))
        others_trained = trained(rules_of(write_tree(tmp_path / "trained", (7, 1, 2))))
        assert all(torch.equal(tensor, others_measured[name]) for name, tensor in usual.items())
        assert not torch.equal(usual["1.weight"], others_trained["1.weight"])


class TestBatches:
    def test_workers_and_global_random_numbers_change_nothing(self, root: Path) -> None:
        alone = epoch_of(data_of(rules_of(root)), 1)
        np.random.seed(5)  # noqa: NPY002
        torch.manual_seed(5)
        assert same(alone, epoch_of(data_of(rules_of(root), n_workers=2), 1))

    def test_every_epoch_has_its_own_order_and_variation(self, root: Path) -> None:
        data = data_of(rules_of(root))
        first = EpochBatches(12, 4, shuffle_seed=0)
        second = EpochBatches(12, 4, epoch=lambda: 1, shuffle_seed=0)
        orders = [[key % 12 for keys in sampler for key in keys] for sampler in (first, second)]
        assert orders[0] != orders[1]
        shown = DTDBatches(data.splits["train"], data.rules, is_varied=True)
        assert not torch.equal(shown[[3]][0], shown[[12 + 3]][0])
        assert not same(epoch_of(data, 0), epoch_of(data_of(rules_of(root, seed=1)), 0))

    def test_a_variation_does_not_depend_on_its_neighbours(self, root: Path) -> None:
        images = load_splits(rules_of(root))["train"]
        shown = DTDBatches(images, rules_of(root), is_varied=True)
        together, labels = shown[[14, 3, 7]]
        assert torch.equal(together[1], shown[[3]][0][0])
        assert labels.tolist() == [images._labels[index] for index in (2, 3, 7)]

    def test_variations_stay_within_the_image_and_mirror_half_of_them(self, tmp_path: Path) -> None:
        ramp = np.repeat(np.linspace(0, 255, 90).astype(np.uint8)[None, :, None], 80, axis=0).repeat(3, axis=2)
        tree = write_tree(tmp_path)
        path = load_splits(rules_of(tree))["train"]._image_files[0]
        Image.fromarray(ramp).save(path, quality=100)
        shown = DTDBatches(load_splits(rules_of(tree))["train"], rules_of(tree), is_varied=True)
        rows = shown[[12 * epoch for epoch in range(40)]][0][:, 0, 36].numpy() * STD_RGB[0] + MEAN_RGB[0]
        spans = rows.max(axis=1) - rows.min(axis=1)
        assert 0.6 < spans.min() < spans.max() < 1  # 0.8 of the area at ratios of 3/4 to 4/3
        assert 10 < (rows[:, 0] > rows[:, -1]).sum() < 30

    @pytest.mark.parametrize("split", ["val", "test"])
    def test_what_is_measured_is_the_middle_of_every_image(self, root: Path, split: str) -> None:
        data = data_of(rules_of(root, batch_size=5))
        loader = getattr(data, f"{split}_dataloader")()
        loader.sampler.epoch = lambda: 3
        batches = list(loader)
        assert [len(labels) for _, labels in batches] == [4, 4, 4]
        images, labels = (torch.cat(part) for part in zip(*batches, strict=True))
        assert labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4
        for image, path in zip(images, data.splits[split]._image_files, strict=True):
            pixels = np.asarray(Image.open(path))[4:76, 9:81] / 255
            expected = (pixels - MEAN_RGB) / STD_RGB
            np.testing.assert_allclose(image.permute(1, 2, 0).numpy(), expected, atol=1e-5)

    def test_the_shorter_side_is_brought_to_its_size(self, root: Path) -> None:
        images = load_splits(rules_of(root))["val"]
        (image,), _ = DTDBatches(images, rules_of(root, resize_px=72), is_varied=False)[[0]]
        whole = Image.open(images._image_files[0]).resize((81, 72), Image.Resampling.BILINEAR)
        expected = (np.asarray(whole)[:, 4:76] / 255 - MEAN_RGB) / STD_RGB
        # On noise an average over areas differs by 3 grey levels from PIL's, by 6 without a filter against aliases.
        assert np.abs(image.permute(1, 2, 0).numpy() - expected).mean() < 4 / 255 / min(STD_RGB)

    @pytest.mark.parametrize(("n", "batch_size", "world_size"), [(12, 4, 1), (17, 2, 2), (9, 2, 2), (1880, 16, 9)])
    def test_processes_share_all_images_in_equally_many_batches(self, n: int, batch_size: int, world_size: int) -> None:
        for seed in (None, 0):
            samplers = [EpochBatches(n, batch_size, rank, world_size, shuffle_seed=seed) for rank in range(world_size)]
            shares = [list(sampler) for sampler in samplers]
            assert {len(share) for share in shares} == {len(samplers[0])}
            keys = [key for share in shares for batch in share for key in batch]
            assert len(set(keys)) == len(keys)
            if seed is None:
                assert sorted(keys) == list(range(n))
            else:
                assert n - batch_size * world_size < len(keys) <= n
                assert {len(batch) for share in shares for batch in share} == {batch_size}

    def test_a_batch_of_more_than_all_images_is_refused(self, root: Path) -> None:
        with pytest.raises(InputError, match="batch_size=13: more than the 12 images"):
            data_of(rules_of(root, batch_size=13)).train_dataloader()


class TestRefusals:
    def refusal(self, rules: DTDRules) -> str:
        return refusal(lambda: data_of(rules))

    def test_nothing_there(self, tmp_path: Path) -> None:
        message = self.refusal(rules_of(tmp_path))
        for part in (
            "https://www.robots.ox.ac.uk/~vgg/data/dtd/download/dtd-r1.0.1.tar.gz",
            "md5 fff73e5086ae6bdbea199a49dfb8a4c1",
            f"unpack it in {tmp_path / 'dtd'},",
            f"{tmp_path / 'dtd' / 'dtd' / 'images'} is there",
        ):
            assert part in message

    def test_offline(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setattr(DTD, "_URL", f"{tmp_path.as_uri()}/nothing.tar.gz")
        message = self.refusal(rules_of(tmp_path, download=True))
        assert message.startswith("DTD cannot be downloaded (<urlopen error")
        assert "md5 fff73e5086ae6bdbea199a49dfb8a4c1" in message
        assert capsys.readouterr().out == ""

    def test_an_archive_is_checked_and_unpacked(
        self, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(DTD, "_URL", f"{tmp_path.as_uri()}/nothing.tar.gz")
        archive = tmp_path / "dtd" / "nothing.tar.gz"
        archive.parent.mkdir()
        with tarfile.open(archive, "w:gz") as file:
            file.add(root / "dtd" / "dtd", "dtd")
        rules, content = rules_of(tmp_path, download=True), archive.read_bytes()
        assert "DTD cannot be downloaded" in self.refusal(rules)
        archive.write_bytes(content)
        monkeypatch.setattr(DTD, "_MD5", hashlib.md5(content).hexdigest())
        assert len(data_of(rules).splits["train"]) == 12
        archive.unlink()
        fetch(rules)  # what is there is left alone

    def test_a_list_that_is_missing(self, tmp_path: Path) -> None:
        tree = write_tree(tmp_path) / "dtd" / "dtd"
        message = self.refusal(rules_of(tmp_path, partition=3))
        assert message.startswith(f"{tree / 'labels' / 'train3.txt'}: cannot be read")
        assert f"delete {tree} and run again" in message

    def test_an_image_that_is_missing(self, tmp_path: Path) -> None:
        tree = write_tree(tmp_path) / "dtd" / "dtd"
        gone = tree / "images" / "woven" / "woven_0009.jpg"
        gone.unlink()
        message = self.refusal(rules_of(tmp_path))
        assert message.startswith(f"{gone}: no such file, but {tree / 'labels' / 'test1.txt'} names it")

    @pytest.mark.parametrize(
        ("split", "text", "part"),
        [
            ("val", "nonsense\n", "val1.txt: cannot be read"),
            ("test", "dotted/dotted_0008.jpg\n", "test1.txt: 1 classes in test, 3 in train, not the same 3"),
            ("test", "banded/banded_0001.jpg\ndotted/dotted_0008.jpg\nwoven/woven_0008.jpg\n", "is in train already"),
        ],
    )
    def test_a_list_that_is_damaged(self, tmp_path: Path, split: str, text: str, part: str) -> None:
        tree = write_tree(tmp_path) / "dtd" / "dtd"
        (tree / "labels" / f"{split}1.txt").write_text(text)
        assert part in self.refusal(rules_of(tmp_path))

    def test_another_number_of_classes(self, root: Path) -> None:
        assert "3 classes in train, 3 in train, not the same 47" in self.refusal(rules_of(root, classes=47))

    def test_an_image_that_is_damaged(self, tmp_path: Path) -> None:
        data = data_of(rules_of(write_tree(tmp_path)))
        path = data.splits["val"]._image_files[2]
        path.write_bytes(path.read_bytes()[:200])
        with pytest.raises(InputError, match=r"banded_0006.jpg: cannot be read as an image"):
            list(data.val_dataloader())

    @pytest.mark.parametrize(
        ("options", "part"),
        [
            ({"partition": 0}, "partition=0: give a whole number from 1 to 10"),
            ({"partition": 11}, "partition=11"),
            ({"classes": 1}, "classes=1"),
            ({"batch_size": 1}, "batch_size=1"),
            ({"side_px": 64}, "side_px=64: give a whole number, 65 or more"),
            ({"side_px": 257}, "side_px=257"),
            ({"least_share": 0.0}, "least_share=0.0"),
            ({"least_share": 1.1}, "least_share=1.1"),
            ({"seed": -1}, "seed=-1"),
        ],
    )
    def test_rules_out_of_range(self, options: dict[str, Any], part: str) -> None:
        with pytest.raises(InputError, match=part):
            DTDRules(**options)


class TestStart:
    def test_the_papers_network(self) -> None:
        network, facts = start_fenet(DTDStart(init="random"), DTDRules())
        assert facts == PAPER
        assert network.classifier.out_features == 47
        again, _ = start_fenet(DTDStart(init="random"), DTDRules())
        assert torch.equal(network.backbone.conv1.weight, again.backbone.conv1.weight)

    @pytest.mark.parametrize("backbone", ["resnet18", pytest.param("resnet50", marks=pytest.mark.slow)])
    def test_weights_of_imagenet(self, backbone: Any, tmp_path: Path) -> None:
        path = tmp_path / "imagenet.pth"
        published = get_model(backbone, weights=None).state_dict()
        torch.save(published, path)
        start = DTDStart(backbone, checkpoint=str(path), checkpoint_sha256=sha256_of(path))
        network, facts = start_fenet(start, DTDRules(classes=5))
        assert facts == {**PAPER, "backbone": backbone, "classes": 5}
        state = network.backbone.state_dict()
        assert all(torch.equal(state[name], tensor) for name, tensor in published.items())

    def test_weights_that_cannot_be_used(self, tmp_path: Path) -> None:
        path = tmp_path / "imagenet.pth"
        torch.save({"weight": torch.zeros(1)}, path)
        with pytest.raises(InputError, match="checkpoint_sha256="):
            start_fenet(DTDStart(checkpoint=str(path)), DTDRules())
        with pytest.raises(InputError, match="the checkpoint of another model"):
            start_fenet(DTDStart(checkpoint=str(path), checkpoint_sha256=sha256_of(path)), DTDRules())
        with pytest.raises(InputError, match="not with init='random'"):
            DTDStart(init="random", checkpoint=str(path))


def settings(*overrides: str) -> dict[str, Any]:
    return composed("train", "experiment=fenet_dtd", *overrides)


def tiny(root: Path) -> dict[str, Any]:
    return settings(
        *("logger=none", "trainer.accelerator=cpu", "trainer.progress=false", "trainer.epochs=2"),
        *(f"data.rules.root={root}", "data.workers=0", "learner.network.init=random"),
        *(f"+data.rules.{name}={value}" for name, value in SIDES.items()),
        "+learner.options.step_epochs=1",
    )


@pytest.fixture(scope="module")
def last_weights() -> Iterator[list[dict[str, torch.Tensor]]]:
    """The network's tensors at the end of each training of this module, whichever epoch was the best."""
    seen: list[dict[str, torch.Tensor]] = []

    def remember(self: Any) -> None:
        seen.append({name: tensor.clone() for name, tensor in self.network.state_dict().items()})

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Classification, "on_train_end", remember)
        yield seen


@pytest.fixture(scope="module")
def whole(
    root: Path, last_weights: list[dict[str, torch.Tensor]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, torch.Tensor]]:
    """A run of two epochs in one go: its folder, and its weights at the end."""
    folder = tmp_path_factory.mktemp("whole")
    printed = train.train(tiny(root), folder, "python train.py")
    assert printed.endswith(f"{folder / 'fenet_dtd.safetensors'}")
    return folder, last_weights[-1]


class TestExperiment:
    def test_it_is_the_published_one(self) -> None:
        config = settings("learner.network.init=random", "learner.options.gamma=0.99")
        job = train.job_of(train.read_training(config))
        assert isinstance(job.learner, Classification)
        assert job.learner.recipe == ClassificationRecipe("sgd", 0.01, 0.9, 5e-4, "step", 10, 0.99, 0.0)
        assert isinstance(job.data, DTDData)
        assert job.data.rules == DTDRules(None, 1, True, 47, 16, 256, 224, 0.8, 0)
        assert settings()["learner"]["options"]["gamma"] == 0.1
        assert config["trainer"]["epochs"] == 30
        assert job.facts == PAPER

    @pytest.mark.slow  # a run of its own; tests/training/test_run.py has one
    def test_it_is_chosen_on_val_and_tested_once(self, whole: tuple[Path, Any]) -> None:
        folder, _ = whole
        card = read_card(folder / "fenet_dtd.safetensors")
        assert set(card["scores"]) == {"val/accuracy", "test/accuracy"}
        best = torch.load(folder / "checkpoints" / "best.ckpt", weights_only=False)
        assert best["epoch"] + 1 == card["epoch"]

    @pytest.mark.slow  # likewise
    def test_the_encoder_is_made_of_the_file(self, whole: tuple[Path, Any]) -> None:
        path = whole[0] / "fenet_dtd.safetensors"
        crop = np.random.default_rng(0).random((60, 50), np.float32)
        encoder = build_encoder("fenet_dtd", checkpoint=path, checkpoint_sha256=sha256_of(path), device="cpu")
        assert encoder.encode([crop]).shape == (1, 128)
        _, facts = read_weights(path)
        assert facts == {**PAPER, "classes": 3, "input": {"kind": "resized", "side_px": 72}}

    @pytest.mark.slow
    def test_a_killed_run_goes_on_exactly(
        self,
        root: Path,
        whole: tuple[Path, dict[str, torch.Tensor]],
        last_weights: list[dict[str, torch.Tensor]],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        folder, expected = whole
        original = Classification.training_step

        def killed(self: Any, batch: Any, batch_idx: int) -> Any:
            if (self.current_epoch, batch_idx) == (1, 1):
                raise RuntimeError("the power fails")
            return original(self, batch)

        with monkeypatch.context() as patched:
            patched.setattr(Classification, "training_step", killed)
            with pytest.raises(RuntimeError, match="power"):
                train.train(tiny(root), tmp_path, "python train.py")
        assert not (tmp_path / "fenet_dtd.safetensors").exists()
        train.train(tiny(root), tmp_path, "python train.py", resume=True)
        assert last_weights[-1] is not expected
        assert all(torch.equal(tensor, last_weights[-1][name]) for name, tensor in expected.items())
        weights = "fenet_dtd.safetensors"
        assert sha256_of(tmp_path / weights) == read_card(folder / weights)["sha256"]

    @pytest.mark.parametrize(
        ("overrides", "part"),
        [
            (["data.rules.partition=11"], "data.rules.partition=11: give a whole number from 1 to 10"),
            (["learner.network.backbone=vgg"], "learner.network.backbone='vgg': give resnet18 or resnet50"),
            (["learner.network.init=none"], "learner.network.init='none': give imagenet or random"),
            (["+learner.options.foo=1"], "learner.options has no setting 'foo'"),
            (["+data.foo=1"], "data has no setting 'foo'"),
            (["learner=contrastive"], "learner has no setting 'network'"),
        ],
    )
    def test_refusals(self, overrides: list[str], part: str) -> None:
        with pytest.raises(InputError, match=part):
            train.job_of(train.read_training(settings("learner.network.init=random", *overrides)))
