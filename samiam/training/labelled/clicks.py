"""SAM's mask decoder tuned on clicks into labelled regions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from samiam.generation.sam.tunable import TunableDecoder
from samiam.geometry import pole_of_inaccessibility
from samiam.records import Scene
from samiam.training.labelled.division import Division
from samiam.training.labelled.names import test_name, test_names
from samiam.training.labelled.settings import FineTuningRecipe, LabelledRules
from samiam.training.sampling import fresh_loader
from samiam.training.schedule import adamw_with_warm_up

_LEAST_SHARE = 0.002  # of the grid: smaller connected parts are specks, which nobody clicks on
_FOCAL_WEIGHT, _FOCAL_POWER, _FOCAL_INSIDE = 20.0, 2.0, 0.25
"""Of the loss of masks beside Dice, as SAM's (Kirillov et al., ICCV 2023, appendix A; focal: Lin et al., ICCV 2017)."""
Batch = tuple[Tensor, Tensor, Tensor, Tensor]


@dataclass(frozen=True, eq=False)
class Embedded:
    """A labelled image as the decoder sees it.

    Attributes:
        embedding: float (1, C, h, w).
        regions: bool (R, grid, grid), connected parts of materials.
        is_known: bool (grid, grid), where the image is and is labelled.
    """

    embedding: Tensor
    regions: NDArray[np.bool_]
    is_known: NDArray[np.bool_]

    @classmethod
    def of(cls, scene: Scene, network: TunableDecoder) -> Embedded:
        """Embed an image; regions that are specks on the grid are left out."""
        labels = network.seen(scene.labels)
        regions = []
        for label in range(1, int(labels.max()) + 1):
            parts, n = ndimage.label(labels == label)
            regions += [parts == number for number in range(1, n + 1)]
        large = [region for region in regions if region.mean() >= _LEAST_SHARE]
        masks = np.array(large, np.bool_).reshape(-1, *labels.shape)
        return cls(network.embed(scene.micrograph), masks, labels > 0)


class Clicks(Dataset[Batch]):
    """Clicks into regions: an item is a batch of clicks into one image.

    An item is the regions that are meant, float32 (B, 1, grid, grid); the clicks float32 (B, 2) as (x, y) on that grid
    of masks; the image's embedding (C, h, w); and where labels are known, float32 (grid, grid).

    Args:
        images: what is clicked into.
        n: items.
        n_clicks: in an item.
        seed: of the clicks.
    """

    def __init__(self, images: Sequence[Embedded], n: int, n_clicks: int, seed: int) -> None:
        self.images, self.n, self.n_clicks, self.seed = images, n, n_clicks, seed

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng([self.seed, index])
        image = self.images[int(rng.integers(len(self.images)))]
        chosen = rng.integers(len(image.regions), size=self.n_clicks)
        points = [_inside(image.regions[region], rng) for region in chosen]
        return _item(image, image.regions[chosen], points)


class Poles(Dataset[Batch]):
    """A click into the middle of each region, image by image; items as those of `Clicks`."""

    def __init__(self, images: Sequence[Embedded]) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Batch:
        image = self.images[index]
        poles = [pole_of_inaccessibility(region)[0] for region in image.regions]
        return _item(image, image.regions, [(x, y) for y, x in poles])


def _item(image: Embedded, regions: NDArray[np.bool_], points: Sequence[tuple[int, int]]) -> Batch:
    targets, is_known = (torch.from_numpy(maps.astype(np.float32)) for maps in (regions[:, None], image.is_known))
    return targets, torch.tensor(points, dtype=torch.float32), image.embedding[0], is_known


def _inside(region: NDArray[np.bool_], rng: np.random.Generator) -> tuple[int, int]:
    """A point (x, y) within a region, half as deep as its deepest at least."""
    depth = ndimage.distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1]
    deep = np.argwhere(depth >= depth.max() / 2)
    y, x = deep[rng.integers(len(deep))]
    return int(x), int(y)


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
            [image for scene in scenes if len((image := Embedded.of(scene, network)).regions)]
            for scenes in (division.train, division.val, division.test)
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


class ClickLearner(pl.LightningModule):
    """Tunes a `TunableDecoder` on batches of clicks.

    Args:
        network: what is tuned: its mask decoder.
        recipe: how it learns.
    """

    monitor = ("val/click_iou", "max")

    def __init__(self, network: TunableDecoder, recipe: FineTuningRecipe) -> None:
        super().__init__()
        self.tunable, self.recipe = network, recipe
        self.network = network.decoder

    def training_step(self, batch: Batch) -> Tensor:
        """Loss of one batch: of the best of three masks, and of the quality that is expected of each."""
        targets, points, embedding, is_known = batch
        logits, expected = self.tunable(embedding[None], points)
        of_masks, ious = mask_losses(logits, targets, is_known)
        loss = of_masks.min(dim=1).values.mean() + functional.mse_loss(expected, ious)
        self.log("train/loss", loss, prog_bar=True, batch_size=len(points))
        return loss

    def validation_step(self, batch: Batch) -> None:
        """IoU after one click into each region of an image, of the mask that is expected to be best."""
        self._score(batch, "val")

    def test_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:  # noqa: ARG002
        """Likewise of an image to test on, simulated or labelled."""
        self._score(batch, test_name(self, dataloader_idx))

    def _score(self, batch: Batch, name: str) -> None:
        targets, points, embedding, is_known = batch
        logits, expected = self.tunable(embedding[None], points)
        _, ious = mask_losses(logits, targets, is_known)
        chosen = ious.gather(1, expected.argmax(dim=1, keepdim=True))
        shown = {f"{name}/click_iou": chosen.mean(), f"{name}/best_iou": ious.max(dim=1).values.mean()}
        self.log_dict(shown, batch_size=1, sync_dist=True, add_dataloader_idx=False)

    def configure_optimizers(self) -> Any:  # noqa: ANN401
        """AdamW under one warm-up and one cosine over the whole training."""
        return adamw_with_warm_up(self.network.parameters(), self.trainer, self.recipe)


def mask_losses(logits: Tensor, targets: Tensor, is_known: Tensor) -> tuple[Tensor, Tensor]:
    """What masks lack, where labels are known.

    Args:
        logits: (B, M, h, w), above 0 inside.
        targets: (B, 1, h, w), 1 inside.
        is_known: (h, w), 1 where labels are known.

    Returns:
        The focal loss of each mask, weighed, and its Dice loss together, (B, M); and its IoU, (B, M).
    """
    targets = targets.expand_as(logits)
    n_known = is_known.sum().clamp(min=1)
    surprise = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    of_inside = targets * _FOCAL_INSIDE + (1 - targets) * (1 - _FOCAL_INSIDE)
    focal = (of_inside * (1 - torch.exp(-surprise)) ** _FOCAL_POWER * surprise * is_known).sum(dim=(2, 3)) / n_known
    shares = logits.sigmoid() * is_known
    dice = 1 - (2 * (shares * targets).sum(dim=(2, 3)) + 1) / ((shares + targets).sum(dim=(2, 3)) + 1)
    inside, wanted = (logits > 0) & (is_known > 0), targets > 0
    union = (inside | wanted).sum(dim=(2, 3)).clamp(min=1)
    return _FOCAL_WEIGHT * focal + dice, (inside & wanted).sum(dim=(2, 3)) / union
