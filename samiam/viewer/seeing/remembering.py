"""An encoder that need not look at an image again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samiam.records import Masks, Micrograph
from samiam.texture import FieldEncoder, TextureField


class Remembering:
    """An encoder that has seen one image, and need not look again, whatever it has looked at since."""

    def __init__(self, encoder: FieldEncoder) -> None:
        self._encoder = encoder
        self._remembered: tuple[Micrograph, TextureField] | None = None
        self._of_masks: tuple[Masks, tuple[NDArray[np.float32], NDArray[np.int64]]] | None = None
        self.name, self.options = encoder.name, encoder.options
        self.estimator, self.distance, self.numbers_seen = encoder.estimator, encoder.distance, encoder.numbers_seen
        self.encode, self.encode_within = encoder.encode, encoder.encode_within

    def field(self, micrograph: Micrograph) -> TextureField:
        """As that of the encoder."""
        if self._remembered is None or self._remembered[0] is not micrograph:
            self._remembered = micrograph, self._encoder.field(micrograph)
        return self._remembered[1]

    def encode_masks(self, micrograph: Micrograph, masks: Masks) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """As those of the encoder; masks of one number are the same."""
        if self._of_masks is None or not np.array_equal(self._of_masks[0].packed, masks.packed):
            self._of_masks = masks, self._encoder.encode_masks(micrograph, masks)
        return self._of_masks[1]
