"""What the materials of a procedural scene look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulate.procedural.lattices import Lattice

Kind = Literal["lattice", "amorphous", "vacuum"]
Mottle = Literal["bright", "even", "spots"]
"""Bright patches on an even film; brightness that rises and falls about as much; overlapping round spots."""


@dataclass(frozen=True)
class Fill:
    """What a material looks like.

    Attributes:
        kind: what it is.
        level: its brightness between the columns, or its mean brightness.
        contrast: height of the columns above the level, or standard deviation of the speckle as a share of it.
        lattice: the arrangement of its columns, None where it is not crystalline.
        has_twin: whether another material of the scene differs from it in one sublattice only.
        patch_px: size of the bright patches of an amorphous film; None for those that half of the films have.
        patch_height: how much brighter than the film they are, in multiples of its level.
        mottle: what the patches are.
        has_tilted_grains: whether grains after the first are seen off their zone axis, as fringes.
        overlap: a second lattice, of columns as wide, that is seen through the first, with moiré; None without.
        spread_of_grains: standard deviation of the logarithm of how bright its grains are beside each other.
        curved_px: distance of the curved fringes of graphitic carbon; None without.
        curved_height: half of their height, in multiples of the level.
        atoms_apart_px: typical distance of single heavy atoms on an amorphous film; None without.
        rounded_px: from how far on towards its outline it gets thinner, as a ball does; None where it is as thick.
    """

    kind: Kind
    level: float
    contrast: float
    lattice: Lattice | None = None
    has_twin: bool = False
    patch_px: float | None = None
    patch_height: float = 0.5
    mottle: Mottle = "bright"
    has_tilted_grains: bool = False
    overlap: Lattice | None = None
    spread_of_grains: float = 0.0
    curved_px: float | None = None
    curved_height: float = 0.3
    atoms_apart_px: float | None = None
    rounded_px: float | None = None
