"""Batches of parts of labelled images to learn from, and whole images to decide and to test by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from samiam.records import Scene
from samiam.training.compact.settings import WholeSceneRules
from samiam.training.compact.whole_scenes import WholeScenes
from samiam.training.labelled.division import Division
from samiam.training.labelled.names import test_names
from samiam.training.labelled.settings import LabelledRules
from samiam.training.labelled.world import FIRST_OLD, World, as_seen
from samiam.training.sampling import fresh_loader


class Images(Dataset[tuple[Tensor, Tensor]]):
    """Whole images: pixels float32 (H, W) in [0, 1], and labels int64 (H, W), 0 where nothing is labelled."""

    def __init__(self, scenes: Sequence[Scene]) -> None:
        self.scenes = scenes

    def __len__(self) -> int:
        return len(self.scenes)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        scene = self.scenes[index]
        return torch.from_numpy(scene.micrograph.pixels.copy()), torch.from_numpy(scene.labels.astype(np.int64))


class LabelledFieldData(pl.LightningDataModule):
    """Batches for `LabelledFieldLearner`.

    Args:
        division: the labelled images.
        rules: how they are learnt from.
        draw_old: makes the simulated scene of a number and a side in pixels.
        n_workers: processes that draw; the batches do not depend on it.

    Attributes:
        test_names: see `samiam.training.labelled.names`.
    """

    def __init__(
        self, division: Division, rules: LabelledRules, draw_old: Callable[..., Scene], n_workers: int = 0
    ) -> None:
        super().__init__()
        self.division, self.rules, self.draw_old, self.n_workers = division, rules, draw_old, n_workers
        self.test_names = test_names(division)

    def train_dataloader(self) -> DataLoader[Any]:
        """Parts of labelled images and simulated scenes, varied as microscopes vary."""
        rules = self.rules
        world = World(
            [as_seen(scene) for scene in self.division.train],
            partial(self.draw_old, side_px=rules.side_px),
            rules.rehearsal,
            rules.side_px,
        )
        varied = WholeSceneRules(rules.batches * rules.batch_size, batch_size=rules.batch_size, seed=rules.seed)
        return fresh_loader(
            WholeScenes(world, varied, 0),
            self.trainer,
            is_training=True,
            batch_size=rules.batch_size,
            n_workers=self.n_workers,
        )

    def val_dataloader(self) -> DataLoader[Any]:
        """The images that decide."""
        return DataLoader(Images(self.division.val))

    def test_dataloader(self) -> list[DataLoader[Any]]:
        """Scenes of the old world, and the images that are only tested on."""
        old = [self.draw_old(FIRST_OLD + number) for number in range(self.rules.old_scenes)]
        return [DataLoader(Images(scenes)) for scenes in (old, self.division.test)[: len(self.test_names)]]
