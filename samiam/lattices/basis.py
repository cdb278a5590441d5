"""Two waves of which the reflections of a lattice are sums, and the lattice that they belong to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from samiam.lattices.spectrum import Reflections

# Chosen on scenes of `simulate.scenes` with seeds from 5000 on, which no result in the docs is of.
_TRIED = 10  # of the reflections that stand out most, of which two are the basis
_HIGHEST_INDEX = 6
_OFF_WIDTHS = 1.0  # that a reflection of a lattice may be off, in widths of a peak,
_OFF_SHARE = 0.01  # and as a share of its length: drift bends lattices
_NEARLY_AS_MANY = 0.9  # a coarser lattice is preferred while it explains so much as the finest
_EXPLAINED = 0.7  # of all that stands out; of nanocrystals it is less
FEWEST = 3  # reflections that make a lattice
_LEAST_ANGLE = np.deg2rad(20)  # between the two waves of a reduced basis there are 60° or more
_LEAST_NOISE = 1e-4  # over a peak's power: parabolas are no better where there is less
_BENT = 3e-4  # of a wave, a standard deviation: what drift and strain within a grain do beside noise

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Basis:
    """Two waves and how sure they are.

    Attributes:
        waves: float64 (2, 2), a wave (x, y) in each row, in periods per unit of length: the shortest two that there
            are, the shorter first.
        covariance: float64 (4, 4), of the rows one after the other.
        n_reflections: how many reflections it was fitted to.
    """

    waves: Floats
    covariance: Floats
    n_reflections: int

    @property
    def vectors(self) -> Floats:
        """The two shortest vectors (x, y) of the lattice, the shorter first; y points down.

        The first points to the right; from it to the second, between 60° and 120°, one turns clockwise in the image.
        """
        first, second = reduced(np.asarray(np.linalg.inv(self.waves).T, np.float64))
        first = first * (1 if first[0] > 0 or (first[0] == 0 and first[1] > 0) else -1)
        return np.stack([first, second * np.sign(first[0] * second[1] - first[1] * second[0])])

    def uncertainty(self, of: Callable[[Basis], float]) -> float:
        """The standard deviation of what is worked out of the basis, to first order."""
        steps = 1e-3 * np.sqrt(np.diag(self.covariance)) + 1e-12 * np.abs(self.waves).max()
        slopes = [
            (of(self._moved(index, step)) - of(self._moved(index, -step))) / (2 * step)
            for index, step in enumerate(steps)
        ]
        return float(np.sqrt(max(0.0, np.array(slopes) @ self.covariance @ slopes)))

    def _moved(self, index: int, step: float) -> Basis:
        waves = self.waves.copy()
        waves.flat[index] += step
        return Basis(waves, self.covariance, self.n_reflections)


def reduced(pair: Floats) -> Floats:
    """The two shortest vectors of the lattice that two vectors (2, 2) span, the shorter first (Lagrange, Gauss)."""
    first, second = sorted(pair, key=lambda one: float(one @ one))
    while True:
        second = second - np.rint(first @ second / (first @ first)) * first
        if second @ second >= first @ first * (1 - 1e-9):
            return np.stack([first, second])
        first, second = second, first


def lattice_of(found: Reflections | None) -> Basis | None:
    """The basis that explains the reflections; None where there is none."""
    basis = basis_of(found)
    return basis if isinstance(basis, Basis) else None


def basis_of(found: Reflections | None) -> Basis | str:
    """The basis that explains the reflections, or in words why there is none."""
    if found is None:
        return "too small for a lattice"
    if not len(found.waves):
        return "no lattice: nothing in the power spectrum stands out"
    weights = -np.log(found.noise)
    tried = found.waves[list(combinations(range(min(_TRIED, len(found.waves))), 2))].reshape(-1, 2, 2)
    apart = tried[_sines(tried) > np.sin(_LEAST_ANGLE)]
    if not len(apart):
        return "planes of one direction only"
    pairs = np.stack([reduced(pair) for pair in apart])
    explained = _indexed(pairs, found)[1] @ weights
    areas = np.abs(np.linalg.det(pairs))
    best = pairs[int(np.argmax(np.where(explained >= _NEARLY_AS_MANY * explained.max(), areas, 0)))]
    indices, fits = _indexed(best, found)
    if len(weights) < FEWEST:
        return f"no lattice: only {len(weights)} reflections stand out in the power spectrum"
    if weights[fits].sum() < _EXPLAINED * weights.sum() or np.count_nonzero(fits) < FEWEST:
        return "no single lattice: what stands out in the power spectrum is of several, or of none"
    return _fitted(indices[fits], found, fits)


def _sines(pairs: Floats) -> Floats:
    """Of the angles between the waves of pairs (m, 2, 2)."""
    return np.asarray(np.abs(np.linalg.det(pairs)) / np.hypot(pairs[..., 0], pairs[..., 1]).prod(axis=-1))


def _indexed(pairs: Floats, found: Reflections) -> tuple[Floats, NDArray[np.bool_]]:
    """The indices (…, n, 2) of all reflections in pairs (…, 2, 2), and whether they are of that lattice (…, n)."""
    indices = np.rint(found.waves @ np.linalg.inv(pairs))
    off = found.waves - indices @ pairs
    allowed = np.hypot(_OFF_WIDTHS, _OFF_SHARE * found.window.widths(found.waves))
    fits = (found.window.widths(off) <= allowed) & (np.abs(indices) <= _HIGHEST_INDEX).all(axis=-1)
    return indices, fits & indices.any(axis=-1)


def _fitted(indices: Floats, found: Reflections, fits: NDArray[np.bool_]) -> Basis:
    """The basis by least squares; where reflections disagree more than their noise explains, it is less sure."""
    waves, window = found.waves[fits], found.window
    variances = found.noise[fits] + _LEAST_NOISE
    weighted = indices / variances[:, None]
    inverse = np.linalg.pinv(weighted.T @ indices)
    basis = inverse @ weighted.T @ waves
    off = waves - indices @ basis
    whitened = np.einsum("ni,ij,nj->n", off, np.linalg.pinv(window.unit_covariance), off) / variances
    freedom = 2 * len(waves) - 4
    disagreement = max(1.0, float(whitened.sum()) / freedom) if freedom > 0 else 1.0
    turned = np.rint(np.linalg.solve(basis.T, reduced(basis).T).T)  # the reduced basis in the fitted one
    covariance = np.kron(turned @ inverse @ turned.T, window.unit_covariance) * disagreement
    shortest_two = turned @ basis
    bent = np.repeat(_BENT * np.hypot(*shortest_two.T), 2)
    return Basis(shortest_two, covariance + np.diag(bent**2), len(waves))
