"""Scenes of particles that are drawn on the fly, varied as microscopes vary; no data set is kept."""

from __future__ import annotations

from collections.abc import Callable

import albumentations
import cv2
import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from samiam.records.particle_scene import ParticleScene
from samiam.training.particles.settings import ParticleSceneRules
from samiam.training.particles.targets import targets_of
from samiam.training.sampling import fresh_loader

Batch = tuple[Tensor, Tensor]
Drawing = Callable[[int], ParticleScene]


class TrainingScenes(Dataset[Batch]):
    """Scenes to train on; scene i depends on the seed and i alone.

    A scene is float32 (C, H, W), as the network sees it, and its targets (3, H, W), see `targets_of`.

    Args:
        draw_scene: makes the scene of a seed, a whole number below 2³²; all of one size.
        see: what the network sees of pixels.
        rules: how many, and how varied.
    """

    def __init__(
        self,
        draw_scene: Drawing,
        see: Callable[[NDArray[np.float32]], NDArray[np.float32]],
        rules: ParticleSceneRules,
    ) -> None:
        self.draw_scene, self.see, self.rules = draw_scene, see, rules
        self._vary = _variation(rules)

    def __len__(self) -> int:
        return self.rules.scenes

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng([self.rules.seed, index])
        scene = self.draw_scene(int(rng.integers(2**32)))
        self._vary.set_random_seed(int(rng.integers(2**32)))
        masks = np.stack([np.zeros(scene.masks.shape_hw, np.uint8), *(mask.astype(np.uint8) for mask in scene.masks)])
        varied = self._vary(image=np.array(scene.micrograph.pixels), masks=masks)
        seen = self.see(np.clip(varied["image"], 0, 1))
        return torch.from_numpy(seen), torch.from_numpy(targets_of(varied["masks"], seen.shape[1:]))


def _variation(rules: ParticleSceneRules) -> albumentations.Compose:
    """What micrographs of one specimen may differ by."""
    placed = albumentations.Affine(
        scale=(1 / (1 + rules.zoom), 1 + rules.zoom),
        rotate=(-180, 180),
        interpolation=cv2.INTER_LINEAR,
        mask_interpolation=cv2.INTER_NEAREST,
        border_mode=cv2.BORDER_REFLECT_101,
        p=rules.p_placed,
    )
    return albumentations.Compose(
        [
            albumentations.D4(p=1),
            placed,
            albumentations.GaussianBlur(blur_limit=0, sigma_limit=(0.4, 1.2), p=rules.p_blurred),
            albumentations.Illumination(intensity_range=(0.02, 0.2), p=rules.p_shaded),
            albumentations.RandomGamma(gamma_limit=(70, 140), p=0.4),
            albumentations.GaussNoise(std_range=(0.01, 0.1), p=rules.p_noisy),
            albumentations.ImageCompression(quality_range=(30, 95), p=rules.p_compressed),
        ]
    )


class ValidationScenes(Dataset[Batch]):
    """Scenes to validate on, the same ones always: pixels float32 (H, W) in [0, 1] and masks bool (N, H, W).

    Args:
        draw_scene: makes the scene of a number.
        n: how many.
    """

    def __init__(self, draw_scene: Drawing, n: int) -> None:
        self.draw_scene, self.n = draw_scene, n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> Batch:
        scene = self.draw_scene(index)
        return torch.from_numpy(np.array(scene.micrograph.pixels)), torch.from_numpy(scene.masks[:])


class ParticleScenesData(pl.LightningDataModule):
    """New scenes in every training epoch, the same few in every validation.

    Args:
        draw_scene: makes the scene of a seed, of specimens to train on.
        draw_to_validate: makes the scene of a number, of specimens to validate on.
        see: what the network sees of pixels.
        rules: how many, and how varied.
        n_workers: processes that draw; the batches do not depend on it.
    """

    def __init__(
        self,
        draw_scene: Drawing,
        draw_to_validate: Drawing,
        see: Callable[[NDArray[np.float32]], NDArray[np.float32]],
        rules: ParticleSceneRules,
        n_workers: int = 0,
    ) -> None:
        super().__init__()
        self.draw_scene, self.draw_to_validate, self.see = draw_scene, draw_to_validate, see
        self.rules, self.n_workers = rules, n_workers

    def train_dataloader(self) -> DataLoader[Batch]:
        """Batches of new scenes."""
        scenes = TrainingScenes(self.draw_scene, self.see, self.rules)
        batch_size = self.rules.batch_size
        return fresh_loader(scenes, self.trainer, is_training=True, batch_size=batch_size, n_workers=self.n_workers)

    def val_dataloader(self) -> DataLoader[Batch]:
        """The scenes to validate on, one by one."""
        scenes = ValidationScenes(self.draw_to_validate, self.rules.val_scenes)
        return fresh_loader(scenes, self.trainer, is_training=False, batch_size=None, n_workers=0)
