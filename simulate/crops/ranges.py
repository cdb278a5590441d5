"""How crops may be imaged, and how many there are. Lengths in Å, angles as named."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal, cast, get_args

import numpy as np
from pydantic import Field

from samiam.errors import InputError
from samiam.settings import Count, declared, settings
from simulate.crops.choices import Different, Interval, Range, Within
from simulate.imaging.stem import Optics
from simulate.imaging.stem.optics import Energy_kV
from simulate.library.materials import MATERIALS, View, material

ABERRATIONS = ("defocus_A", "astigmatism_A", "coma_A", "spherical_A")
"""The conditions that a probe has together."""
_LOGARITHMIC = ("pixel_size_A", "dose_e_per_A2")
_LARGEST_SIZE_PX = 1024  # the side of most scenes of the benchmark
_LARGEST_FIELD_A = 500.0  # a larger raster takes seconds for each crop; chosen by hand


@settings
class CropConditions:
    """Ranges from which the imaging of each crop is drawn, independently and uniformly unless said otherwise.

    A range is (lowest, highest) or several such pairs, so that a condition held out may lie between others:
    `thickness_A=((60, 200), (300, 450))` to train and `thickness_A=(200, 300)` to test. The defaults cover the
    benchmark's: lamellae milled by ion beam in a probe-corrected microscope.

    Attributes:
        thickness_A: of the specimen along the beam, within the library (480).
        rotation_deg: of the crystal in the image plane.
        pixel_size_A: the magnification, log-uniform.
        dose_e_per_A2: electrons of the beam on each Å², log-uniform.
        defocus_A: as `Optics` has it, as the aberrations that follow; all of them are drawn as one of `n_probes`.
        astigmatism_A: amplitude; its direction is random.
        coma_A: likewise.
        spherical_A: the residual.
        source_fwhm_A: of the effective source.
        tilt_mrad: of the zone axis against the beam; its direction is random.
        jitter_A: standard deviation of a scan line's shift.
        shear_deg: error of the right angle between the scan axes, as drift makes it.
        contamination_A: carbon on the specimen.
        readout_e: standard deviation of the read-out noise in electrons.
        energies_kV: voltages to choose from.
        detectors: names of detectors to choose from, as in the library.
        bits: of the digitised image, to choose from.
        views: zone axes to choose from.
        contrast: "micrograph": black and white are set for an imagined micrograph in which one to three of the
            `neighbours` take as much room as the crop does, as crops are cut from micrographs that have been
            stretched as a whole. A material then keeps its brightness relative to others and vacuum stays
            featureless. "crop": set for the crop alone, so that only its pattern is left.
        neighbours: materials that a micrograph may show beside the crop's; may be empty.
        n_probes: how many sets of aberrations there are, spread evenly over their ranges. Each costs some 40 ms in
            each process when it is first met.

    Raises:
        InputError: if a neighbour is unknown, or aberrations are beyond any microscope.
    """

    thickness_A: Annotated[Range, Within(10, 10_000)] = ((60.0, 460.0),)
    rotation_deg: Annotated[Range, Within(-360, 360)] = ((0.0, 360.0),)
    pixel_size_A: Annotated[Range, Within(0.02, 2)] = ((0.1, 0.7),)
    dose_e_per_A2: Annotated[Range, Within(1e-3, 1e9)] = ((2e3, 5e4),)
    defocus_A: Annotated[Range, Within(-1000, 1000)] = ((-40.0, 40.0),)
    astigmatism_A: Annotated[Range, Within(0, 500)] = ((0.0, 20.0),)
    coma_A: Annotated[Range, Within(0, 5000)] = ((0.0, 300.0),)
    spherical_A: Annotated[Range, Within(-200_000, 200_000)] = ((-10_000.0, 10_000.0),)
    source_fwhm_A: Annotated[Range, Within(0, 10)] = ((0.7, 1.2),)
    tilt_mrad: Annotated[Range, Within(0, 50)] = ((0.0, 4.0),)
    jitter_A: Annotated[Range, Within(0, 2)] = ((0.0, 0.25),)
    shear_deg: Annotated[Range, Within(-30, 30)] = ((-1.0, 1.0),)
    contamination_A: Annotated[Range, Within(0, 500)] = ((0.0, 25.0),)
    readout_e: Annotated[Range, Within(0, 100)] = ((0.1, 0.6),)
    energies_kV: Annotated[tuple[Energy_kV, ...], Different("energies, from 1 to 3000")] = (200.0, 300.0)
    detectors: Annotated[tuple[str, ...], Different("detectors")] = ("HAADF", "ADF")
    bits: Annotated[tuple[Literal[8, 16], ...], Different("depths, 8 and 16")] = (8, 16)
    views: Annotated[tuple[View, ...], Different("zone axes, 100 and 110")] = ("100",)
    contrast: Literal["micrograph", "crop"] = "micrograph"
    neighbours: Annotated[tuple[str, ...], Different("materials", least=0)] = ("SrTiO3", "Ge", "PtC", "Vac")
    n_probes: Annotated[int, Field(ge=1, le=100_000)] = 32

    def __post_init__(self) -> None:
        for name in self.neighbours:
            try:
                material(name)
            except InputError as error:
                raise InputError(f"neighbours: {error}") from None
        for energy_kV in self.energies_kV:
            Optics(energy_kV, **{name: self._farthest(name) for name in ABERRATIONS})

    def intervals(self, name: str) -> tuple[Interval, ...]:
        """The pairs of a range, rising."""
        return cast("tuple[Interval, ...]", getattr(self, name))

    def _farthest(self, name: str) -> float:
        """The largest size of a value."""
        return max(abs(end) for interval in self.intervals(name) for end in interval)

    def highest(self, name: str) -> float:
        """The upper end of a range."""
        return self.intervals(name)[-1][1]


@settings
class SplitSizes:
    """How many crops there are in each split.

    Attributes:
        train: to learn from.
        val: to choose by.
        test: of each test.
    """

    train: Count = 3000
    val: Count = 600
    test: Count = 800


USUAL = CropConditions()
"""The defaults."""
RANGES: tuple[str, ...] = tuple(
    name
    for name, hint in declared(CropConditions).items()
    if any(isinstance(piece, Within) for piece in get_args(hint)[1:])
)
"""The names of the ranges among the conditions, in order."""


def check_crop(name: str, conditions: CropConditions, size_px: int) -> None:
    """Raise InputError unless there can be crops of a material, of this size, under these conditions."""
    filling = material(name)
    if not filling.is_labelled:
        raise InputError(
            f"{name} has no label; crops are of {', '.join(n for n, m in MATERIALS.items() if m.is_labelled)}."
        )
    if isinstance(size_px, bool) or not isinstance(size_px, int) or not 1 <= size_px <= _LARGEST_SIZE_PX:
        raise InputError(f"size_px={size_px}: give the side of a crop in whole pixels, 1 to {_LARGEST_SIZE_PX}.")
    field_A = size_px * conditions.highest("pixel_size_A")
    if field_A > _LARGEST_FIELD_A:
        raise InputError(f"crops of up to {field_A:.0f} Å are too large; give smaller ones, {_LARGEST_FIELD_A:.0f} Å.")
    for view in conditions.views:
        if filling.host and view not in filling.views:
            raise InputError(f"{name} has no view {view!r}; it has {', '.join(filling.views)}.")


def check_seed(seed: int | Sequence[int]) -> tuple[int, ...]:
    """The seed as a tuple; InputError unless it is of whole numbers, 0 or more."""
    parts = (seed,) if isinstance(seed, (int, np.integer)) else tuple(seed)
    if not parts or not all(isinstance(part, (int, np.integer)) and part >= 0 for part in parts):
        raise InputError(f"seed={seed}: give whole numbers of 0 or more.")
    return tuple(int(part) for part in parts)


def value_at(name: str, intervals: tuple[Interval, ...], share: float) -> float:
    """The value below which this share of a range lies."""
    is_logarithmic = name in _LOGARITHMIC
    ends = [(math.log(low), math.log(high)) if is_logarithmic else (low, high) for low, high in intervals]
    rest = share * sum(high - low for low, high in ends)
    for (low, high), (lowest, highest) in zip(ends, intervals, strict=True):
        if rest <= high - low:
            value = math.exp(low + rest) if is_logarithmic else low + rest
            return min(max(value, lowest), highest)
        rest -= high - low
    return intervals[-1][1]
