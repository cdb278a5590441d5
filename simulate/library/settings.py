"""How the library is simulated."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from samiam.errors import InputError
from samiam.settings import Count, NotNegative, Positive, Seed, settings
from simulate.imaging.stem import wavelength_A
from simulate.imaging.stem.optics import Energy_kV

_ABTEM_ANTIALIAS = 2 / 3  # abTEM keeps this share of the sampled angles
_Detectors = Annotated[tuple[tuple[str, NotNegative, Positive], ...], Field(min_length=1)]


@settings
class MultisliceSettings:
    """How the library is simulated.

    Attributes:
        energies_kV: acceleration voltages.
        convergence_mrad: semi-angle of the probe-forming aperture; the probe is free of aberrations and focused on
            the entrance surface.
        detectors_mrad: inner and outer collection angle of each detector.
        thickness_step_A: about the distance between the recorded thicknesses; it is rounded to whole repeats.
        thickness_A: about the largest thickness.
        phonons: frozen-phonon configurations.
        slice_A: about the thickness of a slice; it is rounded to a whole share of the repeat.
        width_A: least width of the supercell.
        sampling_A: pixel of the wave functions, None for what the detectors' outer angle needs.
        seed: of thermal displacements, films and equivalent probe positions.

    Raises:
        InputError: if a detector has no width or reaches beyond the sampled angle.
    """

    energies_kV: Annotated[tuple[Energy_kV, ...], Field(min_length=1)] = (200.0, 300.0)
    convergence_mrad: Annotated[float, Field(gt=0, lt=500)] = 22.0
    detectors_mrad: _Detectors = (("ADF", 30.0, 60.0), ("HAADF", 60.0, 160.0))
    thickness_step_A: Positive = 50.0
    thickness_A: Positive = 500.0
    phonons: Count = 4
    slice_A: Positive = 2.0
    width_A: Positive = 15.0
    sampling_A: Positive | None = None
    seed: Seed = 0

    def __post_init__(self) -> None:
        for detector, inner, outer in self.detectors_mrad:
            if not inner < outer:
                raise InputError(
                    f"detectors_mrad: {detector} from {inner:g} to {outer:g} mrad is impossible; give inner < outer."
                )
        for energy_kV in self.energies_kV:
            reach_mrad = self.largest_angle_mrad(energy_kV)
            if self.outer_mrad > reach_mrad:
                raise InputError(
                    f"sampling_A={self.sampling_A}: a detector to {self.outer_mrad:g} mrad lies beyond the "
                    f"{reach_mrad:.0f} mrad that this reaches at {energy_kV:g} kV; sample finer or collect less."
                )

    @property
    def outer_mrad(self) -> float:
        """The largest angle that any detector collects."""
        return max(outer for _, _, outer in self.detectors_mrad)

    def pixel_A(self, energy_kV: float) -> float:
        """Pixel of the wave functions."""
        return self.sampling_A or _ABTEM_ANTIALIAS * wavelength_A(energy_kV) / (2e-3 * self.outer_mrad)

    def largest_angle_mrad(self, energy_kV: float) -> float:
        """The angle up to which scattering is simulated."""
        return 1e3 * _ABTEM_ANTIALIAS * wavelength_A(energy_kV) / (2 * self.pixel_A(energy_kV)) * (1 + 1e-9)

    def probe_step_A(self, energy_kV: float) -> float:
        """Nyquist distance between probe positions: λ / 4α."""
        return wavelength_A(energy_kV) / (4e-3 * self.convergence_mrad)
