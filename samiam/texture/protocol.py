"""What every texture encoder looks like to the rest of the package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from samiam.records import Masks, Micrograph
from samiam.texture.field import TextureField

Estimator = Literal["silhouette", "gap", "eigengap", "distance", "separation"]
"""What counts materials by the vectors of an encoder, see `samiam.boosting.estimate_n_materials`."""


class Encoder(Protocol):
    """Turns crops into vectors; crops of one material lie close together (Euclidean), others far (paper eq. 2)."""

    @property
    def name(self) -> str:
        """The name under which `build_encoder` makes it."""
        ...

    @property
    def options(self) -> Mapping[str, Any]:
        """Every setting that decides the vectors (JSON-serialisable), for provenance."""
        ...

    @property
    def estimator(self) -> Estimator | None:
        """What counts materials best by these vectors; None where nobody has found out."""
        ...

    @property
    def distance(self) -> float | None:
        """The calibrated threshold of the estimator "distance", where vectors of one material end; None without one."""
        ...

    def encode(self, crops: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """One vector per crop.

        Args:
            crops: C images (h, w) in [0, 1]; sizes may differ.

        Returns:
            float32 (C, D); (0, D) for no crops. A crop's vector does not depend on the other crops.
        """
        ...


@runtime_checkable
class ContextEncoder(Encoder, Protocol):
    """An encoder that sees the whole micrograph around what it encodes, and needs no crops to encode masks."""

    def encode_within(
        self, micrograph: Micrograph, corners_xy: NDArray[np.int64], sides: Sequence[int]
    ) -> NDArray[np.float32]:
        """One vector for each square crop of a micrograph.

        Args:
            micrograph: the image.
            corners_xy: int64 (C, 2), left and top of each crop.
            sides: C sides in pixels.

        Returns:
            float32 (C, D).
        """
        ...

    def encode_masks(self, micrograph: Micrograph, masks: Masks) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Vectors of points spread over each mask.

        Args:
            micrograph: the image.
            masks: N masks of its shape.

        Returns:
            float32 (P, D), and int64 (P,), the mask that each is of, rising. A mask may be too small to have any.
        """
        ...


@runtime_checkable
class FieldEncoder(ContextEncoder, Protocol):
    """An encoder that has vectors everywhere, of grains too, and knows how likely two of them are alike."""

    @property
    def numbers_seen(self) -> tuple[int, ...]:
        """How many labelled images of the kind that the weights learnt from have 1, 2, … materials; () without any."""
        ...

    def field(self, micrograph: Micrograph) -> TextureField:
        """What it sees all over a micrograph."""
        ...


@dataclass(frozen=True, eq=False)
class Answers:
    """What a classifier says of C crops.

    Attributes:
        materials: int64 (C,), the place among the materials that it knows, or -1 where it leaves the crop open.
        shares: float32 (C, K), how probable each of the K materials is; what is missing from 1 is that it is none.
    """

    materials: NDArray[np.int64]
    shares: NDArray[np.float32]


class CropClassifier(Protocol):
    """Names the material of crops (paper §4.2), or says that it is unsure."""

    @property
    def name(self) -> str:
        """What it is called in a provenance record."""
        ...

    @property
    def options(self) -> Mapping[str, Any]:
        """Every setting that decides the answers (JSON-serialisable), for provenance."""
        ...

    @property
    def materials(self) -> tuple[str, ...]:
        """Names of the materials that it knows."""
        ...

    def classify(self, crops: Sequence[NDArray[np.float32]]) -> Answers:
        """The material of each crop.

        Args:
            crops: C images (h, w) in [0, 1]; sizes may differ.

        Returns:
            An answer for each; it does not depend on the other crops.
        """
        ...
