from __future__ import annotations

import json
import socket
import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from made_rows import alone, boosted
from PIL import Image
from wandb_records import contents, missing, record_of

from samiam.benchmark import Outcome, Source, Tracker, build_tracker
from samiam.benchmark.settings import EvaluationLogger
from samiam.benchmark.tracking import NoTracker
from samiam.errors import InputError
from samiam.records import Scene
from samiam.storage.files import sha256_of
from samiam.wandb_mode import wandb_mode

PICTURE = BytesIO()
Image.new("RGB", (8, 8)).save(PICTURE, "png")
OUTCOMES = [
    Outcome(Source("a", "a", Scene), [alone(1, "a", 0.5), boosted(1, "a", 0.75)], picture=PICTURE.getvalue()),
    Outcome(
        Source("b", "b", Scene),
        [alone(2, "b", 0.5), boosted(2, "b", 0.75, crop_accuracy=0.625)],
    ),
    Outcome(Source("c", "c", Scene), failure="c.png: damaged."),
]
TWO = [
    Outcome(
        Source("a", "a", Scene),
        [alone(1, "a", 0.5), boosted(1, "a", 0.75, "few"), boosted(1, "a", 0.875, "many")],
        picture=PICTURE.getvalue(),
    )
]


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


def logged(tracker: Tracker, folder: Path, outcomes: Sequence[Outcome] = OUTCOMES) -> None:
    report = folder / "report"
    report.mkdir()
    (report / "report.md").write_text("what came of it")
    (report / "report.html").write_text("<p>what came of it</p>")
    tracker.log(outcomes, report)


def test_no_name_logs_nothing(tmp_path: Path) -> None:
    tracker = build_tracker(EvaluationLogger(None), tmp_path / "run", {})
    assert isinstance(tracker, NoTracker)
    logged(tracker, tmp_path)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("name", "options"), [("tensorboard", {}), ("WandB", {"mode": "offline"}), ("wandb", {"mode": "sometimes"})]
)
def test_unknown(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"give wandb or null|give auto or online or offline or disabled") as caught:
        EvaluationLogger(name, **options)
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

    def test_offline(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        logged(
            build_tracker(EvaluationLogger(tags=("dose",), group="doses"), tmp_path, {"seed": 7}), tmp_path
        )  # "auto"
        (run,) = (tmp_path / "wandb").glob("offline-run-*")
        record = record_of(run)
        parts = [
            b"difficulty_1/sam/miou",
            b"difficulty_2/sam_booster/miou",
            b"difficulty_2/miou",
            b"difficulty_all/sam_booster/miou_low",
            b"gain/difficulty_all/booster_alone/miou_high",
            b"sam-i-am",
            b"seed",
        ]
        assert not missing(record, [*parts, b"dose", b"doses", b"report.md"])
        assert b"difficulty_2/sam_booster/crop_accuracy" in contents(record)
        assert b"difficulty_1/sam/crop_accuracy" not in contents(record)  # there is none
        assert b"difficulty 1" not in contents(record)
        assert capfd.readouterr() == (f"\nW&B run, offline: `wandb sync {run}` uploads it.\n", "")

    def test_the_table_holds_every_image_and_its_picture(self, tmp_path: Path) -> None:
        logged(build_tracker(EvaluationLogger(), tmp_path, {}), tmp_path)
        (run,) = (tmp_path / "wandb").glob("offline-run-*")
        (path,) = run.rglob("media/table/images*.json")
        table = json.loads(path.read_text())
        rows = [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]
        assert [(row["scene"], row["method"], row["miou"]) for row in rows] == [
            ("a", "sam", 0.5),
            ("a", "sam + booster", 0.75),
            ("b", "sam", 0.5),
            ("b", "sam + booster", 0.75),
        ]
        assert [row["picture"] is not None for row in rows] == [False, True, False, False]
        (picture,) = run.rglob("media/images/*.png")
        assert picture.read_bytes()[:8] == PICTURE.getvalue()[:8]

    def test_the_report_is_a_page(self, tmp_path: Path) -> None:
        logged(build_tracker(EvaluationLogger(), tmp_path, {}), tmp_path)
        (page,) = (tmp_path / "wandb").rglob("media/html/report*.html")
        assert page.read_text(encoding="utf-8") == "<p>what came of it</p>"

    def test_the_weights_that_were_used_are_named(self, tmp_path: Path) -> None:
        weights = tmp_path / "own.safetensors"
        weights.write_bytes(b"learnt")
        logged(build_tracker(EvaluationLogger(), tmp_path, {}, [weights]), tmp_path)
        (run,) = (tmp_path / "wandb").glob("offline-run-*")
        assert not missing(record_of(run), [b"weights_sha256", sha256_of(weights).encode()])

    def test_several_boosters_are_a_group_of_runs(self, tmp_path: Path) -> None:
        logged(build_tracker(EvaluationLogger(), tmp_path, {}), tmp_path, TWO)
        records = [record_of(run) for run in sorted((tmp_path / "wandb").glob("offline-run-*"))]
        assert len(records) == 3
        for record in records:
            assert not missing(record, [tmp_path.name.encode()])  # the group
        singles = [record for record in records if b"difficulty_1/miou" in contents(record)]
        assert [any(name in contents(record) for record in singles) for name in (b"sam_few", b"sam_many")] == [
            True,
            True,
        ]
        assert len(singles) == 2

    def test_tables_of_another_kind(self, tmp_path: Path) -> None:
        report = tmp_path / "report"
        report.mkdir()
        (report / "report.md").write_text("what came of it")
        finding = pd.DataFrame({"set": ["test"], "method": ["otsu"], "dice": [0.5], "f1": [float("nan")]})
        pictures = {"gold": PICTURE.getvalue()}
        build_tracker(EvaluationLogger(), tmp_path, {}).log_tables({"finding": finding}, pictures, report)
        (run,) = (tmp_path / "wandb").glob("offline-run-*")
        record = record_of(run)
        assert not missing(record, [b"finding/test/otsu/dice", b"report.md"])
        assert b"finding/test/otsu/f1" not in contents(record)  # it is not defined
        (path,) = run.rglob("media/table/finding*.json")
        assert json.loads(path.read_text())["data"] == [["test", "otsu", 0.5, None]]
        assert list(run.rglob("media/images/*.png"))

    def test_disabled(self, tmp_path: Path) -> None:
        logged(build_tracker(EvaluationLogger(mode="disabled"), tmp_path, {}), tmp_path)
        assert not (tmp_path / "wandb").exists()

    def test_tags_are_a_list(self) -> None:
        with pytest.raises(InputError, match="tags='dose': give a list, each text"):
            EvaluationLogger(tags="dose")  # type: ignore[arg-type]

    def test_an_environment_it_cannot_use(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WANDB_MODE", "sometimes")
        with pytest.raises(InputError, match=r"W&B cannot be used \(.*sometimes.*\); set logger") as caught:
            build_tracker(EvaluationLogger(), tmp_path, {})
        assert "\n" not in str(caught.value)
