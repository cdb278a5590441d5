"""What a column of atoms, or an atom of a film, adds to an image: fitted to the library's entries.

A cell's image is the sum of one response for each of its columns; responses are sums of Gaussians of fixed widths, so
that an image of any arrangement of columns takes one convolution for each width. Images are shares of the beam's
electrons; lengths are in Å.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from ase.data import atomic_numbers
from numpy.typing import NDArray
from scipy.optimize import nnls

from samiam.errors import InputError
from simulate.library.entries import Entry, read_entry

SIGMAS_A = (0.22, 0.32, 0.48, 0.75, 1.2, 2.0)  # from about the probe's own on; chosen by hand

_CENTRAL_CELLS = 3  # cells to either side whose columns are seen in the central one; 5 σ of the widest Gaussian
_BROAD_A = 1.0  # Gaussians wider than this overlap with those of the neighbouring columns
_RIDGE = 1e-3  # share of the data's weight; decides between Gaussians that the periodic image cannot tell apart


@dataclass(frozen=True, eq=False)
class Responses:
    """What columns contribute to an image, for one specimen, voltage and detector.

    Attributes:
        sites: K kinds of columns, as "A", "BO", "O"; for a film its element.
        thickness_A: float64 (T,), from 0 up.
        volumes_A2: float64 (K, T, S): share of the beam × Å² in each of the Gaussians of `SIGMAS_A`; for a film
            per atom.
        residual: root mean square of what the Gaussians leave of the images, as a share of the images' own.
    """

    sites: tuple[str, ...]
    thickness_A: NDArray[np.float64]
    volumes_A2: NDArray[np.float64]
    residual: float

    def at(self, site: str, thickness_A: NDArray[np.float64]) -> NDArray[np.float64]:
        """Volumes [Å²] at given thicknesses: float64 (N, S). Nothing is known beyond the largest thickness.

        Raises:
            InputError: if a thickness is negative or beyond the library's.
        """
        low, high, limit = float(thickness_A.min(initial=0)), float(thickness_A.max(initial=0)), self.thickness_A[-1]
        if low < 0 or high > limit:
            outside = low if low < 0 else high
            raise InputError(
                f"a thickness of {outside:.0f} Å is outside the library's 0 to {limit:.0f} Å; choose one within."
            )
        if site not in self.sites:
            return np.zeros((len(thickness_A), len(SIGMAS_A)))
        table = self.volumes_A2[self.sites.index(site)]
        upper = np.clip(np.searchsorted(self.thickness_A, thickness_A), 1, len(self.thickness_A) - 1)
        width = self.thickness_A[upper] - self.thickness_A[upper - 1]
        part = ((thickness_A - self.thickness_A[upper - 1]) / width)[:, None]
        return np.asarray((1 - part) * table[upper - 1] + part * table[upper])


@lru_cache(maxsize=64)
def responses(name: str, energy_kV: float, detector: str, folder: Path | None = None) -> Responses:
    """The responses of one entry, fitted to its images once.

    Raises:
        InputError: if entry, voltage or detector are not in the library.
    """
    entry = read_entry(name, folder)
    index = entry.detector_index(energy_kV, detector)
    fit = _fit_film if entry.is_film else _fit_cell
    sites, volumes, residual = fit(entry, energy_kV, index)
    with_none = np.concatenate([np.zeros_like(volumes[:, :1]), volumes], axis=1)
    thickness_A = np.concatenate([[0.0], entry.arrays["thickness_A"].astype(np.float64)])
    return Responses(tuple(sites), thickness_A, with_none, residual)


@lru_cache(maxsize=64)
def thin_film_fraction(name: str, energy_kV: float, detector: str) -> float:
    """Share of the beam that an Å of a thin film sends onto a detector.

    Raises:
        InputError: if entry, voltage or detector are not in the library.
    """
    entry = read_entry(name)
    index = entry.detector_index(energy_kV, detector)
    thinnest = entry.arrays[f"fraction_{energy_kV:g}kV"][index, 0]
    return float(thinnest / entry.arrays["thickness_A"][0])


def _fit_cell(entry: Entry, energy_kV: float, index: int) -> tuple[list[str], NDArray[np.float64], float]:
    """Non-negative least squares of one Gaussian of each width at each kind of column.

    The periodic image does not say whose the broad background is; the columns share its Gaussians by their
    scattering power.
    """
    images = entry.arrays[f"images_{energy_kV:g}kV"][index].astype(np.float64)
    columns = entry.header["columns"]
    sites = list(dict.fromkeys(column["site"] for column in columns))
    power = np.array([_scattering_power(next(c for c in columns if c["site"] == site)) for site in sites])
    power /= power.max()  # so that the ridge weighs shared and own Gaussians alike
    bases = _cell_gaussians(entry, sites, images.shape[1:])  # (pixels, sites, widths)
    is_broad = np.array(SIGMAS_A) > _BROAD_A
    own, shared = bases[:, :, ~is_broad], np.einsum("pks,k->ps", bases[:, :, is_broad], power)
    design = np.concatenate([own.reshape(len(bases), -1), shared], axis=1)
    volumes = np.zeros((len(sites), len(images), len(SIGMAS_A)))
    for step, image in enumerate(images):
        found = _solve(design, image.ravel())
        volumes[:, step, ~is_broad] = found[: -is_broad.sum()].reshape(len(sites), -1)
        volumes[:, step, is_broad] = np.outer(power, found[-is_broad.sum() :])
    fitted = np.einsum("pks,kts->tp", bases, volumes).reshape(images.shape)
    residual = float(np.sqrt(((fitted - images) ** 2).mean() / (images**2).mean()))
    return sites, volumes, residual


def _scattering_power(column: Mapping[str, Any]) -> float:
    """Rutherford-like, Z^1.7: Hartel, Rose & Dinges, Ultramicroscopy 63, 93 (1996)."""
    counts = zip(column["elements"], column["atoms_per_repeat"], strict=True)
    return float(sum(count * atomic_numbers[element] ** 1.7 for element, count in counts))


def _cell_gaussians(entry: Entry, sites: list[str], shape_yx: tuple[int, int]) -> NDArray[np.float64]:
    """The image of each kind of column with each width of Gaussian: (pixels, sites, widths)."""
    n_y, n_x = shape_yx
    a_A, b_A, _ = entry.header["cell_A"]
    x, y = np.arange(n_x) * a_A / n_x, np.arange(n_y) * b_A / n_y
    bases = np.zeros((n_y * n_x, len(sites), len(SIGMAS_A)))
    for column in entry.header["columns"]:
        for s, sigma in enumerate(SIGMAS_A):
            at_x = _periodic_gaussian(x - column["x_A"], a_A, sigma)
            at_y = _periodic_gaussian(y - column["y_A"], b_A, sigma)
            bases[:, sites.index(column["site"]), s] += np.outer(at_y, at_x).ravel()
    return bases


def _fit_film(entry: Entry, energy_kV: float, index: int) -> tuple[list[str], NDArray[np.float64], float]:
    """An atom's share of the film's mean intensity, spread as the probe is over the film's depth."""
    film, thickness_A = entry.header["film"], entry.arrays["thickness_A"].astype(np.float64)
    radii = entry.arrays["profile_radii_A"].astype(np.float64)
    profiles = entry.arrays[f"profile_{energy_kV:g}kV"].astype(np.float64)
    weight = np.sqrt(np.maximum(radii, radii[1] / 4))  # rings of equal width
    sigma = np.array(SIGMAS_A)
    design = np.exp(-(radii[:, None] ** 2) / (2 * sigma**2)) / (2 * np.pi * sigma**2)
    spread = np.array([_solve(design * weight[:, None], profile * weight) for profile in profiles])
    fitted = spread @ design.T
    residual = float(np.sqrt((((fitted - profiles) * weight) ** 2).mean() / ((profiles * weight) ** 2).mean()))
    spread /= spread.sum(axis=1, keepdims=True)
    fraction = entry.arrays[f"fraction_{energy_kV:g}kV"][index].astype(np.float64)
    per_atom_A2 = fraction / (film["simulated_atoms_per_A3"] * thickness_A)
    return [film["element"]], (per_atom_A2[:, None] * spread)[None], residual


def _solve(design: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Non-negative least squares with a slight preference for small volumes."""
    scale = _RIDGE * np.linalg.norm(design, axis=0).mean()
    padded = np.concatenate([design, scale * np.eye(design.shape[1])])
    return np.asarray(nnls(padded, np.concatenate([values, np.zeros(design.shape[1])]))[0])


def _periodic_gaussian(offset: NDArray[np.float64], period: float, sigma: float) -> NDArray[np.float64]:
    """A Gaussian of unit area and its repeats."""
    cells = np.arange(-_CENTRAL_CELLS - 1, _CENTRAL_CELLS + 2) * period
    offsets = (offset + period / 2) % period - period / 2
    repeated = np.exp(-((offsets[:, None] + cells) ** 2) / (2 * sigma**2)).sum(axis=1)
    return np.asarray(repeated / (np.sqrt(2 * np.pi) * sigma))
