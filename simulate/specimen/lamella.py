"""What a milled lamella has beside its layers: uneven and damaged surfaces, interfaces that lean. Lengths are in Å."""

from __future__ import annotations

from samiam.settings import NotNegative, Share, settings


@settings
class Lamella:
    """How a lamella differs from an even slab cut out of ideal layers; the defaults are that slab.

    Attributes:
        relief_A: root mean square by which the thickness varies over distances of one to some fifty cells, as surfaces
            left by ions do; the longer the waves, the higher (self-affine).
        dechannelling: mean share of their channelled signal that columns lose where planes are bent or atoms displaced;
            it varies from place to place between nothing and twice that.
        damage_A: thickness of the amorphous layer that ions leave on crystals, both surfaces together.
        lean_A: how far interfaces and boundaries move, along (x, h), from the entrance surface to the exit surface.
        thinning_A: depth behind an edge to vacuum in which the thickness rises to 63 % of what it is inside; 0 for a
            vertical edge.
        resolves_films: whether atoms of films see the probe as wide as it is at their depth, which makes their speckle,
            instead of as wide as it is on the mean.
        grain_contrast: standard deviation of the logarithm of a nanocrystal's brightness: some lie on a zone axis.
    """

    relief_A: NotNegative = 0.0
    dechannelling: Share = 0.0
    damage_A: NotNegative = 0.0
    lean_A: tuple[float, float] = (0.0, 0.0)
    thinning_A: NotNegative = 0.0
    resolves_films: bool = False
    grain_contrast: NotNegative = 0.0
