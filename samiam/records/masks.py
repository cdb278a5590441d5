"""N boolean masks over one image, kept packed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from samiam.errors import InputError
from samiam.records.archive import archive_path, as_saved, open_archive
from samiam.storage.files import replacing


@dataclass(frozen=True, eq=False)
class Masks:
    """N boolean masks of one shape in a fixed order, which may overlap.

    The pixels are stored eight to a byte, so 500 masks at 1024² take 62 MB. Make one with `from_arrays`,
    `from_labels` or `from_records`; look at mask i with `masks[i]`; `select` and `joined` keep them packed.

    Attributes:
        packed: uint8 (N, H, ⌈W/8⌉), the rows of each mask as `numpy.packbits` packs them (first pixel in the
            highest bit, padding bits zero).
        shape_hw: height and width in pixels.
        predicted_iou: float32 (N,), the generator's own estimate of each mask's quality; best at 1, which SAM's may
            exceed a little; NaN where there is none.
        stability_score: float32 (N,), how little the mask changes with its threshold, in [0, 1]; NaN where nothing
            measured it.
        points_xy: float32 (N, 2), the prompt that gave each mask, (x, y) in pixels; NaN where there was none.
        crop_boxes_xywh: int64 (N, 4), the part of the image each mask was generated from.
        areas: int64 (N,), pixels in each mask.
        boxes_xywh: int64 (N, 4), tight boxes, left, top, width, height; zeros for an empty mask.

    Example:
        >>> masks = Masks.from_labels(np.array([[1, 1, 2], [1, 0, 2]]))
        >>> masks, masks.areas.tolist(), masks[1].tolist()
        (Masks(2 of 3 × 2 px), [3, 2], [[False, False, True], [False, False, True]])
    """

    packed: NDArray[np.uint8]
    shape_hw: tuple[int, int]
    predicted_iou: NDArray[np.float32]
    stability_score: NDArray[np.float32]
    points_xy: NDArray[np.float32]
    crop_boxes_xywh: NDArray[np.int64]
    areas: NDArray[np.int64]
    boxes_xywh: NDArray[np.int64]

    @classmethod
    def from_arrays(
        cls,
        masks: ArrayLike | Iterable[NDArray[np.bool_]],
        shape_hw: tuple[int, int] | None = None,
        *,
        predicted_iou: ArrayLike | None = None,
        stability_score: ArrayLike | None = None,
        points_xy: ArrayLike | None = None,
        crop_boxes_xywh: ArrayLike | None = None,
    ) -> Masks:
        """Pack boolean masks, an array (N, H, W) or any iterable of (H, W); iterables are never held unpacked.

        Args:
            masks: the masks; any dtype, non-zero is inside.
            shape_hw: needed only where there may be no mask at all.
            predicted_iou: (N,); NaN where not given.
            stability_score: (N,); NaN where not given.
            points_xy: (N, 2); NaN where not given.
            crop_boxes_xywh: (N, 4); the whole image where not given.

        Raises:
            InputError: if the shapes of the masks differ or do not match `shape_hw`, or there is no mask and no
                shape, or a per-mask array has the wrong length.
        """
        rows: list[NDArray[np.uint8]] = []
        for index, mask in enumerate(masks):  # type: ignore[arg-type]
            array = np.asarray(mask)
            array = array if array.dtype == np.bool_ else array != 0
            shape_hw = shape_hw or (array.shape if array.ndim == 2 else None)
            if shape_hw is None or array.shape != tuple(shape_hw):
                raise InputError(f"mask {index} has shape {array.shape}; every mask must be {shape_hw or '(H, W)'}.")
            rows.append(np.packbits(np.ascontiguousarray(array), axis=1))
        if shape_hw is None:
            raise InputError("no masks and no shape_hw: give the image's (H, W).")
        height, width = shape_hw
        packed = np.stack(rows) if rows else np.zeros((0, height, -(-width // 8)), np.uint8)
        return cls._of(packed, (height, width), predicted_iou, stability_score, points_xy, crop_boxes_xywh)

    @classmethod
    def _of(
        cls,
        packed: NDArray[np.uint8],
        shape_hw: tuple[int, int],
        predicted_iou: ArrayLike | None,
        stability_score: ArrayLike | None,
        points_xy: ArrayLike | None,
        crop_boxes_xywh: ArrayLike | None,
    ) -> Masks:
        n, (height, width) = len(packed), shape_hw
        boxes = [_box_xywh(rows) for rows in packed]
        return cls(
            packed=packed,
            shape_hw=shape_hw,
            predicted_iou=_column("predicted_iou", predicted_iou, np.nan, (n,)).astype(np.float32),
            stability_score=_column("stability_score", stability_score, np.nan, (n,)).astype(np.float32),
            points_xy=_column("points_xy", points_xy, np.nan, (n, 2)).astype(np.float32),
            crop_boxes_xywh=_column("crop_boxes_xywh", crop_boxes_xywh, (0, 0, width, height), (n, 4)).astype(np.int64),
            areas=np.bitwise_count(packed).sum(axis=(1, 2), dtype=np.int64),
            boxes_xywh=np.array(boxes, dtype=np.int64).reshape(n, 4),
        )

    @classmethod
    def empty(cls, shape_hw: tuple[int, int]) -> Masks:
        """No masks over an image of this shape: what a generator returns where it finds nothing."""
        return cls.from_arrays([], shape_hw)

    @classmethod
    def from_labels(cls, labels: NDArray[Any]) -> Masks:
        """One mask for each value from 1 to the largest in a label image (H, W); 0 is background."""
        labels = np.asarray(labels)
        return cls.from_arrays(
            (labels == value for value in range(1, int(labels.max(initial=0)) + 1)), labels.shape[:2]
        )

    @classmethod
    def joined(cls, first: Masks, *others: Masks) -> Masks:
        """The masks of several generators or prompts, one after the other, with their scores.

        Raises:
            InputError: if they are not of one shape.
        """
        for other in others:
            if other.shape_hw != first.shape_hw:
                raise InputError(f"masks over {first.shape_hw} and {other.shape_hw}: join masks of one image.")
        columns = (field.name for field in fields(cls) if field.name != "shape_hw")
        parts = (first, *others)
        joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in columns}
        return cls(shape_hw=first.shape_hw, **joined)

    def __len__(self) -> int:
        return len(self.packed)

    @overload
    def __getitem__(self, index: int | np.integer[Any]) -> NDArray[np.bool_]: ...
    @overload
    def __getitem__(self, index: slice) -> NDArray[np.bool_]: ...
    def __getitem__(self, index: int | np.integer[Any] | slice) -> NDArray[np.bool_]:
        """Mask i as bool (H, W), or masks i:j as bool (n, H, W)."""
        return np.unpackbits(self.packed[index], axis=-1, count=self.shape_hw[1]).view(np.bool_)

    def __iter__(self) -> Iterator[NDArray[np.bool_]]:
        return (self[index] for index in range(len(self)))

    def select(self, indices: Sequence[int] | NDArray[np.integer[Any]]) -> Masks:
        """The masks at these indices (or where a boolean array is true), in that order, with their scores."""
        chosen = np.arange(len(self))[np.asarray(indices, dtype=None if len(indices) else np.int64)]
        return Masks(
            packed=self.packed[chosen],
            shape_hw=self.shape_hw,
            predicted_iou=self.predicted_iou[chosen],
            stability_score=self.stability_score[chosen],
            points_xy=self.points_xy[chosen],
            crop_boxes_xywh=self.crop_boxes_xywh[chosen],
            areas=self.areas[chosen],
            boxes_xywh=self.boxes_xywh[chosen],
        )

    def within(self, region: NDArray[np.bool_]) -> Masks:
        """The part of each mask within a region, bool (H, W), with its scores; a mask may have no pixel left.

        Example:
            >>> masks = Masks.from_labels(np.array([[1, 1, 2]]))
            >>> masks.within(np.array([[False, True, False]])).areas.tolist()
            [1, 0]
        """
        if region.shape != self.shape_hw:
            raise InputError(f"a region of shape {region.shape} does not fit masks over {self.shape_hw}.")
        names = ("predicted_iou", "stability_score", "points_xy", "crop_boxes_xywh")
        inside = self.packed & np.packbits(region, axis=1)
        return self._of(inside, self.shape_hw, *(getattr(self, name) for name in names))

    def __repr__(self) -> str:
        height, width = self.shape_hw
        return f"Masks({len(self)} of {width} × {height} px)"

    def to_records(self) -> list[dict[str, Any]]:
        """The list of dictionaries that `segment_anything.SamAutomaticMaskGenerator.generate` returns.

        Keys: `segmentation` (bool (H, W)), `area`, `bbox` (XYWH), `predicted_iou`, `point_coords` ([[x, y]]),
        `stability_score`, `crop_box` (XYWH).
        """
        return [
            {
                "segmentation": self[index],
                "area": int(self.areas[index]),
                "bbox": self.boxes_xywh[index].tolist(),
                "predicted_iou": float(self.predicted_iou[index]),
                "point_coords": [self.points_xy[index].tolist()],
                "stability_score": float(self.stability_score[index]),
                "crop_box": self.crop_boxes_xywh[index].tolist(),
            }
            for index in range(len(self))
        ]

    @classmethod
    def from_records(cls, records: Sequence[Mapping[str, Any]], shape_hw: tuple[int, int]) -> Masks:
        """Read the list that `to_records` or `segment_anything` makes; areas and boxes are recomputed."""
        return cls.from_arrays(
            (record["segmentation"] for record in records),
            shape_hw,
            predicted_iou=[record["predicted_iou"] for record in records],
            stability_score=[record["stability_score"] for record in records],
            points_xy=[record["point_coords"][0] for record in records],
            crop_boxes_xywh=[record["crop_box"] for record in records],
        )

    def save(self, path: str | Path) -> None:
        """Write the masks and their scores to one .npz file; `load` gives them back bit for bit."""
        with replacing(archive_path(path)) as partial:
            np.savez_compressed(
                partial,
                kind="Masks",
                packed=self.packed,
                shape_hw=self.shape_hw,
                predicted_iou=self.predicted_iou,
                stability_score=self.stability_score,
                points_xy=self.points_xy,
                crop_boxes_xywh=self.crop_boxes_xywh,
            )

    @classmethod
    def load(cls, path: str | Path) -> Masks:
        """Read masks that `save` wrote.

        Raises:
            InputError: if the file is missing, damaged or not as it was saved.
        """
        names = {"predicted_iou": 1, "stability_score": 1, "points_xy": 2, "crop_boxes_xywh": 2}
        fields = open_archive(path, "Masks", {"packed": 3, "shape_hw": 1, **names})
        with as_saved(path, "Masks"):
            height, width = fields["shape_hw"].tolist()
            _check_packed(fields["packed"], height, width)
            return cls._of(fields["packed"], (height, width), *(fields[name] for name in names))


def _check_packed(packed: NDArray[Any], height: int, width: int) -> None:
    if packed.dtype != np.uint8 or packed.ndim != 3 or packed.shape[1:] != (height, -(-width // 8)):
        raise InputError(f"packed is {packed.dtype} {packed.shape}, which holds no masks of {height} × {width} px")
    if width % 8 and (packed[..., -1] & (0xFF >> width % 8)).any():
        raise InputError("there are pixels beyond the right border")


def _column(name: str, values: ArrayLike | None, default: ArrayLike, shape: tuple[int, ...]) -> NDArray[Any]:
    if values is None:
        return np.broadcast_to(np.asarray(default), shape)
    array = np.asarray(values)
    if array.size == 0 and shape[0] == 0:
        return array.reshape(shape)
    if array.shape != shape:
        raise InputError(f"{name} has shape {array.shape}; {shape[0]} masks need {shape}.")
    return array


def _box_xywh(rows: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Tight box of one packed mask."""
    filled_rows = np.flatnonzero(rows.any(axis=1))
    if not len(filled_rows):
        return 0, 0, 0, 0
    filled_columns = np.flatnonzero(np.unpackbits(np.bitwise_or.reduce(rows, axis=0)))
    left, top = int(filled_columns[0]), int(filled_rows[0])
    return left, top, int(filled_columns[-1]) - left + 1, int(filled_rows[-1]) - top + 1
