"""Settings of one method, a generator and a booster behind it, and of variants that differ from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from samiam.boosting.settings import BoosterSettings
from samiam.errors import InputError
from samiam.registry import encoder_settings, generator_settings
from samiam.settings import read_settings, settings

NumberOfMaterials = Literal["given", "one_fewer", "one_more", "estimated"]
"""What a booster is told: how many materials there are, one fewer, though never none, one more, or nothing."""


@settings
class GeneratorChoice:
    """What proposes masks.

    Attributes:
        name: of the generator.
        options: its settings, see `samiam models info NAME`.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        read_settings(_named(generator_settings, self.name), "options", self.options)


@settings
class EncoderChoice:
    """What compares masks.

    Attributes:
        name: of the encoder.
        options: its settings, see `samiam models info NAME`.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        read_settings(_named(encoder_settings, self.name), "options", self.options)


@settings
class MethodSettings:
    """A generator and a booster behind it.

    Attributes:
        generator: what proposes masks.
        encoder: what compares them.
        booster: what makes materials of them.
        n_materials: whether the booster is told the number of materials, as in the paper, or one fewer or one more, or
            estimates it.
        grains: whether its regions are grains, which are then what it is told the number of.
        optional: whether it is left out where it needs a checkpoint that would have to be downloaded.
    """

    generator: GeneratorChoice = field(default_factory=lambda: GeneratorChoice("compact"))
    encoder: EncoderChoice = field(default_factory=lambda: EncoderChoice("compact"))
    booster: BoosterSettings = field(default_factory=BoosterSettings)
    n_materials: NumberOfMaterials = "given"
    grains: bool = False
    optional: bool = False


OF_METHOD = ("generator", "encoder", "booster", "n_materials", "grains")
"""What makes a method, by the names of a config."""


def merged_variants(own: Mapping[str, Any], variants: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each variant's whole settings, as plain values: the run's own with what the variant changes in their place.

    Args:
        own: the run's generator, encoder, booster, n_materials and grains.
        variants: by name what each changes of these. A generator or an encoder with a name takes the place of the
            run's, everything else is merged into it. None for the run's own alone, under the name "booster".

    Raises:
        InputError: if a setting is unknown or cannot be used; the message names the variant.
    """
    if not isinstance(variants, Mapping):
        raise InputError(f"variants={variants!r}: give for each name what it changes, as {{K5: {{booster: …}}}}.")
    if not variants:
        _check_method("", own)
        return {"booster": dict(own)}
    found = {}
    for name, changes in variants.items():
        where = f"variants.{name}"
        if not isinstance(changes, Mapping):
            raise InputError(f"{where}={changes!r}: give what it changes, as {{booster: {{crops: {{n_crops: 5}}}}}}.")
        found[str(name)] = _changed(own, changes)
        _check_method(where, found[str(name)])
    return found


def _check_method(where: str, method: Mapping[str, Any]) -> None:
    read_settings(MethodSettings, where, method)
    if not isinstance(method.get("booster", {}), Mapping):
        raise InputError(f"{where}.booster={method['booster']}: give settings by name, as {{name: value}}.".lstrip("."))


def _changed(own: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    changed = _merged(own, changes)
    for part in ("generator", "encoder"):
        named = changes.get(part, {})
        if isinstance(named, Mapping) and "name" in named:  # the options of another one mean nothing to it
            changed[part] = {"options": {}, **named}
    return changed


def _merged(own: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    both = {key for key, value in changes.items() if isinstance(value, Mapping) and isinstance(own.get(key), Mapping)}
    return {**own, **{key: _merged(own[key], value) if key in both else value for key, value in changes.items()}}


def _named(settings_of: Any, name: str) -> type:  # noqa: ANN401
    """The settings of what has a name; the message about an unknown one begins as those about settings do."""
    try:
        found: type = settings_of(name)
    except InputError as error:
        raise InputError(f"name: {error}") from error
    return found
