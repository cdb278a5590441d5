"""How ends and junctions are coloured, in every picture the same."""

from __future__ import annotations

from collections.abc import Mapping

from samiam.colours import PALETTE
from samiam.records.polar_scene import Kind

_ORANGE, _SKY = PALETTE[:2]
COLOURS: Mapping[Kind, tuple[int, int, int]] = {"end": _ORANGE, "junction": _SKY}
"""Told apart by the colour-blind too; besides, ends are discs and junctions triangles."""
PLURAL: Mapping[Kind, str] = {"end": "ends (merons)", "junction": "junctions (antimerons)"}
