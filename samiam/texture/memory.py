"""An encoder that does not embed the same crops twice."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.texture.protocol import Encoder, Estimator


class RememberingEncoder:
    """An encoder with its last answers, each known by the pixels of all crops that were given together.

    An answer is the encoder's own to the last bit; single crops are not looked up, because a network's vector of a
    crop depends in its last bits on the crops beside it.

    Args:
        encoder: what embeds crops that are new.
        most_mb: what the remembered vectors may take, in 10⁶ bytes; those used longest ago are forgotten first.

    Raises:
        InputError: if `most_mb` is negative.
    """

    def __init__(self, encoder: Encoder, most_mb: float = 512.0) -> None:
        if not most_mb >= 0:
            raise InputError(f"most_mb={most_mb}: give what the remembered vectors may take, 0 or more.")
        self._encoder, self._most_bytes = encoder, most_mb * 1e6
        self._known: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()

    @property
    def name(self) -> str:
        """That of the encoder within."""
        return self._encoder.name

    @property
    def options(self) -> Mapping[str, Any]:
        """Those of the encoder within."""
        return self._encoder.options

    @property
    def estimator(self) -> Estimator | None:
        """That of the encoder within."""
        return self._encoder.estimator

    @property
    def distance(self) -> float | None:
        """That of the encoder within."""
        return self._encoder.distance

    def encode(self, crops: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """One vector for each crop, float32 (C, D), remembered where just these crops were given before."""
        key = _key(crops)
        if key not in self._known:
            self._known[key] = self._encoder.encode(crops)
        self._known.move_to_end(key)
        vectors = self._known[key].copy()
        while sum(known.nbytes for known in self._known.values()) > self._most_bytes:
            self._known.popitem(last=False)
        return vectors


def _key(crops: Sequence[NDArray[np.float32]]) -> bytes:
    """What tells some crops from others: shapes, types and pixels."""
    digest = hashlib.blake2b(digest_size=16)
    for crop in crops:
        pixels = np.asarray(crop)
        digest.update(f"{pixels.shape}{pixels.dtype.str}".encode())
        digest.update(pixels.tobytes())
    return digest.digest()
