"""A trained network at work: it looks at an image once, and remembers what it saw."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from samiam.compact.looks import Look, seen_by
from samiam.compact.regions.calibration import Calibration
from samiam.compact.views import View
from samiam.texture.pose import canonical_pose


class CompactModel:
    """A trained network, or several together, with its calibration and its last look.

    Args:
        views: the passes of a look.
        calibration: how its regions are rated and its vectors counted.
        sha256: of its weights, for provenance; None where they have no file.
    """

    def __init__(self, views: Sequence[View], calibration: Calibration, sha256: str | None = None) -> None:
        self.views = tuple(views)
        self.calibration = calibration
        self.sha256 = sha256
        # In one attribute: of two threads, one may look in vain, but none gets the look of another image.
        self._last: _Last | None = None

    def look(self, pixels: NDArray[np.float32]) -> Look:
        """The look at an image in its canonical pose; the last one is remembered by the image's content.

        Args:
            pixels: float32 (H, W) in [0, 1].
        """
        last = self._last
        if last is None or not last.is_of(pixels):
            pose = canonical_pose(pixels)
            last = _Last(ref(pixels), _key(pixels), seen_by(self.views, pose.apply(pixels), pose=pose))
            self._last = last
        return last.look

    def forget(self) -> None:
        """Give the last look's memory back."""
        self._last = None

    def __repr__(self) -> str:
        return f"CompactModel(weights {self.sha256[:12] if self.sha256 else 'without a file'})"


@dataclass(frozen=True, eq=False)
class _Last:
    """A look, and which image it is of.

    Attributes:
        pixels: the image, as long as somebody has it.
        key: what tells it from others.
        look: at it.
    """

    pixels: ref[NDArray[np.float32]]
    key: bytes
    look: Look

    def is_of(self, pixels: NDArray[np.float32]) -> bool:
        """Whether it is of that image; the very array is known without a look at its content if nobody can write to it."""
        is_the_same = pixels is self.pixels() and pixels.base is None and not pixels.flags.writeable
        return is_the_same or self.key == _key(pixels)


def _key(pixels: NDArray[np.float32]) -> bytes:
    """What tells images apart; milliseconds where a look takes a second."""
    return hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16).digest() + repr(pixels.shape).encode()
