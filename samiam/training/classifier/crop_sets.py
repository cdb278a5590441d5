"""Labelled crops for a classifier: to learn from, turned and mirrored; to choose by; and sets to test on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from samiam.errors import InputError
from samiam.texture.crop_network import LEAST_PX
from samiam.texture.inputs import as_imagenet, mirror_padded
from samiam.training.sampling import FreshIndices, epochs_of

Crops = Dataset[tuple[Tensor, int]]
"""Crops float32 (1, h, w) in [0, 1], all of one size, with their labels."""
Batch = tuple[Tensor, Tensor]


class CropSetsData(pl.LightningDataModule):
    """Batches of images float32 (B, 3, h, w) as a network takes them, and labels int64 (B,).

    Args:
        train: to learn from; in another order in every epoch, each crop in one of its eight positions.
        val: to choose by.
        tests: to test on, by name.
        seed: of orders and positions.
        batch_size: crops that are learnt from at once; those that do not fill a last batch wait for the next epoch.

    Attributes:
        test_names: of the tests, in order.

    Raises:
        InputError: if there is no test, or not a single batch to learn from.
    """

    def __init__(
        self, train: Crops, val: Crops, tests: Mapping[str, Crops], *, seed: int = 0, batch_size: int = 64
    ) -> None:
        super().__init__()
        if not tests:
            raise InputError("no crops to test on; give at least one set.")
        if not 2 <= batch_size <= _length(train):
            raise InputError(
                f"batch_size={batch_size}: give the number of crops that are learnt from at once, "
                f"2 to {_length(train)} (as many as there are)."
            )
        self.train, self.val, self.tests = train, val, tests
        self.seed, self.batch_size = seed, batch_size
        self.test_names = tuple(tests)

    def train_dataloader(self) -> DataLoader[Any]:
        """Batches to learn from."""
        rank, world_size = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        return DataLoader(
            Shuffled(self.train, self.seed),
            batch_size=self.batch_size,
            sampler=FreshIndices(_length(self.train), rank, world_size, epochs_of(self.trainer)),
            drop_last=True,
            collate_fn=images_of,
        )

    def val_dataloader(self) -> DataLoader[Any]:
        """Batches to choose by; of several processes each gets all of them."""
        return self._in_order(self.val)

    def test_dataloader(self) -> list[DataLoader[Any]]:
        """Batches to test on; of several processes each gets all of them."""
        return [self._in_order(test) for test in self.tests.values()]

    def _in_order(self, crops: Crops) -> DataLoader[Any]:
        return DataLoader(crops, batch_size=self.batch_size, collate_fn=images_of)


class Shuffled(Dataset[tuple[Tensor, int]]):
    """Crops in an order and in positions that depend on seed and epoch alone.

    Args:
        crops: in their own order.
        seed: of orders and positions.
    """

    def __init__(self, crops: Crops, seed: int) -> None:
        self.crops, self.seed = crops, seed

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """The crop at a place of an epoch; places are counted through all epochs."""
        epoch, place = divmod(index, _length(self.crops))
        own = int(_order(self.seed, epoch, _length(self.crops))[place])
        crop, label = self.crops[own]
        position = int(np.random.default_rng([self.seed, epoch, own]).integers(8))  # of eight: turned and mirrored
        turned = torch.rot90(crop, position % 4, (1, 2))
        return (turned if position < 4 else turned.flip(2)), label


@lru_cache(maxsize=2)
def _order(seed: int, epoch: int, n: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, epoch]).permutation(n)


class AllOfClass(Dataset[tuple[Tensor, int]]):
    """Crops under one label in place of their own, as what stands in for several materials is of none of them.

    Args:
        crops: with labels that do not count.
        label: of all of them.
    """

    def __init__(self, crops: Crops, label: int) -> None:
        self.crops, self.label = crops, label

    def __len__(self) -> int:
        return _length(self.crops)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """The crop at a place, and the label."""
        return self.crops[index][0], self.label


def images_of(batch: Sequence[tuple[Tensor, int]]) -> Batch:
    """Crops of one size as images at their own scale, mirrored beyond their edges where they are too small."""
    crops = [mirror_padded(crop[0].numpy(), LEAST_PX) for crop, _ in batch]
    return as_imagenet(torch.from_numpy(np.stack(crops)[:, None])), torch.tensor([label for _, label in batch])


def _length(crops: Any) -> int:  # noqa: ANN401
    return len(crops)
