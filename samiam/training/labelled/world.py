"""What is drawn to learn from: parts of labelled images, and simulated scenes between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from samiam.compact.scale import known_scale
from samiam.records import Scene
from samiam.training.labelled.parts import magnified, mirrored_to, part_of

FIRST_OLD = 2**32
"""Number of the first scene of the old world that is judged by; training draws numbers below."""
_SCALES = (1.0, 1.0, 0.6)
"""Scales that parts are drawn at: the compact network looks at the second as well, see `samiam.compact.views`."""
_TRIES = 8
"""Windows of which the one that shows most materials is taken: a window within one teaches little."""


def as_seen(scene: Scene) -> Scene:
    """An image at the scale at which the compact network sees it."""
    scale = known_scale(scene.micrograph.pixels)
    return scene if scale == 1 else magnified(scene, scale)


@dataclass(frozen=True, eq=False)
class World:
    """Parts of labelled images with simulated scenes between them, all of one size.

    Attributes:
        images: labelled, at the scale at which they are seen.
        old: makes the simulated scene of a number, of that size too.
        rehearsal: share of simulated ones.
        side_px: of a part.
    """

    images: Sequence[Scene]
    old: Callable[[int], Scene]
    rehearsal: float
    side_px: int
    _at_scales: dict[tuple[int, float], Scene] = field(default_factory=dict, repr=False)

    def __call__(self, seed: int) -> Scene:
        """What a seed draws."""
        rng = np.random.default_rng(seed)
        if rng.random() < self.rehearsal:
            return self.old(seed)
        scene = self._image(int(rng.integers(len(self.images))), float(rng.choice(_SCALES)))
        windows = [self._window(rng, scene) for _ in range(_TRIES)]
        return part_of(scene, max(windows, key=lambda window: _shown(scene, window)))

    def _image(self, number: int, scale: float) -> Scene:
        key = (number, scale)
        if key not in self._at_scales:
            scene = self.images[number]
            self._at_scales[key] = mirrored_to(scene if scale == 1 else magnified(scene, scale), self.side_px)
        return self._at_scales[key]

    def _window(self, rng: np.random.Generator, scene: Scene) -> tuple[slice, slice]:
        top, left = (int(rng.integers(side - self.side_px + 1)) for side in scene.micrograph.shape_hw)
        return slice(top, top + self.side_px), slice(left, left + self.side_px)


def _shown(scene: Scene, window: tuple[slice, slice]) -> tuple[int, int]:
    """How many materials a window shows, and how many pixels of it are labelled."""
    labels = scene.labels[window]
    return len(np.unique(labels[labels > 0])), int(np.count_nonzero(labels))


@dataclass(frozen=True, eq=False)
class Whole:
    """Whole labelled images with simulated scenes between them, for what learns from crops of them.

    Attributes:
        images: labelled.
        old: makes the simulated scene of a number.
        rehearsal: share of simulated ones.
    """

    images: Sequence[Scene]
    old: Callable[[int], Scene]
    rehearsal: float

    def __call__(self, seed: int) -> Scene:
        """What a seed draws."""
        rng = np.random.default_rng(seed)
        return self.old(seed) if rng.random() < self.rehearsal else self.images[int(rng.integers(len(self.images)))]
