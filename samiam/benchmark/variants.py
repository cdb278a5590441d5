"""The contenders that a config describes: the run's own generator and booster, or several that differ from them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

from samiam.benchmark.rows import Contender
from samiam.boosting import build_booster
from samiam.errors import InputError
from samiam.generation import MaskGenerator
from samiam.registry import build_classifier, build_encoder, build_generator
from samiam.storage.checkpoints import list_checkpoints
from samiam.texture import ContextEncoder, Encoder
from samiam.texture.memory import RememberingEncoder

_NAMED = ("name", "options")
_BOOSTER = tuple(name for name in signature(build_booster).parameters if name not in ("encoder", "seed"))
_N_MATERIALS = ("given", "estimated")
Settings = dict[str, Any]


@dataclass(frozen=True)
class Contenders:
    """What takes part in a comparison, and what cannot.

    Attributes:
        present: at least one.
        left_out: by name of a variant why it cannot take part.
    """

    present: Sequence[Contender]
    left_out: Mapping[str, str] = field(default_factory=dict)


def build_contenders(own: Mapping[str, Any], variants: Mapping[str, Any], seeds: Sequence[int]) -> Contenders:
    """Make the generators and boosters to compare.

    Args:
        own: the run's `generator` and `encoder` (name, options), `booster` (arguments of `build_booster`, its
            classifier as arguments of `build_classifier`) and `n_materials` ("given" or "estimated").
        variants: by name what each changes of these. A generator or an encoder with a name takes the place of the
            run's, everything else is merged into it. One with `optional: true` is left out where it needs a checkpoint
            that would have to be downloaded. None for the run's own alone, under the name "booster".
        seeds: of crops and clustering; each variant takes part with all of them.

    Returns:
        One contender for each variant and seed. Those of one generator share it; those of one encoder share it, and
        what it remembers.

    Raises:
        InputError: if a setting is unknown or cannot be used; the message names the variant.
    """
    if not isinstance(variants, Mapping):
        raise InputError(f"variants={variants!r}: give for each name what it changes, as {{K5: {{booster: …}}}}.")
    settings: dict[str, Settings] = {} if variants else {"booster": dict(own)}
    for name, changes in variants.items():
        with _named(name, variants):
            settings[name] = _changed(own, changes)
    parts = _Parts(settings)
    present: list[Contender] = []
    left_out: dict[str, str] = {}
    for name, chosen in settings.items():
        with _named(name, variants):
            _check(chosen)
            if chosen.get("optional") and (missing := _not_at_hand(chosen)):
                left_out[name] = f"{missing} is not in the cache; `samiam models fetch {missing}` gets it"
                continue
            present += [_contender(name, parts, chosen, seed) for seed in seeds]
    if not present:
        raise InputError(f"variants: none can take part; {next(iter(left_out.values()))}.")
    return Contenders(present, left_out)


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
        """An encoder; where several contenders use it, it remembers."""
        key = _key(settings)
        if key not in self._encoders:
            encoder = build_encoder(str(settings.get("name")), **settings.get("options", {}))
            is_shared = self._uses[key] > 1 and not isinstance(encoder, ContextEncoder)
            self._encoders[key] = RememberingEncoder(encoder) if is_shared else encoder
        return self._encoders[key]


@contextmanager
def _named(name: str, variants: Mapping[str, Any]) -> Iterator[None]:
    """Put the variant's name before messages."""
    try:
        yield
    except InputError as error:
        raise InputError(f"variants.{name}: {error}" if variants else str(error)) from error


def _changed(own: Mapping[str, Any], changes: object) -> Settings:
    """The run's own settings with a variant's in their place."""
    _check_names("a variant", changes, (*own, "optional"))
    settings = _merged(own, changes)  # type: ignore[arg-type]
    for part in ("generator", "encoder"):
        named = changes.get(part, {})  # type: ignore[attr-defined]
        if isinstance(named, Mapping) and "name" in named:  # the options of another one mean nothing to it
            settings[part] = {"options": {}, **named}
    return settings


def _merged(own: Mapping[str, Any], changes: Mapping[str, Any]) -> Settings:
    both = {key for key, value in changes.items() if isinstance(value, Mapping) and isinstance(own.get(key), Mapping)}
    return {**own, **{key: _merged(own[key], value) if key in both else value for key, value in changes.items()}}


def _check(settings: Mapping[str, Any]) -> None:
    """Refuse settings that nothing would read or that would fail without a reason."""
    if settings["n_materials"] not in _N_MATERIALS:
        raise InputError(f"n_materials={settings['n_materials']}: give {' or '.join(_N_MATERIALS)}.")
    _check_names("generator", settings["generator"], _NAMED)
    _check_names("encoder", settings["encoder"], _NAMED)
    _check_names("booster", settings["booster"], _BOOSTER)
    if not isinstance(settings.get("optional", False), bool):
        raise InputError(f"optional={settings['optional']}: give true or false.")
    groups = {f"booster.{key}": value for key, value in settings["booster"].items()}
    groups.pop("booster.embedding", None)
    smallest = groups.pop("booster.smallest_region_px", 0)
    if type(smallest) is not int or smallest < 0:
        raise InputError(f"booster.smallest_region_px={smallest}: give a whole number, 0 or more.")
    for part in ("generator", "encoder"):
        groups[f"{part}.options"] = settings[part].get("options")
    for name, group in groups.items():
        if not isinstance(group, Mapping | None):
            raise InputError(f"{name}={group}: give settings by name, as {{name: value}}.")


def _check_names(what: str, settings: object, names: Sequence[str]) -> None:
    if not isinstance(settings, Mapping):
        raise InputError(f"{what}={settings}: give any of {', '.join(names)}.")
    unknown = settings.keys() - set(names)
    if unknown:
        raise InputError(f"{what} has no setting {', '.join(sorted(map(str, unknown)))}; it has {', '.join(names)}.")


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


def _contender(name: str, parts: _Parts, settings: Settings, seed: int) -> Contender:
    booster = dict(settings["booster"])
    if booster.get("classifier") is not None:
        booster["classifier"] = build_classifier(**booster["classifier"])
    label, generator = parts.generator(name, settings["generator"])
    made = build_booster(parts.encoder(settings["encoder"]), seed=seed, **booster)
    return Contender(name, made, generator, settings["n_materials"] == "given", label, seed)
