"""The files of weights that the settings of a run lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from samiam.storage.weight_files import shipped_weights

_SHIPPED = {
    "compact": ("compact",),
    "fenet": ("fenet_lattices",),
    "particles": ("particles", "particles_faults"),
    "polar": ("polar",),
}
"""By the name of a generator, an encoder or a benchmark, what it takes where nothing else is given."""
_RANDOM = "random"
_KINDS = ("lattices", _RANDOM)
"""What stands for kinds of weights where others name a file."""
_OTHER_QUESTIONS = ("particles", "polar")  # whose benchmarks ask no generator and no encoder


def weights_used(config: Mapping[str, Any]) -> list[Path]:
    """Files that are there, those that ship included; the baselines of particles and of polar are left out.

    Args:
        config: all settings of `evaluate.py`, as plain values.
    """
    is_other = config["benchmark"]["name"] in _OTHER_QUESTIONS
    parts = ("benchmark",) if is_other else ("generator", "encoder", "variants")
    choices = [choice for part in parts for choice in _mappings(config.get(part, {}))]
    return sorted({path for choice in choices for path in (*_given(choice), *_shipped(choice))})


def _mappings(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A mapping and those in it, at whatever depth."""
    yield config
    for value in config.values():
        if isinstance(value, Mapping):
            yield from _mappings(value)


def _given(choice: Mapping[str, Any]) -> Iterator[Path]:
    for key, value in choice.items():
        names_a_file = isinstance(value, str) and key.endswith(("weights", "checkpoint")) and value not in _KINDS
        if names_a_file and Path(value).is_file():
            yield Path(value)


def _shipped(choice: Mapping[str, Any]) -> Iterator[Path]:
    """What a choice takes that says nothing of weights: no file of its own, and not random ones."""
    names = _SHIPPED.get(str(choice.get("name")), ())
    own = [one for part in _mappings(choice) for one in (*_given(part), part.get("weights") == _RANDOM) if one]
    yield from (shipped_weights(name) for name in names if not own)
