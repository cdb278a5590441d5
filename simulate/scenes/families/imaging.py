"""How a sample is cut and imaged: the frame, the specimen's thickness and tilt, the microscope's settings.

Probe-corrected instruments at 200 or 300 kV; specimens prepared by focused ion beam, 10 to 45 nm thick. Lengths in Å.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulate.draws import log_uniform, up_to
from simulate.imaging.stem import Optics, Scan
from simulate.library.materials import View
from simulate.scenes.acquisition import Acquisition
from simulate.specimen.layers import Layer, Specimen

# What has no other reason beside it is chosen by hand, as probe-corrected instruments and lamellae usually are.
_PIXEL_A = (0.1, 0.7)
_LARGE_SHARE = 0.12  # of the images have 2048² pixels
_LARGE_PIXEL_A = 0.35  # at most, where there are so many: no field is larger than the smaller images'
THICKNESS_A = (110.0, 440.0)  # lamellae of 10 to 45 nm
THINNEST_A, THICKEST_A = 60.0, 460.0  # anywhere in view; the library ends at 480
_BENDING_PEAK = 2.9  # largest of a few waves over their root mean square
_REACH = 0.85  # of the field's side: half its diagonal, drift and margins
_ELECTRONS_PER_PA_US = 6.242  # 1e-18 C over the elementary charge
_DOSE_E_PER_A2 = (1e3, 5e4)

Frame = tuple[int, float]
"""Side of a square image in pixels, and of a pixel in Å."""


def thickness_of_A(layers: Sequence[Layer]) -> float:
    """Of all inner layers together."""
    return sum(layer.thickness_A or 0.0 for layer in layers)


def width_of_A(frame: Frame) -> float:
    """Side of the field of view."""
    return frame[0] * frame[1]


def frame_for(
    rng: np.random.Generator, film_A: float, share: tuple[float, float], pixel_A: tuple[float, float] = _PIXEL_A
) -> Frame:
    """A frame in which layers of this thickness take a share of the height."""
    is_large = rng.uniform() < _LARGE_SHARE
    side_px = 2048 if is_large else 1024
    wanted_A = film_A / float(rng.uniform(*share)) / side_px
    return side_px, float(np.clip(wanted_A, pixel_A[0], _LARGE_PIXEL_A if is_large else pixel_A[1]))


def imaged(
    rng: np.random.Generator,
    frame: Frame,
    layers: tuple[Layer, ...],
    *,
    view: View = "100",
    detectors: Sequence[str] = ("HAADF", "HAADF", "ADF"),
) -> tuple[Specimen, Acquisition]:
    """The layers in a specimen of some thickness, about the middle of the frame; the microscope's settings."""
    side_A = width_of_A(frame)
    inner_A = thickness_of_A(layers)
    play_A = max(0.0, min(0.1 * side_A, (side_A - inner_A) / 2 - 0.12 * side_A))
    wedge = rng.normal(0, 0.02, 2).clip(-0.045, 0.045)
    bending_A = up_to(rng, 12.0)
    deviation_A = float(np.abs(wedge).sum()) * _REACH * side_A + _BENDING_PEAK * bending_A
    thickness_A = float(
        np.clip(rng.uniform(*THICKNESS_A), THINNEST_A + deviation_A, max(THICKEST_A - deviation_A, 200.0))
    )
    specimen = Specimen(
        layers,
        first_interface_A=-inner_A / 2 + float(rng.uniform(-play_A, play_A)),
        view=view,
        thickness_A=thickness_A,
        wedge=(float(wedge[0]), float(wedge[1])),
        bending_A=bending_A,
        tilt_mrad=(float(rng.normal(0, 1.5)), float(rng.normal(0, 1.5))),
        strain=up_to(rng, 0.003),
        relaxation_A=up_to(rng, 0.25),
    )
    return specimen, _acquisition(rng, frame, detectors)


def _acquisition(rng: np.random.Generator, frame: Frame, detectors: Sequence[str]) -> Acquisition:
    side_px, pixel_A = frame
    dwell_us = float(rng.choice([1.0, 2.0, 4.0, 8.0, 16.0]))
    current_pA = log_uniform(rng, (8.0, 60.0))
    dose_e_per_A2 = float(np.clip(current_pA * dwell_us * _ELECTRONS_PER_PA_US / pixel_A**2, *_DOSE_E_PER_A2))
    turned = rng.choice(["little", "quarter", "any"], p=[0.75, 0.15, 0.1])
    base_deg = {"little": 0.0, "quarter": float(rng.choice([-90, 90])), "any": float(rng.uniform(-180, 180))}[turned]
    frame_s = 1e-6 * side_px * (side_px * dwell_us + 100)
    drift_A = min(0.01 * side_px * pixel_A, log_uniform(rng, (0.05, 0.8)) * frame_s)  # within the frame's time
    direction = rng.uniform(0, 2 * np.pi)
    scan = Scan(
        (side_px, side_px),
        pixel_A,
        rotation_deg=base_deg + float(rng.normal(0, 1.5)),
        dwell_us=dwell_us,
        drift_A_per_s=(float(np.cos(direction)) * drift_A / frame_s, float(np.sin(direction)) * drift_A / frame_s),
        wander_A=up_to(rng, 1.0),
        shear_deg=float(rng.normal(0, 0.4)),
        stretch=1 + float(rng.normal(0, 0.006)),
        jitter_A=log_uniform(rng, (0.02, 0.3)),
        flyback_A=up_to(rng, 2.5),
        flyback_decay_px=float(rng.uniform(5, 30)),
    )
    optics = Optics(
        energy_kV=float(rng.choice([200.0, 300.0])),
        convergence_mrad=22.0,
        source_fwhm_A=float(rng.uniform(0.7, 1.2)),
        defocus_A=float(rng.normal(0, 15)),
        astigmatism_A=abs(float(rng.normal(0, 8))),
        astigmatism_deg=float(rng.uniform(0, 180)),
        coma_A=abs(float(rng.normal(0, 150))),
        coma_deg=float(rng.uniform(0, 360)),
        spherical_A=float(rng.normal(0, 5000)),
    )
    return Acquisition(
        scan,
        dose_e_per_A2,
        readout_e=float(rng.uniform(0.1, 0.6)),
        bits=8 if rng.uniform() < 0.3 else 16,
        optics=optics,
        detector=str(rng.choice(list(detectors))),
        contamination_A=up_to(rng, 25.0),
    )
