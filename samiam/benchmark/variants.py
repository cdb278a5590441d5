"""The boosters that a config describes: the run's own, or several that differ from it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from inspect import signature
from typing import Any

from samiam.benchmark.compare import Contender
from samiam.boosting import build_booster
from samiam.errors import InputError
from samiam.texture import ContextEncoder, Encoder, build_classifier, build_encoder
from samiam.texture.memory import RememberingEncoder

_ENCODER = ("name", "options")
_BOOSTER = tuple(name for name in signature(build_booster).parameters if name not in ("encoder", "seed"))
_N_MATERIALS = ("given", "estimated")


def build_contenders(own: Mapping[str, Any], variants: Mapping[str, Any], seed: int) -> list[Contender]:
    """Make the boosters to compare.

    Args:
        own: the run's `encoder` (name, options), `booster` (arguments of `build_booster`, its classifier as arguments
            of `build_classifier`) and `n_materials` ("given" or "estimated").
        variants: by name what each changes of these. An encoder with a name takes the place of the run's, everything
            else is merged into it. None for the run's own alone, under the name "booster".
        seed: of crops and clustering.

    Returns:
        One contender for each variant. Those of one encoder share it, and what it remembers.

    Raises:
        InputError: if a setting is unknown or cannot be used; the message names the variant.
    """
    if not isinstance(variants, Mapping):
        raise InputError(f"variants={variants!r}: give for each name what it changes, as {{K5: {{booster: …}}}}.")
    settings: dict[str, Mapping[str, Any]] = {} if variants else {"booster": own}
    for name, changes in variants.items():
        with _named(name, variants):
            settings[name] = _changed(own, changes)
    for name, chosen in settings.items():
        with _named(name, variants):
            _check(chosen)
    uses = Counter(_key(chosen["encoder"]) for chosen in settings.values())
    encoders: dict[str, Encoder] = {}
    contenders = []
    for name, chosen in settings.items():
        with _named(name, variants):
            key = _key(chosen["encoder"])
            if key not in encoders:
                encoder = build_encoder(chosen["encoder"].get("name"), **chosen["encoder"].get("options", {}))
                is_shared = uses[key] > 1 and not isinstance(encoder, ContextEncoder)
                encoders[key] = RememberingEncoder(encoder) if is_shared else encoder
            contenders.append(_contender(name, encoders[key], chosen, seed))
    return contenders


@contextmanager
def _named(name: str, variants: Mapping[str, Any]) -> Iterator[None]:
    """Put the variant's name before messages."""
    try:
        yield
    except InputError as error:
        raise InputError(f"variants.{name}: {error}" if variants else str(error)) from error


def _changed(own: Mapping[str, Any], changes: object) -> dict[str, Any]:
    """The run's own settings with a variant's in their place."""
    _check_names("a variant", changes, tuple(own))
    settings = _merged(own, changes)  # type: ignore[arg-type]
    encoder = changes.get("encoder", {})  # type: ignore[attr-defined]
    if isinstance(encoder, Mapping) and "name" in encoder:  # the options of another encoder mean nothing to it
        settings["encoder"] = {"options": {}, **encoder}
    return settings


def _merged(own: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    both = {key for key, value in changes.items() if isinstance(value, Mapping) and isinstance(own.get(key), Mapping)}
    return {**own, **{key: _merged(own[key], value) if key in both else value for key, value in changes.items()}}


def _check(settings: Mapping[str, Any]) -> None:
    """Refuse settings that nothing would read or that would fail without a reason."""
    if settings["n_materials"] not in _N_MATERIALS:
        raise InputError(f"n_materials={settings['n_materials']}: give {' or '.join(_N_MATERIALS)}.")
    _check_names("encoder", settings["encoder"], _ENCODER)
    _check_names("booster", settings["booster"], _BOOSTER)
    groups = {f"booster.{key}": value for key, value in settings["booster"].items()}
    groups.pop("booster.embedding", None)
    smallest = groups.pop("booster.smallest_region_px", 0)
    if type(smallest) is not int or smallest < 0:
        raise InputError(f"booster.smallest_region_px={smallest}: give a whole number, 0 or more.")
    for name, group in {**groups, "encoder.options": settings["encoder"].get("options")}.items():
        if not isinstance(group, Mapping | None):
            raise InputError(f"{name}={group}: give settings by name, as {{name: value}}.")


def _check_names(what: str, settings: object, names: Sequence[str]) -> None:
    if not isinstance(settings, Mapping):
        raise InputError(f"{what}={settings}: give any of {', '.join(names)}.")
    unknown = settings.keys() - set(names)
    if unknown:
        raise InputError(f"{what} has no setting {', '.join(sorted(map(str, unknown)))}; it has {', '.join(names)}.")


def _key(encoder: Mapping[str, Any]) -> str:
    return json.dumps(encoder, sort_keys=True)


def _contender(name: str, encoder: Encoder, settings: Mapping[str, Any], seed: int) -> Contender:
    booster = dict(settings["booster"])
    if booster.get("classifier") is not None:
        booster["classifier"] = build_classifier(**booster["classifier"])
    return Contender(name, build_booster(encoder, seed=seed, **booster), settings["n_materials"] == "given")
