"""How classes of particles are called and coloured, in every picture the same."""

from __future__ import annotations

from collections.abc import Mapping

from samiam.colours import PALETTE
from samiam.particles.result import FAULT_CLASSES, UNSURE

PARTICLE = "particle"
"""What one is called whose class nobody has asked for."""
_ORANGE, _SKY, _GREEN, _PURPLE, _BLUE, _YELLOW, _RED, _WINE = PALETTE
COLOURS: Mapping[str, tuple[int, int, int]] = {
    **dict(zip(FAULT_CLASSES, (_GREEN, _RED, _SKY, _PURPLE, _WINE), strict=True)),
    UNSURE: _YELLOW,
    PARTICLE: _ORANGE,
}
