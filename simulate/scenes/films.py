"""Amorphous films and nanocrystals on the raster: atoms that do not stand in columns."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.spatial.transform import Rotation

from simulate.library.crystals import CRYSTALS, FILMS, Film
from simulate.library.entries import entry_name
from simulate.library.responses import Responses, responses
from simulate.scenes.raster import Raster

_DIAMETER_SPREAD = 0.2  # standard deviation of the logarithm of nanocrystals' diameters; chosen by hand
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
) -> None:
    """Add a film where the thickness is above 0.

    Args:
        rng: source of the atoms' positions.
        raster: where to add.
        name: an entry of `simulate.library.crystals.FILMS`.
        thickness_A: (H, W) on the raster, 0 where the film is not.
        share: of the volume that the film fills.
        energy_kV: acceleration voltage.
        detector: as in the library.

    Raises:
        InputError: if film, voltage, detector or thickness are not in the library.
    """
    rows, columns = np.any(thickness_A > 0, axis=1).nonzero()[0], np.any(thickness_A > 0, axis=0).nonzero()[0]
    if not len(rows):
        return
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    film, inside_A = FILMS[name], thickness_A[box]
    atom = responses(entry_name(name), energy_kV, detector)
    atom.at(film.element, inside_A.max(keepdims=True).ravel())  # refuses what is too thick
    if film.grain_A is None:
        atoms = _amorphous(rng, raster, film, inside_A, share)
        for plane, volume_A2 in zip(raster.planes, atom.volumes_A2[0].T, strict=True):
            if volume_A2.any():
                plane[box] += (atoms * _per_atom_A2(atom, volume_A2, inside_A)).astype(np.float32)
    else:
        yx_px, depth_A = _nanocrystals(rng, film, film.grain_A, inside_A, share, raster.pixel_A)
        corner_xy_A = raster.origin_xy_A + raster.pixel_A * np.array([columns[0], rows[0]])
        volumes_A2 = [_per_atom_A2(atom, volume_A2, depth_A) for volume_A2 in atom.volumes_A2[0].T]
        raster.deposit(corner_xy_A + raster.pixel_A * yx_px[:, ::-1], np.stack(volumes_A2, axis=1))


def _per_atom_A2(atom: Responses, volume_A2: Floats, thickness_A: Floats) -> Floats:
    """One column of the responses of an atom; in films thinner than the library's thinnest it is that of the latter."""
    return np.asarray(np.interp(thickness_A, atom.thickness_A[1:], volume_A2[1:]))


def _amorphous(rng: np.random.Generator, raster: Raster, film: Film, thickness_A: Floats, share: float) -> Floats:
    """Atoms in each pixel: random, but spaced as hard spheres are, which makes the ring in their diffractogram.

    Fluctuations are damped as if the atoms had been shared between pixels, since the raster's image undoes that.
    """
    pixel_A = raster.pixel_A
    mean = film.atoms_per_A3 * share * thickness_A * pixel_A**2
    random = rng.poisson(mean) - mean
    shape = tuple(fft.next_fast_len(n, real=True) for n in random.shape)
    ky, kx = fft.fftfreq(shape[0], pixel_A)[:, None], fft.rfftfreq(shape[1], pixel_A)
    structure = hard_sphere_structure_factor(2 * np.pi * np.hypot(ky, kx), film.atoms_per_A3, film.closest_A)
    shared = raster.deposit_transfer(ky) * raster.deposit_transfer(kx)
    spaced = fft.irfft2(fft.rfft2(random, s=shape) * np.sqrt(structure) * shared, s=shape, overwrite_x=True)
    return np.where(thickness_A > 0, mean + spaced[: mean.shape[0], : mean.shape[1]], 0.0)


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
    rng: np.random.Generator, film: Film, grain_A: float, thickness_A: Floats, share: float, pixel_A: float
) -> tuple[Floats, Floats]:
    """Atoms of spherical crystals of random size, place and orientation: (row, column) in pixels, film's thickness."""
    extent_A, depth_A = np.array(thickness_A.shape) * pixel_A, float(thickness_A.max())
    reach_A = grain_A * np.exp(2 * _DIAMETER_SPREAD) / 2  # of nearly all crystals from their centres
    mean_volume_A3 = np.pi / 6 * grain_A**3 * np.exp(4.5 * _DIAMETER_SPREAD**2)
    n = rng.poisson(share * np.prod(extent_A + 2 * reach_A) * depth_A / mean_volume_A3)
    diameters_A = grain_A * np.exp(rng.normal(0, _DIAMETER_SPREAD, n))
    centres_A = rng.uniform(-reach_A, extent_A + reach_A, size=(n, 2))
    turns = Rotation.from_quat(rng.normal(size=(max(n, 1), 4))).as_matrix()
    heights_A = depth_A * rng.uniform(size=n)
    steps = int(np.ceil(diameters_A.max(initial=0) / _SPHERE_STEP_A))
    atoms_A, radii_A = _from_centre_A(film, steps * _SPHERE_STEP_A)
    sizes = np.searchsorted(radii_A, diameters_A / 2)
    pieces = [
        centre + atoms_A[:size] @ turn[:, :2] for centre, size, turn in zip(centres_A, sizes, turns, strict=False)
    ]
    yx_px = np.concatenate([np.zeros((0, 2)), *pieces]) / pixel_A
    nearest = np.rint(yx_px).astype(np.int64)
    row, column = nearest.T
    inside = (row >= 0) & (row < thickness_A.shape[0]) & (column >= 0) & (column < thickness_A.shape[1])
    local_A = thickness_A[row[inside], column[inside]]
    is_film = np.repeat(heights_A, sizes)[inside] < local_A
    return yx_px[inside][is_film], local_A[is_film]


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
