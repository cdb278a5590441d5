"""How well the annotators of a data set agree, on the materials' names too."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from samiam.benchmark.report.agreement import agreement
from samiam.datasets import Labelled, find_labelled
from samiam.errors import InputError
from samiam.records import Scene
from samiam.records.showing import counted

_MEASURES = ("miou", "boundary_miou", "pixel_agreement", "name_agreement")


def agreement_of(folder: Path) -> pd.DataFrame:
    """What `agreement` makes of all images that several people labelled; those of one image are read at a time.

    Returns:
        Its columns, and `name_agreement`: the share of the pixels labelled by both whose labels have one name, NaN
        where there are none.

    Raises:
        InputError: if no image has labels of two annotators, or one cannot be read.
    """
    by_image: dict[str, list[Labelled]] = {}
    for found in find_labelled(folder):
        by_image.setdefault(found.image, []).append(found)
    tables = [_compared(image, several) for image, several in sorted(by_image.items()) if len(several) > 1]
    if not tables:
        raise InputError(f"{folder}: no image has labels of two annotators; give each annotator a folder of the same.")
    return pd.concat(tables, ignore_index=True)


def mean_of(table: pd.DataFrame) -> str:
    """The means over all pairs, in words."""
    means = ", ".join(f"{name} {table[name].mean():.3f}" for name in _MEASURES)
    return f"mean of {counted(len(table), 'pair')} on {counted(table['image'].nunique(), 'image')}: {means}"


def _compared(image: str, several: list[Labelled]) -> pd.DataFrame:
    scenes = [found.read() for found in several]
    table = agreement([(image, scene) for scene in scenes])
    return table.assign(name_agreement=[_on_names(*pair) for pair in combinations(scenes, 2)])


def _on_names(first: Scene, second: Scene) -> float:
    number_in_first = {name: number for number, name in enumerate(first.materials, start=1)}
    numbers = np.array([0, *(number_in_first.get(name, -1) for name in second.materials)])[second.labels]
    by_both = (first.labels > 0) & (second.labels > 0)
    return float((numbers == first.labels)[by_both].mean()) if by_both.any() else float("nan")
