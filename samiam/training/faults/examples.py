"""Regions of simulated pictures as rows of numbers with their truth; of each specimen in one file, drawn once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from tqdm import tqdm

from samiam.networks.variant import Variant
from samiam.particles.faults.classifier import names_of, numbers_of
from samiam.particles.faults.paper import is_taken
from samiam.particles.faults.region import cut_region
from samiam.particles.faults.truth import truth_of_region
from samiam.particles.result import FAULT_CLASSES
from samiam.records.particle_scene import ParticleScene
from samiam.storage.files import made_folder, replacing
from samiam.training.faults.regions import draw_regions

UNDECIDED = -1
"""In place of a class: what the region shows is none of them."""
_FORMAT = 2
"""Of the files, to be raised when what is measured of a region changes."""


@dataclass(frozen=True)
class Specimen:
    """What pictures are drawn of.

    Attributes:
        name: of the specimen, and of its file of examples.
        draw: its picture under the conditions of a seed.
    """

    name: str
    draw: Callable[[int], ParticleScene]


@dataclass(frozen=True, eq=False)
class Examples:
    """N regions.

    Attributes:
        ours: float16 (N, F), the numbers that our trees go by.
        paper: float16 (N, 5), those of the paper's.
        classes: int8 (N,), place among `FAULT_CLASSES`; -1 where that is undecided.
        is_taken: bool (N,), whether the paper's cut keeps the region.
        is_faulty: bool (N,), whether it is of one particle with a fault, visible or not.
        is_edge_on: bool (N,), whether it is of one particle that is seen along ⟨110⟩.
    """

    ours: NDArray[np.float16]
    paper: NDArray[np.float16]
    classes: NDArray[np.int8]
    is_taken: NDArray[np.bool_]
    is_faulty: NDArray[np.bool_]
    is_edge_on: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.classes)

    def chosen(self, which: NDArray[np.bool_]) -> Examples:
        """Some of them."""
        return Examples(*(getattr(self, field.name)[which] for field in fields(self)))

    def numbers(self, variant: Variant) -> NDArray[np.float16]:
        """What the trees of a variant go by."""
        return self.ours if variant == "ours" else self.paper

    @classmethod
    def joined(cls, parts: Iterable[Examples]) -> Examples:
        """Several as one."""
        every = list(parts)
        return cls(*(np.concatenate([getattr(part, field.name) for part in every]) for field in fields(cls)))


def draw_examples(
    folder: Path, specimens: Sequence[Specimen], pictures: int, empty: int, seed: int, workers: int
) -> Examples:
    """The examples of specimens; what the folder has of them is kept, so that a run that was stopped goes on.

    Args:
        folder: of files, one for each specimen; what else decides the examples must be part of its name.
        specimens: each of its own name; its examples depend on that and the seed, not on the others.
        pictures: of each.
        empty: regions of each picture that hold no particle.
        seed: of all draws.
        workers: processes that draw.
    """
    made_folder(folder)
    paths = [folder / f"{specimen.name}-{_FORMAT}.safetensors" for specimen in specimens]
    jobs = [
        delayed(_draw)(path, partial(_examples_of, specimen, pictures, empty, seed))
        for path, specimen in zip(paths, specimens, strict=True)
        if _read(path) is None
    ]
    every = Parallel(n_jobs=workers, return_as="generator_unordered")(jobs)
    for _ in tqdm(every, total=len(paths), initial=len(paths) - len(jobs), unit="specimen", disable=not jobs):
        pass
    return Examples.joined(found for path in paths if (found := _read(path)) is not None)


def _draw(path: Path, make: Callable[[], Examples]) -> None:
    made = make()
    with replacing(path) as partial_path:
        save_file({field.name: np.ascontiguousarray(getattr(made, field.name)) for field in fields(made)}, partial_path)


def _read(path: Path) -> Examples | None:
    """What a file has; None where it is missing or damaged."""
    try:
        return Examples(**load_file(path))
    except (OSError, SafetensorError, TypeError):
        return None


def _examples_of(specimen: Specimen, pictures: int, empty: int, seed: int) -> Examples:
    rows: list[dict[str, Any]] = []
    for number in range(pictures):
        rng = np.random.default_rng([seed, number, *hashlib.sha256(specimen.name.encode()).digest()])
        rows += _rows(specimen.draw(int(rng.integers(2**63))), empty, rng)
    return Examples(
        ours=_table([row["ours"] for row in rows], "ours"),
        paper=_table([row["paper"] for row in rows], "paper"),
        classes=np.array([row["class"] for row in rows], np.int8),
        is_taken=np.array([row["is_taken"] for row in rows], np.bool_),
        is_faulty=np.array([row["is_faulty"] for row in rows], np.bool_),
        is_edge_on=np.array([row["is_edge_on"] for row in rows], np.bool_),
    )


def _table(rows: Sequence[NDArray[np.float16]], variant: Variant) -> NDArray[np.float16]:
    return np.array(rows, np.float16).reshape(-1, len(names_of(variant)))


def _rows(scene: ParticleScene, empty: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    """The regions of a picture."""
    rows = []
    for mask in draw_regions(scene, empty, rng):
        truth = truth_of_region(scene, mask)
        region = cut_region(scene.micrograph, mask, float(scene.micrograph.pixel_size_nm or np.nan))
        if region is None:
            continue
        one = None if truth.particle is None else scene.particles[truth.particle]
        facts = {} if truth.particle is None else scene.parameters["particles"][truth.particle]
        rows.append(
            {
                "ours": numbers_of(region, "ours"),
                "paper": numbers_of(region, "paper"),
                "class": UNDECIDED if truth.fault_class is None else FAULT_CLASSES.index(truth.fault_class),
                "is_taken": is_taken(region),
                "is_faulty": one is not None and one.stacking != "none",
                "is_edge_on": facts.get("view") == "110",
            }
        )
    return rows
