"""The methods that a config describes: the run's own generator and booster, or several that differ from them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from samiam.benchmark.method_settings import merged_variants
from samiam.benchmark.rows import Method
from samiam.boosting.booster import build_booster
from samiam.errors import InputError, both
from samiam.generation import MaskGenerator
from samiam.registry import build_classifier, build_encoder, build_generator, encoder_options_beside
from samiam.storage.checkpoints import list_checkpoints
from samiam.texture import ContextEncoder, Encoder
from samiam.texture.memory import RememberingEncoder

Settings = dict[str, Any]


@dataclass(frozen=True)
class Methods:
    """What takes part in a comparison, and what cannot.

    Attributes:
        present: at least one.
        left_out: by name of a variant why it cannot take part.
    """

    present: Sequence[Method]
    left_out: Mapping[str, str] = field(default_factory=dict)


def build_methods(own: Mapping[str, Any], variants: Mapping[str, Any], seeds: Sequence[int]) -> Methods:
    """Make the generators and boosters to compare.

    Args:
        own: the run's `generator` and `encoder` (name, options), `booster` (attributes of `BoosterSettings`),
            `n_materials` (a `NumberOfMaterials`) and `grains`.
        variants: by name what each changes of these, see `merged_variants`. One with `optional: true` is left out
            where it needs a checkpoint that would have to be downloaded.
        seeds: of crops and clustering; each variant takes part with all of them.

    Returns:
        One method for each variant and seed. Those of one generator share it; those of one encoder share it, and
        what it remembers.

    Raises:
        InputError: if a setting is unknown or cannot be used; the message names the variant.
    """
    settings = {name: _with_shared_weights(chosen) for name, chosen in merged_variants(own, variants).items()}
    parts = _Parts(settings)
    present: list[Method] = []
    left_out: dict[str, str] = {}
    for name, chosen in settings.items():
        with _named(name, variants):
            if chosen.get("optional") and (missing := _not_at_hand(chosen)):
                left_out[name] = f"{missing} is not in the cache; `samiam models fetch {missing}` gets it"
                continue
            present += [_method(name, parts, chosen, seed) for seed in seeds]
    if not present:
        raise InputError(f"variants: none can take part; {next(iter(left_out.values()))}.")
    return Methods(present, left_out)


class _Parts:
    """Generators and encoders, each made once; of those with one name the first has it alone in the tables."""

    def __init__(self, settings: Mapping[str, Settings]) -> None:
        self._generators: dict[str, tuple[str, MaskGenerator]] = {}
        self._encoders: dict[str, Encoder] = {}
        self._uses = Counter(_key(chosen["encoder"]) for chosen in settings.values())

    def generator(self, variant: str, settings: Settings) -> tuple[str, MaskGenerator]:
        """A generator and what the tables call it."""
        key = _key(settings)
        if key not in self._generators:
            generator = build_generator(str(settings.get("name")), **settings.get("options", {}))
            is_new = all(generator.name != label for label, _ in self._generators.values())
            label = generator.name if is_new else f"{generator.name} ({variant})"
            self._generators[key] = label, generator
        return self._generators[key]

    def encoder(self, settings: Settings) -> Encoder:
        """An encoder; where several methods use it, it remembers."""
        key = _key(settings)
        if key not in self._encoders:
            encoder = build_encoder(str(settings.get("name")), **settings.get("options", {}))
            is_shared = self._uses[key] > 1 and not isinstance(encoder, ContextEncoder)
            self._encoders[key] = RememberingEncoder(encoder) if is_shared else encoder
        return self._encoders[key]


def _with_shared_weights(chosen: Settings) -> Settings:
    """The settings of a method, its encoder's completed by `encoder_options_beside`."""
    encoder = chosen["encoder"]
    (generator, of_generator), (own, of_encoder) = (
        (str(part.get("name")), part.get("options") or {}) for part in (chosen["generator"], encoder)
    )
    options = encoder_options_beside(generator, of_generator, own, of_encoder)
    return {**chosen, "encoder": {**encoder, "options": options}}


@contextmanager
def _named(name: str, variants: Mapping[str, Any]) -> Iterator[None]:
    """Put the variant's name before messages."""
    try:
        yield
    except InputError as error:
        raise InputError(f"variants.{name}: {error}" if variants else str(error)) from error


def _not_at_hand(settings: Settings) -> str | None:
    """A checkpoint that the settings need and the cache lacks."""
    encoder = settings["encoder"]
    needed: dict[str, Mapping[str, Any]] = {
        str(settings["generator"].get("name")): settings["generator"],
        f"{encoder.get('name')}_{(encoder.get('options') or {}).get('weights')}": encoder,
    }
    in_cache = {checkpoint.name: is_there for checkpoint, _, is_there in list_checkpoints()}
    missing = (
        name
        for name, part in needed.items()
        if not in_cache.get(name, True) and "checkpoint" not in (part.get("options") or {})
    )
    return next(missing, None)


def _key(part: Mapping[str, Any]) -> str:
    return json.dumps(part, sort_keys=True)


def _method(name: str, parts: _Parts, settings: Settings, seed: int) -> Method:
    booster = dict(settings["booster"])
    if booster.get("classifier") is not None:
        booster["classifier"] = build_classifier(**booster["classifier"])
    (label, generator), encoder = both(
        lambda: parts.generator(name, settings["generator"]), lambda: parts.encoder(settings["encoder"])
    )
    made = build_booster(encoder, seed=seed, **booster)
    grains = bool(settings.get("grains", False))
    if grains:
        made.check_sees_grains()
    return Method(name, made, generator, settings["n_materials"], label, seed, grains)
