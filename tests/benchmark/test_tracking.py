from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image
from wandb_records import contents, missing

from samiam.benchmark import Tracker, build_tracker
from samiam.benchmark.tracking import NoTracker
from samiam.errors import InputError
from samiam.wandb_mode import wandb_mode

SUMMARY = pd.DataFrame({"difficulty": [1, 2], "method": ["sam", "sam + booster"], "miou": [0.5, 0.75]}).assign(
    crop_accuracy=[float("nan"), 0.625]
)
IMAGES = pd.DataFrame({"scene": ["a", "b"], "n_materials": pd.array([None, 3], dtype="Int64")})


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody is logged in, and nothing in the environment speaks to W&B; returns the netrc file, which is empty."""
    for name in ("API_KEY", "MODE", "BASE_URL", "IDENTITY_TOKEN_FILE", "PROJECT", "DIR"):
        monkeypatch.delenv(f"WANDB_{name}", raising=False)
    netrc = tmp_path / "netrc"
    netrc.touch(mode=0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    return netrc


def logged(tracker: Tracker, figures: list[Path]) -> None:
    tracker.log(SUMMARY, IMAGES, figures)


def test_no_name_logs_nothing(tmp_path: Path) -> None:
    tracker = build_tracker(None, tmp_path / "run", {})
    assert isinstance(tracker, NoTracker)
    logged(tracker, [])
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("name", "options"), [("tensorboard", {}), ("WandB", {"mode": "offline"}), ("wandb", {"mode": "sometimes"})]
)
def test_unknown(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="know 'wandb' with a mode of auto, online, offline, disabled") as caught:
        build_tracker(name, tmp_path, {}, **options)
    assert repr(name) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "wandb").exists()


class TestAuto:
    def test_nobody_is_logged_in(self) -> None:
        assert wandb_mode("auto") == "offline"

    def test_no_netrc_at_all(self, nobody: Path) -> None:
        nobody.unlink()
        assert wandb_mode("auto") == "offline"

    def test_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
        assert wandb_mode("auto") == "online"

    def test_netrc(self, nobody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        nobody.write_text("machine api.wandb.ai login user password secret\n")
        assert wandb_mode("auto") == "online"
        monkeypatch.setenv("WANDB_BASE_URL", "https://wandb.example.org:8080")
        assert wandb_mode("auto") == "offline"

    @pytest.mark.parametrize("text", ["machine other.example.org login user password secret\n", "machine", "?"])
    def test_netrc_without_a_key(self, nobody: Path, text: str) -> None:
        nobody.write_text(text)
        assert wandb_mode("auto") == "offline"

    @pytest.mark.parametrize("mode", ["offline", "disabled", "dryrun"])
    def test_the_environment_decides_first(self, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
        monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
        monkeypatch.setenv("WANDB_MODE", mode)
        assert wandb_mode("auto") == mode

    def test_what_was_asked_for_stands(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WANDB_MODE", "disabled")
        assert wandb_mode("offline") == "offline"
        monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
        assert wandb_mode("online") == "online"


def test_online_without_a_key_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"no API key for mode=online; run `wandb login`, or set logger.mode=offline"):
        wandb_mode("online")
    monkeypatch.setenv("WANDB_MODE", "run")
    with pytest.raises(InputError, match="no API key for mode=run"):
        wandb_mode("auto")


class TestWandb:
    @pytest.fixture(autouse=True)
    def alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """No questions, and no conversation but with this machine."""

        def refuse(*_: object) -> str:
            raise AssertionError("W&B asks")

        connect = socket.socket.connect

        def near(self: socket.socket, address: Any) -> None:
            assert not isinstance(address, tuple) or address[0] in ("127.0.0.1", "::1", "localhost"), address
            connect(self, address)

        monkeypatch.setattr("builtins.input", refuse)
        monkeypatch.setattr("getpass.getpass", refuse)
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(socket.socket, "connect", near)

    @pytest.mark.parametrize("n_figures", [0, 1])
    def test_offline(self, tmp_path: Path, capfd: pytest.CaptureFixture[str], n_figures: int) -> None:
        figures = [tmp_path / f"{index}.png" for index in range(n_figures)]
        for figure in figures:
            Image.new("RGB", (8, 8)).save(figure)
        logged(build_tracker("wandb", tmp_path, {"seed": 7}), figures)  # "auto"
        (run,) = (tmp_path / "wandb").glob("offline-run-*")
        (record,) = run.glob("*.wandb")
        parts = [b"difficulty 1/sam/miou", b"difficulty 2/sam + booster/miou", b"sam-i-am", b"seed"]
        assert not missing(record, parts)
        assert b"difficulty 2/sam + booster/crop_accuracy" in contents(record)
        assert b"difficulty 1/sam/crop_accuracy" not in contents(record)  # there is none
        assert len(list(run.rglob("media/images/*.png"))) == n_figures
        assert len(list(run.rglob("media/table/*.json"))) == 2
        assert capfd.readouterr() == ("", "")

    def test_disabled(self, tmp_path: Path) -> None:
        logged(build_tracker("wandb", tmp_path, {}, mode="disabled"), [])
        assert not (tmp_path / "wandb").exists()

    def test_an_environment_it_cannot_use(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WANDB_MODE", "sometimes")
        with pytest.raises(InputError, match=r"W&B cannot be used \(.*sometimes.*\); set logger") as caught:
            build_tracker("wandb", tmp_path, {})
        assert "\n" not in str(caught.value)
