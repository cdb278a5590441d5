"""What procedural scenes are drawn from, and the three classes of difficulty as such ranges."""

from __future__ import annotations

from dataclasses import field, replace
from typing import Annotated, Any

from pydantic import Field

from samiam.errors import InputError
from samiam.settings import Count, NotNegative, Positive, Rising, Share, settings
from simulate.procedural.effects import EffectRanges
from simulate.procedural.fills import Mottle
from simulate.procedural.lattices import CellName

_Counts = Annotated[tuple[Count, Count], Rising]
_Electrons = Annotated[float, Field(gt=0, le=1e12)]  # in a pixel: no detector counts more


@settings
class SceneRanges:
    """What a scene is drawn from; pairs are (smallest, largest).

    Attributes:
        n_materials: number of materials.
        period_px: length of lattice vectors.
        n_columns: atomic columns in a cell.
        cells: named cells to draw from; any cell where empty.
        thinnest_layer: smallest share of the stack that a layer may take.
        roughness_px: standard deviation of the interfaces.
        counts_per_pixel: mean detected electrons in a pixel (drawn log-uniformly).
        jitter_px: standard deviation of the scan lines' shifts.
        p_gap: probability of a dark, unlabelled gap at an interface.
        p_antiphase: probability that an antiphase boundary splits a crystalline layer.
        p_grains: probability that a crystalline layer is polycrystalline.
        p_islands: probability that one material lies as islands in another.
        p_similar: probability that a layer's lattice differs from its neighbour's in one sublattice only.
        p_epitaxial: probability that a layer continues its neighbour's lattice with other intensities throughout, as an
            epitaxial film does.
        p_mottled: probability that an amorphous film is full of bright patches, as a Pt/C cap is.
        mottles: what those patches may be.
        p_capped: probability that an amorphous film lies on top.
        p_two_films: probability that a second amorphous film lies under that one, as carbon under Pt/C.
        p_fringes: probability that a lattice's columns run together into fringes, as in a crystal off its zone axis.
        p_multilayer: probability that a material lies as a few thin layers within the one that it grew on, as in a
            superlattice.
        p_tilted: probability that further grains of a polycrystalline layer are seen off their zone axis, as fringes.
        probe: standard deviation of a column's image, as a share of the scene's typical lattice vector.
        p_one: probability that all of the image is one material.
        p_one_amorphous: probability that it is amorphous then.
        p_one_split: probability that it has grains, laths or an antiphase boundary then.
        p_particles: probability that the image is of particles on a support.
        n_particles: how many, drawn log-uniformly.
        particle_px: their radius, drawn log-uniformly.
        p_rounded: probability that they get thinner towards their outlines, as balls do.
        p_any_period: probability that the lattices of a scene differ as much as `period_px` lets them; else they are
            within a third of a typical one.
        p_laths: probability that the grains of a layer are parallel bands in two orientations, as twins and
            stacking-fault bands are.
        p_overlap: probability that a crystalline layer is seen through another lattice, with moiré.
        p_curved: probability that an amorphous film consists of curved fringes, as graphitic carbon.
        p_atoms: probability that an amorphous film carries single heavy atoms.
        p_carbon: probability that the speckle of a thin amorphous film lies over all of the image, as in TEM.
        effects: what specimen, microscope and storage do to the image.
    """

    n_materials: _Counts = (2, 5)
    period_px: Annotated[tuple[Positive, Positive], Rising] = (5.0, 40.0)
    n_columns: _Counts = (1, 4)
    cells: tuple[CellName, ...] = ()
    thinnest_layer: Annotated[float, Field(gt=0, lt=1)] = 0.08
    roughness_px: Annotated[tuple[NotNegative, NotNegative], Rising] = (0.0, 6.0)
    counts_per_pixel: Annotated[tuple[_Electrons, _Electrons], Rising] = (10.0, 1000.0)
    jitter_px: Annotated[tuple[NotNegative, NotNegative], Rising] = (0.0, 0.6)
    p_gap: Share = 0.3
    p_antiphase: Share = 0.4
    p_grains: Share = 0.2
    p_islands: Share = 0.2
    p_similar: Share = 0.2
    p_epitaxial: Share = 0.0
    p_mottled: Share = 0.0
    mottles: Annotated[tuple[Mottle, ...], Field(min_length=1)] = ("bright",)
    p_capped: Share = 0.5
    p_two_films: Share = 0.0
    p_fringes: Share = 0.0
    p_multilayer: Share = 0.0
    p_tilted: Share = 0.0
    probe: Annotated[tuple[Positive, Positive], Rising] = (0.09, 0.17)
    p_one: Share = 0.0
    p_one_amorphous: Share = 0.15
    p_one_split: Share = 0.5
    p_particles: Share = 0.0
    n_particles: _Counts = (3, 80)
    particle_px: Annotated[tuple[Positive, Positive], Rising] = (7.0, 70.0)
    p_rounded: Share = 0.0
    p_any_period: Share = 0.0
    p_laths: Share = 0.0
    p_overlap: Share = 0.0
    p_curved: Share = 0.0
    p_atoms: Share = 0.0
    p_carbon: Share = 0.0
    effects: EffectRanges = field(default_factory=EffectRanges)

    def __post_init__(self) -> None:
        if self.thinnest_layer * self.n_materials[1] > 1:
            raise InputError(
                f"thinnest_layer={self.thinnest_layer}: give at most 1/{self.n_materials[1]}, so that as many layers "
                "as n_materials fit into the stack."
            )


