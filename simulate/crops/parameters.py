"""How one crop is imaged, and the draw of it. Lengths in Å, angles as named."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from simulate.crops.ranges import ABERRATIONS, RANGES, CropConditions, check_crop, check_seed, value_at
from simulate.library import materials
from simulate.library.materials import View

_MOST_NEIGHBOURS = 3  # a micrograph of the paper has 2 to 4 materials
_WEDGE = 0.2  # a neighbour is thinner or thicker by up to this share, as in a lamella; chosen by hand
_STREAM = 0  # of the seed; drawing.py uses others


@dataclass(frozen=True)
class CropParameters:
    """How one crop is imaged; a record that goes into JSON.

    Attributes are as in `CropConditions`, each now a single value, and:

    Attributes:
        size_px: side of the crop.
        origin: place of the lattice's origin, in cells.
        probe: which of the sets of aberrations.
        neighbours: materials imagined in the same micrograph, each with its thickness in Å.
    """

    material: str
    size_px: int
    view: View
    thickness_A: float
    rotation_deg: float
    origin: tuple[float, float]
    pixel_size_A: float
    tilt_mrad: tuple[float, float]
    energy_kV: float
    detector: str
    dose_e_per_A2: float
    readout_e: float
    bits: Literal[8, 16]
    probe: int
    defocus_A: float
    astigmatism_A: float
    astigmatism_deg: float
    coma_A: float
    coma_deg: float
    spherical_A: float
    source_fwhm_A: float
    jitter_A: float
    shear_deg: float
    contamination_A: float
    neighbours: tuple[tuple[str, float], ...]


def draw_parameters(
    material: str, conditions: CropConditions, size_px: int, seed: int | Sequence[int] = 0
) -> CropParameters:
    """Draw how one crop is imaged; no image is made.

    The same seed with other conditions draws alike: what the conditions do not change stays as it was, unless the
    number of choices differs.

    Args:
        material: its name in `simulate.library.materials.MATERIALS`.
        conditions: the ranges.
        size_px: side of the crop.
        seed: one or more whole numbers, 0 or more.

    Raises:
        InputError: if the material is unknown, or the size or the seed impossible.
    """
    check_crop(material, conditions, size_px)
    rng = np.random.default_rng([*check_seed(seed), _STREAM])
    drawn = {name: value_at(name, conditions.intervals(name), float(rng.uniform())) for name in RANGES}
    view, energy_kV, detector, bits = (
        choices[int(rng.uniform() * len(choices))]
        for choices in (conditions.views, conditions.energies_kV, conditions.detectors, conditions.bits)
    )
    tilt_rad = float(rng.uniform(0, 2 * np.pi))
    probe = int(rng.uniform() * conditions.n_probes)
    origin = (float(rng.uniform()), float(rng.uniform()))
    return CropParameters(
        material=material,
        size_px=size_px,
        view=cast("View", view),
        origin=origin,
        energy_kV=cast("float", energy_kV),
        detector=cast("str", detector),
        bits=cast("Literal[8, 16]", bits),
        probe=probe,
        neighbours=_neighbours(rng, material, conditions, drawn["thickness_A"]),
        **_probe(conditions, probe),
        **{name: value for name, value in drawn.items() if name not in ("tilt_mrad", *ABERRATIONS)},
        tilt_mrad=(drawn["tilt_mrad"] * math.cos(tilt_rad), drawn["tilt_mrad"] * math.sin(tilt_rad)),
    )


def _probe(conditions: CropConditions, index: int) -> dict[str, float]:
    """The aberrations of a probe; these do not depend on a seed, so that probes can be remembered."""
    focus, astigmatism, astigmatism_turn, coma, coma_turn, spherical = _probe_shares(conditions.n_probes)[index]
    shares = zip(ABERRATIONS, (focus, astigmatism, coma, spherical), strict=True)
    sizes = {name: value_at(name, conditions.intervals(name), float(share)) for name, share in shares}
    return {**sizes, "astigmatism_deg": 180 * float(astigmatism_turn), "coma_deg": 360 * float(coma_turn)}


@lru_cache(maxsize=8)
def _probe_shares(n: int) -> NDArray[np.float64]:
    """Places in the six ranges, (n, 6): each range is cut into n parts, and there is one probe in each of them."""
    rng = np.random.default_rng(0)
    return np.stack([(rng.permutation(n) + 0.5) / n for _ in range(6)], axis=1)


def _neighbours(
    rng: np.random.Generator, material: str, conditions: CropConditions, thickness_A: float
) -> tuple[tuple[str, float], ...]:
    """One to three other materials; one of them is there to be seen if the crop shows nothing."""
    order = rng.permutation(len(conditions.neighbours))
    n = 1 + int(rng.uniform() * _MOST_NEIGHBOURS)
    ratios = rng.uniform(1 - _WEDGE, 1 + _WEDGE, _MOST_NEIGHBOURS)
    if conditions.contrast == "crop":
        return ()
    names = [name for name in (conditions.neighbours[index] for index in order) if name != material]
    if is_empty(material):
        names.sort(key=is_empty)
    return tuple((name, float(thickness_A * ratio)) for name, ratio in zip(names[:n], ratios, strict=False))


def is_empty(name: str) -> bool:
    """Whether a material is vacuum."""
    return materials.material(name).is_vacuum
