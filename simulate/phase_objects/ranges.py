"""What drawn particles are drawn from."""

from __future__ import annotations

from typing import Annotated

from samiam.settings import Count, NotNegative, Positive, Rising, Share, settings

Range = Annotated[tuple[NotNegative, NotNegative], Rising]
PositiveRange = Annotated[tuple[Positive, Positive], Rising]


@settings
class ParticleRanges:
    """Ranges of scenes of drawn particles.

    Attributes:
        p_empty: probability of a scene without a particle.
        p_shadows: probability of low magnification: particles are shadows, and no pixel resolves a lattice.
        p_bright: probability that shadows are bright, as in dark field.
        p_touching: probability that a particle lies beside, or partly over, the one before.
        p_edge: probability that the support ends within the scene.
        n_particles: in a scene that is not empty.
        diameter_nm: of particles whose lattice is resolved.
        diameter_px: of shadows.
        spacing_nm: of lattice planes; most metals and oxides lie within.
        pixel_size_nm: where lattices are resolved.
        shadow_pixel_nm: of shadows.
        defocus_nm: to either side, log-uniform.
        cs_mm: spherical aberration; a corrector leaves next to none.
        focal_spread_nm: standard deviation of the focus.
        dose_e_per_pixel: electrons that a pixel counts.
        contrast: share of the computed contrast that an image has (Stobbs factor, doi:10.1080/01418619608239693).
    """

    p_empty: Share = 0.12
    p_shadows: Share = 0.3
    p_bright: Share = 0.25
    p_touching: Share = 0.5
    p_edge: Share = 0.08
    n_particles: Annotated[tuple[Count, Count], Rising] = (1, 6)
    diameter_nm: PositiveRange = (1.6, 10.0)
    diameter_px: PositiveRange = (10.0, 140.0)
    spacing_nm: PositiveRange = (0.18, 0.36)
    pixel_size_nm: PositiveRange = (0.034, 0.046)
    shadow_pixel_nm: PositiveRange = (0.12, 1.0)
    defocus_nm: PositiveRange = (2.0, 60.0)
    cs_mm: Range = (0.0, 1.2)
    focal_spread_nm: PositiveRange = (1.5, 6.0)
    dose_e_per_pixel: PositiveRange = (12.0, 500.0)
    contrast: PositiveRange = (0.2, 0.9)
