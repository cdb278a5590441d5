"""Crops of scenes that are drawn on the fly; no data set is kept."""

from __future__ import annotations

from collections.abc import Callable

import albumentations
import cv2
import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from samiam.boosting import CropRules, sample_crops
from samiam.records import Scene
from samiam.texture.inputs import mirror_padded
from samiam.training.fenet.settings import SceneCropRules
from samiam.training.sampling import fresh_loader

Batch = tuple[Tensor, Tensor, Tensor]
_TRAIN, _VAL = 0, 1  # streams of the seed


class SceneCrops(Dataset[Batch]):
    """Batches of crops; batch i depends on the seed, the stream and i alone.

    A batch is crops float32 (N, 1, s, s) in [0, 1], materials int64 (N,) and scenes int64 (N,).

    Args:
        draw_scene: makes the scene of a seed, a whole number below 2³².
        rules: how many, and how varied.
        stream: 0 to train, 1 to validate; two streams share no scene but by chance.
    """

    def __init__(self, draw_scene: Callable[[int], Scene], rules: SceneCropRules, stream: int) -> None:
        self.draw_scene, self.rules, self.stream = draw_scene, rules, stream
        self._vary = _variation(rules)

    def __len__(self) -> int:
        return self.rules.val_batches if self.stream == _VAL else self.rules.batches

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng([self.rules.seed, self.stream, index])
        side_px = int(rng.choice(self.rules.sides_px))
        parts = [self._of_scene(rng, place, side_px) for place in range(self.rules.scenes)]
        crops, materials, scenes = (torch.cat(part) for part in zip(*parts, strict=True))
        return crops, materials, scenes

    def _of_scene(self, rng: np.random.Generator, place: int, side_px: int) -> Batch:
        scene = self.draw_scene(int(rng.integers(2**32)))
        smallest = min(side_px, CropRules.smallest_crop_px)
        rules = CropRules(self.rules.crops, side_px, smallest_crop_px=smallest, seed=int(rng.integers(2**32)))
        drawn = sample_crops(scene.micrograph, scene.truth, rules)
        self._vary.set_random_seed(int(rng.integers(2**32)))
        least_px = max(side_px, self.rules.least_px)
        crops = np.zeros((len(drawn.pixels), 1, least_px, least_px), np.float32)
        for crop, pixels in zip(crops, drawn.pixels, strict=True):
            crop[0] = np.clip(self._vary(image=mirror_padded(pixels, least_px))["image"], 0, 1)
        return torch.from_numpy(crops), torch.from_numpy(drawn.owners), torch.full((len(crops),), place)


def _variation(rules: SceneCropRules) -> albumentations.Compose:
    """What two crops of one material may differ by, beside their place."""
    zoom, turn = (1 - rules.zoom, 1 + rules.zoom), (-rules.turn_deg, rules.turn_deg)
    return albumentations.Compose(
        [
            albumentations.D4(p=1),
            albumentations.Affine(scale=zoom, rotate=turn, border_mode=cv2.BORDER_REFLECT, p=0.5),
            albumentations.MultiplicativeNoise((1 - rules.gain, 1 + rules.gain), p=1),
            albumentations.GaussNoise((0, rules.noise), p=0.3),
        ]
    )


class SceneCropsData(pl.LightningDataModule):
    """New scenes in every training epoch, the same few in every validation.

    Args:
        draw_scene: see `SceneCrops`.
        rules: how many, and how varied.
        n_workers: processes that draw; the batches do not depend on it.
    """

    def __init__(self, draw_scene: Callable[[int], Scene], rules: SceneCropRules, n_workers: int = 0) -> None:
        super().__init__()
        self.draw_scene, self.rules, self.n_workers = draw_scene, rules, n_workers

    def train_dataloader(self) -> DataLoader[Batch]:
        """Batches of new scenes."""
        return self._loader(_TRAIN, None)

    def val_dataloader(self) -> DataLoader[Batch]:
        """The scenes to validate on."""
        return self._loader(_VAL, None)

    def _loader(self, stream: int, batch_size: int | None) -> DataLoader[Batch]:
        dataset = SceneCrops(self.draw_scene, self.rules, stream)
        is_training = stream == _TRAIN
        return fresh_loader(
            dataset, self.trainer, is_training=is_training, batch_size=batch_size, n_workers=self.n_workers
        )
