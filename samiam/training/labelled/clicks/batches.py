"""Batches of clicks to learn from, to decide and to test by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytorch_lightning as pl
from torch.utils.data import DataLoader, Dataset

from samiam.generation.sam.tunable import TunableDecoder
from samiam.records import Scene
from samiam.training.labelled.clicks.items import Batch, Clicks, Embedded, Poles, embedded
from samiam.training.labelled.division import Division
from samiam.training.labelled.names import test_names
from samiam.training.labelled.settings import LabelledRules
from samiam.training.sampling import fresh_loader


class ClickData(pl.LightningDataModule):
    """Clicks into labelled images and simulated scenes; each image is embedded once.

    Args:
        division: the labelled images.
        rules: how they are learnt from; a batch has `batch_size` clicks into one image.
        draw_old: makes the simulated scene of a number; a few of them are rehearsed.
        network: embeds them.

    Attributes:
        test_names: see `samiam.training.labelled.names`.
    """

    def __init__(
        self, division: Division, rules: LabelledRules, draw_old: Callable[[int], Scene], network: TunableDecoder
    ) -> None:
        super().__init__()
        self.rules, self.test_names = rules, test_names(division)
        n_old = rules.old_scenes if rules.rehearsal else 0
        self._old = [Embedded.of(draw_old(rules.old_scenes + number), network) for number in range(n_old)]
        self._train, self._val, self._test = (
            embedded(scenes, network) for scenes in (division.train, division.val, division.test)
        )
        self._unseen = [Embedded.of(draw_old(number), network) for number in range(rules.old_scenes)]

    def train_dataloader(self) -> DataLoader[Any]:
        """Clicks into labelled images and, for their share, into simulated scenes."""
        clicks = _Mixed(self._train, self._old, self.rules)
        return fresh_loader(clicks, self.trainer, is_training=True, batch_size=None, n_workers=0)

    def val_dataloader(self) -> DataLoader[Any]:
        """Clicks into the images that decide."""
        return DataLoader(Poles(self._val), batch_size=None)

    def test_dataloader(self) -> list[DataLoader[Any]]:
        """Clicks into scenes of the old world, and into the images that are only tested on."""
        each = [self._unseen, self._test][: len(self.test_names)]
        return [DataLoader(Poles(images), batch_size=None) for images in each]


class _Mixed(Dataset[Batch]):
    """Clicks of which some, by chance, go into the old world."""

    def __init__(self, new: Sequence[Embedded], old: Sequence[Embedded], rules: LabelledRules) -> None:
        self._new, self._old = (Clicks(images, rules.batches, rules.batch_size, rules.seed) for images in (new, old))
        self._rules = rules

    def __len__(self) -> int:
        return self._rules.batches

    def __getitem__(self, index: int) -> Batch:
        share = np.random.default_rng([self._rules.seed, 1, index]).random()
        return (self._old if share < self._rules.rehearsal else self._new)[index]
