"""From materials to the regions that were asked for, and to their grains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from samiam.boosting.merging import dissolved, numbered_by_area
from samiam.boosting.regions.alike.lookalikes import told_by_lattices
from samiam.boosting.regions.alike.recurring import recurring, recurring_grains
from samiam.boosting.regions.claiming import claimed, parted_by_grains
from samiam.boosting.regions.division.alone import in_two
from samiam.boosting.regions.division.crystalline import crystals_apart
from samiam.boosting.regions.division.dividing import Division, is_divided_otherwise
from samiam.boosting.regions.division.layered import in_layers
from samiam.boosting.regions.division.ribbons import divided_into_whole
from samiam.boosting.regions.joining import joined
from samiam.boosting.regions.materials import Materials, renumbered_pairs
from samiam.boosting.regions.support import on_support
from samiam.parts import Parts
from samiam.records.arrays import areas_in, numbers_in
from samiam.texture import TextureField
from samiam.texture.confidence import confidences
from samiam.texture.pose import Pose

_FOREIGN = 0.005  # share of the image up to which what is unlike all materials goes to the likest all the same
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
        labels, grains = (pose.undo(each) for each in (self.labels, self.grains))
        return replace(self, labels=labels, grains=grains)


def levels_of(
    labels: NDArray[np.uint32],
    field: TextureField,
    n_regions: int | None = None,
    *,
    pixels: NDArray[np.float32] | None = None,
    parts: bool = True,
    wanted: int | None = None,
    into_grains: bool = False,
    smallest_region_px: int = 0,
) -> Levels:
    """Give each pixel to a material, divide materials where more regions are asked for, and find the grains.

    Where two regions are asked for and two grains differ by far more surely than the two materials do, they are the
    grains. Where no number is forced, a crystal is divided along steps that no texture shows, what is crystalline and
    what is not are two, materials that hardly touch and look the same are one, as are crystals of one lattice and
    brightness and parts of a cap, and one that brightness parts is two; where one is, further steps count beside what
    the field shows. Where no lattice is seen, brightness tells narrow gaps and small particles on an even support.
    Grains of a material that have two lattices are of two materials. Where no number is given and all of the image is
    one material in several grains, the grains are the regions: a material that is everywhere says nothing. They are of
    several materials where a division into as many regions as there are grains finds the same ones and says so.

    Args:
        labels: uint32 (H, W), 0 where not segmented, materials 1, 2, ….
        field: what an encoder sees in the image.
        n_regions: how many there have to be; nothing then stays unsegmented. None for the materials as they are.
        pixels: float32 (H, W), the image, by whose lattices and brightness materials are told apart; None for by none.
        parts: whether materials may be divided at all; those that have names may not.
        wanted: how many are asked for, where they are not forced: nothing stays unsegmented, and of more materials the
            least distinct are joined.
        into_grains: whether the regions that are asked for are grains, which no step parts.
        smallest_region_px: connected parts of a region or a grain and holes below this area are dissolved, unless
            nothing of it would be left.
    """
    largest_foreign = 1.0 if n_regions is not None else _FOREIGN if wanted is None else _OF_A_MATERIAL
    found = _as_given(labels, field, largest_foreign, smallest_region_px)
    if parts and n_regions in (None, 2) and len(found.became) == 2 and is_divided_otherwise(found.labels, field):
        found = Materials((found.labels > 0).astype(np.uint32), dict.fromkeys(found.became, 1))
    elif parts and n_regions is None and pixels is not None:
        found = _reconsidered(found, field, pixels, smallest_region_px)
        told = on_support(found.labels, pixels)
        found = found.redrawn(told.labels, told.gone)
        if wanted is not None:
            found = _no_more_than(wanted, found, field, pixels, smallest_region_px)
    division = Division(found.labels, numbers_in(found.labels), found.faint)
    if parts and n_regions is not None and 0 < len(division.material_of) < n_regions:
        more = divided_into_whole(found.labels, field, n_regions, pixels=None if into_grains else pixels)
        division = _numbered(more, found.labels, smallest_region_px)
        division = division if into_grains or pixels is None else _on_support(division, pixels)
    grains = _in_grains(division.labels, field, division.faint, pixels, smallest_region_px)
    regions, lookalikes = division, list[tuple[int, int]]()
    if parts and pixels is not None:
        regions, lookalikes = _told_apart(division, grains, pixels, wanted, n_regions)
    if parts and n_regions is None and len(regions.material_of) == 1:
        of_grains = divided_into_whole(found.labels, field, len(grains.material_of))
        regions = Division(grains.labels, _materials_of(grains.labels, of_grains))
    trusted = () if field.confidence is None else confidences(regions.labels, field, field.confidence, found.is_two)
    number = _numbers_by_area(regions.labels, regions.material_of)  # divided off, a part may be larger than others
    materials = division.material_of if n_regions is None else regions.material_of
    faint = [(materials[one - 1], materials[other - 1]) for one, other in division.faint]
    return Levels(
        regions.labels,
        grains.labels,
        [number[material] for material in regions.material_of],
        {old + 1: number[new] for old, new in found.became.items()},
        trusted,
        renumbered_pairs([*found.lookalikes, *lookalikes], number),
        renumbered_pairs(faint, number),
    )


def _as_given(
    labels: NDArray[np.uint32], field: TextureField, largest_foreign: float, smallest_region_px: int
) -> Materials:
    """Materials with the pixels that look like them, and where grains tell them apart."""
    solid = dissolved(claimed(labels, field, largest_foreign=largest_foreign), smallest_region_px)
    parted = parted_by_grains(solid, field)
    if not np.array_equal(parted, solid):
        parted = _without_specks(parted, (parted > 0).astype(np.uint32), smallest_region_px)
    return Materials(*numbered_by_area(parted))


def _reconsidered(
    before: Materials, field: TextureField, pixels: NDArray[np.float32], smallest_region_px: int
) -> Materials:
    """Crystals in layers and apart from the rest, what looks the same as one, and one that looks like two as two."""
    layered = in_layers(before.labels, field, pixels)
    layers = _without_specks(layered.labels, before.labels, smallest_region_px)
    pairs = [pair for crystal in layered.crystals for pair in pairwise(crystal)]
    apart = _without_specks(crystals_apart(layers, field, pixels), layers, smallest_region_px)
    found = Materials(apart, before.became, pairs).joined(recurring(apart, pixels, layered.apart))
    two = in_two(found.labels, field, pixels) if numbers_in(found.labels) == [1] else None
    if two is None or two.log_odds <= 0:
        return replace(found, is_two=0.0 if two is None else two.probability)
    tidy = _without_specks(two.labels, found.labels, smallest_region_px)
    return Materials(numbered_by_area(tidy)[0], dict.fromkeys(found.became, 1))


def _on_support(division: Division, pixels: NDArray[np.float32]) -> Division:
    """Regions of which none may get lost, what lies on a support told by brightness."""
    told = on_support(division.labels, pixels)
    return division if told.gone else _numbered(replace(division, labels=told.labels), told.labels, 0)


def _in_grains(
    labels: NDArray[np.uint32],
    field: TextureField,
    faint: Iterable[tuple[int, int]],
    pixels: NDArray[np.float32] | None,
    smallest_region_px: int,
) -> Division:
    """Regions, uint32 (H, W), in grains; those that only a step tells apart are whole: planes run through them."""
    whole = {region for pair in faint for region in pair}
    grains = divided_into_whole(labels, field, by_materials=False, whole=whole)
    found = _numbered(grains, labels, smallest_region_px)
    same = {} if pixels is None else recurring_grains(found.labels, found.material_of, pixels)
    if not same:
        return found
    into = np.array([same.get(number, number) for number in range(len(found.material_of) + 1)], np.uint32)
    return _numbered(replace(found, labels=into[found.labels]), found.labels, smallest_region_px=0)


def _no_more_than(
    most: int, before: Materials, field: TextureField, pixels: NDArray[np.float32], smallest_region_px: int
) -> Materials:
    """Materials of which the least distinct are joined, where there are more; those that only lattices tell count."""
    grains = _in_grains(before.labels, field, before.faint, pixels, smallest_region_px)
    found = before.told(grains, told_by_lattices(grains.labels, grains.material_of, pixels))
    if len(numbers_in(found.labels)) <= most:
        return found
    return found.joined(joined(found.labels, field, pixels, most, found.faint))


def _told_apart(
    division: Division, grains: Division, pixels: NDArray[np.float32], most: int | None, n_regions: int | None
) -> tuple[Division, list[tuple[int, int]]]:
    """Regions whose lattices are of two materials as of these; and pairs of materials that nothing else tells apart.

    Args:
        division: regions and materials.
        grains: of these.
        pixels: float32 (H, W), the image.
        most: regions that there may be; None for any number.
        n_regions: how many there have to be; None where grains may become regions.
    """
    own = grains if n_regions is None else division
    told = told_by_lattices(own.labels, own.material_of, pixels)
    pairs = sorted({pair for pair in zip(own.material_of, told, strict=True) if pair[0] != pair[1]})
    if not pairs:
        return division, []
    if n_regions is not None:
        return replace(division, material_of=told), pairs
    if most is not None and max(told) > most:
        return division, []
    apart = Division(np.array([0, *told], np.uint32)[grains.labels], list(range(1, max(told) + 1)))
    return _numbered(apart, division.labels, smallest_region_px=0), pairs  # or grains would lie in two


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


def _numbered(division: Division, before: NDArray[np.uint32], smallest_region_px: int) -> Division:
    """A division without specks, its regions by falling area."""
    labels, by_place = numbered_by_area(_without_specks(division.labels, before, smallest_region_px))
    material_of = [division.material_of[place] for place in sorted(by_place, key=by_place.__getitem__)]
    return Division(labels, material_of, [(by_place[one - 1], by_place[other - 1]) for one, other in division.faint])


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
