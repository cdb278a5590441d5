"""Settings of generators, encoders and the classifier, and the cards of weights that ship, in words."""

from __future__ import annotations

import inspect
import textwrap

from samiam.errors import InputError
from samiam.registry import ENCODERS, GENERATORS, encoder_settings, generator_settings
from samiam.settings import described, unknown_name
from samiam.storage.weight_files import model_cards
from samiam.texture.settings import ClassifierOptions

_CLASSIFIER = "classifier"
_WEIGHTS_OF = {"fenet": "fenet_lattices", _CLASSIFIER: "crop_classifier"}  # where they go by another name


def model(name: str) -> str:
    """All that goes by a name: a generator, an encoder, the classifier, and the card of the weights that ship for it.

    Raises:
        InputError: if nothing does.
    """
    cards = model_cards()
    known = list(dict.fromkeys([*GENERATORS, *ENCODERS, _CLASSIFIER, *cards]))
    if name not in known:
        raise InputError(unknown_name("model", name, known))
    parts = [generator(name)] if name in GENERATORS else []
    parts += [encoder(name)] if name in ENCODERS else []
    parts += [classifier()] if name == _CLASSIFIER else []
    weights = _WEIGHTS_OF.get(name, name)
    parts += [cards[weights].read_text(encoding="utf-8").strip()] if weights in cards else []
    return "\n\n".join(parts)


def generator(name: str) -> str:
    """The settings of a generator."""
    return _listed(f"generator {name} (--generator {name} --generator-option NAME=VALUE)", generator_settings(name))


def encoder(name: str) -> str:
    """The settings of an encoder."""
    return _listed(f"encoder {name} (--encoder {name} --encoder-option NAME=VALUE)", encoder_settings(name))


def classifier() -> str:
    """The settings of the classifier."""
    return _listed("classifier (--classifier --classifier-option NAME=VALUE)", ClassifierOptions)


def _listed(title: str, kind: type) -> str:
    summary = " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())
    lines = [title, *textwrap.wrap(summary, 100, initial_indent="  ", subsequent_indent="  ")]
    for setting in described(kind):
        text = f"{setting.name}={setting.default}: {setting.meaning} Give {setting.wanted}."
        lines += textwrap.wrap(text, 100, initial_indent="  ", subsequent_indent="      ")
    return "\n".join(lines)
