"""Specimen and microscope settings → micrograph with its truth."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.records import Micrograph, Scene
from simulate.imaging import stem
from simulate.imaging.row_blocks import row_blocks
from simulate.imaging.stem import Scan
from simulate.imaging.stem.detector import EXPOSED_PERCENTILES
from simulate.library.entries import check_convergence, entry_name
from simulate.library.responses import thin_film_fraction
from simulate.scenes.acquisition import Acquisition
from simulate.scenes.difficulty import judge
from simulate.scenes.films import deposit_film
from simulate.scenes.raster import Raster, deposit_columns
from simulate.specimen.columns import place_columns
from simulate.specimen.layers import Specimen
from simulate.specimen.stack import Stack, build_stack

_FINEST_A, _COARSEST_A = 0.18, 0.25  # raster pixels: 0.1 % and 0.5 % of the contrast under a source of 0.5 Å
_DAMAGED = "amorphous Ge"  # of the library's films the one that scatters most like an amorphous perovskite
_STEP_A = 1.0  # between points of an uneven lamella's fields: less than an atom
_MARGIN_A = 8.0  # around what the scan reaches: the widest Gaussians of columns outside it

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Exposure:
    """What the microscope records, and the truth.

    Attributes:
        counts: uint8 or uint16 (H, W), as the detector gives them.
        labels: uint32 (H, W), 1 … M, 0 where nothing is labelled.
        grains: uint32 (H, W), a number for each separate crystal or film, 0 where there is none.
        materials: M names.
        parameters: how it was made (JSON-serialisable): seed, specimen, acquisition, detector, boundaries.
    """

    counts: NDArray[np.uint8] | NDArray[np.uint16]
    labels: NDArray[np.uint32]
    grains: NDArray[np.uint32]
    materials: tuple[str, ...]
    parameters: dict[str, Any]

    def scene(self, name: str) -> Scene:
        """The scene, as it comes back from a file: the contrast stretched, the difficulty judged."""
        pixel_size_nm = self.parameters["acquisition"]["scan"]["pixel_size_A"] / 10
        micrograph = Micrograph.stretched(self.counts, pixel_size_nm=pixel_size_nm, name=name)
        difficulty, weights, facts = judge(micrograph.pixels, self.labels, self.grains, self.materials)
        parameters = self.parameters | {"difficulty": facts}
        return Scene(micrograph, self.labels, self.materials, difficulty, weights, self.grains, parameters)


def compose(specimen: Specimen, acquisition: Acquisition, *, seed: int, name: str = "scene") -> Scene:
    """Simulate a micrograph of a specimen: what `expose` records, as a scene with its truth."""
    return expose(specimen, acquisition, seed=seed).scene(name)


def expose(specimen: Specimen, acquisition: Acquisition, *, seed: int, laid_out_for: Scan | None = None) -> Exposure:
    """Simulate what the microscope records of a specimen.

    Args:
        specimen: what lies under the beam.
        acquisition: how it is imaged.
        seed: the same seed and arguments give the same bytes. What is left to chance in the specimen depends on how
            far the scan reaches too: dose, detector and optics can be changed alone, the scan only as follows.
        laid_out_for: the scan that this one differs from by drift; that of the acquisition where not given. The
            specimen has the surfaces, islands, crystals and strain that it has there; dopants and amorphous films are
            drawn anew where the reach differs.

    Returns:
        Counts and truth. Labels and grains are evaluated where each pixel was scanned, drift and shear included, line
        jitter not.

    Raises:
        InputError: if a material, voltage, detector or thickness is not in the library, the field of view is too
            large, no pixel is labelled, or the seed is negative.
    """
    if seed < 0:
        raise InputError(f"a seed of {seed} is impossible; give 0 or more.")
    structure, film, electrons = (np.random.default_rng([seed, stream]) for stream in (0, 1, 3))
    positions_A, read_at_A, half_extent_A = _scanned(acquisition.scan, seed)
    laid_out_A = half_extent_A if laid_out_for is None else _scanned(laid_out_for, seed)[2]
    stack = build_stack(structure, specimen, reach_A=float(np.hypot(*laid_out_A)))
    ideal = ideal_image(stack, acquisition, half_extent_A, structure, film)
    signal = stem.sample(ideal.image, ideal.pixel_A, ideal.origin_xy_A, read_at_A)
    pixel_area_A2 = acquisition.scan.pixel_size_A**2
    low, high = (float(level) for level in np.percentile(np.clip(signal, 0, 1), EXPOSED_PERCENTILES))
    detector = stem.exposed(
        acquisition.dose_e_per_A2, pixel_area_A2, low, high, readout_e=acquisition.readout_e, bits=acquisition.bits
    )
    detector = replace(detector, spread_px=acquisition.spread_px, line_noise=acquisition.line_noise)
    labels, grains, materials = truth(stack, positions_A)
    parameters = {
        "seed": seed,
        "specimen": asdict(specimen),
        "acquisition": asdict(acquisition),
        "detector": asdict(detector),
        "boundaries": boundaries(specimen),
    }
    counts = stem.detect(electrons, signal, pixel_area_A2, detector)
    return Exposure(counts, labels, grains, tuple(materials), parameters)


def stack_of(specimen: Specimen, scan: Scan, *, seed: int) -> Stack:
    """What `expose` images: the specimen with all that it leaves to chance drawn."""
    reach_A = float(np.hypot(*_scanned(scan, seed)[2]))
    return build_stack(np.random.default_rng([seed, 0]), specimen, reach_A=reach_A)


def _scanned(scan: Scan, seed: int) -> tuple[Floats, Floats, tuple[float, float]]:
    """Where pixels are meant to be, where they are read, and how far from the centre that needs an image."""
    rng = np.random.default_rng([seed, 2])
    positions_A = stem.scan_positions(rng, scan)
    read_at_A = stem.jittered(rng, positions_A, scan)
    reach_A = np.maximum(np.abs(positions_A).max(axis=(0, 1)), np.abs(read_at_A).max(axis=(0, 1))) + _MARGIN_A
    return positions_A, read_at_A, (float(reach_A[0]), float(reach_A[1]))


@dataclass(frozen=True, eq=False)
class IdealImage:
    """A noise-free image on a raster.

    Attributes:
        image: float32 (H, W), share of the beam.
        pixel_A: side of a pixel.
        origin_xy_A: position of the centre of pixel (0, 0).
    """

    image: NDArray[np.float32]
    pixel_A: float
    origin_xy_A: tuple[float, float]


def ideal_image(
    stack: Stack,
    acquisition: Acquisition,
    half_extent_A: tuple[float, float],
    structure: np.random.Generator,
    film: np.random.Generator,
) -> IdealImage:
    """Columns and films through the optics, before any noise."""
    energy_kV, detector = acquisition.optics.energy_kV, acquisition.detector
    pixel_A = float(np.clip(acquisition.scan.pixel_size_A / 2, _FINEST_A, _COARSEST_A))
    raster = Raster.covering(half_extent_A, pixel_A)
    margin_A = 2 * pixel_A + stack.displacement.largest  # the strain brings columns in from outside
    columns = place_columns(structure, stack, (half_extent_A[0] + margin_A, half_extent_A[1] + margin_A))
    films = [entry_name(name) for layer in stack.specimen.layers for name, _ in layer.made_of.films]
    for entry in (*columns.entries, *films):
        check_convergence(entry, acquisition.optics.convergence_mrad)
    deposit_columns(raster, columns, energy_kV, detector)
    if stack.specimen.lamella.dechannelling > 0:
        raster.dechannel(raster.evaluated(stack.lost_channelling_at, _STEP_A))
    _deposit_films(film, raster, stack, energy_kV, detector)
    image = raster.image()
    if acquisition.contamination_A > 0:
        shape_hw = (image.shape[0], image.shape[1])
        variation = acquisition.contamination_variation
        carbon_A = stem.contamination(film, shape_hw, pixel_A, acquisition.contamination_A, variation=variation)
        per_A = thin_film_fraction(entry_name("amorphous C"), energy_kV, detector)
        for rows in row_blocks(shape_hw):
            image[rows] += (carbon_A[rows] * per_A).astype(np.float32)
    image = stem.through_optics(image, pixel_A, acquisition.optics)
    return IdealImage(image, pixel_A, raster.origin_xy_A)


def _deposit_films(rng: np.random.Generator, raster: Raster, stack: Stack, energy_kV: float, detector: str) -> None:
    layers, lamella = stack.specimen.layers, stack.specimen.lamella
    wanted = [index for index, layer in enumerate(layers) if layer.made_of.films]
    damaged = [index for index, layer in enumerate(layers) if layer.made_of.host and lamella.damage_A > 0]
    if not wanted and not damaged:
        return
    deposit = partial(deposit_film, rng, raster, energy_kV=energy_kV, detector=detector)
    evaluated = partial(raster.evaluated, step_A=_STEP_A if any(lamella.lean_A) else 0.0)
    thickness_A = cache(lambda rows: evaluated(stack.thickness_at, rows=rows))
    as_film = partial(deposit, by_depth=lamella.resolves_films, nanocrystals=lamella.nanocrystals)
    for index in wanted:
        rows = _rows_of(stack, raster, index)
        film_A = evaluated(partial(stack.depth_share_at, index), rows=rows) * thickness_A(rows)
        for name, share in layers[index].made_of.films:
            as_film(name, film_A, share=share, first_row=rows[0])
    if damaged:
        crystalline = np.sum([evaluated(partial(stack.depth_share_at, index)) for index in damaged], axis=0)
        everywhere = 0, len(crystalline)
        deposit(_DAMAGED, np.minimum(lamella.damage_A, thickness_A(everywhere)) * crystalline, share=1.0)


def _rows_of(stack: Stack, raster: Raster, layer: int) -> tuple[int, int]:
    """Rows of the raster, the first and the one behind the last, that can show a layer."""
    y_A = raster.coordinates_A()[1]
    if any(stack.specimen.lamella.lean_A):
        return 0, len(y_A)
    lowest, highest = stack.layers_seen_between(y_A)
    found = np.flatnonzero((lowest <= layer) & (layer <= highest))
    return (int(found[0]), int(found[-1]) + 1) if len(found) else (0, 0)


def truth(stack: Stack, positions_A: Floats) -> tuple[NDArray[np.uint32], NDArray[np.uint32], list[str]]:
    """Labels, grains and the names of the labels at positions (H, W, 2).

    Labels number the materials from the substrate up; layers of one material share a label. Grains number the
    separate crystals and films.

    Raises:
        InputError: if nothing labelled is in view.
    """
    x_A, y_A = positions_A[..., 0], positions_A[..., 1]
    layer_at = stack.layer_seen_at(x_A, y_A)
    labels, grains = np.zeros((2, *layer_at.shape), np.uint32)
    materials: list[str] = []
    n_grains = 0
    for index, layer in enumerate(stack.specimen.layers):
        here = layer_at == index
        if not layer.made_of.is_labelled or not here.any():
            continue
        if layer.made_of.name not in materials:
            materials.append(layer.made_of.name)
        labels[here] = materials.index(layer.made_of.name) + 1
        if not layer.boundaries:
            n_grains += 1
            grains[here] = n_grains
            continue
        domain = stack.domain_at(index, *stack.unstrained(x_A[here], y_A[here]))
        seen = np.flatnonzero(np.bincount(domain))
        grains[here] = n_grains + 1 + np.searchsorted(seen, domain)
        n_grains += len(seen)
    if not materials:
        raise InputError("no labelled material is in the field of view; move first_interface_A or enlarge the scan.")
    return labels, grains, materials


def boundaries(specimen: Specimen) -> list[dict[str, Any]]:
    """The defects that split a layer of a specimen in two."""
    return [
        {"layer": index, "material": layer.made_of.name, **asdict(boundary)}
        for index, layer in enumerate(specimen.layers)
        for boundary in layer.boundaries
    ]
