"""An encoder that does not embed the same crop twice."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.texture.protocol import Encoder


class RememberingEncoder:
    """An encoder with the vectors of the crops that it saw last, known by their pixels.

    Vectors are the encoder's own; a network's may differ in their last bits, since it gets other crops together.

    Args:
        encoder: what embeds the crops that are new.
        most_mb: what the remembered vectors may take, in 10⁶ bytes; those used longest ago are forgotten first.

    Raises:
        InputError: if `most_mb` is negative.
    """

    def __init__(self, encoder: Encoder, most_mb: float = 512.0) -> None:
        if not most_mb >= 0:
            raise InputError(f"most_mb={most_mb}: give what the remembered vectors may take, 0 or more.")
        self._encoder, self._most_bytes = encoder, most_mb * 1e6
        self._known: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()
        self._bytes = 0

    @property
    def name(self) -> str:
        """That of the encoder within."""
        return self._encoder.name

    @property
    def options(self) -> Mapping[str, Any]:
        """Those of the encoder within."""
        return self._encoder.options

    def encode(self, crops: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """See `Encoder.encode`; of equal crops only the first is embedded."""
        keys = [_key(crop) for crop in crops]
        found = {key: self._known[key] for key in keys if key in self._known}
        new = {key: crop for key, crop in zip(keys, crops, strict=True) if key not in found}
        embedded = self._encoder.encode(list(new.values()))
        found.update(zip(new, embedded, strict=True))
        for key, vector in found.items():
            self._remember(key, vector)
        self._forget()
        return np.array([found[key] for key in keys], np.float32).reshape(len(keys), embedded.shape[1])

    def _remember(self, key: bytes, vector: NDArray[np.float32]) -> None:
        if key not in self._known:
            self._known[key] = vector.copy()  # a row would keep its whole array alive
            self._bytes += vector.nbytes
        self._known.move_to_end(key)

    def _forget(self) -> None:
        while self._bytes > self._most_bytes:
            self._bytes -= self._known.popitem(last=False)[1].nbytes


def _key(crop: NDArray[np.float32]) -> bytes:
    """What tells crops apart: shape, type and pixels."""
    pixels = np.asarray(crop)
    kind = f"{pixels.shape}{pixels.dtype.str}".encode()
    return hashlib.blake2b(kind + pixels.tobytes(), digest_size=16).digest()
