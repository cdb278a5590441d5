"""Crops of crystals and films that there are not, to teach a classifier what its materials are not.

A stand-in is made from a material: of a crystal its cell with other elements in it, or its cell altered in a way that
no condition of imaging explains, or a cell of its own; of a film or vacuum another film. It is imaged as crops of the
material are. No material of the library is a stand-in, so that all those that a classifier is not trained on remain for
testing it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import fft

from simulate.crops.datasets import CropDataset
from simulate.crops.drawing import image_crop
from simulate.crops.grid import Grid
from simulate.crops.parameters import CropParameters
from simulate.draws import log_uniform
from simulate.library.materials import material
from simulate.scenes.films import deposit_film
from simulate.scenes.raster import deposit_columns
from simulate.specimen.columns import Columns
from simulate.specimen.stack import PlaneCell, plane_cell

# Chosen by hand: what is nearer to the material than this is within what thickness, tilt, scan and strain do to it.
_HEIGHT_CHANGES = (1.5, 6.0)  # how many times brighter or dimmer a kind of column becomes
_BRIGHTNESS_CHANGES = (1.0, 2.0)  # of all columns together, in addition
_SUBSTITUTIONS = (1.0, 3.0)  # how many times brighter or dimmer other elements are, as Bi beside Sr
_LEAST_CONTRAST = 1.2  # that they change between two kinds of column
_STRETCHES = (1.18, 1.7)  # of one axis against the other
_LEANS_DEG = (9.0, 28.0)  # of the angle between the axes; scans shear by 1° or so
_SHIFTS = (0.15, 0.5)  # of some of the columns, in cells
_BRIGHTER_FILMS, _DIMMER_FILMS = (1.3, 30.0), (0.5, 0.77)  # than carbon's, how many times; carbon is none of them
_EVEN = 0.3  # share of films whose atoms do not show
_ANION = "O"  # barely seen, and no stand-in hangs on it

_HEIGHTS = (0.2, 2.0)  # of the columns of a cell of its own
_PERIODS_A = (2.0, 9.0)  # of cells of their own, from the densest planes of metals to those of complex oxides
_APART_A = 1.0  # columns closer than this are one
_MOST_COLUMNS = 4
_BRIGHTEST = 0.6  # share of the beam that a detector may get; crystals of the library stay below

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StandInCell:
    """A projected cell of K columns.

    Attributes:
        vectors_A: float64 (2, 2), the cell's vectors as rows (x, y).
        places: float64 (K, 2), the columns in shares of these vectors.
        sites: the kind of each column, as in the library.
        heights: float64 (K,), how many times brighter each column is than in the library.
    """

    vectors_A: Floats
    places: Floats
    sites: tuple[str, ...]
    heights: Floats


class StandInDataset(CropDataset):
    """Crops of what stands in for each of several materials; the label is that of the material."""

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        """Crop float32 (1, size_px, size_px) in [0, 1], and the label of what it stands in for."""
        image = image_crop(self.parameters(index), self.conditions, seed=self._seed(index), seen_as=stand_in_spectrum)
        return torch.from_numpy(image[None].copy()), index % len(self.materials)


def stand_in_spectrum(rng: np.random.Generator, parameters: CropParameters, grid: Grid) -> NDArray[np.complex64]:
    """Fourier transform of the image of a stand-in with the ideal probe.

    Args:
        rng: of the stand-in.
        parameters: of a crop of the material for which it stands in.
        grid: the raster.
    """
    is_crystal = material(parameters.material).host is not None
    image = (_crystal if is_crystal else _film)(rng, parameters, grid)
    return np.asarray(fft.rfft2(image * min(1.0, _BRIGHTEST / float(image.max()))).astype(np.complex64))


def _crystal(rng: np.random.Generator, parameters: CropParameters, grid: Grid) -> NDArray[np.float32]:
    several = len(_kinds(_own_cell(parameters))) > 1
    # Crystals of the same lattice are the likeliest neighbours of an oxide, and the hardest to tell from it.
    ways = (altered_cell, random_cell, *[substituted_cell] * 3) if several else (altered_cell, random_cell)
    cell = ways[int(rng.integers(len(ways)))](rng, parameters)
    raster = grid.empty()
    deposit_columns(raster, _columns(cell, parameters, grid.half_extent_A), parameters.energy_kV, parameters.detector)
    return raster.image()


def _own_cell(parameters: CropParameters) -> PlaneCell:
    own = plane_cell(material(parameters.material), parameters.view)
    assert own is not None
    return own


def _kinds(own: PlaneCell) -> list[str]:
    """Of columns that are seen."""
    return [site for site in dict.fromkeys(own.sites) if site != _ANION]


def substituted_cell(rng: np.random.Generator, parameters: CropParameters) -> StandInCell:
    """The cell of a crystal of several kinds of column with other elements in them.

    All of it may be brighter, but one kind changes more than another.
    """
    own, change = _own_cell(parameters), dict[str, float]()
    while not change or max(change.values()) < _LEAST_CONTRAST * min(change.values()):
        change = {kind: _either_way(rng, _SUBSTITUTIONS) for kind in _kinds(own)}
    heights = np.array([change.get(site, 1.0) for site in own.sites])
    return StandInCell(np.diag([own.a_A, own.c_A]), np.stack([own.u, own.v], axis=1), own.sites, heights)


def altered_cell(rng: np.random.Generator, parameters: CropParameters) -> StandInCell:
    """The cell of a crystal, changed in one to three ways: brightness or place of some columns, or its shape."""
    own = _own_cell(parameters)
    vectors_A, places, heights = np.diag([own.a_A, own.c_A]), np.stack([own.u, own.v], axis=1), np.ones(len(own.u))
    # A single column can be neither brighter than others nor beside its place.
    n_seen = sum(site != _ANION for site in own.sites)
    ways = set(rng.permutation(3)[: int(rng.integers(1, 4))].tolist()) if n_seen > 1 else {2}
    if 0 in ways:
        heights[_some_columns(rng, own.sites)] *= _either_way(rng, _HEIGHT_CHANGES)
    if 1 in ways:
        angle = rng.uniform(0, 2 * np.pi)
        places[_some_columns(rng, own.sites)] += rng.uniform(*_SHIFTS) * np.array([np.cos(angle), np.sin(angle)])
    if 2 in ways:
        lean = np.deg2rad(rng.uniform(*_LEANS_DEG)) * rng.integers(2)
        vectors_A = vectors_A @ np.diag([_either_way(rng, _STRETCHES), 1.0]) @ [[1, 0], [np.tan(lean), 1]]
    return StandInCell(vectors_A, places, own.sites, heights * _either_way(rng, _BRIGHTNESS_CHANGES))


def _some_columns(rng: np.random.Generator, sites: Sequence[str]) -> NDArray[np.bool_]:
    """All columns of one kind where there are several kinds that are seen; otherwise, or as often, half of the columns.

    Never all of those that are seen, unless there is but one.
    """
    kinds = np.array(sites)
    seen = np.flatnonzero(kinds != _ANION)
    different = np.unique(kinds[seen])
    if len(different) > 1 and rng.integers(2):
        return np.asarray(kinds == different[rng.integers(len(different))])
    chosen = np.zeros(len(kinds), bool)
    chosen[rng.permutation(seen)[: max(1, len(seen) // 2)]] = True
    return chosen


def random_cell(rng: np.random.Generator, parameters: CropParameters) -> StandInCell:
    """A cell of one to four columns, on average as bright as the crystal.

    Half of the cells are of the crystal's own size, as those of most perovskites are, and the others square, hexagonal,
    rectangular or oblique.
    """
    own = _own_cell(parameters)
    seen = [site for site in own.sites if site != _ANION]
    vectors_A = np.diag([own.a_A, own.c_A]) if rng.integers(2) else _random_vectors_A(rng)
    places = _random_places(rng, vectors_A)
    sites = tuple(seen[index] for index in rng.integers(len(seen), size=len(places)))
    area_A2, own_area_A2 = float(abs(np.linalg.det(vectors_A))), own.a_A * own.c_A
    as_bright = (area_A2 / len(places)) / (own_area_A2 / len(seen))
    heights = np.exp(rng.uniform(np.log(_HEIGHTS[0]), np.log(_HEIGHTS[1]), len(places)))
    return StandInCell(vectors_A, places, sites, as_bright * heights)


def _random_vectors_A(rng: np.random.Generator) -> Floats:
    ratio, oblique_deg = rng.uniform(0.5, 1.0), rng.uniform(60, 90)
    shapes = (1.0, 90.0), (1.0, 60.0), (ratio, 90.0), (ratio, oblique_deg)  # real crystals are rarely oblique
    second, angle_deg = shapes[int(rng.integers(len(shapes)))]
    angle = np.deg2rad(angle_deg)
    length_A = log_uniform(rng, _PERIODS_A)
    return length_A * np.array([[1.0, 0.0], [second * np.cos(angle), second * np.sin(angle)]])


def _random_places(rng: np.random.Generator, vectors_A: Floats) -> Floats:
    """One to four places that are apart: float64 (n, 2), in shares of the cell's vectors."""
    places = [rng.uniform(size=2)]
    for _ in range(int(rng.integers(_MOST_COLUMNS))):
        place = rng.uniform(size=2)
        offsets = (place - np.array(places) + 0.5) % 1 - 0.5
        if (np.linalg.norm(offsets @ vectors_A, axis=1) > _APART_A).all():
            places.append(place)
    return np.array(places)


