"""`samiam particles` of a folder: it goes on where it stopped, and the files are the same as in one go."""

from __future__ import annotations

import argparse
import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL.Image
import pytest
import tifffile
from made_particle_runs import OF_ALL, Run, bright, find_discs, names, noted, running, write

from samiam.commands.particles.job import ParticlesJob
from samiam.commands.particles.settings import ParticlesSettings
from samiam.commands.particles.twins import twins_among
from samiam.commands.words.particles import add_finding
from samiam.formats.frames.landing import Patience
from samiam.particles import Particles
from samiam.particles.writing import pooled
from samiam.records import Micrograph
from samiam.storage.files import sha256_of

AT_ONCE = Patience(poll_s=0.01, settled_s=0.0, damaged_s=0.0, idle_s=0.0)


class Finder:
    """Finds discs, notes in which images, and is interrupted at one of them."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.stops_at: str | None = None

    def __call__(self, micrograph: Micrograph, **how: Any) -> Particles:
        if micrograph.name == self.stops_at:
            raise KeyboardInterrupt
        self.seen.append(micrograph.name)
        return bright(micrograph, **how)

    def again(self, stops_at: str | None = None) -> None:
        """Nothing is seen yet."""
        self.seen, self.stops_at = [], stops_at


def blank_charts(folder: Path, _: object) -> list[Path]:
    """In place of charts, which take longest."""
    charts = [folder / "sizes.png", folder / "faults_by_size.png"]
    for chart in charts:
        PIL.Image.new("L", (8, 8)).save(chart)
    return charts


@pytest.fixture(autouse=True)
def finder(monkeypatch: pytest.MonkeyPatch) -> Finder:
    made = Finder()
    find_discs(monkeypatch, made)
    monkeypatch.setattr(pooled, "write_charts", blank_charts)
    return made


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for seed, name in enumerate("abc"):
        write(tmp_path / "in" / f"{name}.tif", seed)
    return tmp_path / "in"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return partial(running(capsys), "particles")


def stamps(output: Path) -> dict[str, int]:
    """When the results of each image were written."""
    return {path.parent.name: path.stat().st_mtime_ns for path in output.glob("*/provenance.json")}


def comparable(file: Path) -> object:
    """What is in a file, but for where, when and by which command it was written."""
    if file.name == "report.html":
        return re.sub(r"<dt>(date|command)</dt><dd>.*?</dd>", "", file.read_text())
    if file.name == "provenance.json":
        own = {"times_s", "written_utc", "facts"}
        return {name: fact for name, fact in json.loads(file.read_text()).items() if name not in own}
    return file.read_bytes()


def check_same(one: Path, other: Path) -> None:
    """Both folders hold the same files."""
    files = {file.relative_to(one) for file in one.rglob("*.*")}
    assert files == {file.relative_to(other) for file in other.rglob("*.*")}
    for file in sorted(files):
        assert comparable(one / file) == comparable(other / file), file


def test_stopped_and_given_again(images: Path, tmp_path: Path, run: Run, finder: Finder) -> None:
    out = tmp_path / "out"
    finder.again(stops_at="b")
    code, _, err = run(images, "-o", out)
    assert (code, err) == (130, "samiam: stopped; the same command goes on there.\n")
    assert names(out) == {"a", *OF_ALL}
    assert noted(out)["failures"] == ["The run was stopped; 2 images of 3 are not in this."]
    before = stamps(out)
    finder.again()
    code, said, err = run(images, "-o", out)
    assert (code, err) == (0, "")
    assert [line for line in said.splitlines() if "as before" in line] == [
        f"{images}/a.tif: as before → {out}/a/",
        f"3 files, 1 of them as before; then open {out}/report.html",
    ]
    assert finder.seen == ["b", "c"]
    assert before.items() <= stamps(out).items()
    assert run(images, "-o", tmp_path / "at_once")[0] == 0
    check_same(tmp_path / "at_once", out)


def test_statistics_of_more_images_stay_when_it_is_stopped(
    images: Path, tmp_path: Path, run: Run, finder: Finder
) -> None:
    out = tmp_path / "out"
    assert run(images, "-o", out)[0] == 0
    before = (out / "particles.csv").read_bytes()
    finder.again(stops_at="b")
    code, _, err = run(images, "-o", out, "--material", "Au")
    assert code == 130
    assert err.endswith(f"samiam: {out}: the statistics are still those of an earlier run.\n")
    assert (out / "particles.csv").read_bytes() == before
    finder.again()
    assert run(images, "-o", out, "--material", "Au")[0] == 0
    assert finder.seen == ["b", "c"]
    assert set(pd.read_csv(out / "particles.csv")["class"]) == {"stacking fault"}


def test_other_settings_are_done_again(images: Path, tmp_path: Path, run: Run, finder: Finder) -> None:
    go = partial(run, images / "a.tif", "-o", tmp_path / "out")
    assert go()[0] == 0
    asked = (("--material", "Au"), ("--no-faults",), ("--invert",), ("--no-invert",))
    for words in (*asked, ("--pixel-size-nm", "0.2"), ("--export", "geojson")):
        finder.again()
        assert go(*words)[0] == 0
        assert finder.seen == ["a"], words
    assert go(*words)[0] == 0
    assert finder.seen == ["a"]
    finder.again()
    assert go("--again", *words)[0] == 0
    assert finder.seen == ["a"]
    assert go("--bins", "1,2", *words)[0] == 0  # which is of the statistics alone
    assert finder.seen == ["a"]
    assert noted(tmp_path / "out")["config"]["statistics"]["bin_edges_nm"] == [1.0, 2.0]


def change(place: Path, *names: str, to: object) -> None:
    """As if provenance had said something else."""
    about = part = noted(place)
    for name in names[:-1]:
        part = part[name]
    part[names[-1]] = to
    (place / "provenance.json").write_text(json.dumps(about))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda place: change(place, "samiam", to="0.0.1"), marks=pytest.mark.slow),
        lambda place: change(place, "config", "finder", "n", to=4),
        pytest.param(lambda place: (place / "overlay.png").unlink(), marks=pytest.mark.slow),
        pytest.param(lambda place: (place / "provenance.json").write_text("{"), marks=pytest.mark.slow),
        lambda place: (place / "particles.csv").unlink(),
    ],
)
def test_what_is_not_the_same_or_not_whole_is_done_again(
    spoil: Callable[[Path], object], images: Path, tmp_path: Path, run: Run, finder: Finder
) -> None:
    go = partial(run, images / "a.tif", "-o", tmp_path / "out")
    assert go()[0] == 0
    spoil(tmp_path / "out" / "a")
    finder.again()
    assert go()[0] == 0
    assert finder.seen == ["a"]


@pytest.mark.parametrize("words", [("--material", "Au"), ("--again",), ("--export", "geojson")])
def test_corrections_by_hand_are_not_replaced(
    words: tuple[str, ...], images: Path, tmp_path: Path, run: Run, finder: Finder
) -> None:
    out = tmp_path / "out"
    assert run(images, "-o", out)[0] == 0
    table = out / "b" / "particles.csv"
    corrected = table.read_text().replace("no fault", "stacking fault", 1)
    table.write_text(corrected)
    finder.again()
    assert run(images, "-o", out)[0] == 0  # as before, with the correction
    before = stamps(out)
    assert (pd.read_csv(out / "particles.csv")["class"] == "stacking fault").sum() == 1
    code, _, err = run(images, "-o", out, *words)
    assert code == 2
    assert err == (
        f"samiam: {images}/b.tif: {table} was changed by hand since it was written; choose another folder with -o, "
        "or replace it by --overwrite.\n"
    )
    assert (finder.seen, stamps(out), table.read_text()) == ([], before, corrected)
    assert run(images, "-o", out, *words, "--overwrite")[0] == 0
    assert finder.seen == [*"abc"]
    assert table.read_text() != corrected


def test_a_broken_file_is_named_at_the_end_each_time(images: Path, tmp_path: Path, run: Run, finder: Finder) -> None:
    (images / "b.tif").write_bytes(b"II*\x00 and nothing else")
    first, second = (run(images, "-o", tmp_path / "out", "--quiet") for _ in range(2))
    assert first[0] == second[0] == 1
    assert first[2] == second[2]
    assert re.fullmatch(r"samiam: .*/b\.tif: .*\nsamiam: 1 of 3 files failed\.\n", first[2])
    assert (first[1], second[1]) == (
        f"3 files; then open {tmp_path}/out/report.html\n",
        f"3 files, 2 of them as before; then open {tmp_path}/out/report.html\n",
    )
    assert finder.seen == ["a", "c"]


def test_a_copy_is_refused_each_time(images: Path, tmp_path: Path, run: Run, finder: Finder) -> None:
    shutil.copy(images / "a.tif", images / "z.tif")
    for _ in range(2):
        code, _, err = run(images, "-o", tmp_path / "out")
        assert code == 1
        assert f"{images}/z.tif: is the same image as {images}/a.tif; it is counted once.\n" in err
    assert not (tmp_path / "out" / "z").exists()
    assert finder.seen == [*"abc"]


def test_the_same_pixels_in_other_files_count_once(tmp_path: Path, run: Run) -> None:
    pixels = np.random.default_rng(0).integers(100, 250, (64, 96)).astype(np.uint8)
    folder = tmp_path / "in"
    folder.mkdir()
    for name, level in (("a.png", 1), ("b.png", 9)):
        PIL.Image.fromarray(pixels).save(folder / name, compress_level=level)
    tifffile.imwrite(folder / "c.tif", pixels)
    tifffile.imwrite(folder / "d.tif", pixels[::-1])
    out = tmp_path / "out"
    for _ in range(2):
        code, _, err = run(folder, "-o", out, "--pixel-size-nm", 0.1)
        assert code == 1
        for name in ("b.png", "c.tif"):
            assert f"{folder / name}: is the same image as {folder / 'a.png'}; it is counted once." in err
        assert pd.read_csv(out / "particles.csv")["image"].unique().tolist() == ["a", "d"]
        assert len(noted(out)["failures"]) == 2


def test_which_files_are_twins(tmp_path: Path) -> None:
    body = np.random.default_rng(0).bytes(50_000)
    contents = {
        "a": body,
        "b": body[:20_000] + b"!" + body[20_001:],  # other than a, which a glimpse does not show
        "c": body[:-1],
        "d": body,
        "e": b"",
    }
    paths = [tmp_path / name for name in (*contents, "missing")]
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    read: list[str] = []

    def hash_of(path: Path) -> str:
        read.append(path.name)
        return sha256_of(path)

    assert twins_among(paths, hash_of) == {tmp_path / "d": tmp_path / "a"}
    assert read == ["a", "b", "d"]


class TestStacks:
    """Every frame of a stack is an image of its own."""

    @pytest.fixture
    def stack(self, tmp_path: Path) -> Path:
        frames = np.stack([tifffile.imread(write(tmp_path / f"{seed}.tif", seed)) for seed in (0, 1)])
        size = {"resolution": (1e8, 1e8), "resolutionunit": "CENTIMETER"}
        tifffile.imwrite(tmp_path / "stack.tif", frames, photometric="minisblack", **size)
        return tmp_path / "stack.tif"

    def test_from_words_to_statistics_and_a_second_time(
        self, stack: Path, tmp_path: Path, run: Run, finder: Finder
    ) -> None:
        out = tmp_path / "out"
        for _ in range(2):
            assert run(stack, "--frame", "all", "-o", out)[0] == 0
        assert finder.seen == ["stack_frame0000", "stack_frame0001"]
        assert pd.read_csv(out / "particles.csv")["image"].unique().tolist() == finder.seen
        assert [noted(out / name)["settings"]["frame"] for name in finder.seen] == [0, 1]

    def test_one_frame_does_not_replace_the_statistics_of_all(self, stack: Path, tmp_path: Path, run: Run) -> None:
        assert run(stack, "--frame", "all", "-o", tmp_path / "out")[0] == 0
        code, _, err = run(stack, "--frame", 1, "-o", tmp_path / "out")
        assert code == 2
        assert "holds the statistics of 1 other image (stack_frame0000);" in err


class TestSettings:
    """What was chosen is noted, and taken up by another run and by other processes."""

    def test_like(self, images: Path, tmp_path: Path, run: Run) -> None:
        chosen = ("--material", "Au", "--no-faults", "--pixel-size-nm", "0.2,0.1", "--export", "roi")
        assert run(images / "a.tif", "-o", tmp_path / "1", *chosen)[0] == 0
        like = ("--like", tmp_path / "1" / "a")
        code, _, err = run(images / "b.tif", "-o", tmp_path / "2", *like, "--faults", "--export", "")
        assert code == 0
        said = "pixel_size_nm=[0.2, 0.1], exports=['roi'], material=Au, faults=False"
        assert err == f"samiam: as {like[1]}: {said}\n"
        expected = {**noted(tmp_path / "1" / "a")["settings"], "faults": True, "exports": []}
        assert noted(tmp_path / "2" / "b")["settings"] == expected
        code, _, err = run(images / "b.tif", "-o", tmp_path / "2", "--like", tmp_path / "1")
        assert code == 2
        assert err.endswith("is of samiam particles-statistics; give that of an image by samiam particles.\n")

    def test_every_option_of_the_command_is_one_of_the_settings(self) -> None:
        parser = argparse.ArgumentParser()
        add_finding(parser)
        beside = {"help", "files", "like", "output", "overwrite", "again", "workers", "scheduler", "quiet", "verbose"}
        of_all = {"bins", "sensitivity", "specificity", "seed"}
        options = {action.dest for action in parser._actions} - beside - of_all
        assert {"exports" if name == "export" else name for name in options} == set(ParticlesSettings().plain())

    def test_another_process_makes_the_same_job(self) -> None:
        chosen = ParticlesSettings(material="Au", pixel_size_nm=(0.1, 0.2), exports=("roi",))
        job = ParticlesJob.of(chosen, overwrite=True)
        again, once_more = (pickle.loads(pickle.dumps(job)) for _ in range(2))
        assert (again.chosen, again.overwrite, again.config) == (chosen, True, job.config)
        assert again is once_more

    def test_what_no_image_can_be_looked_at_with_is_said_once(self, images: Path, tmp_path: Path, run: Run) -> None:
        code, out, err = run(images, "-o", tmp_path / "out", "--material", "Unobtainium")
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "Unobtainium" in err


class TestWatching:
    """`samiam watch --particles` makes the same."""

    @pytest.fixture
    def watch(
        self, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> Run:
        monkeypatch.setattr("samiam.formats.frames.landing.Patience", lambda **_: AT_ONCE)
        return partial(running(capsys), "watch", images, "--particles", "-o", tmp_path / "live")

    def test_what_was_watched_is_as_before(
        self, images: Path, tmp_path: Path, watch: Run, run: Run, finder: Finder
    ) -> None:
        assert watch("--material", "Au")[0] == 0
        assert sorted(finder.seen) == [*"abc"]
        finder.again()
        code, said, _ = run(images, "-o", tmp_path / "live", "--material", "Au")
        assert (code, finder.seen) == (0, [])
        assert "3 files, 3 of them as before" in said
        assert run(images, "-o", tmp_path / "folder", "--material", "Au")[0] == 0
        (tmp_path / "live" / "regions.jsonl").unlink()
        check_same(tmp_path / "folder", tmp_path / "live")

    def test_statistics_that_a_killed_watch_lacks_are_made(self, tmp_path: Path, watch: Run, finder: Finder) -> None:
        assert watch()[0] == 0
        for name in OF_ALL:
            (tmp_path / "live" / name).unlink()
        finder.again()
        assert watch()[0] == 0
        assert finder.seen == []
        assert len(pd.read_csv(tmp_path / "live" / "particles.csv")) == 9

    def test_other_settings_between_watches_are_said(self, images: Path, watch: Run) -> None:
        assert watch()[0] == 0
        write(images / "e.tif", 9)
        code, said, _ = watch("--material", "Au")
        assert code == 0
        assert "Particles were found in 2 ways: settings, weights or versions of samiam differ" in said

    def test_where_nothing_landed_nothing_is_counted(self, images: Path, tmp_path: Path, watch: Run) -> None:
        for file in images.iterdir():
            file.unlink()
        assert watch()[0] == 0
        assert names(tmp_path / "live") <= {"regions.jsonl"}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulated particles, which what ships finds."""
    from simulate.particles import picture, read_waves

    folder = tmp_path_factory.mktemp("pictures")
    waves = [wave for wave in read_waves() if wave.particles][:6]
    for seed, wave in enumerate(waves):
        made = picture(wave, seed=seed, d_prime=False).micrograph
        per_cm = 1e7 / float(made.pixel_size_nm or np.nan)
        how: dict[str, Any] = {"resolution": (per_cm, per_cm), "resolutionunit": "CENTIMETER"}
        tifffile.imwrite(folder / f"p{seed}.tif", np.rint(65535 * made.pixels).astype(np.uint16), **how)
    return folder


def command(pictures: Path, output: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "samiam", "particles", str(pictures), "-o", str(output), *words]


@pytest.mark.skipif(os.name == "nt", reason="sends signals as POSIX has them")
@pytest.mark.slow
def test_killed_and_by_two_workers_as_in_one_go_by_one(pictures: Path, tmp_path: Path) -> None:
    killed, at_once = tmp_path / "killed", tmp_path / "at_once"
    by_two = command(pictures, killed, "--workers", "2")
    with subprocess.Popen(by_two, stdout=subprocess.DEVNULL) as process:
        while len(stamps(killed)) < 2 and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    time.sleep(0.5)  # what its processes were about to write is there, or never will be
    before = stamps(killed)
    assert 2 <= len(before) < 6
    assert subprocess.run(by_two, capture_output=True, check=False).returncode == 0
    assert before.items() <= stamps(killed).items()
    assert subprocess.run(command(pictures, at_once), capture_output=True, check=False).returncode == 0
    assert len(pd.read_csv(at_once / "particles.csv")) > 3
    assert not list(killed.glob(".*"))
    check_same(at_once, killed)
