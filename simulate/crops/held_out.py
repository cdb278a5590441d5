"""Splits of crops whose tests are under conditions that training has not seen, drawn once and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from samiam.errors import InputError
from simulate.crops.choices import Interval
from simulate.crops.datasets import CropDataset
from simulate.crops.ranges import RANGES, CropConditions, SplitSizes
from simulate.crops.splits import INDEX, hash_of, write_crops
from simulate.crops.stand_ins import StandInDataset

STAND_INS = "stand_ins"
"""The name of the test on what is none of the materials."""
SAME = "same"
"""The name of the test under the conditions of training."""


def held_out_splits(
    materials: Sequence[str],
    conditions: CropConditions,
    held_out: Mapping[str, CropConditions],
    sizes: SplitSizes,
    size_px: int = 60,
    seed: int = 0,
) -> dict[str, CropDataset]:
    """Train, val, test under the conditions of training (`SAME`), and a test for each condition held out.

    Args:
        materials: names of the classes.
        conditions: of train, val and `SAME`.
        held_out: conditions of the other tests by name.
        sizes: how many crops.
        size_px: side of a crop.
        seed: of all draws.

    Raises:
        InputError: if a test held out has the name of another split or shares all its conditions with training, or
            materials or numbers are impossible.
    """
    taken = {"train", "val", SAME, STAND_INS} & held_out.keys()
    if taken:
        raise InputError(f"held out {', '.join(sorted(taken))}: this split is there already; give another name.")
    for test, tested in held_out.items():
        _check_unseen(test, conditions, tested)
    plan = {"train": (sizes.train, conditions), "val": (sizes.val, conditions), SAME: (sizes.test, conditions)}
    plan |= {name: (sizes.test, tested) for name, tested in held_out.items()}
    return {
        name: CropDataset(materials, n, size_px, of_split, seed=len(plan) * seed + place)
        for place, (name, (n, of_split)) in enumerate(plan.items())
    }


def stand_in_splits(
    materials: Sequence[str], conditions: CropConditions, sizes: SplitSizes, size_px: int = 60, seed: int = 0
) -> dict[str, StandInDataset]:
    """Train, val and a test (`STAND_INS`) of what stands in for materials, beside those of `held_out_splits`.

    Args:
        materials: names of the classes.
        conditions: of all splits.
        sizes: how many crops.
        size_px: side of a crop.
        seed: of all draws.

    Raises:
        InputError: if materials or numbers are impossible.
    """
    plan = {"train": sizes.train, "val": sizes.val, STAND_INS: sizes.test}
    return {
        name: StandInDataset(materials, n, size_px, conditions, seed=len(plan) * seed + place)
        for place, (name, n) in enumerate(plan.items())
    }


def _check_unseen(test: str, trained: CropConditions, tested: CropConditions) -> None:
    """Raise InputError unless a range of the test has nothing in common with training's."""
    if not any(_are_apart(trained.intervals(name), tested.intervals(name)) for name in RANGES):
        raise InputError(
            f"held out {test}: its conditions overlap with those of training; give a range that does not, "
            "as thickness_A 350 to 460 where training has 60 to 350."
        )


def _are_apart(ones: Sequence[Interval], others: Sequence[Interval]) -> bool:
    """Whether two ranges have no more than an end in common."""
    separate = all(end <= start or finish <= begin for begin, end in ones for start, finish in others)
    return separate and tuple(ones) != tuple(others)


def draw_once(folder: str | Path, splits: Mapping[str, CropDataset], n_workers: int = 0) -> Path:
    """The folder that `write_crops` fills with these splits, drawn only as far as nobody has yet.

    Several processes may draw the same at once: they write the same bytes.

    Args:
        folder: holds a folder for every set of splits, named by a hash of all that decides them, the library included.
        splits: data sets by name.
        n_workers: processes that draw.

    Returns:
        `folder/<hash>`, complete.

    Raises:
        InputError: if the splits do not go together, or the folder cannot be made.
    """
    place = Path(folder) / hash_of(splits)
    return place if (place / INDEX).is_file() else write_crops(place, splits, n_workers=n_workers).parent
