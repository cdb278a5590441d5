"""Frames of labyrinths that are drawn on the fly, as the network sees them; no data set is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import albumentations
import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from samiam.networks.inputs import resampled
from samiam.polar.inputs import WORKING_PERIOD_PX
from samiam.records.polar_scene import Points, PolarScene
from samiam.training.polar.settings import FrameRules
from samiam.training.polar.targets import heat_maps
from samiam.training.sampling import fresh_loader

Batch = tuple[Tensor, Tensor]
See = Callable[[NDArray[np.float32]], NDArray[np.float32]]
Drawing = Callable[[int, int, float], PolarScene]
"""Makes the frame of a seed, of this side and of this period; consecutive seeds are the quickest."""


def bright_sided(scene: PolarScene) -> NDArray[np.float32]:
    """Its pixels (H, W), inverted where its stripes are the dark ones: a network looks for bright ones."""
    pixels = scene.micrograph.pixels
    return pixels if scene.sign == "bright" else 1 - pixels


def resized(scene: PolarScene, size_px: int) -> tuple[NDArray[np.float32], Points]:
    """Pixels (size, size) of a square frame with bright stripes, and its points there."""
    ratio = size_px / scene.micrograph.shape_hw[0]
    points = scene.points
    places = (points.positions_px + 0.5) * ratio - 0.5
    return resampled(bright_sided(scene), (size_px, size_px)), Points(places, points.is_junction)


class TrainingFrames(Dataset[Batch]):
    """Frames to train on; frame i depends on the seed and i alone.

    A frame is float32 (1, H, W), pixels as the network sees them, and maps (3, H, W): heat, see `heat_maps`, and which
    share of a pixel is of a stripe.

    Args:
        draw: makes the frame of a seed.
        see: what the network sees of pixels.
        rules: how many, and how varied.
        periods_px: of the frames, both ends.
        at_working_period: whether the network sees frames at the working period, or as they are.
        peak: standard deviation of a point's Gaussian, in periods.
    """

    def __init__(
        self,
        draw: Drawing,
        see: See,
        rules: FrameRules,
        periods_px: tuple[float, float],
        peak: float,
        *,
        at_working_period: bool,
    ) -> None:
        self.draw, self.see, self.rules, self.periods_px, self.peak = draw, see, rules, periods_px, peak
        self.at_working_period = at_working_period
        self._vary = albumentations.Compose(
            [
                albumentations.D4(p=1),
                albumentations.GaussianBlur(blur_limit=0, sigma_limit=(0.4, 1.2), p=rules.p_blurred),
                albumentations.RandomGamma(gamma_limit=(70, 140), p=rules.p_curved),
            ]
        )

    def __len__(self) -> int:
        return self.rules.scenes

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng([self.rules.seed, index])
        size, period = self.rules.size_px, float(np.exp(rng.uniform(*np.log(self.periods_px))))
        judged = period * float(np.exp(self.rules.misjudged * rng.standard_normal()))
        side = round(size * judged / WORKING_PERIOD_PX) if self.at_working_period else size
        scene = self.draw(index, side, period)
        pixels, points = resized(scene, size)
        heat = heat_maps(points, (size, size), self.peak * period * size / side)
        stripes = np.clip(resampled(scene.stripes.astype(np.float32), (size, size)), 0, 1)
        self._vary.set_random_seed(int(rng.integers(2**32)))
        varied = self._vary(image=pixels, masks=np.concatenate([heat, stripes[None]]))
        seen = self.see(np.clip(varied["image"], 0, 1))
        return torch.from_numpy(seen[None]), torch.from_numpy(np.ascontiguousarray(varied["masks"]))


class ValidationFrames(Dataset[PolarScene]):
    """Frames to validate on, the same ones always.

    Args:
        draw: makes the frame of a number.
        n: how many.
    """

    def __init__(self, draw: Callable[[int], PolarScene], n: int) -> None:
        self.draw, self.n = draw, n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> PolarScene:
        return self.draw(index)


class PolarFramesData(pl.LightningDataModule):
    """New frames in every training epoch, the same few in every validation.

    Args:
        train: images and maps to train on.
        val: frames to validate on.
        batch_size: of the former.
        n_workers: processes that draw; the batches do not depend on it.
    """

    def __init__(self, train: Dataset[Batch], val: ValidationFrames, batch_size: int, n_workers: int = 0) -> None:
        super().__init__()
        self.train, self.val, self.batch_size, self.n_workers = train, val, batch_size, n_workers

    def train_dataloader(self) -> DataLoader[Batch]:
        """Batches of new frames."""
        return fresh_loader(
            self.train, self.trainer, is_training=True, batch_size=self.batch_size, n_workers=self.n_workers
        )

    def val_dataloader(self) -> DataLoader[PolarScene]:
        """The frames to validate on, one by one."""
        return fresh_loader(self.val, self.trainer, is_training=False, batch_size=None, n_workers=self.n_workers)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:  # noqa: ANN401
        """Frames to validate on stay as they are: Lightning cannot copy what is frozen."""
        if isinstance(batch, PolarScene):
            return batch
        return super().transfer_batch_to_device(batch, device, dataloader_idx)
