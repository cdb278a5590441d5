"""`samiam watch`, on pictures so small that it takes no time."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import samiam.watching.watching as calling
from samiam import watch
from samiam.cli import main
from samiam.commands.watching import answers
from samiam.errors import InputError
from samiam.formats import read_micrograph, write_provenance
from samiam.formats.frames.landing import Patience
from samiam.formats.writers.earlier import PROVENANCE
from samiam.watching.log import REGIONS

QUICK = ["--generator", "texture", "-k", "2"]
AT_ONCE = Patience(poll_s=0.01, settled_s=0.0, damaged_s=0.0, idle_s=0.0)
Run = Callable[..., tuple[int, str, str]]
write_all = answers.write_segmentation


def write_little(folder: Path, micrograph: Any, segmentation: Any, job: Any, times_s: Any) -> None:
    """In place of all results, of which drawing and packing take longest."""
    how = {"config": job.config, "seed": job.chosen.seed, "times_s": times_s}
    write_provenance(folder / PROVENANCE, micrograph, segmentation=segmentation, **how)


def halves(seed: int = 0) -> Any:
    """Two textures side by side."""
    stripes = np.indices((96, 96)).sum(axis=0) % 6 < 3
    picture = np.kron([[0.3, 0.9]], np.ones((96, 48))) * stripes
    noise = np.random.default_rng(seed).normal(0, 0.01, picture.shape)
    return np.clip(255 * (picture + noise), 0, 255).astype(np.uint8)


def write(path: Path, seed: int = 0, mtime: int | None = None) -> Path:
    tifffile.imwrite(path, halves(seed), resolution=(1e8, 1e8), resolutionunit="CENTIMETER")
    if mtime is not None:
        os.utime(path, (mtime, mtime))
    return path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `samiam watch` in a folder with the folder `in`, without waiting for anything."""
    monkeypatch.setattr("samiam.formats.frames.landing.Patience", lambda **_: AT_ONCE)
    monkeypatch.setattr(answers, "write_segmentation", write_little)
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()

    def go(*words: str) -> tuple[int, str, str]:
        code = main(["watch", "in", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return go


def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path("live", REGIONS).read_text(encoding="utf-8").splitlines()]


def test_a_line_and_results_of_each(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "write_segmentation", write_all)
    for number in (1, 2):
        write(Path(f"in/{number}.tif"), number, mtime=number)
    code, out, err = run(*QUICK, "--roi", "interface", "--field-of-view", "4,4")
    assert (code, err) == (0, "")
    assert "2.tif: 2 materials" in out
    assert [Path(line["path"]).name for line in lines()] == ["2.tif", "1.tif"]
    line = lines()[0]
    assert line["pixel_size_nm"] == pytest.approx(0.1)
    assert [round(region["area_nm2"]) for region in line["materials"]] == pytest.approx([46, 46], abs=3)
    (interface,) = line["interfaces"]
    assert interface["length_nm"] == pytest.approx(9.5, abs=1)
    assert np.mean(interface["line_nm"], axis=0)[0] == pytest.approx(4.75, abs=0.3)
    assert line["look_next"][0]["box_px"][0] < 47.5 < line["look_next"][0]["box_px"][2]
    assert tifffile.imread("live/2/labels.tif").max() == 2
    assert json.loads(Path("live/2/provenance.json").read_text())["input"]["path"].endswith("2.tif")


def test_what_was_done_is_not_done_again(run: Run) -> None:
    write(Path("in/a.tif"))
    run(*QUICK)
    before = lines()
    write(Path("in/b.tif"), 1)
    _, out, _ = run(*QUICK)
    assert "a.tif" not in out
    assert lines()[:1] == before
    assert [Path(line["path"]).name for line in lines()] == ["a.tif", "b.tif"]


def test_results_that_a_killed_run_lacks_are_made_and_the_line_is_not_repeated(run: Run) -> None:
    for name in "abc":
        write(Path(f"in/{name}.tif"), ord(name), mtime=ord(name))
    code, _, err = run(*QUICK)
    assert (code, err) == (0, "")
    before = lines()  # the newest first: that of a is the last
    shutil.rmtree("live/a")
    shutil.rmtree("live/b")
    code, out, err = run(*QUICK)
    assert (code, err) == (0, "")
    assert [name in out for name in ("a.tif", "b.tif", "c.tif")] == [True, True, False]
    assert lines() == before
    assert Path("live/a/provenance.json").is_file()
    assert Path("live/b/provenance.json").is_file()


def test_the_next_is_looked_at_while_results_are_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "ab":
        write(Path(f"in/{name}.tif"), ord(name))
    is_second_looked_at, find = threading.Event(), answers.Materials.find

    def found(self: answers.Materials, micrograph: Any, read_s: float) -> answers.Found:
        if Path("live", REGIONS).is_file() and lines():
            is_second_looked_at.set()
        return find(self, micrograph, read_s)

    def written(folder: Path, *rest: Any) -> None:
        assert is_second_looked_at.wait(60)
        write_little(folder, *rest)

    monkeypatch.setattr(answers.Materials, "find", found)
    monkeypatch.setattr(answers, "write_segmentation", written)
    assert run(*QUICK)[0] == 0
    assert {place.parent.name for place in Path("live").glob(f"*/{PROVENANCE}")} == {"a", "b"}


def test_what_is_said_of_one_is_not_lost_while_the_next_is_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries that read files may print; nobody hears what is printed meanwhile."""
    for name in "ab":
        write(Path(f"in/{name}.tif"), ord(name), mtime=ord(name))
    is_written = threading.Event()

    def written(folder: Path, *rest: Any) -> None:
        write_little(folder, *rest)
        is_written.set()

    def read(file: Path, **how: Any) -> Any:
        with contextlib.redirect_stdout(io.StringIO()):
            if file.name == "a.tif":
                assert is_written.wait(60)
                time.sleep(0.3)
            return read_micrograph(file, **how)

    monkeypatch.setattr(answers, "write_segmentation", written)
    monkeypatch.setattr("samiam.commands.watching.run.read_micrograph", read)
    code, out, _ = run(*QUICK)
    assert (code, "b.tif: " in out, "a.tif: " in out) == (0, True, True)


def test_results_that_cannot_be_written_are_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "ab":
        write(Path(f"in/{name}.tif"), ord(name), mtime=ord(name))

    def full(folder: Path, micrograph: Any, *rest: Any) -> None:
        if micrograph.file_name == "b.tif":
            raise OSError(28, "No space left on device")
        write_little(folder, micrograph, *rest)

    monkeypatch.setattr(answers, "write_segmentation", full)
    code, out, err = run(*QUICK)
    assert code == 1
    assert err == "samiam: in/b.tif: cannot write to live/b (No space left on device); choose another folder with -o.\n"
    assert "a.tif: 2 materials" in out
    assert [set(line) >= {"fault"} for line in lines()].count(True) == 1


def test_results_that_could_not_be_written_are_tried_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write(Path("in/a.tif"))

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(answers, "write_segmentation", full)
    assert run(*QUICK)[0] == 1
    before = lines()
    assert [set(line) >= {"fault"} for line in before] == [False, True]
    assert run(*QUICK)[0] == 1
    assert lines() == before
    monkeypatch.setattr(answers, "write_segmentation", write_little)
    assert run(*QUICK)[0] == 0
    assert lines()[:2] == before
    assert lines()[2]["results"] == before[0]["results"]
    assert Path("live/a", PROVENANCE).is_file()
    assert run(*QUICK)[1].count("a.tif") == 0
    assert len(lines()) == 3


def test_a_file_in_the_place_of_results_may_go(run: Run) -> None:
    write(Path("in/a.tif"))
    Path("live").mkdir()
    Path("live/a").write_text("somebody's")
    code, _, err = run(*QUICK)
    assert (code, err.count("in/a.tif: cannot write to live/a")) == (1, 1)
    Path("live/a").unlink()
    assert run(*QUICK)[0] == 0
    assert Path("live/a", PROVENANCE).is_file()


def test_a_stack_is_read_once_its_frame_is_given(run: Run) -> None:
    tifffile.imwrite("in/a.tif", np.stack([halves(0), halves(1)]), photometric="minisblack")
    assert run(*QUICK)[0] == 1
    assert run(*QUICK)[0] == 0
    assert ["fault" in line for line in lines()] == [True]
    code, out, _ = run(*QUICK, "--frame", "1")
    assert (code, "a.tif: 2 materials" in out) == (0, True)
    assert ["fault" in line for line in lines()] == [True, False]
    assert "a.tif" not in run(*QUICK, "--frame", "1")[1]


def test_too_small_a_field_of_view_costs_no_results(run: Run) -> None:
    write(Path("in/a.tif"))
    looking = (*QUICK, "--roi", "interface", "--field-of-view")
    code, out, err = run(*looking, "0.01,4")
    assert (code, "a.tif: 2 materials" in out) == (0, True)
    assert err.count("in/a.tif: a field of view of 0.01 × 4 is smaller than a pixel") == 1
    assert Path("live/a", PROVENANCE).is_file()
    (line,) = lines()
    assert (line["look_next"], "fault" in line, "smaller" in line["look_next_fault"]) == ([], False, True)
    for same in ((*looking, "0.01,4"), QUICK):
        assert "a.tif" not in run(*same)[1]
    assert run(*looking, "4,4")[::2] == (0, "")
    assert len(lines()) == 2
    assert lines()[1]["look_next"]
    assert "look_next_fault" not in lines()[1]


def test_what_another_kind_of_watch_has_noted_does_not_count(run: Run) -> None:
    write(Path("in/a.tif"))
    assert run(*QUICK)[0] == 0
    before = lines()
    code, _, err = run("--particles")
    assert (code, err) == (1, "samiam: live/a: holds results of samiam segment; choose another folder with -o.\n")
    assert "a.tif" not in run(*QUICK)[1]
    assert lines()[:1] == before


def test_a_line_of_which_other_results_are_there_is_none_of_them(run: Run) -> None:
    """A run was killed between the line of a file that was written anew and its results."""
    write(Path("in/a.tif"), 0, mtime=1)
    run(*QUICK)
    shutil.copytree("live/a", "earlier")
    write(Path("in/a.tif"), 1, mtime=2)
    run(*QUICK)
    before = lines()
    shutil.rmtree("live/a")
    Path("earlier").rename("live/a")
    code, out, _ = run(*QUICK)
    assert (code, "a.tif: 2 materials" in out) == (0, True)
    assert lines() == before
    there = json.loads(Path("live/a", PROVENANCE).read_text())["input"]["sha256"]
    assert there == before[-1]["sha256"] == read_micrograph("in/a.tif").metadata["sha256"]


def test_faults_do_not_hide_the_results_that_a_killed_run_lacks(run: Run) -> None:
    write(Path("in/a.tif"), mtime=9)
    run(*QUICK)
    for name in "bc":
        Path(f"in/{name}.tif").write_bytes(b"broken")
    run(*QUICK)
    before = lines()
    shutil.rmtree("live/a")
    assert run(*QUICK)[0] == 0
    assert Path("live/a", PROVENANCE).is_file()
    assert lines() == before


def test_the_place_of_results_that_a_killed_run_lacks_is_kept_for_them(run: Run) -> None:
    write(Path("in/a.tif"), 0, mtime=1)
    run(*QUICK)
    (before,) = lines()
    shutil.rmtree("live/a")
    np.save("in/a.npy", halves(1))  # the newest, so that it comes first
    assert run(*QUICK)[0] == 0
    assert lines()[0] == before
    places = {Path(line["path"]).name: Path(line["results"]) for line in lines()}
    assert {name: place.name for name, place in places.items()} == {"a.tif": "a", "a.npy": "a.npy"}
    for name, place in places.items():
        assert json.loads((place / PROVENANCE).read_text())["input"]["path"].endswith(name)


def test_a_broken_file_is_said_once_and_left(run: Run) -> None:
    write(Path("in/a.tif"), mtime=1)
    Path("in/b.tif").write_bytes(b"broken")
    code, out, err = run(*QUICK)
    assert code == 1
    assert "a.tif: 2 materials" in out
    assert err.startswith("samiam: in/b.tif: cannot be read as .tif")
    assert [set(line) >= {"fault"} for line in lines()] == [True, False]
    assert run(*QUICK)[0] == 0
    assert len(lines()) == 2


def test_a_name_that_is_not_utf8_ends_nothing(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("in/a.tif"), mtime=1)
    odd = os.fsdecode(b"in/caf\xe9.tif")
    try:
        write(Path("b.tif")).rename(odd)
    except OSError:
        pytest.skip("this system has no such names")
    code, out, err = run(*QUICK)
    said = "in/caf .tif: has a name that is not UTF-8; rename it, or the folder that is named so."
    assert (code, err, "a.tif: 2 materials" in out) == (1, f"samiam: {said}\n", True)
    assert [line.get("fault") for line in lines()] == [said, None]
    assert lines()[0]["path"].endswith(r"in/caf\udce9.tif")
    assert run(*QUICK)[::2] == (0, "")
    assert len(lines()) == 2
    assert main(["segment", odd, *QUICK]) == 2
    assert capsys.readouterr().err == f"samiam: {said}\n"


def test_a_file_that_is_written_anew_has_a_new_line_and_new_results(run: Run) -> None:
    write(Path("in/a.tif"), 0, mtime=1)
    run(*QUICK)
    write(Path("in/a.tif"), 1, mtime=2)
    code, _, err = run(*QUICK)
    assert (code, err) == (0, "")
    assert len(lines()) == 2
    hashes = json.loads(Path("live/a/provenance.json").read_text())["input"]["sha256"]
    assert hashes == read_micrograph("in/a.tif").metadata["sha256"]


@pytest.mark.parametrize("steps", [[], [{"what": "merge", "who": "Ann"}]])
def test_what_was_corrected_by_hand_does_not_make_way_for_a_file_that_is_written_anew(
    run: Run, steps: list[dict[str, str]]
) -> None:
    write(Path("in/a.tif"), 0, mtime=1)
    run(*QUICK)
    provenance = Path("live/a", PROVENANCE)
    by_hand = {"steps": steps, "verdict": {"accepted": True, "who": "Ann"}}
    corrected = json.dumps({**json.loads(provenance.read_text()), "by_hand": by_hand})
    provenance.write_text(corrected)
    write(Path("in/a.tif"), 1, mtime=2)
    code, _, err = run(*QUICK)
    assert code == 1
    assert err.startswith("samiam: in/a.tif: live/a holds what was corrected by hand (")
    assert "--overwrite" in lines()[-1]["fault"]
    assert provenance.read_text() == corrected
    assert run(*QUICK)[0] == 1
    assert len(lines()) == 2
    code, _, err = run(*QUICK, "--overwrite")
    assert (code, err) == (0, "")
    assert "by_hand" not in json.loads(provenance.read_text())


def test_files_of_one_stem_have_a_folder_each(run: Run) -> None:
    write(Path("in/a.tif"), 0, mtime=2)
    np.save("in/a.npy", halves(1))
    os.utime("in/a.npy", (1, 1))
    assert run(*QUICK)[0] == 0
    assert {Path(line["results"]).name for line in lines()} == {"a", "a.npy"}


def test_results_of_other_images_stay(run: Run) -> None:
    write(Path("other.tif"), 3)
    main(["segment", "other.tif", "-o", "live", *QUICK])
    before = Path("live/other/provenance.json").read_bytes()
    write(Path("in/other.tif"), 4)
    code, _, err = run(*QUICK)
    assert (code, err) == (0, "")
    assert Path("live/other/provenance.json").read_bytes() == before
    assert Path("live/other.tif/provenance.json").is_file()


def test_ctrl_c_ends_it_in_order(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "ab":
        write(Path(f"in/{name}.tif"), ord(name))
    found = answers.Materials.find

    def stop(self: answers.Materials, micrograph: Any, read_s: float) -> answers.Found:
        if Path("live/regions.jsonl").read_text():
            raise KeyboardInterrupt
        return found(self, micrograph, read_s)

    monkeypatch.setattr(answers.Materials, "find", stop)
    code, _, err = run(*QUICK)
    assert code == 0
    assert "stopped; the same command goes on there. 1 micrograph, 0 files that could not be used." in err
    assert len(lines()) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--roi", "interfaces"], "'interfaces' is no region of interest; give one of interface"),
        (["--field-of-view", "4,4"], "say by --roi what to look for"),
        (["--material", "Au"], "--material is of particles; add --particles"),
        (["--particles", "-k", "2"], "--n-materials is of materials; leave it out beside --particles"),
        (["--particles", "--roi", "interface"], "--roi is of materials"),
        (["--post", "nowhere"], "nowhere: is no address to post to"),
    ],
)
def test_refusals(words: list[str], message: str, run: Run) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1
    assert not Path("live").exists()


def test_no_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["watch", str(tmp_path / "nothing")]) == 2
    assert "is no folder; give the one that the microscope writes to" in capsys.readouterr().err


class TestFromPython:
    def test_results_and_faults(self, tmp_path: Path) -> None:
        write(tmp_path / "a.tif")
        (tmp_path / "b.tif").write_bytes(b"broken")
        found: dict[str, Any] = {}
        faults: dict[str, str] = {}
        watch(
            tmp_path,
            lambda path, result: found.update({path.name: result}),
            find=lambda micrograph: micrograph.shape_hw,
            on_fault=lambda path, error: faults.update({path.name: str(error)}),
            patience=AT_ONCE,
            polling=True,
        )
        assert found == {"a.tif": (96, 96)}
        assert "cannot be read" in faults["b.tif"]

    def test_what_cannot_be_answered_is_a_fault(self, tmp_path: Path) -> None:
        write(tmp_path / "a.tif")
        faults: list[str] = []

        def refuse(_: object) -> None:
            raise InputError("too small.")

        watch(
            tmp_path,
            lambda *_: pytest.fail("nothing was found"),
            find=refuse,
            on_fault=lambda _, error: faults.append(str(error)),
            patience=AT_ONCE,
        )
        assert faults == ["too small."]

    def test_by_default_it_segments(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(calling, "_warm", lambda: lambda micrograph: f"segmented {micrograph.name}")
        write(tmp_path / "a.tif")
        found: list[Any] = []
        watch(tmp_path, lambda _, result: found.append(result), patience=AT_ONCE)
        assert found == ["segmented a"]

    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="is no folder"):
            watch(tmp_path / "nothing", print)
