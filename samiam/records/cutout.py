"""What of a micrograph is segmented, on square pixels, and the way back."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from samiam.artefacts.illumination import evenly_lit
from samiam.errors import InputError
from samiam.records.masks import Masks
from samiam.records.micrograph import Micrograph
from samiam.records.segmentation import Decision, Segmentation
from samiam.records.showing import nearest
from samiam.records.square import on_square_pixels

Pixel = TypeVar("Pixel", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Cutout:
    """The smallest upright box that holds all that a micrograph shows, evenly lit: no method sees a frame or a bar.

    Where pixels are not square it is resampled to square ones: a lattice that lies otherwise would have another texture
    on the others. The micrograph itself keeps the pixels of its file, to which truths, clicks and all results refer,
    and areas and lengths are taken from its two sides.

    Attributes:
        whole: the micrograph; `evened` in its metadata says what was taken out of the box, where anything was.
        micrograph: the box, on square pixels; what in it is not shown is filled in, and what changes slowly over it is
            evened. The whole one itself where all is shown, square and even.
        corner_xy: of the box in the micrograph, in pixels.
        box_hw: its height and width in pixels of the micrograph.

    Example:
        >>> shown = np.zeros((4, 6), bool)
        >>> shown[1:3, 2:] = True
        >>> Cutout.of(Micrograph(np.zeros((4, 6)), shown=shown)).micrograph
        Micrograph(micrograph, 4 × 2 px, pixel size unknown)
    """

    whole: Micrograph
    micrograph: Micrograph
    corner_xy: tuple[int, int]
    box_hw: tuple[int, int]

    @classmethod
    def of(cls, micrograph: Micrograph, *, evened: bool = True) -> Cutout:
        """What is to be segmented of a micrograph.

        Args:
            micrograph: the whole one.
            evened: whether what changes slowly is taken out; a particle that fills half of an image is such a change.
        """
        part, corner_xy = _shown_part(micrograph)
        square = on_square_pixels(part)
        light = evenly_lit(square.pixels) if evened else None
        if light is None:
            return cls(micrograph, square, corner_xy, part.shape_hw)
        whole = replace(micrograph, metadata={**micrograph.metadata, "evened": light.words})
        return cls(whole, replace(square, pixels=light.pixels), corner_xy, part.shape_hw)

    @property
    def _per_pixel_xy(self) -> NDArray[np.float64]:
        """Square pixels to one of the micrograph, along x and y."""
        return np.divide(self.micrograph.shape_hw[::-1], self.box_hw[::-1], dtype=np.float64)

    def point_inside(self, point_xy: tuple[float, float]) -> tuple[float, float]:
        """A pixel within the whole micrograph as one of the box.

        Raises:
            InputError: if it is not shown.
        """
        shown, (x, y) = self.whole.shown, point_xy
        if shown is not None and not shown[int(y), int(x)]:
            raise InputError(f"the point {x:g},{y:g} is in what was left out{self._what}; click on the specimen.")
        inside = (np.array([x, y]) - self.corner_xy + 0.5) * self._per_pixel_xy - 0.5
        x, y = np.maximum(inside, 0.0).tolist()
        return x, y

    def box_inside(self, box_xyxy: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """A box x0, y0, x1, y1 within the whole micrograph in the coordinates of this one, as far as they overlap.

        Raises:
            InputError: if nothing in it is shown.
        """
        if self.whole is self.micrograph:
            return box_xyxy
        x0, y0, x1, y1 = box_xyxy
        shown = self.whole.shown
        if shown is not None and not shown[int(y0) : math.ceil(y1), int(x0) : math.ceil(x1)].any():
            raise InputError(
                f"the box {x0:g},{y0:g},{x1:g},{y1:g} holds nothing but what was left out{self._what}; "
                "draw it around the specimen."
            )
        corners = np.array([[x0, y0], [x1, y1]]) - self.corner_xy
        x0, y0, x1, y1 = (np.clip(corners, 0, self.box_hw[::-1]) * self._per_pixel_xy).ravel().tolist()
        return x0, y0, x1, y1

    def put_back(self, segmentation: Segmentation) -> Segmentation:
        """A segmentation of the box as one of the whole micrograph; what is not shown is in no mask and no material."""
        if self.micrograph is self.whole:
            return segmentation
        if self.whole.shown is None and self.micrograph.shape_hw == self.whole.shape_hw:
            return replace(segmentation, micrograph=self.whole)
        labels, label_of = _by_area(self._around(segmentation.labels))
        grains, _ = _by_area(self._around(segmentation.each_grain))
        old_materials = [segmentation.material_of[old - 1] for old in label_of]
        _, material_of = _by_area(np.array([0, *old_materials], np.uint32)[labels])
        return replace(
            segmentation,
            labels=labels,
            decisions=[_renamed(decision, material_of) for decision in segmentation.decisions],
            generated=self.put_back_masks(segmentation.generated),
            names=[segmentation.names[old - 1] for old in label_of],
            micrograph=self.whole,
            grains=grains,
            material_of=[material_of[old] for old in old_materials],
            confidences=[segmentation.confidences[old - 1] for old in label_of],
            name_confidence=[segmentation.name_confidence[old - 1] for old in label_of],
        )

    def put_back_masks(self, masks: Masks) -> Masks:
        """Masks over the box as masks over the whole micrograph, as many and in their order."""
        if self.whole is self.micrograph:
            return masks
        corner, per_pixel = np.array(self.corner_xy), self._per_pixel_xy
        return Masks.from_arrays(
            (self._around(mask) for mask in masks),
            self.whole.shape_hw,
            predicted_iou=masks.predicted_iou,
            stability_score=masks.stability_score,
            points_xy=(masks.points_xy + 0.5) / per_pixel - 0.5 + corner,
            crop_boxes_xywh=self.put_back_boxes(masks.crop_boxes_xywh),
        )

    def put_back_boxes(self, boxes_xywh: NDArray[np.int64]) -> NDArray[np.int64]:
        """Boxes (N, 4) over the box as boxes over the whole micrograph, to the nearest pixel."""
        boxes = boxes_xywh.reshape(-1, 2, 2) / self._per_pixel_xy  # left and top, width and height
        boxes[:, 0] += self.corner_xy
        return np.asarray(np.rint(boxes).reshape(-1, 4), np.int64)

    def put_back_positions(self, positions_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rows and columns (N, 2) over the box, of which the middle of the first pixel is at 0, over the whole."""
        return np.asarray((positions_px + 0.5) / self._per_pixel_xy[::-1] - 0.5 + self.corner_xy[::-1])

    def _around(self, array: NDArray[Pixel]) -> NDArray[Pixel]:
        """An image of the box on nothing, and nothing where nothing is shown."""
        (left, top), (height, width) = self.corner_xy, self.box_hw
        whole = np.zeros(self.whole.shape_hw, array.dtype)
        whole[top : top + height, left : left + width] = nearest(array, self.box_hw)
        if self.whole.shown is not None:
            whole[~self.whole.shown] = 0
        return whole

    @property
    def _what(self) -> str:
        words = self.whole.metadata.get("left_out")
        return f" ({words})" if words else ""


