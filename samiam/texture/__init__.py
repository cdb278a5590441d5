"""Crops to vectors: texture encoders behind one protocol."""

from __future__ import annotations

from typing import Any

from samiam.errors import InputError
from samiam.texture.protocol import Encoder

ENCODERS = ("spectrum", "resnet18")
"""The names that `build_encoder` knows."""
DEFAULT_ENCODER = "spectrum"
"""What turns crops into vectors where nobody chose."""

__all__ = ["DEFAULT_ENCODER", "ENCODERS", "Encoder", "build_encoder"]


def build_encoder(name: str, **options: Any) -> Encoder:
    """Make an encoder by name.

    Args:
        name: "spectrum" (no weights) or "resnet18" (`weights="random"` or "imagenet").
        options: the encoder's settings by the names of its attributes.

    Raises:
        InputError: if the name or an option is unknown or out of range, or weights cannot be had.
    """
    if name == "spectrum":
        from samiam.texture.spectrum import build_spectrum

        return build_spectrum(**options)
    if name == "resnet18":
        from samiam.texture.resnet import build_resnet18  # torch takes seconds to import

        return build_resnet18(**options)
    raise InputError(f"unknown encoder {name!r}; known are {', '.join(ENCODERS)}.")
