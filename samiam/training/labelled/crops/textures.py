"""FENet tuned on crops of labelled images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytorch_lightning as pl
from torch import Tensor
from torch.utils.data import DataLoader

from samiam.records import Scene
from samiam.texture.fenet import FENet
from samiam.training.fenet.contrastive import ContrastiveLearner
from samiam.training.fenet.scene_crops import SceneCrops
from samiam.training.fenet.settings import ContrastiveRecipe, SceneCropRules
from samiam.training.labelled.division import Division
from samiam.training.labelled.names import test_name, test_names
from samiam.training.labelled.norms import NormsTuner
from samiam.training.labelled.settings import FineTuningRecipe, LabelledRules
from samiam.training.labelled.world import FIRST_OLD, Whole
from samiam.training.sampling import fresh_loader

_VAL_BATCHES = 4
_SIDES_PX = (48, 60, 64)  # of crops, as the booster draws them


class LabelledContrastive(NormsTuner, ContrastiveLearner):
    """Tunes a `FENet` as `ContrastiveLearner` trains one.

    Args:
        network: the encoder.
        recipe: how it learns.
    """

    def __init__(self, network: FENet, recipe: FineTuningRecipe) -> None:
        rates = (recipe.learning_rate, recipe.weight_decay, recipe.warm_up_steps)
        super().__init__(network, ContrastiveRecipe(*rates))
        self.norms = recipe.norms

    def test_step(self, batch: tuple[Tensor, Tensor, Tensor], batch_idx: int, dataloader_idx: int = 0) -> None:  # noqa: ARG002
        """Clustering accuracy of one batch of scenes to test on, simulated or labelled."""
        name = f"{test_name(self, dataloader_idx)}/accuracy"
        self.log(name, self.accuracy(batch), batch_size=1, sync_dist=True, add_dataloader_idx=False)


@dataclass(frozen=True, eq=False)
class _Each:
    """The images in turn, whatever the seed."""

    images: Sequence[Scene]

    def __call__(self, seed: int) -> Scene:
        return self.images[seed % len(self.images)]


@dataclass(frozen=True, eq=False)
class _Old:
    """Scenes of the old world that training does not draw."""

    draw: Callable[[int], Scene]

    def __call__(self, seed: int) -> Scene:
        return self.draw(FIRST_OLD + seed)


class LabelledCropsData(pl.LightningDataModule):
    """Batches of crops for `LabelledContrastive`.

    Args:
        division: the labelled images.
        rules: how they are learnt from; a batch has crops of `batch_size` scenes.
        draw_old: makes the simulated scene of a number.
        n_workers: processes that draw; the batches do not depend on it.

    Attributes:
        test_names: see `samiam.training.labelled.names`.
    """

    def __init__(
        self, division: Division, rules: LabelledRules, draw_old: Callable[[int], Scene], n_workers: int = 0
    ) -> None:
        super().__init__()
        self.division, self.rules, self.draw_old, self.n_workers = division, rules, draw_old, n_workers
        self.test_names = test_names(division)

    def train_dataloader(self) -> DataLoader[Any]:
        """Crops of labelled images and of simulated scenes."""
        draw = Whole(self.division.train, self.draw_old, self.rules.rehearsal)
        return self._loader(draw, self.rules.batches, is_training=True)

    def val_dataloader(self) -> DataLoader[Any]:
        """Crops of the images that decide."""
        return self._loader(_Each(self.division.val), _VAL_BATCHES, is_training=False)

    def test_dataloader(self) -> list[DataLoader[Any]]:
        """Crops of scenes of the old world, and of the images that are only tested on."""
        draws: list[Callable[[int], Scene]] = [_Old(self.draw_old), _Each(self.division.test)]
        draws = draws[: len(self.test_names)]
        return [self._loader(draw, _VAL_BATCHES, is_training=False) for draw in draws]

    def _loader(self, draw: Callable[[int], Scene], batches: int, *, is_training: bool) -> DataLoader[Any]:
        rules = SceneCropRules(batches, batches, scenes=self.rules.batch_size, sides_px=_SIDES_PX, seed=self.rules.seed)
        crops = SceneCrops(draw, rules, 0 if is_training else 1)
        return fresh_loader(
            crops,
            self.trainer,
            is_training=is_training,
            batch_size=None,
            n_workers=self.n_workers,
        )
