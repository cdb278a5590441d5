"""Regions that were painted over each other, made into one label image and a scene."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.datasets.label_pngs import read_mask
from samiam.datasets.material_names import check_apart, tidy
from samiam.errors import InputError
from samiam.records import Micrograph, Scene
from samiam.records.scene import CLASS_OF_LEVEL, EASY_WEIGHT

_UNKNOWN_CLASS = 2  # the middle one of three


class Region(Protocol):
    """What an annotator painted in one go."""

    @property
    def label(self) -> str:
        """The material."""

    @property
    def source(self) -> str | Path:
        """Where it comes from, for messages."""

    def mask(self, shape_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """Where it lies, (H, W).

        Args:
            shape_hw: of the micrograph; looked at before anything is decoded.

        Raises:
            InputError: if it cannot be read or is of another shape.
        """


@dataclass(frozen=True)
class PngRegion:
    """A region in a PNG.

    Attributes:
        label: the material.
        source: the file.
    """

    label: str
    source: Path

    def mask(self, shape_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """Where the PNG is painted, (H, W), see `read_mask`."""
        return read_mask(self.source, shape_hw)


class Painted(NamedTuple):
    """A label image, and what it was made from.

    Attributes:
        labels: uint32 (H, W), 1 … M, 0 where nothing was painted.
        materials: the M labels.
        overlapping_px: how many pixels had several labels.
    """

    labels: NDArray[np.uint32]
    materials: list[str]
    overlapping_px: int


def paint(regions: Iterable[Region], shape_hw: tuple[int, int], source: str | Path) -> Painted:
    """Lay regions over each other.

    Regions of one label are united; spaces around a label do not count. A pixel in several labels goes to the one with
    the fewest pixels, which was painted over the others.

    Args:
        regions: at least one; labels are numbered in their order.
        shape_hw: of the micrograph, in pixels.
        source: all regions' folder or file, for messages.

    Raises:
        InputError: if a region cannot be read or is of another shape, or a label is empty, hidden by others, or
            another one but for case.
    """
    masks = _united(regions, shape_hw)
    materials = list(masks)
    check_apart(materials, source)
    areas = {name: int(mask.sum()) for name, mask in masks.items()}
    if empty := [name for name, area in areas.items() if area == 0]:
        raise InputError(f"{source}: label {empty[0]} is empty; remove or paint it.")
    labels = np.zeros(shape_hw, np.uint32)
    for name in sorted(masks, key=lambda name: -areas[name]):
        labels[masks[name]] = materials.index(name) + 1
    if hidden := set(range(1, len(masks) + 1)) - set(np.unique(labels).tolist()):
        raise InputError(f"{source}: label {materials[min(hidden) - 1]} lies wholly within others; remove or mend it.")
    return Painted(labels, materials, int((np.sum(list(masks.values()), axis=0) > 1).sum()))


def _united(regions: Iterable[Region], shape_hw: tuple[int, int]) -> dict[str, NDArray[np.bool_]]:
    """One mask for each label, in the order of their first regions."""
    masks: dict[str, NDArray[np.bool_]] = {}
    for region in regions:
        mask, label = region.mask(shape_hw), tidy(region.label)
        masks[label] = masks[label] | mask if label in masks else mask
    return masks


def scene_of(
    micrograph: Micrograph,
    labels: NDArray[np.uint32],
    materials: Sequence[str],
    parameters: Mapping[str, Any],
    level: int | None = None,
) -> Scene:
    """A scene of which no more is known than its labels.

    All labels weigh 10, and grains are the connected regions of each label.

    Args:
        micrograph: the image.
        labels: uint32 (H, W), 1 … M, 0 where nothing is labelled.
        materials: M names.
        parameters: what to keep beside.
        level: difficulty from 1 to 5 that the annotator gave; without it the scene is of class 2.
    """
    difficulty = _UNKNOWN_CLASS if level is None else CLASS_OF_LEVEL[level]
    grains = _connected_regions(labels, len(materials))
    return Scene(micrograph, labels, materials, difficulty, [EASY_WEIGHT] * len(materials), grains, parameters)


def _connected_regions(labels: NDArray[np.uint32], n_labels: int) -> NDArray[np.uint32]:
    """The connected regions of each label, numbered; corners connect."""
    regions, n = np.zeros(labels.shape, np.uint32), 0
    for label in range(1, n_labels + 1):
        numbered, found = ndimage.label(labels == label, structure=np.ones((3, 3)))
        regions[numbered > 0] = numbered[numbered > 0] + n
        n += found
    return regions
