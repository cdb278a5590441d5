"""Crops to vectors or to names of materials: encoders and classifiers, each behind one protocol."""

from __future__ import annotations

from typing import Any

from samiam.errors import InputError
from samiam.texture.protocol import ContextEncoder, CropClassifier, Encoder

ENCODERS = ("compact", "fenet", "fenet_dtd", "spectrum", "resnet18")
"""The names that `build_encoder` knows."""
DEFAULT_ENCODER = "compact"
"""What turns crops into vectors where nobody chose."""

__all__ = [
    "DEFAULT_ENCODER",
    "ENCODERS",
    "ContextEncoder",
    "CropClassifier",
    "Encoder",
    "build_classifier",
    "build_encoder",
]


def build_encoder(name: str, **options: Any) -> Encoder:
    """Make an encoder by name.

    Args:
        name: "compact" (the compact generator's network; ships with the package and needs no crops), "fenet" (trained
            on random lattices; ships with the package), "fenet_dtd" (the paper's; its weights are
            given as `checkpoint`), "spectrum" (no weights) or "resnet18" (`weights="random"` or "imagenet").
        options: the encoder's settings by the names of its attributes.

    Raises:
        InputError: if the name or an option is unknown or out of range, or weights cannot be had.
    """
    if name == "spectrum":
        from samiam.texture.spectrum import build_spectrum

        return build_spectrum(**options)
    # torch takes seconds to import
    if name == "compact":
        from samiam.texture.compact import build_compact

        return build_compact(**options)
    if name == "resnet18":
        from samiam.texture.resnet import build_resnet18

        return build_resnet18(**options)
    if name in ("fenet", "fenet_dtd"):
        from samiam.texture.fenet_encoder import build_fenet, build_fenet_dtd

        return build_fenet(**options) if name == "fenet" else build_fenet_dtd(**options)
    raise InputError(f"unknown encoder {name!r}; known are {', '.join(ENCODERS)}.")


def build_classifier(**options: Any) -> CropClassifier:
    """Make the classifier that names the material of crops.

    Args:
        options: the settings of `samiam.texture.classifier.build_classifier` by name.

    Raises:
        InputError: if an option is unknown or out of range, or weights cannot be had.
    """
    from samiam.texture.classifier import build_classifier as build

    return build(**options)
