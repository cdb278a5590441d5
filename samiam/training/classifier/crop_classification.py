"""A classifier of crops that learns to tell materials, and then how far these reach."""

from __future__ import annotations

from typing import cast

import torch

from samiam.texture.crop_network import CropNetwork
from samiam.training.classification import Classification
from samiam.training.classifier.crop_sets import CropSetsData


class CropClassification(Classification):
    """Trains a `CropNetwork`; before the tests, the crops to choose by set the reach of each class.

    Args:
        network: the classifier.
        recipe: how it learns.
    """

    network: CropNetwork

    def on_test_start(self) -> None:
        """The reaches, of the best weights."""
        super().on_test_start()
        data = cast("CropSetsData", self.trainer.datamodule)  # type: ignore[attr-defined]
        images, labels = (torch.cat(parts).to(self.device) for parts in zip(*data.val_dataloader(), strict=True))
        self.network.learn_reaches(images, labels)
