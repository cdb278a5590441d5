"""The regions of an image while they are corrected: which pixels and what names, one region a pixel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.records import Segmentation
from samiam.records.arrays import run_starts
from samiam.viewer.areas import Area


@dataclass(frozen=True)
class Region:
    """What is known of a region beside its pixels.

    Attributes:
        material: the number of its material, which several regions may share.
        name: what its material is, or None.
        origin: the labels of the automatic result that it is made of; none where it was drawn by hand.
        confidence: its predicted IoU with what it should be, [0, 1]; None where nothing predicts it.
        name_confidence: how probable it is that the name is right; None where nobody has said so.
    """

    material: int
    name: str | None = None
    origin: frozenset[int] = frozenset()
    confidence: float | None = None
    name_confidence: float | None = None


@dataclass(frozen=True, eq=False)
class Canvas:
    """Regions by number; a number stays what it was while its region has pixels, and is not given twice.

    Attributes:
        labels: uint32 (H, W), read-only; 0 is no region.
        regions: of each number among the labels, no more and no less.
        areas: pixels of each region.
        result: the automatic result that was begun with.
        next_number: of the next new region.
    """

    labels: NDArray[np.uint32]
    regions: Mapping[int, Region]
    areas: Mapping[int, int]
    result: Segmentation
    next_number: int

    @classmethod
    def of(cls, result: Segmentation, first_number: int = 1) -> Canvas:
        """An automatic result as it is.

        Args:
            result: the segmentation.
            first_number: a lower bound of `next_number`.
        """
        of_each = zip(result.material_of, result.names, result.confidences, result.name_confidence, strict=True)
        regions = {
            label: Region(material, name, frozenset([label]), confidence, of_name)
            for label, (material, name, confidence, of_name) in enumerate(of_each, start=1)
        }
        areas = areas_of(result.labels)
        sizes = {label: areas.get(label, 0) for label in regions}
        return cls(result.labels, regions, sizes, result, max(len(regions) + 1, first_number))

    @property
    def shape_hw(self) -> tuple[int, int]:
        """Of the image."""
        height, width = self.labels.shape
        return height, width

    @property
    def is_as_found(self) -> bool:
        """Whether the pixels are as in the automatic result."""
        return self.labels is self.result.labels or np.array_equal(self.labels, self.result.labels)

    def region(self, number: int) -> Region:
        """A region by its number.

        Raises:
            InputError: if there is none.
        """
        if number not in self.regions:
            known = ", ".join(map(str, self.regions)) or "none"
            raise InputError(f"there is no region {number}; there are {known}.")
        return self.regions[number]

    def area_of(self, number: int) -> Area:
        """The pixels of a region."""
        self.region(number)
        return Area.of(self.labels == number)

    def claimed(self, area: Area, number: int, region: Region | None = None) -> Canvas:
        """The same with an area given to a region, whoever had it before; a region without pixels is gone.

        Args:
            area: pixels, which may be none.
            number: of a region that is there, of a new one, or 0 to give it to none.
            region: what is known of a new one, or what is now known of one that was there.

        Raises:
            InputError: if there is no such region and nothing is known of it.
        """
        if region is None and number:
            region = self.region(number)
        labels = self.labels.copy()
        part = labels[area.box]
        lost = areas_of(part[area.inside])
        np.copyto(part, np.uint32(number), where=area.inside)
        labels.flags.writeable = False
        areas = dict(self.areas)
        for old, size in lost.items():
            areas[old] = areas.get(old, 0) - size
        areas[number] = areas.get(number, 0) + area.size
        left = {one: size for one, size in areas.items() if one and size}
        regions = {**self.regions, **({number: region} if region is not None else {})}
        kept = {one: what for one, what in sorted(regions.items()) if one in left}
        return replace(self, labels=labels, regions=kept, areas=left, next_number=max(self.next_number, number + 1))

    def named(self, number: int, name: str | None) -> Canvas:
        """The same with another name for the material of a region, in all regions of it.

        Args:
            number: of the region.
            name: what its material is called; None or blank for no name.

        Raises:
            InputError: if there is no such region, or another material has that name.
        """
        material, name = self.region(number).material, (name or "").strip() or None
        for other, region in self.regions.items():
            if name is not None and region.name == name and region.material != material:
                raise InputError(f"{name} is the name of region {other}; merge the two, or give another name.")
        regions = {
            one: replace(region, name=name, name_confidence=None) if region.material == material else region
            for one, region in self.regions.items()
        }
        return replace(self, regions=regions)

    @property
    def next_material(self) -> int:
        """A number that no material has, nor had."""
        known = (region.material for region in self.regions.values())
        return 1 + max([self.next_number, *self.result.material_of, *known])


def runs_of(labels: NDArray[np.uint32]) -> tuple[NDArray[np.intp], NDArray[np.uint32]]:
    """Where, in reading order, runs of equal labels begin, and which labels."""
    starts = run_starts(labels)
    return starts, labels.ravel()[starts]


def areas_of(labels: NDArray[np.uint32]) -> dict[int, int]:
    """How many pixels each label has that has any, 0 too; several times as fast as counting pixels one by one."""
    starts, values = runs_of(labels)
    pixels = np.bincount(values, weights=np.diff(starts, append=labels.size))
    return {label: int(pixels[label]) for label in np.flatnonzero(pixels).tolist()}
