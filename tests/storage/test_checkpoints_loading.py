from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch

from samiam.device import pick_device
from samiam.errors import InputError
from samiam.storage.checkpoints import CHECKPOINTS, fit_state_dict, load_state_dict
from samiam.storage.files import verify

VIT_B = CHECKPOINTS["vit_b"]


def one_line(error: pytest.ExceptionInfo[InputError], *parts: object) -> None:
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert str(part) in message


def test_verify(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    verify(path, hashlib.sha256(b"content").hexdigest().upper())
    with pytest.raises(InputError, match="expected; do x with"):
        verify(path, "0" * 64, "do x with {found}")
    with pytest.raises(InputError, match="cannot be read"):
        verify(tmp_path / "none", "0" * 64)


@pytest.mark.parametrize("new_format", [True, False])
def test_own_checkpoint_under_its_own_hash(tmp_path: Path, new_format: bool) -> None:
    path = tmp_path / "own.pth"
    state = torch.nn.Linear(3, 2).state_dict()
    torch.save(state, path, _use_new_zipfile_serialization=new_format)
    own = hashlib.sha256(path.read_bytes()).hexdigest()

    loaded = load_state_dict("vit_b", path=path, sha256=own)
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[key], state[key]) for key in state)

    for sha256 in (None, "0" * 64):
        with pytest.raises(InputError) as error:
            load_state_dict("vit_b", path=path, sha256=sha256)
        one_line(error, path, own, sha256 or VIT_B.sha256, f"checkpoint_sha256={own}")


def test_a_hash_without_a_file_is_refused() -> None:
    with pytest.raises(InputError) as error:
        load_state_dict("vit_b", sha256="0" * 64)
    one_line(error, "checkpoint=", VIT_B.sha256)


@pytest.mark.parametrize("content", [b"", b"not torch at all", b"\x80\x02.", b"PK\x03\x04 cut off"])
def test_what_is_no_torch_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "own.pth"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        load_state_dict("vit_b", path=path, sha256=hashlib.sha256(content).hexdigest())
    one_line(error, path, "torch.load")


@pytest.mark.parametrize("content", [{}, [1.0], {"state_dict": {"a": torch.zeros(1)}}, torch.zeros(2)])
def test_what_is_no_state_dict(tmp_path: Path, content: object) -> None:
    path = tmp_path / "own.pth"
    torch.save(content, path)
    with pytest.raises(InputError) as error:
        load_state_dict("vit_b", path=path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    one_line(error, path, "no state dict")


def test_a_state_dict_must_fit() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 2))
    fit_state_dict(model, model.state_dict(), "a.pth")
    state = {"0.weight": torch.zeros(5, 5), "0.bias": torch.zeros(2), "other": torch.zeros(1)}
    with pytest.raises(InputError) as error:
        fit_state_dict(model, state, "a.pth")
    one_line(error, "a.pth", "2 tensors missing, 1 unknown, 1 of another shape")


def test_devices() -> None:
    assert pick_device("cpu") == torch.device("cpu")
    assert pick_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    for name in ("gpu", "cuda:x", "mps", "", "cuda:99"):
        with pytest.raises(InputError) as error:
            pick_device(name)
        one_line(error, repr(name), "auto")
