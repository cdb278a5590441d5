"""Pictures of simulated specimens of particles, and labelled micrographs, for a benchmark of particles."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.benchmark.particles.samples import CARBON, Sample, SampleSource
from samiam.benchmark.particles.settings import ParticlesBenchmark, SetName
from samiam.commands.particle_pictures import has_split, known_picture, paths_of_waves
from samiam.datasets.label_images import LabelImage, find_label_images
from samiam.datasets.label_pngs import read_numbers
from samiam.errors import InputError
from samiam.formats import read_micrograph
from samiam.particles.scale import with_scale
from samiam.records import Masks, Micrograph
from samiam.records.particle_scene import Particle, ParticleScene
from samiam.settings import read_settings
from samiam.storage.files import sha256_of
from samiam.training.faults.regions import draw_regions
from simulate.particles import ParticleConditions, picture
from simulate.particles.waves import ExitWave

LABELLED = "labelled"
"""The set of labelled micrographs."""


def sources_of(benchmark: ParticlesBenchmark, seed: int) -> list[SampleSource]:
    """All samples of a benchmark; each is made or read when it is called for.

    Args:
        benchmark: which.
        seed: of all draws.

    Raises:
        InputError: if exit waves or labelled micrographs are missing, or conditions are none.
    """
    conditions = read_settings(ParticleConditions, "benchmark.conditions", benchmark.conditions)
    for folder in benchmark.waves:
        if not Path(folder).is_dir():
            raise InputError(f"benchmark.waves={folder}: no such folder; give those of `python -m simulate particles`.")
    simulated = (one for name in benchmark.sets for one in _simulated(benchmark, name, conditions, seed))
    return [*simulated, *_labelled(benchmark)]


def folders_of(benchmark: ParticlesBenchmark, set_name: SetName) -> tuple[str, ...]:
    """The given folders that have a set; none where it is of what ships."""
    return tuple(folder for folder in benchmark.waves if has_split(folder, set_name))


def _simulated(
    benchmark: ParticlesBenchmark, set_name: SetName, conditions: ParticleConditions, seed: int
) -> Iterator[SampleSource]:
    paths = paths_of_waves(folders_of(benchmark, set_name), set_name)
    pictures = benchmark.pictures if set_name != CARBON else -(-benchmark.carbon_pictures // len(paths))
    rounds = [(number, path) for number in range(pictures) for path in paths]
    for number, path in rounds if set_name != CARBON else rounds[: benchmark.carbon_pictures]:
        made_from = {
            "wave": sha256_of(path),
            "conditions": asdict(conditions),
            "shape_hw": benchmark.shape_hw,
            "empty": benchmark.empty,
            "seed": seed,
            "number": number,
            "set": set_name,
        }
        make = partial(
            simulated_sample, path, conditions, number, seed=seed, shape_hw=benchmark.shape_hw, empty=benchmark.empty
        )
        name = f"{path.stem}_{number}"
        yield SampleSource(set_name, path.stem, name, make, made_from, __name__, is_shown=number == 0)


def simulated_sample(
    path: Path,
    conditions: ParticleConditions,
    number: int,
    *,
    seed: int,
    shape_hw: tuple[int, int] | None,
    empty: int,
) -> Sample:
    """A picture of a specimen and regions of it whose class is known; none of a support without particles.

    Args:
        path: of the specimen's exit wave, whose name decides what is drawn.
        conditions: from which optics and camera are drawn.
        number: of the picture.
        seed: of all draws.
        shape_hw: of the picture; all there is where None.
        empty: regions that hold no particle.
    """
    rng = np.random.default_rng([seed, number, *hashlib.sha256(path.stem.encode()).digest()])
    of_picture = int(rng.integers(2**63))
    wave = ExitWave.load(path)
    if wave.split == CARBON:
        return Sample(picture(wave, conditions, of_picture, shape_hw=shape_hw, d_prime=False))
    scene = known_picture(wave, conditions, of_picture, shape_hw)
    return Sample(scene, draw_regions(scene, empty, rng))


def _labelled(benchmark: ParticlesBenchmark) -> Iterator[SampleSource]:
    if benchmark.folder is None:
        return
    found = {one.name: one for one in find_label_images(Path(benchmark.folder))}
    for name in (*benchmark.images, *(benchmark.pixel_size_nm if isinstance(benchmark.pixel_size_nm, Mapping) else ())):
        if name not in found:
            raise InputError(f"{benchmark.folder}: has no labelled micrograph {name!r}; it has {', '.join(found)}.")
    for name in benchmark.images or found:
        size_nm = benchmark.pixel_size_of(name)
        made_from = {
            "image": sha256_of(found[name].image),
            "labels": sha256_of(found[name].labels),
            "particle_label": benchmark.particle_label,
            "pixel_size_nm": size_nm,
            "material": benchmark.material,
            "name": name,
        }
        make = partial(labelled_sample, found[name], benchmark.particle_label, size_nm, benchmark.material)
        yield SampleSource(LABELLED, name, name, make, made_from, __name__, is_shown=True)


def labelled_sample(
    found: LabelImage, particle_label: int | None, pixel_size_nm: float | None, material: str | None
) -> Sample:
    """A labelled micrograph.

    Args:
        found: its files.
        particle_label: number of particles in the label image, whose 0 is not looked at; where None each number above
            0 is a particle.
        pixel_size_nm: width of a pixel; what the file says, or the fringes of the material, where None.
        material: of the particles.

    Raises:
        InputError: if a file cannot be read, they differ in shape, or the pixel size is not known.
    """
    micrograph = read_micrograph(found.image)
    numbers = read_numbers(found.labels)
    if numbers.shape != micrograph.shape_hw:
        raise InputError(
            f"{found.labels}: {numbers.shape} pixels, but the image has {micrograph.shape_hw}; export both again."
        )
    micrograph, _ = with_scale(micrograph, pixel_size_nm, material, remedy="give benchmark.pixel_size_nm")
    if particle_label is None:
        labels = np.searchsorted(np.unique([0, *np.unique(numbers)]), numbers)
        return Sample(_scene(micrograph, found.name, labels, material))
    parts, _ = ndimage.label(numbers == particle_label)
    return Sample(_scene(micrograph, found.name, parts, material), looked_at=numbers > 0, are_single=False)


def _scene(micrograph: Micrograph, name: str, labels: NDArray[np.integer], material: str | None) -> ParticleScene:
    masks = Masks.from_labels(labels)
    unknown = Particle(material or "unknown", "none", float("nan"), float("nan"), float("nan"))
    return ParticleScene(micrograph, masks, [unknown] * len(masks), specimen=name)
