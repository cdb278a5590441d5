"""Pixels as a file holds them, without a stretch of their contrast."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from samiam.errors import InputError
from samiam.records import Micrograph


def as_stored(micrograph: Micrograph) -> Micrograph:
    """The micrograph with each pixel over the largest value that its file's type can hold, as the released code has it.

    Args:
        micrograph: read with `clip_percentiles=(0, 100)`, so that nothing was clipped.

    Raises:
        InputError: if the file's values are no whole numbers, which have no largest.
    """
    kind = np.dtype(str(micrograph.metadata["dtype"]))
    if kind.kind != "u":
        raise InputError(f"{micrograph.name}: {kind} has no largest value; set benchmark.pixels=stretched.")
    low, high = micrograph.metadata["clip_values"]
    largest = np.iinfo(kind).max
    pixels = (micrograph.pixels * np.float32((high - low) / largest) + np.float32(low / largest)).astype(np.float32)
    facts = {"clip_percentiles": None, "clip_values": [0.0, float(largest)]}
    return replace(micrograph, pixels=np.clip(pixels, 0, 1), metadata={**micrograph.metadata, **facts})
