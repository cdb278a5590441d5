"""Crops of labelled images under the names of their materials, as a classifier learns them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from samiam.boosting import CropRules, sample_crops
from samiam.errors import InputError
from samiam.records import Scene

_NUMBERED = re.compile(r"(material|label) \d+")  # what materials are called that nobody has named


class NamedCrops(Dataset[tuple[Tensor, int]]):
    """Crops with labels, the same number of every label that there is.

    Args:
        by_label: for each label its crops, float32 (h, w) in [0, 1]; a label may have none.
        n: how many there are of each label that has some; they come again where there are fewer.
    """

    def __init__(self, by_label: Sequence[Sequence[NDArray[np.float32]]], n: int) -> None:
        self.by_label, self.n = by_label, n
        self.present = [label for label, crops in enumerate(by_label) if len(crops)]

    def __len__(self) -> int:
        return self.n * len(self.present)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        if not 0 <= index < len(self):
            raise IndexError(index)
        place, number = divmod(index, len(self.present))
        label = self.present[number]
        crops = self.by_label[label]
        return torch.from_numpy(crops[place % len(crops)].copy())[None], label


def crops_by_label(
    scenes: Sequence[Scene], materials: Sequence[str], n_crops: int, seed: int
) -> list[list[NDArray[np.float32]]]:
    """Crops of each material in some images, and none for what is none of them, which comes last.

    Args:
        scenes: labelled images.
        materials: names of the classes.
        n_crops: of each material in each image, at most.
        seed: of the draws.
    """
    found: list[list[NDArray[np.float32]]] = [[] for _ in range(len(materials) + 1)]
    for number, scene in enumerate(scenes):
        drawn = sample_crops(scene.micrograph, scene.truth, CropRules(n_crops, seed=seed + number))
        for crop, owner in zip(drawn.pixels, drawn.owners, strict=True):
            found[materials.index(scene.materials[owner])].append(crop)
    return found


def all_crops(scenes: Sequence[Scene], n_crops: int, seed: int) -> list[NDArray[np.float32]]:
    """Crops of all that some images show, whatever it is."""
    return [
        crop
        for number, scene in enumerate(scenes)
        for crop in sample_crops(scene.micrograph, scene.truth, CropRules(n_crops, seed=seed + number)).pixels
    ]


def checked_names(folder: str | Path, scenes: Sequence[Scene]) -> list[str]:
    """The names of all materials in some images.

    Raises:
        InputError: if one has a number for a name, which may be anything in another image.
    """
    names = sorted({name for scene in scenes for name in scene.materials})
    if numbered := [name for name in names if _NUMBERED.fullmatch(name)]:
        raise InputError(
            f"{folder}: a classifier needs names, and {numbered[0]!r} is none; give one by "
            f'samiam dataset build --rename "{numbered[0]}=NAME".'
        )
    return names
