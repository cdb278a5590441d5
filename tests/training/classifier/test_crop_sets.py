"""Batches of labelled crops, and a classifier that is trained on them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.data import ConcatDataset, Dataset

from samiam.errors import InputError
from samiam.registry import build_classifier
from samiam.storage.weight_files import read_card
from samiam.texture.classifier import facts_of
from samiam.texture.crop_network import new_crop_network
from samiam.texture.inputs import as_imagenet
from samiam.training.classification import Classification, ClassificationRecipe
from samiam.training.classifier.crop_sets import AllOfClass, CropSetsData, images_of
from samiam.training.classifier.fitting import calibrate
from samiam.training.run import Job, run
from samiam.training.settings import TrainerSettings
from samiam.wandb_mode import LoggerSettings


class Gratings(Dataset[tuple[Tensor, int]]):
    """Crops of (1, 60, 60): stripes of 4 px (class 0) or 9 px (class 1), on a wedge that shows how they are turned."""

    def __init__(self, n: int, seed: int) -> None:
        self.n, self.seed = n, seed

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        if not 0 <= index < self.n:
            raise IndexError(index)
        rng = np.random.default_rng([self.seed, index])
        y, x = np.mgrid[:60, :60]
        waves = np.sin(2 * np.pi * x / (4, 9)[index % 2] + rng.uniform(0, 6))
        noisy = 0.5 + 0.2 * waves + 0.002 * (y + 2 * x - 90) + rng.normal(0, 0.05, x.shape)
        return torch.from_numpy(noisy.clip(0, 1)[None].astype(np.float32)), index % 2


def epoch_of(data: CropSetsData, epoch: int, rank: int = 0, world_size: int = 1) -> tuple[Tensor, Tensor]:
    """What a process sees in an epoch, of a trainer that has finished those before."""
    progress = SimpleNamespace(current=SimpleNamespace(processed=epoch))
    fit_loop = SimpleNamespace(epoch_progress=progress)
    data.trainer = SimpleNamespace(global_rank=rank, world_size=world_size, fit_loop=fit_loop)  # type: ignore[assignment]
    images, labels = (torch.cat(parts) for parts in zip(*data.train_dataloader(), strict=True))
    return images, labels


def made(seed: int = 0, n: int = 9) -> CropSetsData:
    tests = {"same": Gratings(3, 3), "dose": Gratings(5, 4)}
    return CropSetsData(Gratings(n, 1), Gratings(4, 2), tests, seed=seed, batch_size=3)


def positions(crop: Tensor) -> list[Tensor]:
    """A crop as its image is seen in each of the eight positions, written out."""
    grey = crop[0].numpy()
    seen = [np.rot90(mirrored, turns) for mirrored in (grey, np.fliplr(grey)) for turns in range(4)]
    padded = [torch.from_numpy(np.pad(one, 2, mode="symmetric").copy()) for one in seen]
    return [as_imagenet(one[None, None])[0] for one in padded]


def test_an_epoch_shows_every_crop_once_in_one_of_its_positions() -> None:
    images, labels = epoch_of(made(), 0)
    assert images.shape == (9, 3, 64, 64)
    places = {
        (index, place)
        for image, label in zip(images, labels, strict=True)
        for index in range(9)
        for place, seen in enumerate(positions(Gratings(9, 1)[index][0]))
        if index % 2 == label and torch.allclose(seen, image)
    }
    assert sorted(index for index, _ in places) == list(range(9))
    assert [index for index, _ in places] != list(range(9))


def test_all_eight_positions_occur() -> None:
    data = made(n=3)
    seen = set()
    for epoch in range(16):
        for image in epoch_of(data, epoch)[0]:
            seen |= {
                place
                for index in range(3)
                for place, one in enumerate(positions(Gratings(3, 1)[index][0]))
                if torch.allclose(one, image)
            }
    assert seen == set(range(8))


def test_epochs_differ_and_come_back() -> None:
    first, second = epoch_of(made(), 0)[0], epoch_of(made(), 1)[0]
    assert not torch.equal(first, second)
    assert torch.equal(second, epoch_of(made(), 1)[0])
    assert not torch.equal(first, epoch_of(made(seed=1), 0)[0])


def test_processes_share_an_epoch() -> None:
    whole = epoch_of(made(n=12), 1)[0]
    shares = [epoch_of(made(n=12), 1, rank, 2)[0] for rank in range(2)]
    assert torch.equal(torch.stack(shares, dim=1).flatten(0, 1), whole)


def test_what_is_tested_stays_as_it_is() -> None:
    data = made()
    assert data.test_names == ("same", "dose")
    for loader, crops in zip([data.val_dataloader(), *data.test_dataloader()], [(4, 2), (3, 3), (5, 4)], strict=True):
        images, labels = (torch.cat(parts) for parts in zip(*loader, strict=True))
        assert torch.equal(images, torch.stack([positions(Gratings(*crops)[index][0])[0] for index in range(crops[0])]))
        assert labels.tolist() == [index % 2 for index in range(crops[0])]


def test_large_crops_keep_their_size() -> None:
    images, _ = images_of([(torch.zeros(1, 70, 80), 0)])
    assert images.shape == (1, 3, 70, 80)


def test_sets_that_cannot_be_trained_on() -> None:
    with pytest.raises(InputError, match="2 to 2"):
        CropSetsData(Gratings(2, 0), Gratings(2, 1), {"same": Gratings(2, 2)}, batch_size=3)
    with pytest.raises(InputError, match="at least one set"):
        CropSetsData(Gratings(2, 0), Gratings(2, 1), {}, batch_size=2)


class Specks(Gratings):
    """Noise, which is of no class of gratings, though it says that it is."""

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        _, label = super().__getitem__(index)
        pixels = np.random.default_rng([self.seed, index, 1]).normal(0.5, 0.15, (1, 60, 60))
        return torch.from_numpy(pixels.clip(0, 1).astype(np.float32)), label


def test_what_stands_in_for_several_is_of_none() -> None:
    specks = AllOfClass(Specks(3, 1), 2)
    assert len(specks) == 3
    assert [label for _, label in (specks[index] for index in range(3))] == [2, 2, 2]
    assert torch.equal(specks[1][0], Specks(3, 1)[1][0])


def with_specks(n: int, seed: int) -> ConcatDataset[tuple[Tensor, int]]:
    return ConcatDataset([Gratings(n, seed), AllOfClass(Specks(n // 2, seed), 2)])


@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning", "ignore:.*does not have many workers")
@pytest.mark.slow
def test_a_classifier_learns_and_says_what_it_does_not_know(tmp_path: Path) -> None:
    val = with_specks(16, 2)
    data = CropSetsData(with_specks(48, 1), val, {"same": Gratings(16, 3)}, batch_size=8)
    recipe = ClassificationRecipe(optimizer="adamw", learning_rate=2e-3)
    learner = Classification(new_crop_network("resnet18", 3), recipe)
    settings = TrainerSettings(epochs=3, accelerator="cpu", devices=1, progress=False)
    facts = facts_of("resnet18", ("fine", "wide"))
    job = Job("crops", learner, data, facts, finish=partial(calibrate, crops=val))
    card = run(job, settings, LoggerSettings(None), tmp_path, {}, "test")
    assert card["scores"]["test/same/accuracy"] > 0.9
    open_set = read_card(tmp_path / "crops.safetensors")["open_set"]
    assert open_set.keys() == {"temperature", "confidence", "kept", "right", "open", "calibration_error"}
    assert open_set["kept"] >= 0.95
    classifier = build_classifier(checkpoint=tmp_path / "crops.safetensors", device="cpu")
    assert classifier.materials == ("fine", "wide")
    assert classifier.options["confidence"] == open_set["confidence"]
    crops, strange = ([of[index][0][0].numpy() for index in range(16)] for of in (Gratings(16, 7), Specks(16, 8)))
    assert (classifier.classify(crops).materials == np.arange(16) % 2).mean() > 0.8
    assert (classifier.classify(strange).materials < 0).mean() > 0.8