DIFFICULTIES: dict[int, SceneRanges] = {
    1: SceneRanges(
        n_materials=(2, 3),
        period_px=(6.0, 20.0),
        thinnest_layer=0.22,
        roughness_px=(0.0, 2.0),
        counts_per_pixel=(200.0, 1000.0),
        jitter_px=(0.0, 0.2),
        p_gap=0.3,
        p_antiphase=0.5,
        p_grains=0.0,
        p_islands=0.0,
        p_similar=0.0,
    ),
    2: SceneRanges(
        n_materials=(3, 4),
        period_px=(6.0, 26.0),
        thinnest_layer=0.13,
        roughness_px=(1.0, 5.0),
        counts_per_pixel=(60.0, 400.0),
        jitter_px=(0.1, 0.4),
        p_gap=0.4,
        p_antiphase=0.6,
        p_grains=0.2,
        p_islands=0.2,
        p_similar=0.0,
    ),
    3: SceneRanges(
        n_materials=(3, 5),
        period_px=(5.0, 40.0),
        thinnest_layer=0.07,
        roughness_px=(2.0, 8.0),
        counts_per_pixel=(10.0, 100.0),
        jitter_px=(0.2, 0.6),
        p_gap=0.4,
        p_antiphase=0.7,
        p_grains=0.4,
        p_islands=0.3,
        p_similar=0.5,
    ),
}
"""By class of difficulty; chosen by hand, so that each class has more of what makes the one before difficult."""

_PLAIN = SceneRanges(
    n_materials=(2, 4),
    period_px=(6.0, 26.0),
    thinnest_layer=0.13,
    roughness_px=(1.0, 5.0),
    counts_per_pixel=(60.0, 400.0),
    p_epitaxial=0.3,
    p_mottled=0.5,
)


def _with(**effects: Any) -> SceneRanges:
    return replace(_PLAIN, effects=EffectRanges(**effects))


EFFECTS: dict[str, SceneRanges] = {
    "plain": _PLAIN,
    "graded": _with(p_graded=1, graded=(3, 3)),
    "hazed": _with(p_hazed=1, hazed=(0.5, 0.5)),
    "faded": _with(p_faded=1, faded=(3, 3)),
    "defocused": _with(p_defocused=1),
    "phase contrast": _with(p_phase=1),
    "row noise": _with(p_rows=1, rows=(0.3, 0.3)),
    "charged": _with(p_charged=1, charged=(1, 1)),
    "grainy": _with(p_grainy=1, grainy=(0.8, 0.8)),
    "gamma": _with(p_gamma=1),
    "saturated": _with(p_saturated=1, saturated=(0.05, 0.05)),
    "JPEG": _with(p_jpeg=1, jpeg=(30, 30)),
    "inverted": _with(p_inverted=1),
    "under carbon": replace(_PLAIN, p_carbon=1),
    "fine": replace(_PLAIN, period_px=(4, 6)),
    "coarse": replace(_PLAIN, period_px=(50, 100)),
    "one material": replace(_PLAIN, p_one=1, p_one_split=0),
    "one material in grains": replace(_PLAIN, p_one=1, p_one_amorphous=0, p_one_split=1),
    "particles": replace(_PLAIN, p_particles=1),
    "rounded particles": replace(_PLAIN, p_particles=1, p_rounded=1, n_particles=(1, 6), particle_px=(60, 300)),
    "laths": replace(_PLAIN, p_laths=1),
    "overlapping": replace(_PLAIN, p_overlap=0.5),
    "curved fringes": replace(_PLAIN, p_capped=1, p_curved=1),
    "single atoms": replace(_PLAIN, p_capped=1, p_atoms=1),
}
"""By effect what scenes are drawn from that show it, clearly but as published micrographs do; first those without any.

What microscope and storage do comes after the specimen is drawn: a seed has the same specimen under each of these.
"""
