"""Particles without any real crystal: drawn outlines with drawn lattices, as phase objects or as shadows.

Multislice knows what atoms do (`simulate.particles`); here shapes, spacings and contrasts are wider than those of any
library, and a scene costs hundredths of a second. A network that has seen both takes no crystal for granted.
"""

from simulate.phase_objects.ranges import ParticleRanges
from simulate.phase_objects.scenes import drawn_particles

__all__ = ["ParticleRanges", "drawn_particles"]
