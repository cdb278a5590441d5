"""Which part of a data set a process sees in which epoch, of a resumed run too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from samiam.errors import InputError


class FreshIndices(Sampler[int]):
    """0 … n - 1 in the first epoch, n … 2n - 1 in the second, …; each process of several takes its share.

    Args:
        n: indices in an epoch, of all processes together.
        rank: of this process.
        world_size: how many processes there are.
        epoch: tells which epoch it is when one begins. (Lightning's own `set_epoch` comes too late for the first
            epoch of a resumed run.)
    """

    def __init__(self, n: int, rank: int = 0, world_size: int = 1, epoch: Callable[[], int] = lambda: 0) -> None:
        self.n, self.rank, self.world_size, self.epoch = n, rank, world_size, epoch

    def __len__(self) -> int:
        return self.n // self.world_size

    def __iter__(self) -> Iterator[int]:
        first = self.epoch() * self.n
        return iter(range(first + self.rank, first + len(self) * self.world_size, self.world_size))


class EpochBatches(Sampler[list[int]]):
    """Batches of keys, `epoch · n + index`; each process of several takes its share, all the same number of batches.

    Args:
        n: images, of all processes together.
        batch_size: in each process.
        rank: of this process.
        world_size: how many processes there are.
        epoch: see `FreshIndices`.
        shuffle_seed: every epoch has another order, and leaves out the few images that fill no batch; None for the
            images as they come, all of them, and epoch 0 always.
    """

    def __init__(
        self,
        n: int,
        batch_size: int,
        rank: int = 0,
        world_size: int = 1,
        epoch: Callable[[], int] = lambda: 0,
        *,
        shuffle_seed: int | None = None,
    ) -> None:
        self.n, self.batch_size, self.rank, self.world_size = n, batch_size, rank, world_size
        self.epoch, self.shuffle_seed = epoch, shuffle_seed

    def __len__(self) -> int:
        # Processes meet in every batch, so that one with more batches than another would wait for ever.
        of_all = self.batch_size * self.world_size
        return -(-self.n // of_all) if self.shuffle_seed is None else self.n // of_all

    def __iter__(self) -> Iterator[list[int]]:
        if self.shuffle_seed is None:
            epoch, indices = 0, np.arange(self.n)[self.rank :: self.world_size]
        else:
            epoch = self.epoch()
            indices = np.random.default_rng([self.shuffle_seed, epoch]).permutation(self.n)
            indices = indices[self.rank :: self.world_size][: len(self) * self.batch_size]
        return iter([part.tolist() for part in np.array_split(epoch * self.n + indices, len(self))])


def epochs_of(trainer: pl.Trainer | None) -> Callable[[], int]:
    """What tells the epoch that a trainer begins or, resumed, goes on with; always 0 without a trainer."""
    if trainer is None:
        return lambda: 0
    progress: Any = trainer.fit_loop.epoch_progress.current
    return lambda: int(progress.processed)


def fresh_loader(
    dataset: Dataset[Any],
    trainer: pl.Trainer | None,
    *,
    is_training: bool,
    batch_size: int | None,
    n_workers: int,
) -> DataLoader[Any]:
    """A loader of what is drawn on the fly: new indices in every training epoch, the same in every validation.

    Args:
        dataset: knows how many of its items an epoch has.
        trainer: of the run, None outside of one.
        is_training: whether epochs differ, and a last batch that is not full is left out.
        batch_size: items in a batch; None where an item is a batch already.
        n_workers: processes that draw.

    Raises:
        InputError: if there is no batch for each process.
    """
    rank, world_size = (trainer.global_rank, trainer.world_size) if trainer else (0, 1)
    n = len(dataset)  # type: ignore[arg-type]
    if n < (batch_size or 1) * world_size:
        raise InputError(f"{n} draws for {world_size} processes: give a batch for each at least, to validate on too.")
    return DataLoader(
        dataset,
        batch_size=batch_size,
        sampler=FreshIndices(n, rank, world_size, epochs_of(trainer if is_training else None)),
        num_workers=n_workers,
        drop_last=is_training and batch_size is not None,
        persistent_workers=n_workers > 0,
        pin_memory=torch.cuda.is_available(),
    )