def _shown_part(micrograph: Micrograph) -> tuple[Micrograph, tuple[int, int]]:
    """The box around what is shown, filled, and its corner (x, y)."""
    if micrograph.shown is None:
        return micrograph, (0, 0)
    rows, columns = (np.flatnonzero(micrograph.shown.any(axis=axis)) for axis in (1, 0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    part = replace(micrograph, pixels=micrograph.pixels[box], shown=micrograph.shown[box])
    return replace(part, pixels=part.filled, shown=None), (int(columns[0]), int(rows[0]))


def _by_area(labels: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], dict[int, int]]:
    """Labels in order of falling area, and what each that is left was; of equal areas the lower one first."""
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    left = [int(old) for old in np.argsort(-areas, kind="stable") if areas[old]]
    label_of = {old: new for new, old in enumerate(left, start=1)}
    new_labels = np.zeros(len(areas), np.uint32)
    new_labels[left] = np.arange(1, len(left) + 1)
    return new_labels[labels], label_of


def _renamed(decision: Decision, label_of: dict[int, int]) -> Decision:
    """A decision with its material's new label; removed where none of it is shown."""
    if decision.material is None:
        return decision
    if decision.material not in label_of:
        return replace(decision, action="removed", rule="dissolved", material=None)
    return replace(decision, material=label_of[decision.material])
