"""Whole scenes that are drawn on the fly, varied as microscopes vary; no data set is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import albumentations
import cv2
import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from samiam.records import Scene
from samiam.training.compact.settings import WholeSceneRules
from samiam.training.sampling import fresh_loader

Batch = tuple[Tensor, Tensor, Tensor, Tensor]
_TRAIN, _VAL = 0, 1  # streams of the seed


class WholeScenes(Dataset[Batch]):
    """Scenes; scene i depends on the seed, the stream and i alone.

    A scene is pixels float32 (1, H, W) in [0, 1] and int64 (H, W) materials, grains and orientations, each 0 where
    there is none; grains whose lattices lie alike have one orientation.

    Args:
        draw_scene: makes the scene of a seed, a whole number below 2³².
        rules: how many, and how varied.
        stream: 0 to train, 1 to validate; two streams share no scene but by chance.
    """

    def __init__(self, draw_scene: Callable[[int], Scene], rules: WholeSceneRules, stream: int) -> None:
        self.draw_scene, self.rules, self.stream = draw_scene, rules, stream
        self._vary = _variation(rules) if stream == _TRAIN else None

    def __len__(self) -> int:
        return self.rules.val_scenes if self.stream == _VAL else self.rules.scenes

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng([self.rules.seed, self.stream, index])
        scene = self.draw_scene(int(rng.integers(2**32)))
        labels = np.stack([scene.labels, scene.grains, orientations_of(scene)], axis=-1).astype(np.int16)
        pixels: NDArray[np.float32] = np.array(scene.micrograph.pixels)
        if self._vary is not None:
            self._vary.set_random_seed(int(rng.integers(2**32)))
            varied = self._vary(image=pixels, mask=labels)
            pixels, labels = np.clip(varied["image"], 0, 1), varied["mask"]
        materials, grains, orientations = torch.from_numpy(np.moveaxis(labels, -1, 0).astype(np.int64))
        return torch.from_numpy(pixels.reshape(1, *materials.shape)), materials, grains, orientations


def orientations_of(scene: Scene) -> NDArray[np.int64]:
    """A number (H, W) for how the lattice lies at each pixel, 0 where there is no grain.

    It stands in the scene's parameters, by grain, as `orientations`; where it does not, every grain lies by itself.
    """
    of_grain = scene.parameters.get("orientations", range(1, int(scene.grains.max(initial=0)) + 1))
    return np.array([0, *of_grain], np.int64)[scene.grains]


def _variation(rules: WholeSceneRules) -> albumentations.Compose:
    """What micrographs of one specimen may differ by."""
    zoom, turn = (1 / (1 + rules.zoom), 1 + rules.zoom), (-rules.turn_deg, rules.turn_deg)
    placed = albumentations.Affine(
        scale=zoom,
        rotate=turn,
        interpolation=cv2.INTER_LINEAR,
        mask_interpolation=cv2.INTER_NEAREST,
        border_mode=cv2.BORDER_REFLECT_101,
        p=0.4,
    )
    return albumentations.Compose(
        [
            albumentations.D4(p=1),
            placed,
            albumentations.GaussianBlur(blur_limit=0, sigma_limit=(0.4, 1.2), p=rules.p_blurred),
            albumentations.Illumination(intensity_range=(0.02, 0.2), p=rules.p_shaded),
            albumentations.RandomGamma(gamma_limit=(65, 150), p=0.5),
            albumentations.GaussNoise(std_range=(0.01, 0.12), p=rules.p_noisy),
        ]
    )


class WholeScenesData(pl.LightningDataModule):
    """New scenes in every training epoch, the same few in every validation.

    Args:
        draw_scene: makes the scene of a seed, a whole number below 2³².
        rules: how many, and how varied.
        n_workers: processes that draw; the batches do not depend on it.
        slices: by name what makes the scenes that show one effect each, which are validated by themselves.
    """

    def __init__(
        self,
        draw_scene: Callable[[int], Scene],
        rules: WholeSceneRules,
        n_workers: int = 0,
        slices: Mapping[str, Callable[[int], Scene]] = MappingProxyType({}),
    ) -> None:
        super().__init__()
        self.draw_scene, self.rules, self.n_workers, self.slices = draw_scene, rules, n_workers, dict(slices)

    def train_dataloader(self) -> DataLoader[Batch]:
        """Batches of new scenes."""
        scenes = WholeScenes(self.draw_scene, self.rules, _TRAIN)
        batch_size = self.rules.batch_size
        return fresh_loader(scenes, self.trainer, is_training=True, batch_size=batch_size, n_workers=self.n_workers)

    def val_dataloader(self) -> list[DataLoader[Batch]]:
        """The scenes to validate on, one by one: those of all effects together, then each slice."""
        of_slice = replace(self.rules, val_scenes=self.rules.scenes_of_slice)
        drawn = [(self.draw_scene, self.rules), *((draw, of_slice) for draw in self.slices.values())]
        return [
            fresh_loader(WholeScenes(draw, rules, _VAL), self.trainer, is_training=False, batch_size=1, n_workers=0)
            for draw, rules in drawn
        ]

    @property
    def names(self) -> list[str]:
        """What the scores of each loader to validate on are called by; those of all effects together have no name."""
        return ["", *self.slices]
