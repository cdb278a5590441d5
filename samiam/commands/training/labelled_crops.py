"""Crops that a classifier is tuned on: of labelled images, and simulated ones of what it knows already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import ConcatDataset

from samiam.errors import InputError
from samiam.records import Scene
from samiam.training.classifier.crop_sets import Crops, CropSetsData
from samiam.training.labelled.crops.named_crops import NamedCrops, all_crops, crops_by_label
from samiam.training.labelled.division import Division
from samiam.training.labelled.settings import LabelledRules
from simulate.crops import CropDataset
from simulate.library.materials import material

_PER_MASK = 40  # crops of a material in an image; more of them overlap ever more
_OLD_EACH = 16  # simulated crops of each known material; to draw one costs as much as to learn from it
_PER_SCENE = 4  # crops of a material of a random lattice, which is none of the known ones
_LEARN, _TEST = 0, 1  # seeds of simulated crops


class ClassifierSets:
    """What is learnt from, decides and tests.

    Args:
        division: the labelled images.
        rules: how they are learnt from; a batch has `batch_size` crops.
        known: the materials that the classifier knows already; those of the library are rehearsed.
        materials: all that it is to know.
        draw_old: makes the random scene of a number, which shows none of them.
    """

    def __init__(
        self,
        division: Division,
        rules: LabelledRules,
        known: Sequence[str],
        materials: Sequence[str],
        draw_old: Callable[[int], Scene],
    ) -> None:
        self._division, self._rules, self._materials, self._draw_old = division, rules, materials, draw_old
        self._rehearsed = [name for name in known if _is_in_library(name)]

    @cached_property
    def labelled(self) -> list[list[NDArray[np.float32]]]:
        """Crops of each material in the images that are learnt from."""
        return self._of(self._division.train)

    def batches(self) -> CropSetsData:
        """Batches for `LabelledClassification`."""
        rules = self._rules
        n, n_old = rules.batches * rules.batch_size, round(rules.rehearsal * rules.batches * rules.batch_size)
        train: list[Crops] = [_balanced(self.labelled, n - n_old)]
        if n_old:
            train.append(_balanced(self._old(_LEARN), n_old))
        tests: dict[str, Crops] = {"old": _balanced(self._old(_TEST), _OLD_EACH * (len(self._rehearsed) + 1))}
        if self._division.test:
            tests["test"] = self._in_each(self._division.test)
        return CropSetsData(
            ConcatDataset(train), self._in_each(self._division.val), tests, seed=rules.seed, batch_size=rules.batch_size
        )

    @property
    def to_calibrate(self) -> Crops:
        """Crops that were not learnt from: of labelled images that decide, of known materials, and of none of them."""
        return ConcatDataset([self._in_each(self._division.val), _balanced(self._old(_TEST), 4 * _OLD_EACH)])

    def _in_each(self, scenes: Sequence[Scene]) -> Crops:
        by_label = self._of(scenes)
        return _balanced(by_label, _PER_MASK * sum(map(bool, by_label)))

    def _of(self, scenes: Sequence[Scene]) -> list[list[NDArray[np.float32]]]:
        found = crops_by_label(scenes, self._materials, _PER_MASK, self._rules.seed)
        if not any(found):
            names = ", ".join(scene.micrograph.name for scene in scenes)
            raise InputError(f"{names}: no material is wide enough for a crop of 24 px; label larger regions.")
        return found

    def _old(self, stream: int) -> list[list[NDArray[np.float32]]]:
        """Simulated crops of what is known already, and of random lattices, which are none of it."""
        found: list[list[NDArray[np.float32]]] = [[] for _ in range(len(self._materials) + 1)]
        if self._rehearsed:
            drawn = CropDataset(self._rehearsed, _OLD_EACH * len(self._rehearsed), seed=stream)
            for crop, label in (drawn[index] for index in range(len(drawn))):
                found[self._materials.index(self._rehearsed[label])].append(crop[0].numpy())
        scenes = [self._draw_old(stream * self._rules.old_scenes + n) for n in range(self._rules.old_scenes)]
        found[-1] = all_crops(scenes, _PER_SCENE, self._rules.seed)
        return found


def _balanced(by_label: Sequence[Sequence[NDArray[np.float32]]], n: int) -> NamedCrops:
    """About n crops, the same number of every label that there is."""
    return NamedCrops(by_label, max(1, round(n / sum(map(bool, by_label)))))


def _is_in_library(name: str) -> bool:
    try:
        material(name)
    except InputError:
        return False
    return True
