"""Amorphous films and nanocrystals on the raster: atoms that do not stand in columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.spatial.transform import Rotation

from simulate.imaging.row_blocks import row_blocks
from simulate.library.crystals import CRYSTALS, FILMS, Film
from simulate.library.entries import entry_name
from simulate.library.responses import Responses, responses
from simulate.scenes.raster import Raster
from simulate.specimen.lamella import Nanocrystals

_DIAMETER_SPREAD = 0.2  # standard deviation of the logarithm of nanocrystals' diameters; chosen by hand
_FACETS = (0.2, 1.0)  # where planes cut, in radii from the middle
_LEFT_BY_A_FACET = 0.87  # of the volume, on the mean: ¾ (⅔ − x + x³/3) lies beyond a plane at x radii
_SLAB_STEPS = (0, 1, 2, 4)  # thicknesses of the library, 50 Å apart, where slabs begin; further down probes are broad
_SPHERE_STEP_A = 32.0  # spheres of so many diameters are remembered

Floats = NDArray[np.float64]


def deposit_film(
    rng: np.random.Generator,
    raster: Raster,
    name: str,
    thickness_A: Floats,
    *,
    share: float,
    energy_kV: float,
    detector: str,
    first_row: int = 0,
    by_depth: bool = False,
    nanocrystals: Nanocrystals = Nanocrystals(),
) -> None:
    """Add a film where the thickness is above 0.

    Args:
        rng: source of the atoms' positions.
        raster: where to add.
        name: an entry of `simulate.library.crystals.FILMS`.
        thickness_A: (H, W) on the raster or on rows of it, 0 where the film is not.
        share: of the volume that the film fills.
        energy_kV: acceleration voltage.
        detector: as in the library.
        first_row: of the raster, where the thickness begins.
        by_depth: whether an atom sees the probe as wide as it is at its depth, instead of on the mean over the film's.
        nanocrystals: what the film's crystals are like, where it has any.

    Raises:
        InputError: if film, voltage, detector or thickness are not in the library.
    """
    is_film = thickness_A > 0
    rows, columns = (np.any(is_film, axis=axis).nonzero()[0] for axis in (1, 0))
    if not len(rows):
        return
    inside_A = thickness_A[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    top, left = first_row + rows[0], columns[0]
    box = np.s_[top : top + inside_A.shape[0], left : left + inside_A.shape[1]]
    film = FILMS[name]
    atom = responses(entry_name(name), energy_kV, detector)
    atom.at(film.element, inside_A.max(keepdims=True).ravel())  # refuses what is too thick
    slabs = _slabs(atom) if by_depth else (_Slab(0.0, np.inf, atom.thickness_A[1:], atom.volumes_A2[0, 1:]),)
    if film.grain_A is None:
        transfer = _spacing(raster, film, inside_A.shape)
        for slab in slabs:
            of_slab_A = np.clip(inside_A - slab.top_A, 0, slab.bottom_A - slab.top_A)
            atoms = _amorphous(rng, film, of_slab_A, share, raster.pixel_A, transfer)
            for block in row_blocks(inside_A.shape):
                for plane, volume_A2 in zip(raster.planes[(..., *box)], slab.volumes_A2.T, strict=True):
                    if volume_A2.any():
                        per_atom_A2 = np.interp(inside_A[block], slab.thickness_A, volume_A2)
                        plane[block] += (atoms[block] * per_atom_A2).astype(np.float32)
    else:
        crystals = _nanocrystals(rng, film, inside_A, share, raster.pixel_A, nanocrystals)
        xy_A = raster.origin_xy_A + raster.pixel_A * (crystals.yx_px[:, ::-1] + [left, top])
        for slab in slabs:
            here = (crystals.depth_A >= slab.top_A) & (crystals.depth_A < slab.bottom_A)
            volumes_A2 = [np.interp(crystals.film_A[here], slab.thickness_A, one) for one in slab.volumes_A2.T]
            raster.deposit(xy_A[here], crystals.brightness[here, None] * np.stack(volumes_A2, axis=1))


@dataclass(frozen=True, eq=False)
class _Slab:
    """A part of a film's depth, and what an atom in it adds.

    Attributes:
        top_A: where it begins, from the entrance surface.
        bottom_A: where it ends.
        thickness_A: (T,) of the whole film. In one thinner than the first it is as in that.
        volumes_A2: (T, S) as `Responses` has them.
    """

    top_A: float
    bottom_A: float
    thickness_A: Floats
    volumes_A2: Floats


@lru_cache(maxsize=16)
def _slabs(atom: Responses) -> tuple[_Slab, ...]:
    """The film in slabs: t times the mean over a depth t, at its bottom less at its top, is what those in it add."""
    steps = [*_SLAB_STEPS, len(atom.thickness_A) - 1]
    summed = atom.thickness_A[:, None] * atom.volumes_A2[0]
    slabs = []
    for first, last in pairwise(steps):
        top_A, bottom_A = atom.thickness_A[[first, last]]
        total = (summed[last] - summed[first]) / (bottom_A - top_A)
        spread = np.maximum(total, 0)  # fits of neighbouring thicknesses may cross
        volumes_A2 = spread * (total.sum() / spread.sum())
        slabs.append(_Slab(float(top_A), float(bottom_A), atom.thickness_A[-1:], volumes_A2[None]))
    return tuple(slabs)


def _amorphous(
    rng: np.random.Generator,
    film: Film,
    thickness_A: Floats,
    share: float,
    pixel_A: float,
    transfer: tuple[Floats, Floats],
) -> Floats:
    """Atoms in each pixel: random, but spaced."""
    mean = film.atoms_per_A3 * share * thickness_A * pixel_A**2
    random = rng.poisson(mean) - mean
    shape = _padded(random.shape)
    spectrum = fft.rfft2(random, s=shape)
    for factor in transfer:
        spectrum *= factor
    spaced = fft.irfft2(spectrum, s=shape, overwrite_x=True)
    return np.where(thickness_A > 0, mean + spaced[: mean.shape[0], : mean.shape[1]], 0.0)


def _padded(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(fft.next_fast_len(n, real=True) for n in shape)


def _spacing(raster: Raster, film: Film, shape_hw: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Two factors, in `rfft2` layout, of what spaces random atoms as hard spheres: the ring in their diffractogram.

    Fluctuations are damped as if the atoms had been shared between pixels, since the raster's image undoes that.
    """
    height, width = _padded(shape_hw)
    ky, kx = fft.fftfreq(height, raster.pixel_A)[:, None], fft.rfftfreq(width, raster.pixel_A)
    amplitude = np.empty((height, len(kx)))
    upper = amplitude[: height // 2 + 1]  # whose frequencies the rows below have again, negative
    for rows in row_blocks(upper.shape):
        q_per_A = 2 * np.pi * np.hypot(ky[rows], kx)
        upper[rows] = np.sqrt(hard_sphere_structure_factor(q_per_A, film.atoms_per_A3, film.closest_A))
    amplitude[len(upper) :] = amplitude[(height - 1) // 2 : 0 : -1]
    return amplitude, raster.deposit_transfer(ky) * raster.deposit_transfer(kx)


def hard_sphere_structure_factor(q_per_A: Floats, atoms_per_A3: float, diameter_A: float) -> Floats:
    """Structure factor of a hard-sphere liquid in the Percus–Yevick approximation.

    Wertheim, Phys. Rev. Lett. 10, 321 (1963); closed form as in Ashcroft & Lekner, Phys. Rev. 145, 83 (1966).

    Args:
        q_per_A: 2π / distance.
        atoms_per_A3: number density.
        diameter_A: of a sphere.
    """
    packing = np.pi / 6 * atoms_per_A3 * diameter_A**3
    alpha = (1 + 2 * packing) ** 2 / (1 - packing) ** 4
    beta = -6 * packing * (1 + packing / 2) ** 2 / (1 - packing) ** 4
    gamma = packing * alpha / 2
    x = np.maximum(np.asarray(q_per_A, np.float64) * diameter_A, 0.05)  # below, the closed form loses its digits
    sin, cos = np.sin(x), np.cos(x)
    first = alpha * (sin - x * cos) / x**3
    second = beta * (2 * x * sin - (x**2 - 2) * cos - 2) / x**4
    third = gamma * ((4 * x**3 - 24 * x) * sin - (x**4 - 12 * x**2 + 24) * cos + 24) / x**6
    return np.asarray(1 / (1 + 24 * packing * (first + second + third)))


def _nanocrystals(
    rng: np.random.Generator, film: Film, thickness_A: Floats, share: float, pixel_A: float, like: Nanocrystals
) -> _Atoms:
    """Atoms of crystals of random size, place and orientation: spheres, or what planes leave of them."""
    assert film.grain_A is not None
    grain_A = film.grain_A * like.scale
    extent_A, depth_A = np.array(thickness_A.shape) * pixel_A, float(thickness_A.max())
    reach_A = grain_A * np.exp(2 * _DIAMETER_SPREAD) / 2  # of nearly all crystals from their centres
    mean_volume_A3 = np.pi / 6 * grain_A**3 * np.exp(4.5 * _DIAMETER_SPREAD**2) * _LEFT_BY_A_FACET**like.facets
    n = rng.poisson(share * np.prod(extent_A + 2 * reach_A) * depth_A / mean_volume_A3)
    diameters_A = grain_A * np.exp(rng.normal(0, _DIAMETER_SPREAD, n))
    centres_A = rng.uniform(-reach_A, extent_A + reach_A, size=(n, 2))
    turns = Rotation.from_quat(rng.normal(size=(max(n, 1), 4))).as_matrix()
    heights_A = depth_A * rng.uniform(size=n)
    steps = int(np.ceil(diameters_A.max(initial=0) / _SPHERE_STEP_A))
    spheres_A, radii_A = _from_centre_A(film, steps * _SPHERE_STEP_A)
    crystals_A = [spheres_A[:size] for size in np.searchsorted(radii_A, diameters_A / 2)]
    if like.facets:
        crystals_A = [
            _cut(rng, one, radius, like.facets) for one, radius in zip(crystals_A, diameters_A / 2, strict=True)
        ]
    brightness = np.exp(rng.normal(-(like.contrast**2) / 2, like.contrast, n)) if like.contrast else np.ones(n)
    pieces = [
        centre + atoms_A @ turn[:, :2] for centre, atoms_A, turn in zip(centres_A, crystals_A, turns, strict=False)
    ]
    yx_px = np.concatenate([np.zeros((0, 2)), *pieces]) / pixel_A
    row, column = np.rint(yx_px).astype(np.int64).T
    inside = (row >= 0) & (row < thickness_A.shape[0]) & (column >= 0) & (column < thickness_A.shape[1])
    local_A = thickness_A[row[inside], column[inside]]
    sizes = [len(piece) for piece in pieces]
    of_atoms = [np.repeat(of_crystals, sizes)[inside] for of_crystals in (heights_A, brightness)]
    is_film = of_atoms[0] < local_A
    return _Atoms(yx_px[inside][is_film], local_A[is_film], *(one[is_film] for one in of_atoms))


def _cut(rng: np.random.Generator, atoms_A: Floats, radius_A: float, facets: int) -> Floats:
    """What planes at random, between the middle and the surface, leave of a crystal."""
    normals = rng.normal(size=(facets, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(atoms_A[(atoms_A @ normals.T < rng.uniform(*_FACETS, facets) * radius_A).all(axis=1)])


class _Atoms(NamedTuple):
    """Atoms of nanocrystals: place in pixels (N, 2), the film's thickness there, their crystal's depth, brightness."""

    yx_px: Floats
    film_A: Floats
    depth_A: Floats
    brightness: Floats


@lru_cache(maxsize=8)
def _from_centre_A(film: Film, diameter_A: float) -> tuple[Floats, Floats]:
    """Atoms of the film's crystal within a sphere about one of them, from the centre outwards, and their distances."""
    cell = CRYSTALS[film.element].atoms
    n = int(np.ceil(diameter_A / 2 / cell.cell.lengths()[0])) + 1
    steps = np.arange(-n, n + 1)
    offsets = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 1, 3) @ cell.cell[:]
    positions = (offsets + cell.positions).reshape(-1, 3)
    radii_A = np.linalg.norm(positions, axis=1)
    order = np.argsort(radii_A, kind="stable")[: np.count_nonzero(radii_A < diameter_A / 2)]
    return positions[order], radii_A[order]
