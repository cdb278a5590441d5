"""Generators, encoders and classifiers by name."""

from __future__ import annotations

from typing import Any

from samiam.errors import InputError
from samiam.generation.protocol import MaskGenerator
from samiam.texture.protocol import CropClassifier, Encoder

GENERATORS = ("compact", "texture", "vit_b", "vit_l", "vit_h")
"""The names that `build_generator` knows."""
DEFAULT_GENERATOR = "compact"
"""What proposes masks where nobody chose."""
ENCODERS = ("compact", "fenet", "fenet_dtd", "spectrum", "resnet18")
"""The names that `build_encoder` knows."""
DEFAULT_ENCODER = "compact"
"""What turns crops into vectors where nobody chose."""


def build_generator(name: str, **options: Any) -> MaskGenerator:
    """Make a generator by name.

    Args:
        name: "compact" (a small network; ships with the package), "texture" (no weights) or the SAM+ generators
            "vit_b", "vit_l" and "vit_h".
        options: the generator's settings: the attributes of `CompactOptions` and `weights`, `weights_sha256` and
            `device`; those of `TextureGenerator`; or for SAM+ those of `segment_anything.SamAutomaticMaskGenerator`
            and `checkpoint`, `checkpoint_sha256` and `device`.

    Raises:
        InputError: if the name or an option is unknown or out of range, or a checkpoint cannot be had.
    """
    if name not in GENERATORS:
        raise InputError(f"unknown generator {name!r}; known are {', '.join(GENERATORS)}.")
    if name == "texture":
        from samiam.generation.texture.generator import build_texture

        return build_texture(**options)
    # torch takes seconds to import
    if name == "compact":
        from samiam.compact.generator import build_compact

        return build_compact(**options)
    from samiam.generation.sam import build_sam

    return build_sam(name, **options)


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
    if name == "compact":
        from samiam.compact.encoder import build_compact

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