def _either_way(rng: np.random.Generator, changes: tuple[float, float]) -> float:
    factor = log_uniform(rng, changes)
    return factor if rng.integers(2) else 1 / factor


def _columns(cell: StandInCell, parameters: CropParameters, half_extent_A: float) -> Columns:
    """The columns of a crystal without end within a square about the centre."""
    own = _own_cell(parameters)
    angle = np.deg2rad(parameters.rotation_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    vectors_A = cell.vectors_A @ turn
    corners = half_extent_A * np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)]) @ np.linalg.inv(vectors_A)
    low, high = np.floor(corners.min(axis=0)).astype(int) - 2, np.ceil(corners.max(axis=0)).astype(int) + 2
    i, j, kind = (
        grid.ravel()
        for grid in np.meshgrid(
            np.arange(low[0], high[0]), np.arange(low[1], high[1]), np.arange(len(cell.sites)), indexing="ij"
        )
    )
    xy_A = (np.stack([i, j], axis=1) + cell.places[kind] + parameters.origin) @ vectors_A
    inside = (np.abs(xy_A) <= half_extent_A).all(axis=1)
    xy_A, kind = xy_A[inside], kind[inside]
    n, first = len(xy_A), np.zeros(len(xy_A), np.int64)
    return Columns(
        xy_A=xy_A,
        layer=first,
        domain=first,
        site=np.array(cell.sites)[kind],
        thickness_A=np.full(n, parameters.thickness_A * own.simulated_A / own.beam_A),
        tilt_mrad=np.tile(np.array(parameters.tilt_mrad, float), (n, 1)),
        entries=(own.entry,),
        shares=cell.heights[kind][:, None],
        depth_share=np.ones(n),
    )


def _film(rng: np.random.Generator, parameters: CropParameters, grid: Grid) -> NDArray[np.float32]:
    """An amorphous film that is brighter or dimmer than carbon, or an even one.

    None has nanocrystals: one crop shows too few of them to tell a film with more or fewer from Pt/C.
    """
    raster, film = grid.empty(), "amorphous C"
    energy_kV, detector = parameters.energy_kV, parameters.detector
    thickness_A = np.full(raster.planes.shape[1:], parameters.thickness_A)
    deposit_film(rng, raster, film, thickness_A, share=1.0, energy_kV=energy_kV, detector=detector)
    changes = _BRIGHTER_FILMS if rng.uniform() < 0.75 else _DIMMER_FILMS
    image = raster.image() * np.float32(log_uniform(rng, changes))
    return np.full_like(image, image.mean()) if rng.uniform() < _EVEN else image
