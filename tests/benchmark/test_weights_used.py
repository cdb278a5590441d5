from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from samiam.benchmark.weights_used import weights_used

COMPACT: dict[str, Any] = {"name": "compact", "options": {}}


def names(**config: Any) -> list[str]:
    whole = {"benchmark": {"name": "simulated"}, "generator": COMPACT, "encoder": COMPACT, **config}
    return [path.name for path in weights_used(whole)]


def test_what_ships_is_used_once() -> None:
    assert names() == ["compact.safetensors"]


def test_variants_use_theirs() -> None:
    variants = {"a": {"encoder": {"name": "fenet"}}, "b": {"encoder": {"name": "fenet", "options": {}}}}
    assert names(variants=variants) == ["compact.safetensors", "fenet_lattices.safetensors"]


@pytest.mark.parametrize("encoder", [{"name": "fenet", "options": {"weights": "random"}}, {"name": "spectrum"}])
def test_random_weights_are_no_file(encoder: dict[str, Any]) -> None:
    assert names(encoder=encoder) == ["compact.safetensors"]


def test_a_kind_of_weights_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lattices").touch()
    lattices = {"name": "fenet", "options": {"weights": "lattices"}}
    assert names(encoder=lattices) == ["compact.safetensors", "fenet_lattices.safetensors"]


def test_a_given_file_takes_the_place_of_what_ships(tmp_path: Path) -> None:
    own = tmp_path / "own.safetensors"
    own.touch()
    generator = {"name": "compact", "options": {"weights": str(own)}}
    assert names(generator=generator, encoder={"name": "fenet_dtd", "options": {"checkpoint": str(own)}}) == [own.name]


@pytest.mark.parametrize(
    ("benchmark", "used"),
    [("particles", ["particles.safetensors", "particles_faults.safetensors"]), ("polar", ["polar.safetensors"])],
)
def test_other_questions_ask_other_networks(benchmark: str, used: list[str]) -> None:
    assert names(benchmark={"name": benchmark, "finder": {"weights": None}}) == used
