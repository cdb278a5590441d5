from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from samiam.errors import InputError
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import read_card, read_weights, seeded, write_weights

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.count": torch.tensor(7)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "net.safetensors"
    write_weights(path, STATE, {"network": "net", "classes": None}, {"scores": {"val": 0.5}})
    return path


def test_tensors_and_facts_come_back(path: Path) -> None:
    state, facts = read_weights(path)
    assert facts == {"network": "net", "classes": None}
    assert state["a.weight"].dtype == torch.float32
    assert torch.equal(state["a.weight"], STATE["a.weight"])
    assert torch.equal(state["a.count"], STATE["a.count"])


def test_the_card_says_what_the_file_is(path: Path) -> None:
    card = read_card(path)
    assert card["sha256"] == sha256_of(path)
    assert card["file"] == "net.safetensors"
    assert card["scores"] == {"val": 0.5}
    assert sorted(file.name for file in path.parent.iterdir()) == ["net.json", "net.safetensors"]


def test_the_same_weights_give_the_same_bytes(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    write_weights(other, dict(reversed(STATE.items())), {"classes": None, "network": "net"}, {})
    assert other.read_bytes() == path.read_bytes()


def test_another_hash(path: Path) -> None:
    assert read_weights(path, sha256_of(path))[1]["network"] == "net"
    with pytest.raises(InputError, match="was expected"):
        read_weights(path, "0" * 64)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_weights(tmp_path / "none.safetensors")


@pytest.mark.parametrize("content", [b"", b"nonsense" * 10, b"\xff" * 64])
def test_a_damaged_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.safetensors").write_bytes(content)
    with pytest.raises(InputError, match="cannot be read as safetensors") as caught:
        read_weights(tmp_path / "bad.safetensors")
    assert "\n" not in str(caught.value)


def test_a_truncated_file(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(InputError, match="cannot be read as safetensors"):
        read_weights(path)


def test_somebody_elses_file(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match="does not say which network"):
        read_weights(tmp_path / "other.safetensors")


@pytest.mark.parametrize("card", [None, "no json", json.dumps(["sha256"]), json.dumps({"file": "net"})])
def test_a_card_that_is_none(path: Path, card: str | None) -> None:
    path.with_suffix(".json").unlink()
    if card is not None:
        path.with_suffix(".json").write_text(card)
    with pytest.raises(InputError, match="no card of weights"):
        read_card(path)


def test_seeded_leaves_the_global_random_numbers_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, second, other = (seeded(seed, lambda: torch.rand(3)) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
