"""Slowly varying fields over the specimen, as sums of plane waves: strain, bending, relief, waviness of boundaries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MODES = 4  # enough to look irregular; chosen by hand
_SELF_AFFINE_MODES = 24  # some in each octave of the wavelengths
_BLOCK = 16384  # points worked out at once

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Waves:
    """A sum of plane waves.

    Attributes:
        amplitudes: (modes, components).
        waves_per_A: (modes, 2), wave vectors times 2π.
        phases: (modes,).
    """

    amplitudes: Floats
    waves_per_A: Floats
    phases: Floats

    @classmethod
    def scalar(cls, rng: np.random.Generator, rms: float, wavelengths_A: tuple[float, float]) -> Waves:
        """A field of one component with a given root mean square."""
        waves_per_A, phases = _random_waves(rng, wavelengths_A)
        return cls(np.full((_MODES, 1), rms * np.sqrt(2 / _MODES)), waves_per_A, phases)

    @classmethod
    def displacement(cls, rng: np.random.Generator, strain: float, wavelengths_A: tuple[float, float]) -> Waves:
        """Displacements (x, y) in Å along each wave, whose dilatation has a root mean square of `strain`."""
        waves_per_A, phases = _random_waves(rng, wavelengths_A)
        squares = (waves_per_A**2).sum(axis=1, keepdims=True)
        return cls(strain * np.sqrt(2 / _MODES) * waves_per_A / squares, waves_per_A, phases)

    @classmethod
    def self_affine(cls, rng: np.random.Generator, rms: float, wavelengths_A: tuple[float, float]) -> Waves:
        """A field of one component with a given root mean square; a wave is the higher the longer it is.

        The wavelengths are even in their logarithm and the amplitudes go with their square root, a Hurst exponent of ½.
        """
        shortest_A, longest_A = wavelengths_A
        lengths_A = shortest_A * (longest_A / shortest_A) ** rng.uniform(size=_SELF_AFFINE_MODES)
        angles, phases = rng.uniform(0, 2 * np.pi, (2, _SELF_AFFINE_MODES))
        amplitudes = np.sqrt(lengths_A)
        amplitudes *= rms * np.sqrt(2 / (amplitudes**2).sum())
        return cls(amplitudes[:, None], _wave_vectors(angles, lengths_A), phases)

    @property
    def largest(self) -> float:
        """A bound on the length of the field anywhere."""
        return float(np.linalg.norm(self.amplitudes, axis=1).sum())

    def at(self, x_A: Floats, y_A: Floats) -> Floats:
        """The field: float64 (components, …), to 1e-5 of its amplitude."""
        x, y = np.ravel(x_A), np.ravel(y_A)
        total = np.zeros((self.amplitudes.shape[1], len(x)))
        if self.amplitudes.any():
            # sines of float32 take a tenth of the time, and blocks stay in the processor's cache
            amplitudes, phases = self.amplitudes.astype(np.float32), self.phases[:, None].astype(np.float32)
            kx, ky = self.waves_per_A.T[:, :, None].astype(np.float32)
            for start in range(0, len(x), _BLOCK):
                block = np.s_[start : start + _BLOCK]
                waves = np.sin(kx * x[block].astype(np.float32) + ky * y[block].astype(np.float32) + phases)
                total[:, block] = np.einsum("mc,mn->cn", amplitudes, waves)
        return total.reshape(len(total), *np.shape(x_A))


def _random_waves(rng: np.random.Generator, wavelengths_A: tuple[float, float]) -> tuple[Floats, Floats]:
    angles, lengths_A = rng.uniform(0, 2 * np.pi, _MODES), rng.uniform(*wavelengths_A, _MODES)
    return _wave_vectors(angles, lengths_A), rng.uniform(0, 2 * np.pi, _MODES)


def _wave_vectors(angles: Floats, lengths_A: Floats) -> Floats:
    return np.asarray(2 * np.pi / lengths_A[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1))
