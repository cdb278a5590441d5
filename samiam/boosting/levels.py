"""From materials to the regions that were asked for, and to their grains."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from samiam.boosting.alone import in_two
from samiam.boosting.claiming import claimed, parted_by_grains
from samiam.boosting.dividing import Division, divided, is_divided_otherwise
from samiam.boosting.layered import in_layers
from samiam.boosting.lookalikes import told_by_lattices
from samiam.boosting.merging import dissolved, numbered_by_area
from samiam.boosting.recurring import recurring
from samiam.parts import Parts
from samiam.records.arrays import areas_in, numbers_in
from samiam.texture import TextureField
from samiam.texture.confidence import confidences
from samiam.texture.pose import Pose

_OF_A_MATERIAL = 0.02  # share of the image that what is unlike all materials has where it is one of its own
_SAME_REGION = 0.8  # IoU from which a grain and a region are the same one


@dataclass(frozen=True, eq=False)
class Levels:
    """The regions of an image at two levels.

    Attributes:
        labels: uint32 (H, W), 0 where not segmented, regions by falling area.
        grains: uint32 (H, W), likewise; each lies within one region.
        material_of: for region i + 1 the number of its material; materials are numbered by falling area too.
        renumbered: the number of the material that had each label before; none for one that lost all its pixels.
        confidences: the predicted IoU of each region; None where nothing predicts it.
        lookalikes: pairs of materials that nothing but their lattices tells apart.
        faint: pairs of materials that nothing but a step along planes of their lattice tells apart.
    """

    labels: NDArray[np.uint32]
    grains: NDArray[np.uint32]
    material_of: list[int]
    renumbered: dict[int, int]
    confidences: Sequence[float | None] = ()
    lookalikes: Sequence[tuple[int, int]] = ()
    faint: Sequence[tuple[int, int]] = ()

    def undone(self, pose: Pose) -> Levels:
        """The regions of an image in a pose as those of the image before."""
        labels, grains = (np.ascontiguousarray(pose.undo(each)) for each in (self.labels, self.grains))
        return replace(self, labels=labels, grains=grains)


def levels_of(
    labels: NDArray[np.uint32],
    field: TextureField,
    n_regions: int | None = None,
    *,
    pixels: NDArray[np.float32] | None = None,
    parts: bool = True,
    everywhere: bool = False,
    smallest_region_px: int = 0,
) -> Levels:
    """Give each pixel to a material, divide materials where more regions are asked for, and find the grains.

    Where two regions are asked for and two grains differ by far more surely than the two materials do, they are the
    grains. Where no number is given, a crystal is divided along steps that no texture shows, materials that do not
    touch and look the same are one, and one that brightness parts is two. Grains of a material that have two lattices
    are of two materials. Where no number is given and all of the image is one material in several
    grains, the grains are the regions: a material that is everywhere says nothing. They are of several materials where
    a division into as many regions as there are grains finds the same ones and says so.

    Args:
        labels: uint32 (H, W), 0 where not segmented, materials 1, 2, ….
        field: what an encoder sees in the image.
        n_regions: how many are asked for; nothing then stays unsegmented. None for the materials as they are.
        pixels: float32 (H, W), the image, by whose lattices and brightness materials are told apart; None for by none.
        parts: whether materials may be divided at all; those that have names may not.
        everywhere: whether nothing stays unsegmented, as where a number is asked for.
        smallest_region_px: connected parts of a region or a grain and holes below this area are dissolved, unless
            nothing of it would be left.
    """
    largest_foreign = 1.0 if n_regions is not None else _OF_A_MATERIAL if everywhere else 0.005
    of_texture = claimed(labels, field, largest_foreign=largest_foreign)
    solid = dissolved(of_texture, smallest_region_px)
    parted = parted_by_grains(solid, field)
    if not np.array_equal(parted, solid):
        parted = _without_specks(parted, (parted > 0).astype(np.uint32), smallest_region_px)
    (materials, by_area), is_two, faint = numbered_by_area(parted), 0.0, list[tuple[int, int]]()
    if parts and n_regions in (None, 2) and len(by_area) == 2 and is_divided_otherwise(materials, field):
        materials, by_area = (materials > 0).astype(np.uint32), dict.fromkeys(by_area, 1)
    elif parts and n_regions is None and pixels is not None:
        layered = in_layers(materials, field, pixels)
        layers = _without_specks(layered.labels, materials, smallest_region_px)
        materials, became, is_two = _reconsidered(layers, layered.apart, field, pixels, smallest_region_px)
        by_area = {place: became[label] for place, label in by_area.items()}
        faint = [(became[one], became[other]) for layers_of in layered.crystals for one, other in pairwise(layers_of)]
    regions, material_of = materials, numbers_in(materials)
    if parts and n_regions is not None and 0 < len(material_of) < n_regions:
        regions, material_of = _numbered(divided(materials, field, n_regions), materials, smallest_region_px)
    through = {material for pair in faint for material in pair}  # planes of the lattice run through all of these
    in_grains = divided(regions, field, by_materials=False, whole=through)
    grains, of_grain = _numbered(in_grains, regions, smallest_region_px)
    lookalikes: list[tuple[int, int]] = []
    if parts and pixels is not None:
        own, before = (grains, of_grain) if n_regions is None else (regions, material_of)
        told = told_by_lattices(own, before, pixels)
        lookalikes = sorted({pair for pair in zip(before, told, strict=True) if pair[0] != pair[1]})
        if lookalikes and n_regions is None:
            apart = Division(np.array([0, *told], np.uint32)[grains], list(range(1, max(told) + 1)))
            regions, material_of = _numbered(apart, regions, smallest_region_px=0)  # or grains would lie in two
        elif lookalikes:
            material_of = told
    if parts and n_regions is None and len(material_of) == 1:
        regions, material_of = grains, _materials_of(grains, divided(materials, field, len(of_grain)))
    trusted = () if field.confidence is None else confidences(regions, field, field.confidence, is_two)
    number = _numbers_by_area(regions, material_of)  # parts that were divided off may be larger than others
    renumbered = {old + 1: number[new] for old, new in by_area.items()}
    return Levels(
        regions,
        grains,
        [number[material] for material in material_of],
        renumbered,
        trusted,
        _renumbered(lookalikes, number),
        _renumbered(faint, number),
    )


def _renumbered(pairs: Sequence[tuple[int, int]], number: Mapping[int, int]) -> list[tuple[int, int]]:
    """Pairs of materials by their new numbers, the lower one first."""
    found = [(number[one], number[other]) for one, other in pairs]
    return sorted({(min(pair), max(pair)) for pair in found})


def _reconsidered(
    materials: NDArray[np.uint32],
    apart: Collection[tuple[int, int]],
    field: TextureField,
    pixels: NDArray[np.float32],
    smallest_region_px: int,
) -> tuple[NDArray[np.uint32], dict[int, int], float]:
    """Materials that look the same as one, but for pairs that are told apart, and one that looks like two as two.

    Returns:
        The materials by falling area and the number that each label has become; how probable it is that the only one is
        two after all.
    """
    same = recurring(materials, pixels, apart)
    kept = np.array([same.get(number, number) for number in range(int(materials.max()) + 1)], np.uint32)
    joined, numbers = numbered_by_area(kept[materials])
    became = {label: numbers[int(kept[label]) - 1] for label in numbers_in(materials)}
    found = in_two(joined, field, pixels) if numbers_in(joined) == [1] else None
    if found is None or found.log_odds <= 0:
        return joined, became, 0.0 if found is None else found.probability
    tidy = _without_specks(found.labels, joined, smallest_region_px)
    return numbered_by_area(tidy)[0], dict.fromkeys(became, 1), 0.0


def _materials_of(grains: NDArray[np.uint32], division: Division) -> list[int]:
    """The material of each grain of an image that looked like one material, by a division into as many regions.

    Where it finds the same regions and says that they are of different materials, as a crystal and an amorphous film
    are, the grains are of these; else all are of one.

    Args:
        grains: uint32 (H, W), grains 1, 2, … without gaps.
        division: of the same image, by materials too.
    """
    n_grains, n_regions = int(grains.max()), len(division.material_of)
    pairs = grains.astype(np.int64) * (n_regions + 1) + division.labels
    shared = np.bincount(pairs.ravel(), minlength=(n_grains + 1) * (n_regions + 1)).reshape(n_grains + 1, n_regions + 1)
    union = shared.sum(axis=1)[:, None] + shared.sum(axis=0) - shared
    same = (shared / np.maximum(union, 1))[1:, 1:] >= _SAME_REGION
    if not (same.any(axis=0).all() and same.any(axis=1).all()):
        return [1] * n_grains
    return [division.material_of[region] for region in same.argmax(axis=1).tolist()]


def _numbers_by_area(regions: NDArray[np.uint32], material_of: Sequence[int]) -> dict[int, int]:
    """New numbers of materials, by falling area; of equal ones that of the first region comes first.

    Args:
        regions: uint32 (H, W), regions 1, 2, … by falling area.
        material_of: the material of each.
    """
    if len(set(material_of)) == len(material_of):
        return {material: place for place, material in enumerate(material_of, start=1)}
    areas: dict[int, int] = {}
    for material, area in zip(material_of, areas_in(regions)[1:].tolist(), strict=True):
        areas[material] = areas.get(material, 0) + area
    return {material: place for place, material in enumerate(sorted(areas, key=lambda one: -areas[one]), start=1)}


def _without_specks(
    parts: NDArray[np.uint32], wholes: NDArray[np.uint32], smallest_region_px: int
) -> NDArray[np.uint32]:
    """Parts that wholes were divided into, without the specks that a line leaves which is drawn pixel by pixel.

    Args:
        parts: uint32 (H, W), 0 where not segmented.
        wholes: uint32 (H, W), what each pixel was of before and stays in.
        smallest_region_px: see `dissolved`.

    Returns:
        The parts; as they were where one of them would be lost.
    """
    connected = Parts.of(parts)
    if not (connected.reached_by(parts > 0) & (connected.sizes < smallest_region_px)).any():
        return parts
    found = parts.copy()
    for whole in numbers_in(wholes):
        inside = wholes == whole
        if len(numbers_in(parts[inside])) > 1:
            tidy = dissolved(np.where(inside, parts, 0).astype(np.uint32), smallest_region_px)
            np.copyto(found, tidy, where=inside & (tidy > 0))  # what is thin everywhere stays as it was
    return found if numbers_in(found) == numbers_in(parts) else parts


def _numbered(
    division: Division, before: NDArray[np.uint32], smallest_region_px: int
) -> tuple[NDArray[np.uint32], list[int]]:
    """The regions of a division by falling area, and the material of each."""
    labels, by_place = numbered_by_area(_without_specks(division.labels, before, smallest_region_px))
    return labels, [division.material_of[place] for place in sorted(by_place, key=by_place.__getitem__)]


def remark_on(levels: Levels, n_regions: int | None) -> str | None:
    """What there is to say in words: too few regions, one material in grains, materials that differ in little."""
    n_found = len(levels.material_of)
    if n_regions is not None and n_found < n_regions:
        return f"{n_regions} regions were asked for, {n_found} found: no further part is large enough to be one"
    if n_regions is None and n_found > 1 and set(levels.material_of) == {1}:
        return f"one material covers the image; its {n_found} grains are the regions"
    said = []
    if levels.lookalikes:
        pairs = _in_words(levels.lookalikes)
        said.append(f"only their lattices tell materials {pairs} apart: two materials, or one along two zone axes")
    if levels.faint:
        pairs = _in_words(levels.faint)
        said.append(f"only a faint step along planes of the lattice tells materials {pairs} apart, as of a doped film")
    return "; ".join(said) or None


def _in_words(pairs: Sequence[tuple[int, int]]) -> str:
    return " and of ".join(f"{first} and {second}" for first, second in pairs)
