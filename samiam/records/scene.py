"""A micrograph whose materials are known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.records.archive import archive_path, as_saved, open_archive
from samiam.records.arrays import numbers_in
from samiam.records.masks import Masks
from samiam.records.micrograph import Micrograph
from samiam.storage.files import replacing

EASY_WEIGHT, HARD_WEIGHT = 10.0, 1.0
"""What labels weigh in the weighted scores (paper §3.3)."""
CLASS_OF_LEVEL = {1: 1, 2: 1, 3: 2, 4: 3, 5: 3}
"""The difficulty class of each level that annotators gave (paper §3.3)."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A micrograph with its truth.

    Attributes:
        micrograph: the image.
        labels: uint32 (H, W), the material of each pixel: 1 … M, 0 where nothing is labelled (a gap, a defect).
        materials: M names; `materials[i]` is label i + 1.
        difficulty: 1 (easy), 2 or 3 (hard).
        weights: M weights for the weighted scores: 10 for an easy label, 1 for a hard one (paper §3.3).
        grains: uint32 (H, W), a number for each separate crystal or region, 0 where there is none; two halves of
            one crystal are two grains of one material.
        parameters: how the scene was made (JSON-serialisable).

    Raises:
        InputError: if shapes differ, a label has no name or no pixel, or difficulty and weights are out of range.

    Example:
        >>> labels = np.array([[1, 1, 2]])
        >>> Scene(Micrograph(np.zeros((1, 3)), name="tiny"), labels, ["Ge", "SrTiO3"], 1, [10, 10], grains=labels)
        Scene(tiny, difficulty 1: Ge, SrTiO3)
    """

    micrograph: Micrograph
    labels: NDArray[np.uint32]
    materials: Sequence[str]
    difficulty: int
    weights: Sequence[float]
    grains: NDArray[np.uint32]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name, shape = self.micrograph.name, self.micrograph.shape_hw
        if self.labels.shape != shape or self.grains.shape != shape:
            raise InputError(f"{name}: labels {self.labels.shape} and grains {self.grains.shape} must be {shape}.")
        present = numbers_in(self.labels)
        if present != list(range(1, len(self.materials) + 1)):
            raise InputError(f"{name}: labels {present} do not match the {len(self.materials)} named materials.")
        if self.difficulty not in (1, 2, 3):
            raise InputError(f"{name}: difficulty is 1, 2 or 3, not {self.difficulty}.")
        if len(self.weights) != len(self.materials) or not all(weight > 0 for weight in self.weights):
            raise InputError(f"{name}: {len(self.materials)} materials need as many positive weights.")
        for image in ("labels", "grains"):
            array = getattr(self, image).astype(np.uint32)
            array.flags.writeable = False
            object.__setattr__(self, image, array)

    @cached_property
    def truth(self) -> Masks:
        """One mask per material; mask i is label i + 1."""
        return Masks.from_labels(self.labels)

    def __repr__(self) -> str:
        return f"Scene({self.micrograph.name}, difficulty {self.difficulty}: {', '.join(self.materials)})"

    def save(self, path: str | Path) -> None:
        """Write the scene to `path` (.npz); `load` gives it back bit for bit."""
        header = {
            "name": self.micrograph.name,
            "pixel_size_nm": self.micrograph.pixel_size_nm,
            "pixel_aspect": self.micrograph.pixel_aspect,
            "metadata": dict(self.micrograph.metadata),
            "materials": list(self.materials),
            "difficulty": self.difficulty,
            "weights": list(self.weights),
            "parameters": dict(self.parameters),
        }
        shown: dict[str, Any] = {} if self.micrograph.shown is None else {"shown": self.micrograph.shown}
        with replacing(archive_path(path)) as partial:
            np.savez_compressed(
                partial,
                kind="Scene",
                pixels=self.micrograph.pixels,
                labels=self.labels,
                grains=self.grains,
                header=json.dumps(header),
                **shown,
            )

    @classmethod
    def load(cls, path: str | Path) -> Scene:
        """Read a record that `save` wrote."""
        fields = open_archive(path, "Scene", {"pixels": 2, "labels": 2, "grains": 2, "header": 0})
        with as_saved(path, "Scene"):
            header = json.loads(str(fields["header"]))
            image = {key: header.pop(key) for key in ("name", "pixel_size_nm", "metadata")}
            image["pixel_aspect"] = header.pop("pixel_aspect", 1.0)  # earlier scenes had square pixels
            micrograph = Micrograph(fields["pixels"], **image, shown=fields.get("shown"))
            return cls(micrograph, fields["labels"], grains=fields["grains"], **header)
