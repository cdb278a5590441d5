"""Crops drawn as they are asked for."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.utils.data import Dataset

from samiam.errors import InputError
from simulate.crops.drawing import image_crop
from simulate.crops.parameters import CropParameters, draw_parameters
from simulate.crops.ranges import USUAL, CropConditions, check_crop, check_seed
from simulate.crops.spectra import check_library


class CropDataset(Dataset[tuple[torch.Tensor, int]]):
    """Balanced crops of several materials, none of which is kept.

    Crop i is of class i mod the number of classes, and depends on seed, epoch, i, its material, size and conditions
    alone: not on workers, order or length. Workers may be forked or spawned.

    Attributes:
        materials: names of the classes; their places are the labels.
        n: how many crops there are.
        size_px: side of a crop.
        conditions: how crops are imaged.
        seed: of all draws.
    """

    def __init__(
        self,
        materials: Sequence[str],
        n: int,
        size_px: int = 60,
        conditions: CropConditions = USUAL,
        seed: int = 0,
    ) -> None:
        """Nothing is drawn yet.

        Raises:
            InputError: if there are no materials or one comes twice or is unknown, a number is impossible, or the
                library has no image of a material under all of the conditions.
        """
        self.materials = (materials,) if isinstance(materials, str) else tuple(materials)
        if not self.materials or len(set(self.materials)) < len(self.materials):
            raise InputError(f"materials={list(self.materials)}: give one or more different materials.")
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise InputError(f"n={n}: give the number of crops, at least 1.")
        for name in self.materials:
            check_crop(name, conditions, size_px)
            check_library(name, conditions)
        (self.seed,) = check_seed([seed])
        self.n, self.size_px, self.conditions = n, size_px, conditions
        # In shared memory, for workers that live on from one epoch to the next.
        self._epoch = torch.zeros(1, dtype=torch.int64).share_memory_()  # type: ignore[no-untyped-call]

    @property
    def epoch(self) -> int:
        """Which set of crops is drawn."""
        return int(self._epoch)

    def set_epoch(self, epoch: int) -> None:
        """Draw other crops, also in the workers of a loader; call it between two passes.

        Raises:
            InputError: if the epoch is not a whole number, 0 or more.
        """
        if isinstance(epoch, bool) or not isinstance(epoch, int) or epoch < 0:
            raise InputError(f"epoch={epoch}: give a whole number of 0 or more.")
        self._epoch.fill_(epoch)

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        """Crop float32 (1, size_px, size_px) in [0, 1], and its label."""
        image = image_crop(self.parameters(index), self.conditions, seed=self._seed(index))
        return torch.from_numpy(image[None].copy()), index % len(self.materials)

    def parameters(self, index: int) -> CropParameters:
        """How a crop is imaged, without making its image."""
        if not 0 <= index < self.n:
            raise IndexError(f"crop {index} of {self.n}")
        material = self.materials[index % len(self.materials)]
        return draw_parameters(material, self.conditions, self.size_px, self._seed(index))

    def _seed(self, index: int) -> tuple[int, int, int]:
        return self.seed, self.epoch, int(index)
