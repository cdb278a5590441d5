"""What a user points at: clicks and boxes, the same for every generator that takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from samiam.errors import InputError


@dataclass(frozen=True, eq=False)
class Prompt:
    """Clicks on one thing in an image, and perhaps a box around it.

    Attributes:
        points_xy: float64 (P, 2), clicked pixels (x, y).
        is_inside: bool (P,), whether each click is on the thing or beside it.
        box: x0, y0, x1, y1 in pixels, or None.
        shape_hw: of the image.
    """

    points_xy: NDArray[np.float64]
    is_inside: NDArray[np.bool_]
    box: tuple[float, float, float, float] | None
    shape_hw: tuple[int, int]

    @classmethod
    def of(
        cls, points: ArrayLike | None, labels: ArrayLike | None, boxes: ArrayLike | None, shape_hw: tuple[int, int]
    ) -> Prompt:
        """Read a prompt as `SamPredictor.predict` takes it, and check it against the image.

        Args:
            points: (P, 2), clicked pixels (x, y).
            labels: (P,), 1 for a click on the thing, 0 for one beside it; all 1 where None.
            boxes: x0, y0, x1, y1, or None.
            shape_hw: of the image.

        Raises:
            InputError: if there is neither a click on the thing nor a box, one lies outside of the image, or the box
                is empty.
        """
        height, width = shape_hw
        points_xy = np.asarray([] if points is None else points, np.float64).reshape(-1, 2)
        given: Any = np.ones(len(points_xy)) if labels is None else np.asarray(labels)
        if given.shape != (len(points_xy),) or not np.isin(given, (0, 1)).all():
            raise InputError(
                f"labels={given.tolist()}: give 1 (on it) or 0 (beside it) for each of {len(points_xy)} clicks."
            )
        for x, y in points_xy:
            if not (0 <= x < width and 0 <= y < height):
                raise InputError(f"point {x:g},{y:g} lies outside of the image of {width} × {height} px.")
        box = None if boxes is None else tuple(float(value) for value in np.asarray(boxes, np.float64).reshape(-1))
        if box is not None:
            _check_box(box, shape_hw)
        if box is None and not given.astype(bool).any():
            raise InputError("no click on the thing and no box around it: give one of them.")
        return cls(points_xy, given.astype(np.bool_), box, shape_hw)  # type: ignore[arg-type]


def _check_box(box: tuple[float, ...], shape_hw: tuple[int, int]) -> None:
    height, width = shape_hw
    if len(box) != 4 or not (0 <= box[0] < box[2] <= width and 0 <= box[1] < box[3] <= height):
        shown = ",".join(f"{value:g}" for value in box)
        raise InputError(f"box {shown}: give x0,y0,x1,y1 with x0 < x1 and y0 < y1 within {width} × {height} px.")
