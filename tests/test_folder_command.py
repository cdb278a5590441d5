"""`samiam segment` of a folder: it goes on where it stopped, and tells of all images together."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from samiam.cli import main
from samiam.commands.files import each, every_frame
from samiam.commands.files.spreading import Workers, spread
from samiam.errors import InputError
from samiam.formats.writers.earlier import OVERVIEW, is_result
from samiam.formats.writers.overview.writing import write_overview

METHOD = ("--generator", "texture", "--encoder", "spectrum", "-k", "2", "--no-measurements")
Segment = Callable[..., tuple[int, str, str]]


def make_pictures(folder: Path, n: int, side: int = 128) -> Path:
    """Stripes on the left, columns on the right, other noise in each."""
    folder.mkdir()
    y, x = np.mgrid[:side, :side]
    for number in range(n):
        columns = np.clip(np.cos(2 * np.pi * x / 10) + np.cos(2 * np.pi * y / 10), 0, None) - 1
        image = np.where(x < side // 2, np.sin(2 * np.pi * x / 8), columns)
        noise = 0.1 * np.random.default_rng(number).normal(size=(side, side))
        np.save(folder / f"p{number}.npy", (image + noise).astype(np.float32))
    return folder


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return make_pictures(tmp_path / "in", 3)


@pytest.fixture
def segment(capsys: pytest.CaptureFixture[str]) -> Segment:
    def segment(*words: object) -> tuple[int, str, str]:
        code = main(["segment", *map(str, words), *METHOD])
        return code, *capsys.readouterr()

    return segment


def stamps(output: Path) -> dict[str, int]:
    """When the results of each image were written."""
    return {path.parent.name: path.stat().st_mtime_ns for path in output.glob("*/provenance.json")}


def lines(out: str) -> list[str]:
    """What is said of each file."""
    return [line for line in out.splitlines() if " → " in line]


def test_what_is_done_is_not_done_again(pictures: Path, tmp_path: Path, segment: Segment) -> None:
    output = tmp_path / "out"
    code, out, err = segment(pictures, "-o", output)
    assert (code, err, len(lines(out))) == (0, "", 3)
    assert out.endswith(f"3 files; then open {output}/summary.html\n")
    before = stamps(output)
    _, out, _ = segment(pictures, "-o", output)
    assert lines(out) == [f"{pictures}/p{number}.npy: as before → {output}/p{number}/" for number in range(3)]
    assert out.endswith(f"3 files, 3 of them as before; then open {output}/summary.html\n")
    assert stamps(output) == before
    assert segment(pictures, "-o", output, "--again")[0] == 0
    assert all(stamp > before[name] for name, stamp in stamps(output).items())


def change_version(place: Path) -> None:
    noted = json.loads((place / "provenance.json").read_text())
    (place / "provenance.json").write_text(json.dumps({**noted, "samiam": "0.0.1"}))


def change_weights(place: Path) -> None:
    """As if a file of weights of the same name had other numbers in it."""
    noted = json.loads((place / "provenance.json").read_text())
    noted["config"]["booster"]["encoder"]["weights_sha256"] = "0" * 64
    (place / "provenance.json").write_text(json.dumps(noted))


def interrupt(place: Path) -> None:
    """As if the process had been killed while it replaced the files."""
    (place / "provenance.json").rename(place / ".provenance.json.interrupted")


def test_files_of_somebody_else_are_not_replaced(pictures: Path, tmp_path: Path, segment: Segment) -> None:
    own, first = tmp_path / "out" / "p0" / "labels.tif", pictures / "p0.npy"
    own.parent.mkdir(parents=True)
    own.write_text("drawn by hand")
    code, _, err = segment(first, "-o", tmp_path / "out")
    assert code == 2
    assert err == (
        f"samiam: {own}: is of no finished result of samiam segment, and one would replace it; choose another folder "
        "with -o, or let it be replaced by --overwrite.\n"
    )
    assert own.read_text() == "drawn by hand"
    assert segment(first, "-o", tmp_path / "out", "--overwrite")[0] == 0
    assert not (own.parent / ".provenance.json.interrupted").exists()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(change_version, marks=pytest.mark.slow),
        change_weights,
        lambda place: (place / "overlay.png").unlink(),
        pytest.param(interrupt, marks=pytest.mark.slow),
        pytest.param(lambda place: (place / "provenance.json").write_text("[]"), marks=pytest.mark.slow),
        lambda place: (place / "provenance.json").write_text("{"),
    ],
)
def test_what_is_not_the_same_or_not_whole_is_done_again(
    change: Callable[[Path], object], pictures: Path, tmp_path: Path, segment: Segment
) -> None:
    output, first = tmp_path / "out", pictures / "p0.npy"
    assert segment(first, "-o", output)[0] == 0
    change(output / "p0")
    code, out, _ = segment(first, "-o", output)
    assert (code, "as before" in out) == (0, False)
    assert "as before" in segment(first, "-o", output)[1]


def test_other_settings_and_another_image(pictures: Path, tmp_path: Path, segment: Segment) -> None:
    output, first = tmp_path / "out", pictures / "p0.npy"
    assert segment(first, "-o", output)[0] == 0
    assert "as before" not in segment(first, "-o", output, "--seed", 1)[1]
    np.save(first, np.load(first)[::-1])
    code, _, err = segment(first, "-o", output, "--seed", 1)
    assert code == 2
    assert "holds the results of another image" in err


def test_nothing_is_nothing_the_second_time_too(pictures: Path, tmp_path: Path, segment: Segment) -> None:
    strict = ("-o", tmp_path / "out", "--generator-option", "pred_iou_thresh=0.999")
    first, second = (segment(pictures, *strict) for _ in range(2))
    assert first[0] == second[0] == 1
    assert first[2] == second[2]
    assert first[2].startswith("samiam: no material was found: ")


def test_tables_of_all_images(pictures: Path, tmp_path: Path, segment: Segment) -> None:
    output = tmp_path / "out"
    assert segment(pictures / "p0.npy", pictures / "p1.npy", "-o", output)[0] == 0
    assert segment(pictures / "p2.npy", "-o", output, "--pixel-size-nm", 0.5)[0] == 0
    whole = pd.read_csv(output / "materials.csv")
    assert whole.columns[0] == "image"
    assert whole.groupby("image")["area_px"].count().to_dict() == {"p0": 2, "p1": 2, "p2": 0}
    for name, rows in whole.groupby("image"):
        own = pd.read_csv(output / str(name) / "materials.csv")
        pd.testing.assert_frame_equal(rows[own.columns].reset_index(drop=True), own, check_dtype=False)
    page = (output / "summary.html").read_text(encoding="utf-8")
    assert page.count('<img src="data:image/jpeg') == 3
    assert "segmented in 2 ways" in page
    assert not [file for file in OVERVIEW if not is_result(output / file)]
    assert (output / "regions.csv").read_text() == "image\n"  # nothing was measured


def test_names_that_a_spreadsheet_would_run(pictures: Path, tmp_path: Path, segment: Segment) -> None:
    (pictures / "p0.npy").rename(pictures / "=1+1.npy")
    assert segment(pictures / "=1+1.npy", "-o", tmp_path / "out")[0] == 0
    assert "\n'=1+1," in (tmp_path / "out" / "materials.csv").read_text()


def test_tables_that_are_not_ours_stay(pictures: Path, tmp_path: Path, segment: Segment) -> None:
    (tmp_path / "regions.csv").write_text("mine")
    code, _, err = segment(pictures, "-o", tmp_path)
    assert (code, err) == (
        2,
        f"samiam: {tmp_path}: holds regions.csv of somebody else; choose another folder with -o.\n",
    )
    assert (tmp_path / "regions.csv").read_text() == "mine"
    assert segment(pictures / "p0.npy", "-o", tmp_path / "out")[0] == 0
    code, _, err = segment(pictures / "p1.npy", "-o", tmp_path / "out" / "p0")
    assert code == 2
    assert "is the folder of the results of one image" in err


def test_results_of_earlier_versions_tell_less(pictures: Path, tmp_path: Path, segment: Segment) -> None:
    old = tmp_path / "out" / "old"
    old.mkdir(parents=True)
    (old / "provenance.json").write_text(json.dumps({"samiam": "0.0.1", "input": {"shape_hw": [3, 4]}}))
    assert segment(pictures / "p0.npy", "-o", tmp_path / "out")[0] == 0
    assert "4 × 3 px" in (tmp_path / "out" / "summary.html").read_text(encoding="utf-8")
    (old / "provenance.json").write_text("{}")
    code, _, err = segment(pictures / "p0.npy", "-o", tmp_path / "out")
    assert code == 0, err


def test_nothing_to_tell_of(tmp_path: Path) -> None:
    assert write_overview(tmp_path / "missing") is None
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_leaves_tables_of_what_is_done(
    pictures: Path, tmp_path: Path, segment: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = every_frame.read_micrograph

    def read(path: Path, **how: object) -> object:
        if path.name == "p2.npy":
            raise KeyboardInterrupt
        return real(path, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(every_frame, "read_micrograph", read)
    code, _, err = segment(pictures, "-o", tmp_path / "out")
    assert (code, err) == (130, "samiam: stopped; the same command goes on there.\n")
    assert set(pd.read_csv(tmp_path / "out" / "materials.csv")["image"]) == {"p0", "p1"}


def test_quiet_and_verbose(pictures: Path, tmp_path: Path, segment: Segment) -> None:
    (pictures / "bad.npy").write_bytes(b"no array")
    code, out, err = segment(pictures, "-o", tmp_path / "out", "--quiet")
    assert (code, out) == (1, f"4 files; then open {tmp_path}/out/summary.html\n")
    assert [line.partition(" ")[0] for line in err.splitlines()] == ["samiam:", "samiam:"]
    _, out, _ = segment(pictures / "p0.npy", "-o", tmp_path / "out", "--again", "--verbose")
    assert out.startswith("settings: generator=texture, encoder=spectrum, ")
    assert "\n  read 0." in out


def test_a_word_every_minute_where_there_is_no_bar(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(each, "_A_WORD_EVERY_S", 0.0)
    with caplog.at_level(logging.INFO, "samiam"):
        assert each.for_each([Path("a"), Path("b")], str) == 0
    assert caplog.messages == ["0", "1 of 2 files, about 00:00 left", "1"]


def doubled(place: int) -> int:
    """A task."""
    if place == 1:
        raise InputError("one")
    if place == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * place


@pytest.mark.slow
def test_a_worker_that_dies_is_said_to(tmp_path: Path) -> None:
    paths = [tmp_path / str(place) for place in range(3)]
    said = {}
    for place, result in spread(paths, [partial(doubled, place) for place in range(3)], Workers(2)):
        try:
            said[place] = str(result())
        except InputError as error:
            said[place] = str(error)
    assert said[2].startswith(f"{paths[2]}: its worker died")


@pytest.mark.slow
def test_the_same_by_dask(pictures: Path, tmp_path: Path, segment: Segment) -> None:
    from distributed import LocalCluster

    assert segment(pictures, "-o", tmp_path / "here")[0] == 0
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as running:
        assert segment(pictures, "-o", tmp_path / "there", "--scheduler", running.scheduler_address)[0] == 0
    for file in OVERVIEW:
        assert (tmp_path / "there" / file).read_bytes() == (tmp_path / "here" / file).read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="sends signals as POSIX has them")
@pytest.mark.slow
def test_killed_twice_by_two_workers(tmp_path: Path, segment: Segment) -> None:
    """The same bytes as in one go by one; nothing that was done is done again; nobody is left behind."""
    pictures, output = make_pictures(tmp_path / "in", 6, side=192), tmp_path / "killed"
    command = [sys.executable, "-m", "samiam", "segment", str(pictures), "-o", str(output), "--workers", "2", *METHOD]
    seen: dict[str, int] = {}
    for n_done in (1, 3):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
            while len(stamps(output)) < n_done and running.poll() is None:
                time.sleep(0.005)
            running.kill()
        time.sleep(0.5)  # what its processes were about to write is there, or never will be
        now = stamps(output)
        assert seen.items() <= now.items()
        seen = now
    assert n_done <= len(seen) < 6
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert seen.items() <= stamps(output).items()
    assert not list(output.glob(".*"))
    assert segment(pictures, "-o", tmp_path / "at_once")[0] == 0
    for file in sorted((tmp_path / "at_once").rglob("*.*")):
        same = file.read_bytes() == (output / file.relative_to(tmp_path / "at_once")).read_bytes()
        assert same or file.name == "provenance.json", file
