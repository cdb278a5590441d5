"""`samiam particles` and `samiam particles-statistics`, with a finder that takes no time."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from made_particle_runs import OF_ALL, OF_IMAGE, Run, bright, find_discs, names, noted, running, write

from samiam.formats.writers.earlier import FILES_OF_KIND
from samiam.particles import Particles
from samiam.records import Micrograph


@pytest.fixture(autouse=True)
def _finder(monkeypatch: pytest.MonkeyPatch) -> None:
    find_discs(monkeypatch)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return running(capsys)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for seed, name in enumerate("ab"):
        write(tmp_path / "in" / f"{name}.tif", seed)
    return tmp_path / "in"


def write_early(folder: Path) -> None:
    """As if results had been written long ago."""
    about = {**noted(folder), "written_utc": "2000-01-01T00:00:00+00:00"}
    (folder / "provenance.json").write_text(json.dumps(about))


class TestFinding:
    def test_a_folder_for_each_image_and_the_statistics_of_all(self, images: Path, tmp_path: Path, run: Run) -> None:
        out = tmp_path / "out"
        code, said, err = run("particles", images, "-o", out, "--material", "Au", "--bins", "1,2,3", "--seed", 4)
        assert (code, err) == (0, "")
        assert names(out) == {"a", "b", *OF_ALL}
        assert names(out / "a") == names(out / "b") == OF_IMAGE
        assert {*FILES_OF_KIND["particles"]} >= OF_IMAGE - {"provenance.json"}
        assert {*FILES_OF_KIND["particles-statistics"]} == OF_ALL - {"provenance.json"}
        table = pd.read_csv(out / "particles.csv")
        assert table["image"].tolist() == ["a"] * 3 + ["b"] * 3
        assert set(table["class"]) == {"stacking fault"}
        config = noted(out / "a")["config"]
        assert config == {
            "material": "Au",
            "finder": {"name": "discs", "n": 3},
            "faults": {"name": "coin", "sides": 2},
        }
        assert noted(out)["config"]["statistics"] == {"bin_edges_nm": [1.0, 2.0, 3.0], "resamples": 2000, "seed": 4}
        assert f"samiam particles {images} -o {out}" in (out / "report.html").read_text()
        lines = said.splitlines()
        found = "3 particles, 3 whole, mean diameter 1.38 nm; stacking fault 3"
        assert lines[0].startswith(f"{images / 'a.tif'}: {found}, in ")
        assert lines[0].endswith(f" s → {out / 'a'}/")
        assert "all 2 images: 6 of 6 particles counted" in lines
        assert any(line.startswith(f"  wrote {out}/: particles.csv statistics.csv") for line in lines)
        assert lines[-1] == f"2 files; then open {out}/report.html"

    def test_more_is_said_of_one_image(self, images: Path, tmp_path: Path, run: Run) -> None:
        _, said, _ = run("particles", images / "a.tif", "-o", tmp_path / "out", "--material", "Au", "--verbose")
        lines = said.splitlines()
        assert lines[:2] == ["settings: material=Au", f"{images / 'a.tif'}: 96 × 64 px, 0.1 nm/px (file)"]
        assert lines[2].startswith("  3 particles, 3 whole, mean diameter 1.38 nm, in ")
        assert lines[3:5] == ["  stacking fault 3", f"  wrote {tmp_path}/out/a/: " + lines[4].split(": ")[1]]
        assert lines[5].startswith("  read 0.")
        assert lines[-1] == f"then open {tmp_path}/out/a/overlay.png"

    @pytest.mark.slow
    def test_the_same_again_replaces_the_results(self, images: Path, tmp_path: Path, run: Run) -> None:
        out = tmp_path / "out"
        assert run("particles", images, "-o", out)[0] == 0
        before = {name: (out / name).read_bytes() for name in OF_ALL - {"report.html", "provenance.json"}}
        (out / "a" / "notes.txt").write_text("mine")
        assert run("particles", images, "-o", out, "--again")[0] == 0
        assert {name: (out / name).read_bytes() for name in before} == before
        assert (out / "a" / "notes.txt").read_text() == "mine"

    @pytest.mark.parametrize(("word", "asked"), [("--invert", True), ("--no-invert", False), (None, None)])
    def test_how_it_is_looked_at(
        self,
        word: str | None,
        asked: bool | None,
        images: Path,
        tmp_path: Path,
        run: Run,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def find(micrograph: Micrograph, *, invert: bool | None, **given: Any) -> Particles:
            return replace(bright(micrograph, **given), is_inverted=invert is not False, remark=f"invert is {invert}")

        find_discs(monkeypatch, find)
        out = tmp_path / "out"
        code, said, _ = run("particles", images / "a.tif", "-o", out, *filter(None, [word]))
        assert code == 0
        assert f"\n  invert is {asked}\n" in said
        told = noted(out / "a")
        assert (told["settings"]["invert"], told["is_inverted"]) == (asked, asked is not False)
        assert told["remark"] == f"invert is {asked}"
        assert f"invert is {asked}" in (out / "report.html").read_text()

    def test_a_pixel_size_that_is_given(self, tmp_path: Path, run: Run) -> None:
        path = write(tmp_path / "a.tif", size_nm=None)
        code, out, err = run("particles", path, "-o", tmp_path / "out")
        assert (code, out) == (2, "")
        assert err == "samiam: a: the pixel size is unknown; give --pixel-size-nm.\n"
        assert not (tmp_path / "out").exists()
        assert run("particles", path, "-o", tmp_path / "out", "--pixel-size-nm", "0.2,0.1")[0] == 0
        assert noted(tmp_path / "out" / "a")["pixel_size_from"] == "given"
        assert pd.read_csv(tmp_path / "out" / "particles.csv")["area_nm2"][0] == pytest.approx(149 * 0.02)

    def test_a_bad_one_among_good_ones(self, images: Path, tmp_path: Path, run: Run) -> None:
        (images / "c.tif").write_bytes(b"II*\x00 and nothing else")
        code, _, err = run("particles", images, "-o", tmp_path / "out")
        assert code == 1
        assert "c.tif" in err
        assert err.endswith("samiam: 1 of 3 files failed.\n")
        assert names(tmp_path / "out") == {"a", "b", *OF_ALL}
        assert "c.tif" in (tmp_path / "out" / "report.html").read_text()
        assert len(noted(tmp_path / "out")["failures"]) == 1

    @pytest.mark.slow
    def test_a_copy_of_an_image_counts_once(self, images: Path, tmp_path: Path, run: Run) -> None:
        shutil.copy(images / "a.tif", images / "z.tif")
        code, _, err = run("particles", images, "-o", tmp_path / "out")
        assert code == 1
        assert f"{images / 'z.tif'}: is the same image as {images / 'a.tif'}; it is counted once." in err
        assert len(pd.read_csv(tmp_path / "out" / "particles.csv")) == 6

    def test_nothing_in_any_file_is_no_success(self, tmp_path: Path, run: Run) -> None:
        path = write(tmp_path / "dark.tif", is_dark=True)
        code, _, err = run("particles", path, "-o", tmp_path / "out")
        assert code == 1
        assert err == "samiam: no particle was found: the image is dark.\n"
        assert names(tmp_path / "out") == {"dark", *OF_ALL}

    @pytest.mark.slow
    def test_results_are_no_input(self, images: Path, run: Run) -> None:
        assert run("particles", images / "a.tif", "-o", images)[0] == 0
        code, _, err = run("particles", images / "**" / "*.*", "-o", images / "new")
        assert code == 0
        assert "left out" in err
        assert names(images / "new") == {"a", "b", *OF_ALL}

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--sensitivity", "0.9"), "'0.9' is not of the form K/N, as 45/50"),
            (("--sensitivity", "9/10"), "give --specificity too."),
            (("--specificity", "9/10"), "give --sensitivity too."),
            (("--sensitivity", "11/10", "--specificity", "9/10"), "found 11 of 10 is impossible"),
            (("--sensitivity", "5/10", "--specificity", "5/10"), "no better than chance"),
            (("--bins", "1,x"), "'1,x' is not of the form NM,NM,…"),
            (("--bins", "3"), "bin_edges_nm=(3.0,): give a list, each a number, 0 or more"),
            (("--bins", "3,2"), "bin_edges_nm=(3.0, 2.0): give a list"),
            (("--seed", "-1"), "seed=-1: give a whole number from 0"),
            (("--frame", "7"), "no frame 7"),
        ],
    )
    def test_refused(self, images: Path, tmp_path: Path, run: Run, words: tuple[str, ...], said: str) -> None:
        code, out, err = run("particles", images / "a.tif", "-o", tmp_path / "out", *words)
        assert (code, out) == (2, "")
        assert said in err.splitlines()[-1]
        assert not (tmp_path / "out").exists()

    def test_missing(self, tmp_path: Path, run: Run) -> None:
        code, out, err = run("particles", tmp_path / "a.tif", "-o", tmp_path / "out")
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "no such file" in err


class TestWhatIsThere:
    """Results of other images and other commands are not mixed with new ones."""

    def test_of_other_images(self, images: Path, tmp_path: Path, run: Run) -> None:
        out = tmp_path / "out"
        assert run("particles", images, "-o", out)[0] == 0
        before = (out / "particles.csv").read_bytes()
        code, _, err = run("particles", images / "a.tif", "-o", out)
        assert code == 2
        assert err == (
            f"samiam: {out}: holds the statistics of 1 other image (b); choose another folder with -o, or replace them "
            "by --overwrite.\n"
        )
        assert (out / "particles.csv").read_bytes() == before
        write(images / "c.tif", 2)
        assert run("particles", images, "-o", out)[0] == 0  # those and one more
        assert run("particles", images / "a.tif", "-o", out, "--overwrite")[0] == 0
        assert len(pd.read_csv(out / "particles.csv")) == 3

    def test_of_another_image_of_that_name(self, images: Path, tmp_path: Path, run: Run) -> None:
        out = tmp_path / "out"
        assert run("particles", images / "a.tif", "-o", out)[0] == 0
        (out / "provenance.json").write_text("{")
        other = write(tmp_path / "other" / "a.tif", 9)
        code, _, err = run("particles", other, "-o", out)
        assert code == 2
        assert f"{out / 'a'} holds the results of another image, {images / 'a.tif'};" in err

    def test_of_another_command(self, images: Path, tmp_path: Path, run: Run) -> None:
        out, one = tmp_path / "out", images / "a.tif"
        texture = ("--generator", "texture", "--encoder", "spectrum")
        assert run("segment", one, "-k", 1, *texture, "-o", out)[0] in (0, 1)
        code, _, err = run("particles", one, "-o", out, "--overwrite")
        assert code == 2
        assert err == f"samiam: {out / 'a'}: holds results of samiam segment; choose another folder with -o.\n"
        assert run("particles", one, "-o", tmp_path / "new")[0] == 0
        code, _, err = run("segment", one, "-k", 1, *texture, "-o", tmp_path / "new")
        assert code == 2
        assert err.endswith("holds results of samiam particles; choose another folder with -o.\n")
        code, _, err = run("particles-statistics", tmp_path / "new", "-o", tmp_path / "new" / "a")
        assert code == 2
        assert err.endswith("holds results of samiam particles; choose another folder with -o.\n")


class TestPooling:
    @pytest.fixture
    def runs(self, tmp_path: Path, images: Path, run: Run) -> Path:
        """Two runs of two images each."""
        assert run("particles", images, "-o", tmp_path / "runs" / "1")[0] == 0
        for seed, name in enumerate("ac", start=10):
            write(tmp_path / "more" / f"{name}.tif", seed)
        assert run("particles", tmp_path / "more", "-o", tmp_path / "runs" / "2", "--pixel-size-nm", 0.2)[0] == 0
        return tmp_path / "runs"

    def test_runs_are_counted_together(self, runs: Path, tmp_path: Path, run: Run) -> None:
        out = tmp_path / "all"
        counts = ("--sensitivity", "45/50", "--specificity", "90/100")
        code, said, err = run("particles-statistics", runs / "1", runs / "2", "-o", out, *counts)
        assert (code, err) == (0, "")
        assert names(out) == OF_ALL
        table = pd.read_csv(out / "particles.csv")
        assert table["image"].unique().tolist() == ["a", "b", "a (2)", "c"]
        assert "all 4 images: 12 of 12 particles counted" in said
        assert "Pixel sizes are of different sources: from the file for 2 images, given for 2 images." in said
        assert "Particles were found in 2 ways: settings, weights or versions of samiam differ between images." in said
        assert "faulty, corrected for sensitivity 0.90 (45 of 50) and specificity 0.90 (90 of 100): 0.0%" in said
        assert (out / "report.html").read_text().count("data:image/jpeg") == 4

    @pytest.mark.slow
    def test_one_run_gives_what_it_gave(self, runs: Path, tmp_path: Path, run: Run) -> None:
        assert run("particles-statistics", runs / "1", "-o", tmp_path / "all")[0] == 0
        for name in OF_ALL - {"report.html", "provenance.json"}:
            assert (tmp_path / "all" / name).read_bytes() == (runs / "1" / name).read_bytes(), name

    def test_an_image_counts_once(self, runs: Path, tmp_path: Path, run: Run) -> None:
        code, _, err = run("particles-statistics", runs / "1", runs / "1" / "a", "-o", tmp_path / "all")
        assert code == 2
        place = runs / "1" / "a"
        assert err == f"samiam: {place} and {place} are of the same image; give it once.\n"
        assert not (tmp_path / "all").exists()

    def test_what_is_no_run(self, images: Path, tmp_path: Path, run: Run) -> None:
        code, _, err = run("particles-statistics", images, "-o", tmp_path / "all")
        assert code == 2
        assert err.endswith("in: holds no results of samiam particles; give the folder that was its -o.\n")

    @pytest.mark.slow
    def test_the_statistics_of_one_run_stay_its_own(self, runs: Path, run: Run) -> None:
        before = (runs / "1" / "statistics.json").read_bytes()
        code, _, err = run("particles-statistics", runs / "1", runs / "2", "-o", runs / "1")
        assert (code, f"{runs / '1'}: is one of the runs" in err) == (2, True)
        assert (runs / "1" / "statistics.json").read_bytes() == before
        assert run("particles-statistics", runs / "1", runs / "2", "-o", runs / "1", "--overwrite")[0] == 0

    def test_statistics_of_other_images_stay(self, runs: Path, tmp_path: Path, run: Run) -> None:
        words = partial(run, "particles-statistics", "-o", tmp_path / "all")
        assert words(runs / "1")[0] == 0
        code, _, err = words(runs / "2")
        assert code == 2
        assert "holds the statistics of 2 other images (a, b);" in err
        assert words(runs / "2", "--overwrite")[0] == 0

    def test_images_of_a_run_that_was_replaced_are_named_and_not_counted(
        self, images: Path, tmp_path: Path, run: Run
    ) -> None:
        out = tmp_path / "out"
        assert run("particles", images, "-o", out)[0] == 0
        for name in "ab":
            write_early(out / name)
        other = write(tmp_path / "other" / "c.tif", 7)
        assert run("particles", other, "-o", out, "--overwrite")[0] == 0
        code, said, _ = run("particles-statistics", out, "-o", tmp_path / "all")
        assert code == 0
        assert "all 1 image: 3 of 3 particles counted" in said
        remark = f"Not counted, because the statistics of {out} are not of them: a, b."
        assert remark in said
        assert remark in (tmp_path / "all" / "report.html").read_text()
        code, said, _ = run("particles-statistics", out, out / "a", out / "b", "-o", tmp_path / "all")
        assert "all 3 images: 9 of 9 particles counted" in said

    def test_what_a_run_wrote_after_its_statistics_counts(self, images: Path, tmp_path: Path, run: Run) -> None:
        out = tmp_path / "out"
        assert run("particles", images / "a.tif", "-o", out)[0] == 0
        write_early(out)
        before = (out / "provenance.json").read_text()
        assert run("particles", images, "-o", out)[0] == 0
        (out / "provenance.json").write_text(before)  # as if the second run had been killed
        _, said, _ = run("particles-statistics", out, "-o", tmp_path / "all")
        assert "all 2 images: 6 of 6 particles counted" in said
        assert "Not counted" not in said
