"""A corrected canvas as a segmentation, with a decision for each generated mask still."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.boosting.merging import numbered_by_area
from samiam.records import Decision, Micrograph, Segmentation
from samiam.viewer.canvas import Canvas, Region


def segmentation_of(canvas: Canvas, micrograph: Micrograph) -> Segmentation:
    """The regions as they are, by falling area; the automatic result itself, but for names, where no pixel was changed.

    A mask that was kept or merged is of the region that now has most of its pixels, removed "by_hand" where none has
    any. Grains of the automatic result stay apart; pixels that have come to a region are of its nearest grain.

    Args:
        canvas: the regions.
        micrograph: the image.
    """
    if canvas.is_as_found:
        regions = [canvas.regions[label] for label in range(1, len(canvas.regions) + 1)]
        confidence = [region.name_confidence for region in regions]
        names = [region.name for region in regions]
        return replace(canvas.result, names=names, name_confidence=confidence, micrograph=micrograph)
    labels, by_place = numbered_by_area(canvas.labels)
    number_of = {place + 1: label for place, label in by_place.items()}
    regions = [canvas.regions[number] for number in sorted(number_of, key=number_of.__getitem__)]
    return Segmentation(
        labels,
        _decisions(canvas.result, labels),
        canvas.result.n_materials,
        canvas.result.n_materials_given,
        canvas.result.generated,
        [region.name for region in regions],
        micrograph,
        _grains(canvas, labels, number_of),
        _materials(regions),
        [region.confidence for region in regions],
        [region.name_confidence for region in regions],
        canvas.result.remark,
        canvas.result.labels_are_grains and bool(regions),
    )


def _materials(regions: list[Region]) -> list[int]:
    """The numbers of their materials, from 1 on, in order of the first region of each."""
    numbers = {material: place for place, material in enumerate(dict.fromkeys(r.material for r in regions), start=1)}
    return [numbers[region.material] for region in regions]


def _decisions(result: Segmentation, labels: NDArray[np.uint32]) -> list[Decision]:
    """Those of the result, with the labels that masks have most pixels of now."""
    decided = []
    for decision in result.decisions:
        if decision.material is None:
            decided.append(decision)
            continue
        counts = np.bincount(labels[result.generated[decision.mask]])
        counts[:1] = 0
        if counts.any():
            decided.append(replace(decision, material=int(counts.argmax())))
        else:
            decided.append(Decision(decision.mask, "removed", "by_hand", 0.0, 0.0))
    return decided


def _grains(canvas: Canvas, labels: NDArray[np.uint32], number_of: Mapping[int, int]) -> NDArray[np.uint32]:
    """The grains of the result within the labels."""
    found = np.zeros(labels.shape, np.uint64)
    for number, label in number_of.items():
        inside = labels == label
        known = inside & np.isin(canvas.result.labels, list(canvas.regions[number].origin))
        of_grain = np.where(known, canvas.result.each_grain, 0)
        if known.any() and (inside & ~known).any():
            nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
            of_grain = of_grain[tuple(nearest)]
        found[inside] = (np.uint64(label) << np.uint64(32)) + of_grain[inside]
    _, numbers = np.unique(found, return_inverse=True)
    first = 0 if (labels == 0).any() else 1
    return numbered_by_area((numbers.reshape(labels.shape) + first).astype(np.uint32))[0]
