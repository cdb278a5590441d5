"""The Describable Textures Dataset: where it is, what a network sees of it, and the FENet that learns it.

Cimpoi et al., CVPR 2014. Images are varied and batches are made as in FENet's released code (Xu et al., NeurIPS 2021),
but the best epoch is chosen on val; the test images are looked at once.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import albumentations
import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision.datasets import DTD

from samiam.errors import InputError
from samiam.storage.checkpoints import fit_state_dict, load_state_dict
from samiam.texture.fenet import FENet
from samiam.texture.fenet_encoder import DTD as PAPER
from samiam.texture.fenet_encoder import new_fenet
from samiam.texture.inputs import MEAN_RGB, STD_RGB
from samiam.training.fenet.settings import DTDRules, DTDStart
from samiam.training.sampling import EpochBatches, epochs_of

Batch = tuple[Tensor, Tensor]
_SPLITS = ("train", "val", "test")


def fetch(rules: DTDRules) -> None:
    """Make sure that there is a data set, downloaded if the rules allow it; what is there already is left alone.

    Raises:
        InputError: if there is none and it cannot be downloaded.
    """
    if _tree(rules).is_dir():
        return
    if not rules.download:
        raise InputError(f"{_tree(rules)}: no such folder; allow download, or {_by_hand(rules)}.")
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # torchvision prints there what it tries
            DTD(rules.folder, download=True)
    except (OSError, RuntimeError, http.client.HTTPException, tarfile.TarError, EOFError, zlib.error) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"DTD cannot be downloaded ({reason}); {_by_hand(rules)}.") from error


def load_splits(rules: DTDRules) -> dict[str, DTD]:
    """The images of train, val and test, as published.

    Raises:
        InputError: if the data set or a part of it is missing, or the splits share an image or differ in classes.
    """
    splits = {split: _load(rules, split) for split in _SPLITS}
    owner: dict[Path, str] = {}
    for split, images in splits.items():
        if images.classes != splits["train"].classes or len(images.classes) != rules.classes:
            found = f"{len(images.classes)} classes in {split}, {len(splits['train'].classes)} in train"
            raise InputError(f"{_listed(rules, split)}: {found}, not the same {rules.classes}; {_again(rules)}.")
        for path in images._image_files:
            if not path.is_file():
                raise InputError(f"{path}: no such file, but {_listed(rules, split)} names it; {_again(rules)}.")
            if path in owner:
                raise InputError(f"{_listed(rules, split)}: {path.name} is in {owner[path]} already; {_again(rules)}.")
            owner[path] = split
    return splits


def _load(rules: DTDRules, split: str) -> DTD:
    if not _tree(rules).is_dir():
        raise InputError(f"{_tree(rules)}: no such folder; {_by_hand(rules)}.")
    try:
        return DTD(rules.folder, split, partition=rules.partition)
    except (OSError, ValueError) as error:  # a line that does not read <class>/<image> is a ValueError
        raise InputError(f"{_listed(rules, split)}: cannot be read ({error}); {_again(rules)}.") from error


def _tree(rules: DTDRules) -> Path:
    return rules.folder / "dtd" / "dtd"


def _listed(rules: DTDRules, split: str) -> Path:
    return _tree(rules) / "labels" / f"{split}{rules.partition}.txt"


def _by_hand(rules: DTDRules) -> str:
    return (
        f"get {DTD._URL} (md5 {DTD._MD5}) by other means and unpack it in {rules.folder / 'dtd'}, "
        f"so that {_tree(rules) / 'images'} is there"
    )


def _again(rules: DTDRules) -> str:
    return f"delete {_tree(rules)} and run again, or {_by_hand(rules)}"


class DTDBatches(Dataset[Batch]):
    """Batches of images: float32 (B, 3, side, side) with ImageNet's statistics, and labels int64 (B,).

    What is made of an image depends on the seed, the epoch and its index alone.

    Args:
        images: of one split.
        rules: how they are shown.
        is_varied: whether each epoch shows another part of an image, mirrored or not, as in training; otherwise
            its middle.
    """

    def __init__(self, images: DTD, rules: DTDRules, *, is_varied: bool) -> None:
        self.images, self.rules = images, rules
        self._shown = _pipeline(rules, is_varied=is_varied)

    def __getitem__(self, keys: list[int]) -> Batch:
        shown, labels = zip(*(self._image(*divmod(key, len(self.images))) for key in keys), strict=True)
        return torch.from_numpy(np.stack(shown)).permute(0, 3, 1, 2), torch.tensor(labels)

    def _image(self, epoch: int, index: int) -> tuple[Any, int]:
        try:
            image, label = self.images[index]
        except OSError as error:
            path = self.images._image_files[index]
            raise InputError(f"{path}: cannot be read as an image ({error}); {_again(self.rules)}.") from error
        self._shown.set_random_seed(int(np.random.default_rng([self.rules.seed, epoch, index]).integers(2**32)))
        return self._shown(image=np.asarray(image))["image"], label


def _pipeline(rules: DTDRules, *, is_varied: bool) -> albumentations.Compose:
    side_hw = (rules.side_px, rules.side_px)
    share = (rules.least_share, 1.0)
    part = (
        [
            albumentations.RandomResizedCrop(side_hw, scale=share, area_for_downscale="image"),
            albumentations.HorizontalFlip(p=0.5),
        ]
        if is_varied
        else [albumentations.CenterCrop(*side_hw)]
    )
    whole = albumentations.SmallestMaxSize(rules.resize_px, area_for_downscale="image")
    return albumentations.Compose([whole, *part, albumentations.Normalize(MEAN_RGB, STD_RGB)])


class DTDData(pl.LightningDataModule):
    """Train, val and test of one partition.

    Args:
        rules: which images, and how they are shown.
        n_workers: processes that read images; the batches do not depend on it.
    """

    def __init__(self, rules: DTDRules, n_workers: int = 0) -> None:
        super().__init__()
        self.rules, self.n_workers = rules, n_workers
        self.splits: dict[str, DTD] = {}

    def prepare_data(self) -> None:
        """Download, once on each machine."""
        fetch(self.rules)

    def setup(self, stage: str) -> None:  # noqa: ARG002
        """Read which image is in which split."""
        self.splits = self.splits or load_splits(self.rules)

    def train_dataloader(self) -> DataLoader[Batch]:
        """Varied images in another order in every epoch."""
        loader = self._loader("train")
        if not len(loader):
            n = len(self.splits["train"])
            raise InputError(f"batch_size={self.rules.batch_size}: more than the {n} images that a process trains on.")
        return loader

    def val_dataloader(self) -> DataLoader[Batch]:
        """The images that the best epoch is chosen by."""
        return self._loader("val")

    def test_dataloader(self) -> DataLoader[Batch]:
        """The images that nothing has seen before."""
        return self._loader("test")

    def _loader(self, split: str) -> DataLoader[Batch]:
        rank, world_size = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        images, rules, training = self.splits[split], self.rules, split == "train"
        seed, epoch = rules.seed if training else None, epochs_of(self.trainer)
        batches = EpochBatches(len(images), rules.batch_size, rank, world_size, epoch, shuffle_seed=seed)
        return DataLoader(
            DTDBatches(images, rules, is_varied=training),
            batch_size=None,
            sampler=batches,
            num_workers=self.n_workers,
            persistent_workers=self.n_workers > 0,
        )


def start_fenet(start: DTDStart, rules: DTDRules) -> tuple[FENet, Mapping[str, Any]]:
    """The network before training, and what a reader of its weights needs to build it.

    Args:
        start: which, and its first weights.
        rules: what it will see; its seed is that of the random weights, too.

    Raises:
        InputError: if weights cannot be had, have another hash or are of another network.
    """
    shown = {**PAPER["input"], "side_px": rules.side_px}
    facts = {**PAPER, "backbone": start.backbone, "classes": rules.classes, "input": shown}
    network = new_fenet(facts, rules.seed)
    if start.init == "imagenet":
        name = f"{start.backbone}_imagenet"
        state = load_state_dict(name, path=start.checkpoint, sha256=start.checkpoint_sha256)
        fit_state_dict(network.backbone, state, start.checkpoint or f"checkpoint {name}")
    return network, facts
