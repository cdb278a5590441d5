"""Which labelled images are learnt from, which decide whether that was any good, and which are only tested on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from samiam.datasets import Place
from samiam.errors import InputError
from samiam.records import Scene
from samiam.records.showing import counted
from samiam.training.labelled.parts import held_out_third


@dataclass(frozen=True, eq=False)
class Division:
    """Labelled images, each in one part only.

    Attributes:
        train: to learn from.
        val: to decide by.
        test: to test on, perhaps none.
        judges: what decides, in words.
        of_one_image: whether what decides is a part of the only image.
    """

    train: Sequence[Scene]
    val: Sequence[Scene]
    test: Sequence[Scene]
    judges: str
    of_one_image: bool = False

    @property
    def n_deciding(self) -> int:
        """How many images decide, however many annotators labelled each."""
        return len({name_of(scene) for scene in self.val})

    @cached_property
    def sha256(self) -> str:
        """Of all images and labels, and of the part that each is in."""
        found = hashlib.sha256()
        for part in (self.train, self.val, self.test):
            found.update(f"{len(part)} ".encode())
            for scene in part:
                labels = scene.labels.astype("<u4").tobytes()
                found.update(f"{scene.micrograph.pixels_sha256} {list(scene.materials)} ".encode() + labels)
        return found.hexdigest()


def name_of(scene: Scene) -> str:
    """What an image has in common with the same one of another annotator, and with no other."""
    return str(scene.micrograph.metadata.get("sha256", scene.micrograph.name))


def divide(scenes: Sequence[Scene], places: Sequence[Place], images: Sequence[str], *, share: float) -> Division:
    """Divide labelled images by specimen, as their data set says, or hold some out.

    The images of the split val decide. Where there are none, a share of the specimens of the split train does, one at
    least, spread over their names; of a single specimen a share of its images; of a single image a third of it, see
    `held_out_third`.

    Args:
        scenes: the images; one that several annotators labelled comes several times.
        places: of each its specimen and split.
        images: of each the name of the image.
        share: of the specimens that is held out, between 0 and 1.

    Raises:
        InputError: if there is nothing to learn from, or a single image cannot be cut.
    """
    by_split = {split: [n for n, place in enumerate(places) if place.split == split] for split in _SPLITS}
    if not by_split["train"]:
        raise InputError("no image is in the split train; build the data set with --split SPECIMEN=train for some.")
    test = [scenes[n] for n in by_split["test"]]
    if by_split["val"]:
        of_split = _images([images[n] for n in by_split["val"]])
        return Division(_of(scenes, by_split["train"]), _of(scenes, by_split["val"]), test, f"{of_split} of split val")
    train = by_split["train"]
    for what, keys in (("specimen", [places[n].specimen for n in train]), ("image", [images[n] for n in train])):
        if len(names := sorted(set(keys))) > 1:
            held = _spread(names, share)
            val = [n for n, key in zip(train, keys, strict=True) if key in held]
            judges = f"{_images([images[n] for n in val])} held out ({len(held)} of {counted(len(names), what)})"
            return Division([scenes[n] for n in train if n not in val], _of(scenes, val), test, judges)
    rest, third = held_out_third(scenes[train[0]])
    return Division([rest], [third], test, "a third of the only image", of_one_image=True)


_SPLITS = ("train", "val", "test")


def _of(scenes: Sequence[Scene], numbers: Sequence[int]) -> list[Scene]:
    return [scenes[number] for number in numbers]


def _images(names: Sequence[str]) -> str:
    return counted(len(set(names)), "image")


def _spread(names: Sequence[str], share: float) -> set[str]:
    """Some of the names, equally far apart; one at least, and one at least is left."""
    n = int(np.clip(round(share * len(names)), 1, len(names) - 1))
    return {names[int((place + 0.5) * len(names) / n)] for place in range(n)}
