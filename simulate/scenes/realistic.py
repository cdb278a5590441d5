"""Scenes whose lamellae and recording are as uneven as those of published micrographs.

The families of the benchmark give layers, frame and microscope; what is here makes of them what a milled lamella is and
a detector records. `docs/results/real_or_simulated.md` says how far the scenes can still be told from micrographs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated

import numpy as np

from samiam.errors import InputError
from samiam.settings import Count, NotNegative, Positive, Rising, Share, settings
from simulate.draws import log_uniform, uniform
from simulate.library.materials import Material
from simulate.scenes.acquisition import Acquisition
from simulate.scenes.benchmark import Recipe
from simulate.scenes.families import FAMILIES
from simulate.scenes.families.imaging import THICKEST_A, THICKNESS_A, THINNEST_A
from simulate.specimen.lamella import Lamella, Nanocrystals
from simulate.specimen.layers import Layer, Specimen

_FIRST_SEED = 1000  # beyond those of the benchmark
_STREAM = 5  # of the seed; `expose` has others
# Largest deviations from the mean within the frame, as shares: half its diagonal and margins of a wedge, and of waves
# over their root mean square.
_WEDGE_REACH, _BENDING_PEAK, _RELIEF_PEAK = 0.85, 2.9, 4.5
_MOST_DEVIATION = 0.75  # of the thickness: what the library allows about its middle

_Shares = Annotated[tuple[Share, Share], Rising]
_Lengths = Annotated[tuple[NotNegative, NotNegative], Rising]


@settings
class Unevenness:
    """What each scene's lamella and recording are drawn from; pairs are (smallest, largest).

    Ranges are chosen by hand, so that `scripts/real_or_simulated.py` finds its features spread as in published
    micrographs; where one effect answers for a feature, the feature's medians stand beside it, of the micrographs
    against the benchmark's scenes.

    Attributes:
        wedge: change of the thickness across the frame, over the thickness. With `bending` and `relief` it answers for
            the slow brightness within ten periods, a range of 0.21 of the mean against 0.07.
        bending: root mean square of slow changes of the thickness, over the thickness.
        relief: root mean square of its changes over one to fifty cells, over the thickness: surfaces left by ions.
            Groups of columns differ by 0.047 of the lattice's contrast, against 0.025.
        dechannelling: mean share of their channelled signal that columns lose where planes are bent. Local contrast
            varies by 0.039, against 0.030.
        damage_A: amorphous layer on crystals, both surfaces together. Cleaving leaves 15 Å on each, a focused ion beam
            up to 220 Å (doi:10.1016/S0304-3991(00)00096-6); more than some 20 Å takes too much of the contrast.
        lean_x_A: how far boundaries move along an interface between the surfaces. Upright ones are lines of missing
            columns, which no micrograph shows.
        lean_h_A: how far interfaces move along the growth direction: roughness that lies behind each other.
        thinning_A: depth behind an edge to vacuum over which the lamella thins out; edges were vertical walls.
        grain_scale: mean diameter of a cap's crystals of platinum over the library's 3.5 nm.
        grain_facets: planes that cut each of them; caps were smooth balls.
        grain_contrast: standard deviation of the logarithm of their brightness.
        relaxed: how far a film is relaxed; all were fully strained.
        gap: share of a gap at an interface that amorphous germanium fills: real gaps have half the brightness of the
            crystal below, the benchmark's 4 to 29 %.
        facet_deg: angle of the sides of islands; they were vertical walls.
        contamination_A: mean thickness of the carbon film.
        contamination_variation: standard deviation of the logarithm of that thickness.
        tail: share of the probe's electrons that land in its tail, which fills the dark ground between columns: an
            excess kurtosis of 0.1 against 1.7.
        tail_A: standard deviation of the tail.
        source_fwhm_A: of the effective source, instrument's vibrations included; it answers for the kurtosis, too.
        spread_px: by how much neighbouring pixels share their counts. Neighbours correlate by 0.55, against 0.18.
        line_noise: standard deviation of a line's brightness.
        frames: how often the scan is summed, which multiplies the dose of the family. Noise has 0.012 of the power,
            against 0.14.
    """

    wedge: _Shares = (0.0, 0.4)
    bending: _Shares = (0.005, 0.04)
    relief: _Shares = (0.006, 0.025)
    dechannelling: _Shares = (0.0, 0.2)
    damage_A: _Lengths = (3.0, 20.0)
    lean_x_A: _Lengths = (0.0, 25.0)
    lean_h_A: _Lengths = (0.0, 6.0)
    thinning_A: _Lengths = (10.0, 80.0)
    grain_scale: Annotated[tuple[Positive, Positive], Rising] = (0.5, 1.1)
    grain_facets: Annotated[tuple[Count, Count], Rising] = (3, 6)
    grain_contrast: _Lengths = (0.1, 0.5)
    relaxed: _Shares = (0.0, 1.0)
    gap: _Shares = (0.4, 0.9)
    facet_deg: Annotated[tuple[Positive, Positive], Rising] = (35.0, 80.0)
    contamination_A: _Lengths = (2.0, 40.0)
    contamination_variation: _Lengths = (0.2, 0.6)
    tail: _Shares = (0.0, 0.2)
    tail_A: Annotated[tuple[Positive, Positive], Rising] = (2.0, 6.0)
    spread_px: _Lengths = (0.4, 1.5)
    line_noise: _Shares = (0.0, 0.01)
    frames: Annotated[tuple[Count, Count], Rising] = (3, 20)
    source_fwhm_A: _Lengths = (0.8, 2.1)


@dataclass(frozen=True)
class RealisticRecipe(Recipe):
    """What makes a scene of an uneven lamella.

    Attributes:
        ranges: what lamella and recording are drawn from.
    """

    ranges: Unevenness = field(default_factory=Unevenness)

    def drawn(self) -> tuple[Specimen, Acquisition]:
        """The specimen and how it is imaged: those of the family, made uneven."""
        specimen, acquisition = super().drawn()
        rng = np.random.default_rng([self.seed, _STREAM])
        side_A = acquisition.scan.shape_hw[0] * acquisition.scan.pixel_size_A
        return _milled(rng, specimen, self.ranges, side_A), _recorded(rng, acquisition, self.ranges)


def realistic(number: int, *, side_px: int | None = None, ranges: Unevenness | None = None) -> RealisticRecipe:
    """A recipe by its number, from 0; the families take turns.

    Args:
        number: of the scene; its seed is its own, and none of the benchmark's.
        side_px: side of a part of the field of view in place of all of it.
        ranges: what lamella and recording are drawn from; the defaults of `Unevenness` where not given.

    Raises:
        InputError: if the number is negative.

    >>> scene = realistic(4, side_px=64).scene()
    >>> scene.micrograph.name, scene.micrograph.shape_hw
    ('realistic-0004-La-SrTiO3', (64, 64))
    """
    if number < 0:
        raise InputError(f"there is no scene {number}; give a number from 0 on.")
    family = list(FAMILIES)[number % len(FAMILIES)]
    name = f"realistic-{number:04d}-{family}"
    return RealisticRecipe(name, family, _FIRST_SEED + number, side_px, ranges or Unevenness())


def _milled(rng: np.random.Generator, specimen: Specimen, ranges: Unevenness, side_A: float) -> Specimen:
    wedge, bending, relief = (uniform(rng, of) for of in (ranges.wedge, ranges.bending, ranges.relief))
    deviation = _WEDGE_REACH * wedge + _BENDING_PEAK * bending + _RELIEF_PEAK * relief
    tame = min(1.0, _MOST_DEVIATION / max(deviation, 1e-9))
    deviation *= tame
    thickness_A = float(np.clip(uniform(rng, THICKNESS_A), THINNEST_A / (1 - deviation), THICKEST_A / (1 + deviation)))
    direction = float(rng.uniform(0, 2 * np.pi))
    slope = tame * wedge * thickness_A / side_A
    return replace(
        specimen,
        layers=tuple(_layer(rng, layer, ranges, is_lowest=index == 0) for index, layer in enumerate(specimen.layers)),
        thickness_A=thickness_A,
        wedge=(slope * float(np.cos(direction)), slope * float(np.sin(direction))),
        bending_A=tame * bending * thickness_A,
        lamella=Lamella(
            relief_A=tame * relief * thickness_A,
            dechannelling=uniform(rng, ranges.dechannelling),
            damage_A=uniform(rng, ranges.damage_A),
            lean_A=(_signed(rng, ranges.lean_x_A), _signed(rng, ranges.lean_h_A)),
            thinning_A=uniform(rng, ranges.thinning_A),
            resolves_films=True,
            nanocrystals=Nanocrystals(
                uniform(rng, ranges.grain_scale),
                int(rng.integers(*ranges.grain_facets, endpoint=True)),
                uniform(rng, ranges.grain_contrast),
            ),
        ),
    )


def _layer(rng: np.random.Generator, layer: Layer, ranges: Unevenness, *, is_lowest: bool) -> Layer:
    """A layer relaxed in part, islands with sides, a gap filled."""
    relaxed, filled, facet_deg = (uniform(rng, of) for of in (ranges.relaxed, ranges.gap, ranges.facet_deg))
    if layer.material == "gap":
        return replace(layer, material=Material("gap", films=(("amorphous Ge", filled),), is_labelled=False))
    return replace(layer, relaxed=layer.relaxed if is_lowest else relaxed, facet_deg=facet_deg)


def _recorded(rng: np.random.Generator, acquisition: Acquisition, ranges: Unevenness) -> Acquisition:
    tail, tail_A = uniform(rng, ranges.tail), uniform(rng, ranges.tail_A)
    return replace(
        acquisition,
        dose_e_per_A2=acquisition.dose_e_per_A2 * log_uniform(rng, ranges.frames),
        optics=replace(
            acquisition.optics, source_fwhm_A=log_uniform(rng, ranges.source_fwhm_A), tail=tail, tail_A=tail_A
        ),
        contamination_A=log_uniform(rng, ranges.contamination_A),
        contamination_variation=uniform(rng, ranges.contamination_variation),
        spread_px=log_uniform(rng, ranges.spread_px),
        line_noise=uniform(rng, ranges.line_noise),
    )


def _signed(rng: np.random.Generator, within: tuple[float, float]) -> float:
    return float(rng.choice([-1, 1])) * uniform(rng, within)
