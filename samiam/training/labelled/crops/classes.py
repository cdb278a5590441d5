"""A classifier of crops that gets to know further materials before it is tuned on them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from samiam.texture.crop_network import CropNetwork
from samiam.training.classification import Classification
from samiam.training.classifier.crop_sets import images_of
from samiam.training.labelled.norms import NormsTuner
from samiam.training.labelled.settings import FineTuningRecipe
from samiam.training.settings import ClassificationRecipe


class LabelledClassification(NormsTuner, Classification):
    """Tunes a classifier of crops as `Classification` trains one.

    Args:
        network: the classifier.
        recipe: how it learns.
    """

    def __init__(self, network: CropNetwork, recipe: FineTuningRecipe) -> None:
        how = ClassificationRecipe("adamw", recipe.learning_rate, weight_decay=recipe.weight_decay, schedule="cosine")
        super().__init__(network, how)
        self.norms = recipe.norms


def with_classes(
    network: CropNetwork, known: Sequence[str], materials: Sequence[str], crops: Sequence[Sequence[NDArray[np.float32]]]
) -> CropNetwork:
    """A classifier with an output for each material, and a last one for what is none of them.

    The outputs of materials that it knows stay. A new one answers to the mean direction of its crops' vectors, as long
    as the others are in the mean ("imprinted", Qi, Brown and Lowe, CVPR 2018).

    Args:
        network: changed in place.
        known: the materials of its outputs.
        materials: those that it is to have, the known ones among them.
        crops: of each material.
    """
    head = network.head
    wider = nn.Linear(head.in_features, len(materials) + 1)
    with torch.no_grad():
        length, bias = head.weight.norm(dim=1).mean(), head.bias.mean()
        wider.weight[-1], wider.bias[-1] = head.weight[-1], head.bias[-1]
        for place, name in enumerate(materials):
            if name in known:
                own = known.index(name)
                wider.weight[place], wider.bias[place] = head.weight[own], head.bias[own]
            else:
                wider.weight[place], wider.bias[place] = length * _direction(network, crops[place]), bias
    network.head = wider
    return network


def _direction(network: CropNetwork, crops: Sequence[NDArray[np.float32]]) -> torch.Tensor:
    """The mean direction (width,) of the vectors of crops."""
    found: list[torch.Tensor] = []
    handle = network.head.register_forward_pre_hook(lambda _, given: found.append(given[0]))
    images, _ = images_of([(torch.from_numpy(crop.copy())[None], 0) for crop in crops])
    network.eval()(images)
    handle.remove()
    return functional.normalize(functional.normalize(found[0]).mean(dim=0), dim=0)
