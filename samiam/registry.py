"""Generators, encoders and the classifier by name: their settings, and what makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from samiam.errors import InputError, extras

if TYPE_CHECKING:
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

# What is imported only where it is asked for costs up to seconds: pydantic, torch, scikit-image, scikit-learn.


def generator_settings(name: str) -> type:
    """The class of a generator's settings, made without its network.

    Raises:
        InputError: if there is no such generator.
    """
    _check("generator", name, GENERATORS)
    if name == "compact":
        from samiam.compact.settings import CompactOptions

        return CompactOptions
    if name == "texture":
        from samiam.generation.texture.generator import TextureGenerator

        return TextureGenerator
    from samiam.generation.sam.settings import SamOptions

    return SamOptions


def encoder_settings(name: str) -> type:
    """The class of an encoder's settings, made without its network.

    Raises:
        InputError: if there is no such encoder.
    """
    _check("encoder", name, ENCODERS)
    if name == "compact":
        from samiam.compact.settings import CompactWeights

        return CompactWeights
    if name == "spectrum":
        from samiam.texture.spectrum import SpectrumEncoder

        return SpectrumEncoder
    from samiam.texture import settings

    return {
        "fenet": settings.FENetOptions,
        "fenet_dtd": settings.FENetDTDOptions,
        "resnet18": settings.ResNet18Options,
    }[name]


@extras()
def build_generator(name: str, **options: Any) -> MaskGenerator:
    """Make a generator by name.

    Args:
        name: "compact" (a small network; ships with the package), "texture" (no weights) or the SAM+ generators
            "vit_b", "vit_l" and "vit_h".
        options: the generator's settings, see `samiam models info NAME`.

    Raises:
        InputError: if the name or an option is unknown or out of range, a checkpoint cannot be had, or an extra is not
            installed that it needs.

    Example:
        >>> build_generator("texture", n_superpixels=200).name
        'texture'
    """
    from samiam.settings import read_settings

    options_read: Any = read_settings(generator_settings(name), name, options)
    if name == "texture":
        return cast("MaskGenerator", options_read)
    if name == "compact":
        from samiam.compact.generator import build_compact

        return build_compact(options_read)
    from samiam.generation.sam.generator import build_sam

    if options_read.prompts == "grid":
        return build_sam(name, options_read)
    from samiam.compact.places import RegionPlaces
    from samiam.compact.settings import CompactWeights
    from samiam.compact.weights import load_model

    return build_sam(name, options_read, RegionPlaces(load_model(CompactWeights(device=options_read.device))))


@extras()
def build_encoder(name: str, **options: Any) -> Encoder:
    """Make an encoder by name.

    Args:
        name: "compact" (the compact generator's network; ships with the package and needs no crops), "fenet" (trained
            on random lattices; ships with the package), "fenet_dtd" (the paper's; its weights are given as
            `checkpoint`), "spectrum" (no weights) or "resnet18" (`weights="random"` or "imagenet").
        options: the encoder's settings, see `samiam models info NAME`.

    Raises:
        InputError: if the name or an option is unknown or out of range, weights cannot be had, or an extra is not
            installed that it needs.

    Example:
        >>> build_encoder("spectrum").encode([np.zeros((60, 60), np.float32)]).shape
        (1, 50)
    """
    from samiam.settings import read_settings

    options_read: Any = read_settings(encoder_settings(name), name, options)
    if name == "spectrum":
        return cast("Encoder", options_read)
    if name == "compact":
        from samiam.compact.encoder import build_compact

        return build_compact(options_read)
    if name == "resnet18":
        from samiam.texture.resnet import build_resnet18

        return build_resnet18(options_read)
    from samiam.texture.fenet_encoder import build_fenet, build_fenet_dtd

    return build_fenet(options_read) if name == "fenet" else build_fenet_dtd(options_read)


def encoder_beside(generator: MaskGenerator) -> Encoder:
    """The default encoder beside a generator: that of the compact generator has its weights, and looks with it."""
    if generator.name == "compact":
        from samiam.compact.encoder import CompactEncoder
        from samiam.compact.generator import CompactGenerator

        if isinstance(generator, CompactGenerator):
            return CompactEncoder(generator.model)
    return build_encoder(DEFAULT_ENCODER)


def encoder_options_beside(
    generator: str, generator_options: Mapping[str, Any], encoder: str, encoder_options: Mapping[str, Any]
) -> dict[str, Any]:
    """An encoder's options beside a generator, both by name: `encoder_beside` for what a user has typed.

    The compact encoder has the weights and the device of the compact generator beside it where it is given none of its
    own, since what was calibrated together belongs together; then both look at an image once.

    Args:
        generator: its name.
        generator_options: its settings.
        encoder: its name.
        encoder_options: its settings.
    """
    own = dict(encoder_options)
    if generator != "compact" or encoder != "compact":
        return own
    shared = ("device",) if own.get("weights") else ("weights", "weights_sha256", "device")
    return {name: generator_options[name] for name in shared if name in generator_options} | own


@extras()
def build_classifier(**options: Any) -> CropClassifier:
    """Make the classifier that names the material of crops.

    Args:
        options: attributes of `samiam.texture.settings.ClassifierOptions`.

    Raises:
        InputError: if an option is unknown or out of range, weights cannot be had, or torch is not installed.
    """
    from samiam.settings import read_settings
    from samiam.texture.settings import ClassifierOptions

    options_read = read_settings(ClassifierOptions, "classifier", options)
    from samiam.texture.classifier import build_classifier as build  # torch only once the options are right

    return build(options_read)


def _check(what: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        from samiam.settings import unknown_name

        raise InputError(unknown_name(what, str(name), known))
