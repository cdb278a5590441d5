"""From a micrograph to its materials in one call: all of them, or those that are pointed at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samiam.boosting import SemanticBooster, merge_masks
from samiam.errors import InputError
from samiam.formats.readers.memory import ImageLike, Sides, as_micrograph
from samiam.generation import MaskGenerator, PromptableGenerator
from samiam.generation.prompts import Prompt
from samiam.geometry import intersections, iou
from samiam.records import Cutout, Decision, Masks, Segmentation
from samiam.registry import DEFAULT_GENERATOR, build_generator, encoder_beside
from samiam.settings import check_flag

_ONE_REGION = 0.95  # IoU of two answers that mean the same, which clicks at two places do not draw to the pixel


def segment(
    image: ImageLike,
    n_materials: int | None = None,
    *,
    pixel_size_nm: Sides | None = None,
    generator: MaskGenerator | None = None,
    booster: SemanticBooster | None = None,
    grains: bool = False,
) -> Segmentation:
    """Segment a micrograph into its materials, without labels and without training.

    What of it is not `shown`, a frame or a bar, is seen by no method and belongs to no material.

    Args:
        image: a micrograph, the path of one, an array, or a signal of hyperspy, see `samiam.formats.as_micrograph`.
        n_materials: how many materials there are (grains, where those are asked for), at least 1; None to estimate it.
        pixel_size_nm: side of a square pixel in nm, or width and height, in place of what the image says.
        generator: what proposes masks; that of `DEFAULT_GENERATOR` where not given.
        booster: what makes materials of them; one with `encoder_beside(generator)` where not given.
        grains: whether the grains are the regions, crystals of one material in different orientations apart.

    Returns:
        One region per material or grain, the generated masks, and why each went where it went.

    Raises:
        InputError: if the image cannot be used, `n_materials` is smaller than 1, `grains` is neither true nor false, or
            the booster's encoder sees no grains and they are asked for.

    Example:
        >>> halves = np.kron([[0, 1]], np.ones((96, 48))) * (np.indices((96, 96)).sum(axis=0) % 6 < 3)
        >>> segment(halves, 2, pixel_size_nm=0.02, generator=build_generator("texture"))
        Segmentation(2 materials of 12 masks, number given: 2, 100.0% segmented)
    """
    check_flag("grains", grains)
    generator = _generator(generator)
    booster = booster or SemanticBooster(encoder_beside(generator))
    cutout = Cutout.of(as_micrograph(image, pixel_size_nm=pixel_size_nm))
    masks = generator.generate(cutout.micrograph)
    return cutout.put_back(booster(cutout.micrograph, masks, n_materials, grains=grains))


@dataclass(frozen=True)
class Pointer:
    """What selects one material: a click on it or a box around it (the paper's prompt P).

    Attributes:
        point: a pixel (x, y), or None.
        box: x0, y0, x1, y1 in pixels, or None.

    Example:
        >>> Pointer(point=(200, 800)), Pointer(box=(0, 0, 1024, 300))
        (Pointer(point=(200, 800), box=None), Pointer(point=None, box=(0, 0, 1024, 300)))
    """

    point: tuple[float, float] | None = None
    box: tuple[float, float, float, float] | None = None


def select(
    image: ImageLike,
    pointers: Sequence[Pointer],
    *,
    pixel_size_nm: Sides | None = None,
    generator: PromptableGenerator | None = None,
) -> Segmentation:
    """Segment the materials that are pointed at; nothing is boosted.

    Args:
        image: as `segment` takes it.
        pointers: one for each material, at least one.
        pixel_size_nm: side of a square pixel in nm, or width and height, in place of what the image says.
        generator: what answers; that of `DEFAULT_GENERATOR` where not given.

    Returns:
        One region per pointer, the likeliest that it may mean; where two overlap, pixels go to the smaller. Pointers
        that mean the same region share it, and `remark` names them: points and boxes are counted from 1, each by
        themselves in the order given.

    Raises:
        InputError: if the image cannot be used, there is no pointer, one lies outside of the image or on what is not
            shown of it, or the generator takes none.

    Example:
        >>> halves = np.kron([[0.2, 0.8]], np.ones((96, 48))) * (np.indices((96, 96)).sum(axis=0) % 6 < 3)
        >>> select(Micrograph(halves), [Pointer(point=(20, 50))], generator=build_generator("compact", device="cpu"))
        Segmentation(1 material of 1 mask, number given: 1, 50.0% segmented)
    """
    chosen = _generator(generator)
    if not isinstance(chosen, PromptableGenerator):
        raise InputError(f"the generator {chosen.name} takes no clicks and boxes; use compact or a SAM.")
    if not pointers:
        raise InputError("nothing is pointed at: give a click or a box.")
    for pointer in pointers:
        if not isinstance(pointer, Pointer):
            raise InputError(
                f"{pointer!r}: is no Pointer; give Pointer(point=(x, y)) or Pointer(box=(x0, y0, x1, y1))."
            )
    cutout = Cutout.of(as_micrograph(image, pixel_size_nm=pixel_size_nm))
    moved = [_within(cutout, pointer) for pointer in pointers]
    chosen.set_image(cutout.micrograph)
    answers = [
        chosen.predict(points=None if pointer.point is None else [pointer.point], boxes=pointer.box, most=1)
        for pointer in moved
    ]
    masks = Masks.joined(*answers)
    region_of = _one_where_alike(masks)
    labels, label_of = merge_masks(masks, region_of)
    decisions = [
        Decision(index, "kept", "pointed_at", float(score), 0.0, material=label_of[index])
        if index in label_of
        else Decision(index, "removed", "dissolved", float(score), 0.0)
        for index, score in enumerate(masks.predicted_iou)
    ]
    remark = _remark_on(pointers, region_of, label_of)
    found = Segmentation(labels, decisions, len(pointers), True, masks, micrograph=cutout.micrograph, remark=remark)
    return cutout.put_back(found)


def _one_where_alike(masks: Masks) -> NDArray[np.int64]:
    """The region of each mask: its own number, or that of the last mask that is the same region."""
    is_alike = iou(intersections(masks), masks.areas, masks.areas) >= _ONE_REGION
    region_of = np.arange(len(masks))
    for index in reversed(range(len(masks))):
        region_of[index] = region_of[max([index, *np.flatnonzero(is_alike[index])])]
    return region_of


def _remark_on(pointers: Sequence[Pointer], region_of: NDArray[np.int64], label_of: Mapping[int, int]) -> str | None:
    """Which pointers mean one region, and which have none, in words; None where each has its own."""
    parts = []
    for region in dict.fromkeys(region_of.tolist()):
        those = np.flatnonzero(region_of == region)
        if region not in label_of:
            parts.append(f"nothing is left of {_called(pointers, those)}: others lie on it, or it is too small")
        elif len(those) > 1:
            parts.append(f"{_called(pointers, those)} lie in one region")
    return "; ".join(parts) or None


def _called(pointers: Sequence[Pointer], those: NDArray[np.intp]) -> str:
    """`points 1 and 2 and box 1`, each kind counted by itself."""
    is_box = np.array([pointer.point is None for pointer in pointers])
    words = []
    for one, several, of_kind in (("point", "points", ~is_box), ("box", "boxes", is_box)):
        numbers = [str(number) for number in np.cumsum(of_kind)[those[of_kind[those]]]]
        if len(numbers) > 1:
            words.append(f"{several} {', '.join(numbers[:-1])} and {numbers[-1]}")
        elif numbers:
            words.append(f"{one} {numbers[0]}")
    return " and ".join(words)


def _generator(given: MaskGenerator | None) -> MaskGenerator:
    """What proposes masks; that of `DEFAULT_GENERATOR` where none is given."""
    if given is not None and not isinstance(given, MaskGenerator):
        raise InputError(
            f"generator={given!r}: is none; give what build_generator makes, as build_generator('compact')."
        )
    return given or build_generator(DEFAULT_GENERATOR)


def _within(cutout: Cutout, pointer: Pointer) -> Pointer:
    """A pointer into the whole micrograph in the coordinates of a cutout of it."""
    points = None if pointer.point is None else [pointer.point]
    Prompt.of(points, None, pointer.box, cutout.whole.shape_hw)  # refused as it was given
    point = None if pointer.point is None else cutout.point_inside(pointer.point)
    return Pointer(point, None if pointer.box is None else cutout.box_inside(pointer.box))
