"""What an encoder sees all over a micrograph: a field of vectors, and how likely two points are alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from samiam.texture.pose import UPRIGHT, Pose


@dataclass(frozen=True)
class Sameness:
    """How likely two groups of points are alike: log odds by the mean cosine of their vectors and where they meet.

    Attributes:
        slope: of the log odds by the cosine, positive.
        offset: of the log odds.
        by_raggedness: of the log odds by log(1 + raggedness): noise parts points along ragged lines.
        by_material_edge: of the log odds by how much likelier a boundary of materials is along the line between the
            groups than elsewhere, as a logarithm.
        by_grain_edge: likewise of grains. Two grains meet in a boundary of grains and not of materials.
    """

    slope: float
    offset: float
    by_raggedness: float = 0.0
    by_material_edge: float = 0.0
    by_grain_edge: float = 0.0

    def log_odds(self, cosine: float, raggedness: float = 0.0, edges: tuple[float, float] = (0.0, 0.0)) -> float:
        """Above 0 where two groups are rather alike than not.

        Args:
            cosine: mean over the pairs of their vectors.
            raggedness: points along the line between them, over the square root of the points of the smaller group.
            edges: how many times likelier boundaries of materials, and of grains, are along that line, as logarithms.
        """
        of_edges = self.by_material_edge * edges[0] + self.by_grain_edge * edges[1]
        return float(self.slope * cosine + self.offset + self.by_raggedness * np.log1p(raggedness) + of_edges)


@dataclass(frozen=True, eq=False)
class TextureField:
    """Vectors at points of a grid over an image.

    Attributes:
        materials: float32 (h, w, D), unit vectors that point the same way within a material.
        grains: float32 (h, w, E), unit vectors that point the same way where a lattice lies alike.
        boundaries: float32 (2, h, w), how sure it is that two materials, and that two grains, meet at a point, [0, 1].
        same_material: what the cosine of two vectors of materials says.
        same_grain: what the cosine of two vectors of grains says.
        shape_hw: of the image, in pixels.
        confidence: by name of `EVIDENCE_OF_REGION` what predicts how far a region can be trusted; None where nothing
            was fitted.
        pose: in which it was seen, the one that the image has in common with its quarter turns and mirror images.
    """

    materials: NDArray[np.float32]
    grains: NDArray[np.float32]
    boundaries: NDArray[np.float32]
    same_material: Sameness
    same_grain: Sameness
    shape_hw: tuple[int, int]
    confidence: Mapping[str, float] | None = None
    pose: Pose = UPRIGHT

    def posed(self) -> TextureField:
        """The field of the image in the pose in which it was seen."""
        pose = self.pose
        return replace(
            self,
            materials=pose.apply(self.materials),
            grains=pose.apply(self.grains),
            boundaries=np.stack([pose.apply(maps) for maps in self.boundaries]),
            shape_hw=self.shape_hw[::-1] if pose.swapped else self.shape_hw,
            pose=UPRIGHT,
        )

    @property
    def places(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows (h, 1) and columns (1, w) of the pixels that the points stand for: indices into an image."""
        rows, columns = (
            ((np.arange(points) + 0.5) * side / points).astype(np.intp)
            for points, side in zip(self.boundaries.shape[1:], self.shape_hw, strict=True)
        )
        return rows[:, None], columns[None, :]

    def nearest(self, vectors: NDArray[np.float32], means: Sequence[NDArray[np.floating]]) -> NDArray[np.intp]:
        """Which of several means the vector of each pixel is nearest to in direction: (H, W), 0 … n - 1.

        Args:
            vectors: (h, w, D), `materials` or `grains`.
            means: n vectors (D,), at least one.
        """
        units = np.stack([mean / max(float(np.linalg.norm(mean)), 1e-6) for mean in means]).astype(np.float32)
        found, most = np.zeros(self.shape_hw, np.intp), self._at_pixels(vectors @ units[0])
        for number, unit in enumerate(units[1:], start=1):
            own = self._at_pixels(vectors @ unit)
            np.copyto(found, number, where=own > most)
            np.maximum(most, own, out=most)
        return found

    def _at_pixels(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values (h, w) at the points, linearly between them: (H, W)."""
        import cv2  # not with the module: who only reads settings does without

        return np.asarray(cv2.resize(values, self.shape_hw[::-1], interpolation=cv2.INTER_LINEAR))
