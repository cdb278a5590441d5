"""What real micrographs do and ideal ones do not, drawn for one scene and applied in the order in which it happens."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage

from samiam.settings import Positive, Rising, Share, settings
from simulate.draws import log_uniform
from simulate.procedural.phase_contrast import in_phase_contrast
from simulate.procedural.recording import charged, row_offsets, stored_as_jpeg
from simulate.procedural.slow_fields import defocused, faded, graded, hazed

_Range = Annotated[tuple[Positive, Positive], Rising]


@settings
class EffectRanges:
    """The effects of specimen, microscope and storage, each with a probability and (smallest, largest) strength.

    Ranges reach from what is hardly seen to somewhat beyond what published micrographs show: in single crystals of
    twelve of them brightness varies slowly by 0.26 of its mean in the median, local contrast by 0.06, in alloys and
    bent foils several times as much.

    Attributes:
        p_graded: probability of slowly changing brightness, as of a wedge or a bent foil.
        graded: brightest over darkest.
        p_hazed: probability of a slow background, as of contamination or a cap above.
        hazed: its height over the image's range.
        p_faded: probability of slowly changing contrast, as of tilt or damage.
        faded: strongest over weakest.
        p_defocused: probability of sharpness that changes over the image.
        defocused: standard deviation of the blur where it is worst, as a share of the typical lattice vector.
        p_phase: probability that the image is of phase contrast, as in high-resolution TEM.
        phase_zero: first zero of its transfer, as a share of the typical lattice vector.
        p_rows: probability of rows that differ in brightness, as scan noise makes them.
        rows: standard deviation of the rows over the image's.
        p_charged: probability of bright or dark stripes along rows, as charging makes them.
        charged: height of the stripes over the image's standard deviation.
        p_grainy: probability of noise that neighbouring pixels share, as of interpolated files and soft detectors.
        grainy: standard deviation of the blur after counting, in pixels.
        p_gamma: probability that grey values were stretched by a power.
        gamma: the power.
        p_saturated: probability that the brightest and the darkest pixels are cut off.
        saturated: share of the pixels at each end.
        p_jpeg: probability of a file that went through JPEG.
        jpeg: its quality.
        p_inverted: probability of dark columns on bright ground, as in bright field.
    """

    p_graded: Share = 0.0
    graded: _Range = (1.2, 5.0)
    p_hazed: Share = 0.0
    hazed: _Range = (0.1, 0.8)
    p_faded: Share = 0.0
    faded: _Range = (1.3, 5.0)
    p_defocused: Share = 0.0
    defocused: _Range = (0.08, 0.3)
    p_phase: Share = 0.0
    phase_zero: _Range = (0.6, 2.0)
    p_rows: Share = 0.0
    rows: _Range = (0.05, 0.5)
    p_charged: Share = 0.0
    charged: _Range = (0.3, 1.5)
    p_grainy: Share = 0.0
    grainy: _Range = (0.4, 1.2)
    p_gamma: Share = 0.0
    gamma: _Range = (0.5, 2.0)
    p_saturated: Share = 0.0
    saturated: Annotated[tuple[Share, Share], Rising] = (0.002, 0.08)
    p_jpeg: Share = 0.0
    jpeg: Annotated[tuple[Annotated[int, Field(ge=1, le=100)], Annotated[int, Field(ge=1, le=100)]], Rising] = (20, 90)
    p_inverted: Share = 0.0


def before_counting(
    rng: np.random.Generator, image: NDArray[np.float64], effects: EffectRanges, period_px: float
) -> NDArray[np.float64]:
    """A noise-free image (H, W), ≥ 0, as specimen and lens change it.

    Args:
        rng: source of the draws.
        image: what an ideal microscope shows of an ideal specimen.
        effects: what to draw from.
        period_px: typical lattice vector.
    """
    if _happens(rng, effects.p_phase):
        zero_px = float(rng.uniform(*effects.phase_zero)) * period_px
        amplitude, limit_px = float(rng.uniform(0.02, 0.3)), float(rng.uniform(0.15, 0.35)) * period_px
        image = in_phase_contrast(image, zero_px=zero_px, amplitude=amplitude, limit_px=limit_px)
    if _happens(rng, effects.p_defocused):
        image = defocused(rng, image, float(rng.uniform(*effects.defocused)) * period_px)
    if _happens(rng, effects.p_faded):
        image = faded(rng, image, log_uniform(rng, effects.faded), period_px)
    if _happens(rng, effects.p_graded):
        image = graded(rng, image, log_uniform(rng, effects.graded))
    if _happens(rng, effects.p_hazed):
        image = hazed(rng, image, log_uniform(rng, effects.hazed))
    return image


def after_counting(rng: np.random.Generator, counts: NDArray[np.float64], effects: EffectRanges) -> NDArray[np.float64]:
    """Counts (H, W) as scan and detector give them."""
    if _happens(rng, effects.p_grainy):
        counts = np.asarray(ndimage.gaussian_filter(counts, float(rng.uniform(*effects.grainy))))
    spread = float(counts.std())
    if _happens(rng, effects.p_rows):
        counts = row_offsets(rng, counts, log_uniform(rng, effects.rows) * spread)
    if _happens(rng, effects.p_charged):
        counts = charged(rng, counts, log_uniform(rng, effects.charged) * spread)
    return counts


def as_stored(rng: np.random.Generator, pixels: NDArray[np.float32], effects: EffectRanges) -> NDArray[np.float32]:
    """Pixels (H, W) in [0, 1] as people store them."""
    if _happens(rng, effects.p_saturated):
        share = float(rng.uniform(*effects.saturated))
        low, high = np.quantile(pixels, (share, 1 - share))
        pixels = np.clip((pixels - low) / max(float(high - low), 1e-6), 0, 1).astype(np.float32)
    if _happens(rng, effects.p_gamma):
        pixels = pixels ** np.float32(log_uniform(rng, effects.gamma))
    if _happens(rng, effects.p_inverted):
        pixels = 1 - pixels
    if _happens(rng, effects.p_jpeg):
        pixels = stored_as_jpeg(pixels, int(rng.integers(effects.jpeg[0], effects.jpeg[1] + 1)))
    return pixels


def _happens(rng: np.random.Generator, probability: float) -> bool:
    """No draw where there is no choice: scenes of other ranges keep their bytes."""
    return probability > 0 and bool(rng.uniform() < probability)
