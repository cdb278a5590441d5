"""By how much a frame shows the specimen elsewhere than another one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from skimage.registration import phase_cross_correlation

from samiam.networks.inputs import resampled
from samiam.polar.inputs import flattened

_PERIOD_PX = 8.0  # of the stripes that are registered: finer detail is mostly noise
_FINER = 20  # parts of such a pixel that a shift is told in
_LEAST_ALIKE, _LATELY = 1 / 3, 9
"""Of the usual likeness of a frame to the one before, over so many frames: with noise up to five times the stripes'
contrast, frames that follow each other have half of it or more, and one that is shifted by half of its side a seventh
at most. A frame that becomes noisier is less like the one before too, but where it was."""

Floats = NDArray[np.float32]


def are_unlike(likenesses: Sequence[float]) -> list[bool]:
    """Whether frames are less like the one before than those lately were; the first, than those that came next.

    Args:
        likenesses: see `Registration`, of one frame after the other.
    """
    others = [likenesses[max(0, place - _LATELY) : place] for place in range(len(likenesses))]
    others[:1] = [likenesses[1 : _LATELY + 1]]
    return [
        len(usual) > 0 and own <= _LEAST_ALIKE * float(np.median(usual))
        for own, usual in zip(likenesses, others, strict=True)
    ]


class Registration:
    """Registers frames of one size, one after the other.

    The peak of the correlation is that of the stripes as they are, not of their phases alone: most frequencies of a
    noisy frame have no phase to trust (compare Guizar-Sicairos et al. 2008, doi:10.1364/OL.33.000156).

    Args:
        period_px: of the stripes, in widths of a pixel.
        pixel_aspect: height of a pixel over its width.

    Attributes:
        likeness: of the last frame to the one before, 1 where nothing but their place differs; None where there was
            none to compare it with.
        has_moved: whether it lies farther than a period from there.
    """

    def __init__(self, period_px: float, pixel_aspect: float = 1.0) -> None:
        self._period_px = period_px
        self._widths = np.array([pixel_aspect, 1.0])  # of a pixel, to one row and one column
        self._last: Floats | None = None
        self._drift = np.zeros(2)
        self.likeness: float | None = None
        self.has_moved = False

    def drift_of(self, pixels: NDArray[np.floating]) -> NDArray[np.float64]:
        """Rows and columns (2,) by which a frame, real (H, W), shows the specimen farther on than the first one.

        A blank frame is taken to be where the one before was.
        """
        self.likeness, self.has_moved = None, False
        if np.ptp(pixels) == 0:
            return self._drift.copy()
        seen, scale = self._prepared(pixels)
        if self._last is not None:
            back, unlike, _ = phase_cross_correlation(  # type: ignore[no-untyped-call]
                self._last, seen, upsample_factor=_FINER, normalization=None
            )
            shift = np.asarray(back, np.float64) / scale
            self._drift = self._drift - shift
            self.likeness = 1 - float(unlike)
            self.has_moved = bool(np.hypot(*(shift * self._widths)) >= self._period_px)
        self._last = seen
        return self._drift.copy()

    def start_from(self, pixels: NDArray[np.floating], drift_px: NDArray[np.float64]) -> None:
        """Take a frame, real (H, W), as the one before, whose drift is known."""
        self._drift = np.array(drift_px, np.float64)
        if np.ptp(pixels) > 0:
            self._last, _ = self._prepared(pixels)

    def _prepared(self, pixels: NDArray[np.floating]) -> tuple[Floats, NDArray[np.float64]]:
        """A frame on square pixels without its background, dark towards its border; and its pixels to one of it."""
        scale = min(1.0, _PERIOD_PX / self._period_px)
        height, width = np.rint(np.array(pixels.shape) * self._widths * scale).astype(int).tolist()
        shape = max(1, height), max(1, width)
        flat = flattened(resampled(pixels, shape), self._period_px * scale)
        window = np.hanning(shape[0])[:, None] * np.hanning(shape[1])
        return np.asarray(flat * window, np.float32), np.divide(shape, pixels.shape)
