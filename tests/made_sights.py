"""An image for the viewer whose materials are known, with no network behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.records import Decision, Masks, Micrograph, Segmentation
from samiam.viewer.areas import Area, Point
from samiam.viewer.seeing.method import Method


class MadeSight:
    """Three bands of columns, 1, 2 and 3, of which the automatic result knows the first two.

    Args:
        shape_hw: of the image, at least 6 columns.
        shown: what of it shows the specimen.
    """

    def __init__(self, shape_hw: tuple[int, int] = (12, 18), shown: NDArray[np.bool_] | None = None) -> None:
        self.bands = np.broadcast_to(1 + 3 * np.arange(shape_hw[1]) // shape_hw[1], shape_hw).astype(np.uint32)
        self.micrograph = Micrograph(self.bands / np.float32(4), 0.1, "bands", shown=shown)
        self.method = Method(lambda: (None, None), measurements=False)  # type: ignore[arg-type, return-value]
        self.config: dict[str, Any] = {"generator": {"name": "made"}, "grains": False}
        self.n_looks = 0

    def result(self, n_materials: int | None) -> Segmentation:
        """As many bands as are asked for, two where nothing is said."""
        n = 2 if n_materials is None else min(n_materials, 3)
        labels = np.where(self.bands <= n, self.bands, 0).astype(np.uint32)
        if self.micrograph.shown is not None:
            labels[~self.micrograph.shown] = 0
        generated = Masks.from_labels(self.bands)
        log = [
            Decision(mask, "kept", "majority_vote", 1.0, 0.0, material=mask + 1)
            if mask < n
            else Decision(mask, "removed", "tiny_child", 0.01, 0.05, other=0)
            for mask in range(3)
        ]
        given = n_materials is not None
        return Segmentation(labels, log, n, given, generated, [], self.micrograph, confidences=[0.9, 0.8, 0.7][:n])

    def meant(self, points_xy: Sequence[Point], is_inside: Sequence[bool], box: Any) -> Area:
        """The bands that were clicked on, without those clicked beside, within the box."""
        clicked = [int(self.bands[int(y), int(x)]) for x, y in points_xy]
        wanted = {band for band, inside in zip(clicked, is_inside, strict=True) if inside}
        unwanted = {band for band, inside in zip(clicked, is_inside, strict=True) if not inside}
        found = np.isin(self.bands, list(wanted - unwanted)) if clicked else np.ones(self.bands.shape, np.bool_)
        if box is not None:
            x0, y0, x1, y1 = map(int, box)
            inside = np.zeros(found.shape, np.bool_)
            inside[y0:y1, x0:x1] = True
            found = found & inside
        return Area.of(found)

    def alike(self, exemplar: Area, strictness: float = 0.5) -> NDArray[np.bool_]:  # noqa: ARG002
        """All of the bands that the exemplar touches."""
        return np.isin(self.bands, self.bands[exemplar.mask(self.bands.shape)])

    def smaller_part(self, region: Area) -> Area:
        """The first row of it, if there are more."""
        if region.inside.shape[0] < 2:
            raise InputError("too small")
        return Area.of(region.inside[:1], region.top, region.left)
