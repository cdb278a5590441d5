"""What a milled lamella has beside its layers: uneven and damaged surfaces, interfaces that lean. Lengths are in Å."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from samiam.settings import NotNegative, Share, settings


@settings
class Nanocrystals:
    """What the crystals in a film are like; the defaults are spheres as the library has them, all alike.

    Attributes:
        scale: their mean diameter over the library's.
        facets: planes that cut each of them, at random, through what would be a sphere.
        contrast: standard deviation of the logarithm of their brightness: some lie on a zone axis.
    """

    scale: Annotated[float, Field(ge=0.2, le=3)] = 1.0
    facets: Annotated[int, Field(ge=0, le=20)] = 0
    contrast: Annotated[float, Field(ge=0, le=2)] = 0.0


@settings
class Lamella:
    """How a lamella differs from an even slab cut out of ideal layers; the defaults are that slab.

    Attributes:
        relief_A: root mean square by which the thickness varies over distances of one to some fifty cells, as surfaces
            left by ions do; the longer the waves, the higher (self-affine).
        dechannelling: mean share of their channelled signal that columns lose where planes are bent or atoms displaced;
            it varies from place to place between nothing and twice that.
        damage_A: thickness of the amorphous layer that ions leave on crystals, both surfaces together.
        lean_A: how far interfaces and boundaries move, along (x, h), from the entrance surface to the exit surface;
            the truth is that of half the depth.
        thinning_A: depth behind an edge to vacuum in which the thickness rises to 63 % of what it is inside; 0 for a
            vertical edge.
        resolves_films: whether atoms of films see the probe as wide as it is at their depth, which makes their speckle,
            instead of as wide as it is on the mean.
        nanocrystals: what the crystals in a film are like.
    """

    relief_A: NotNegative = 0.0
    dechannelling: Share = 0.0
    damage_A: NotNegative = 0.0
    lean_A: tuple[float, float] = (0.0, 0.0)
    thinning_A: NotNegative = 0.0
    resolves_films: bool = False
    nanocrystals: Nanocrystals = Nanocrystals()
