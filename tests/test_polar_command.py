"""`samiam polar`, with a finder that takes no time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
import tifffile
from made_polar import SHAPE_HW, MadeLinker, find_blobs, made_frame, made_video
from PIL import Image

import samiam.polar
from samiam.cli import main
from samiam.datasets import read_labelled_frames
from samiam.formats.writers.earlier import FILES_OF_KIND
from samiam.polar.writing.video import PolarVideo
from samiam.records import Micrograph

FILES = {
    *("points.csv", "tracks.csv", "events.csv", "lifetimes.csv", "counts.csv", "counts.png", "kymograph.png"),
    *("label_studio.json", "report.html", "provenance.json", "journal.jsonl", "overlays"),
}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `samiam polar` in an empty folder, with blobs for points."""
    finder = SimpleNamespace(name="blobs", options={"least": 0.4})
    for name in ("SkeletonFinder", "build_point_finder"):
        monkeypatch.setattr(samiam.polar, name, lambda: finder)
    monkeypatch.setattr("samiam.commands.polar.run.Linker", MadeLinker)
    monkeypatch.setattr(samiam.polar, "find_points", lambda micrograph, **_: find_blobs(micrograph))
    monkeypatch.setattr("samiam.polar.writing.results.write_charts", quick_charts)
    monkeypatch.chdir(tmp_path)

    def go(*words: str) -> tuple[int, str, str]:
        code = main(["polar", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return go


def quick_charts(folder: Path, video: PolarVideo) -> list[Path]:
    """In place of those that take a second to draw, see `test_polar_charts`."""
    for name in ("counts", "kymograph"):
        Image.new("L", (1, 1), len(video.notes)).save(folder / f"{name}.png")
    return [folder / "counts.png", folder / "kymograph.png"]


def write_stack(path: Path, frames: Any) -> Path:
    tifffile.imwrite(path, frames, imagej=True, metadata={"axes": "TYX", "finterval": 5.0}, resolution=(0.5, 0.5))
    return path


def write_folder(folder: Path, frames: Any, first: int = 1) -> Path:
    folder.mkdir()
    for number, frame in enumerate(frames, start=first):
        tifffile.imwrite(folder / f"frame_{number}.tif", frame)
    return folder


def write_video(path: Path, frames: Any) -> Path:
    size = (SHAPE_HW[1], SHAPE_HW[0])
    options = [cv2.VIDEOWRITER_PROP_IS_COLOR, 0]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"FFV1"), 10.0, size, options)
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def digests(folder: Path) -> dict[str, str]:
    """Of all files whose bytes the input alone decides."""
    files = [
        file for file in folder.rglob("*") if file.is_file() and file.name not in ("provenance.json", "report.html")
    ]
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_what_is_written(run: Run, tmp_path: Path) -> None:
    write_stack(tmp_path / "film.tif", made_video(4))
    code, out, err = run("film.tif", "-o", "out", "--pixel-size-nm", "2")
    assert (code, err) == (0, "")
    place = tmp_path / "out" / "film"
    assert {file.name for file in place.iterdir()} == FILES
    assert {*FILES_OF_KIND["polar"]} == FILES - {"provenance.json", "journal.jsonl"}
    assert "4 frames, 64 × 48 px, 2 nm/px, 5 s apart" in out
    assert "6 ends and 4 junctions of bright stripes in 4 frames: 3 tracks, 1 event" in out
    points = pd.read_csv(place / "points.csv")
    assert len(points) == 10
    first = points.iloc[0]
    assert (first.frame, first.kind, first.row_px, first.column_px, first.x_nm, first.y_nm) == (
        0,
        "end",
        12,
        10,
        20,
        24,
    )
    assert points.time_s.tolist() == [0.0] * 3 + [5.0] * 3 + [10.0] * 2 + [15.0] * 2
    tracks = pd.read_csv(place / "tracks.csv")
    assert tracks.groupby("track").frame.apply(list).to_dict() == {1: [0, 1, 2, 3], 2: [0, 1], 3: [0, 1, 2, 3]}
    (event,) = pd.read_csv(place / "events.csv").to_dict("records")
    assert (event["event"], event["frame"], event["time_s"], event["x_nm"]) == ("death", 2, 10.0, 90.0)
    assert pd.read_csv(place / "counts.csv")[["ends", "junctions"]].to_numpy().tolist() == [[2, 1]] * 2 + [[1, 1]] * 2
    assert pd.read_csv(place / "lifetimes.csv").lifetime_s.tolist() == [15.0, 5.0, 15.0]
    noted = json.loads((place / "provenance.json").read_text())
    assert (noted["kind"], noted["interval_s"], noted["interval_source"]) == ("polar", 5.0, "ImageJ frame interval")
    assert noted["input"]["sha256"] == hashlib.sha256((tmp_path / "film.tif").read_bytes()).hexdigest()
    assert (noted["config"]["finder"], noted["events"]) == ({"name": "blobs", "least": 0.4}, {"death": 1})
    report = (place / "report.html").read_text()
    assert report.count("data:image/") == 2 + 4
    assert "http" not in report


def test_points_are_labels_that_can_be_corrected(run: Run, tmp_path: Path) -> None:
    frames = made_video(3)
    frames[1] = made_frame([(20, 20, False)])
    write_stack(tmp_path / "film.tif", frames)
    run("film.tif", "-o", "out")
    (found, *_) = read_labelled_frames(tmp_path / "out" / "film" / "points.csv", video=tmp_path / "film.tif")
    assert (found.frame, len(found.points), found.sign) == (0, 3, "bright")
    tasks = json.loads((tmp_path / "out" / "film" / "label_studio.json").read_text())
    for number, task in enumerate(tasks):  # as Label Studio exports them once somebody has agreed
        task |= {"id": number, "annotations": [{"id": 1, "result": task.pop("predictions")[0]["result"]}]}
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    first, second, _ = read_labelled_frames(tmp_path / "export.json", video=tmp_path / "film.tif")
    np.testing.assert_allclose(first.points.positions_px, found.points.positions_px)
    assert (second.frame, second.points.positions_px.tolist()) == (1, [[20, 20]])
    assert found.points.is_junction.tolist() == [False, False, True] or found.points.is_junction.sum() == 1


@pytest.mark.parametrize("write", [write_stack, write_video, write_folder])
def test_the_same_frames_make_the_same_points(run: Run, tmp_path: Path, write: Callable[..., Path]) -> None:
    suffix = {write_stack: ".tif", write_video: ".mkv", write_folder: ""}[write]
    path = write(tmp_path / f"film{suffix}", made_video(3))
    assert run(str(path), "-o", "out")[0] == 0
    points = pd.read_csv(tmp_path / "out" / "film" / "points.csv")
    assert points[["row_px", "column_px"]].to_numpy().tolist()[:3] == [[12, 10], [24, 44], [30, 20]]
    assert points.time_s.isna().all() == (write is not write_stack)


class Killed(BaseException):
    """What no run can do anything about."""


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_run_that_was_killed_goes_on(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    write_stack(tmp_path / "film.tif", made_video(5))
    run("film.tif", "-o", "whole")
    seen: list[str] = []

    def kill(micrograph: Micrograph, **_: Any) -> Any:
        if len(seen) == after:
            raise Killed
        seen.append(micrograph.name)
        return find_blobs(micrograph)

    monkeypatch.setattr(samiam.polar, "find_points", kill)
    with pytest.raises(Killed):
        run("film.tif", "-o", "out")
    with open(tmp_path / "out" / "film" / "journal.jsonl", "a") as journal:
        journal.write('{"frame": 9, "na')  # the line that was being written

    def rest(micrograph: Micrograph, **_: Any) -> Any:
        assert micrograph.name not in seen, "what was found is not looked for again"
        return find_blobs(micrograph)

    monkeypatch.setattr(samiam.polar, "find_points", rest)
    code, out, _ = run("film.tif", "-o", "out")
    assert code == 0
    assert ("of them before" in out) == (after > 0)
    assert digests(tmp_path / "out") == digests(tmp_path / "whole")


def test_ctrl_c_says_that_it_can_go_on(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_stack(tmp_path / "film.tif", made_video(2))

    def interrupted(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(samiam.polar, "find_points", interrupted)
    code, _, err = run("film.tif")
    assert code == 130
    assert "stopped after 0 frames; the same command goes on there" in err


class TestOtherResults:
    def test_of_another_video(self, run: Run, tmp_path: Path) -> None:
        write_stack(tmp_path / "film.tif", made_video(2))
        run("film.tif", "-o", "out")
        before = digests(tmp_path / "out")
        write_stack(tmp_path / "film.tif", made_video(3))
        code, _, err = run("film.tif", "-o", "out")
        assert (code, "results of another run (other source)" in err) == (2, True)
        assert digests(tmp_path / "out") == before
        assert run("film.tif", "-o", "out", "--overwrite")[0] == 0
        assert len(pd.read_csv(tmp_path / "out" / "film" / "counts.csv")) == 3

    def test_of_other_settings(self, run: Run, tmp_path: Path) -> None:
        write_stack(tmp_path / "film.tif", made_video(2))
        run("film.tif", "-o", "out")
        code, _, err = run("film.tif", "-o", "out", "--invert")
        assert (code, "other config" in err) == (2, True)

    def test_of_another_interval(self, run: Run, tmp_path: Path) -> None:
        """Points are the same; times are written anew, and it is said."""
        write_stack(tmp_path / "film.tif", made_video(3))
        run("film.tif", "-o", "out")
        code, out, _ = run("film.tif", "-o", "out", "--interval-s", "2")
        assert (code, "the time between frames was 5 s and is 2 s now: all times are written anew" in out) == (0, True)
        run("film.tif", "-o", "whole", "--interval-s", "2")
        assert digests(tmp_path / "out") == digests(tmp_path / "whole")
        assert "all times" not in run("film.tif", "-o", "out", "--interval-s", "2")[1]

    def test_of_other_frames_of_a_folder(self, run: Run, tmp_path: Path) -> None:
        folder = write_folder(tmp_path / "film", made_video(3))
        run("film", "-o", "out")
        tifffile.imwrite(folder / "frame_2.tif", made_video(4)[3])
        code, _, err = run("film", "-o", "out")
        assert (code, "frame_2.tif is not the frame_2.tif that it was, so that the results in out" in err) == (2, True)

    @pytest.mark.parametrize("lost", ["removed", "damaged"])
    def test_of_frames_that_are_lost(self, run: Run, tmp_path: Path, lost: str) -> None:
        folder = write_folder(tmp_path / "film", made_video(3))
        run("film", "-o", "out")
        before = digests(tmp_path / "out")
        (folder / "frame_3.tif").unlink() if lost == "removed" else (folder / "frame_3.tif").write_bytes(b"II*\0")
        code, _, err = run("film", "-o", "out")
        assert (code, "frame_3.tif is n" in err) == (2, True)
        assert digests(tmp_path / "out") == before

    def test_nothing_is_overwritten_by_what_is_no_video(self, run: Run, tmp_path: Path) -> None:
        write_stack(tmp_path / "film.tif", made_video(2))
        run("film.tif", "-o", "out")
        before = digests(tmp_path / "out")
        (tmp_path / "film.tif").write_bytes(b"II*\0")
        assert run("film.tif", "-o", "out", "--overwrite")[0] == 2
        assert digests(tmp_path / "out") == before

    def test_of_another_command(self, run: Run, tmp_path: Path) -> None:
        write_stack(tmp_path / "film.tif", made_video(2))
        (tmp_path / "out" / "film").mkdir(parents=True)
        (tmp_path / "out" / "film" / "provenance.json").write_text('{"kind": "particles"}')
        code, _, err = run("film.tif", "-o", "out", "--overwrite")
        assert (code, "holds results of samiam particles" in err) == (2, True)

    def test_frames_that_were_added_are_gone_on_with(self, run: Run, tmp_path: Path) -> None:
        folder = write_folder(tmp_path / "film", made_video(2))
        run("film", "-o", "out")
        for number, frame in enumerate(made_video(4)[2:], start=3):
            tifffile.imwrite(folder / f"frame_{number}.tif", frame)
        run("film", "-o", "out")
        run("film", "-o", "whole")
        assert digests(tmp_path / "out") == digests(tmp_path / "whole")


class TestFramesThatCannotBeUsed:
    def test_one_in_the_middle(self, run: Run, tmp_path: Path) -> None:
        """Blank, without stripes, of another size, damaged and missing ones: what is said, and that nothing is lost."""
        frames = made_video(8)
        folder = write_folder(tmp_path / "film", frames)
        tifffile.imwrite(folder / "frame_2.tif", np.full(SHAPE_HW, 7, np.uint8))
        tifffile.imwrite(folder / "frame_3.tif", made_frame([]))
        tifffile.imwrite(folder / "frame_4.tif", frames[3][:40])
        (folder / "frame_5.tif").write_bytes((folder / "frame_5.tif").read_bytes()[:900])
        (folder / "frame_6.tif").unlink()
        code, out, _ = run("film", "-o", "out", "--interval-s", "2")
        assert code == 0
        for said in (
            "1 frame is missing: 6 in the numbers of the files",
            "4 frames could not be used",
            "frame_2.tif: every pixel is 7",
            "frame_3.tif: no stripes stand out",
            "frame_4.tif: is 64 × 40 px, the frames before are 64 × 48 px",
            "frame_5.tif: ",
        ):
            assert said in out
        counts = pd.read_csv(tmp_path / "out" / "film" / "counts.csv")
        assert counts.frame.tolist() == [0, 1, 2, 3, 4, 6, 7]
        assert counts.time_s.tolist() == [0, 2, 4, 6, 8, 12, 14]
        assert counts.ends.isna().tolist() == [False, True, True, True, True, False, False]

    def test_one_without_stripes_where_the_period_is_given(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def found(micrograph: Micrograph, **_: object) -> Any:
            points = find_blobs(micrograph)
            is_noise = micrograph.metadata["frame"] == 1
            return replace(points, shows_stripes=not is_noise, remark="noise: nothing is taken for a point" * is_noise)

        monkeypatch.setattr(samiam.polar, "find_points", found)
        write_stack(tmp_path / "film.tif", made_video(3))
        code, out, _ = run("film.tif", "-o", "out", "--period-px", "12")
        assert (code, "1 frame could not be used: frame 1: noise: nothing is taken" in out) == (0, True)
        counts = pd.read_csv(tmp_path / "out" / "film" / "counts.csv")
        assert counts.ends.isna().tolist() == [False, True, False]

    def test_those_of_another_magnification(self, run: Run, tmp_path: Path) -> None:
        folder = write_folder(tmp_path / "film", made_video(4))
        for number, per_um in ((2, 1000), (3, 1004), (4, 2000)):  # the first says nothing
            frame = tifffile.imread(folder / f"frame_{number}.tif")
            size = {"imagej": True, "resolution": (per_um, per_um), "metadata": {"unit": "um"}}
            tifffile.imwrite(folder / f"frame_{number}.tif", frame, **size)
        code, out, _ = run("film", "-o", "out")
        assert code == 0
        assert "frame_4.tif: has pixels of 0.5 nm, the frames before of 1 nm" in out
        assert "1 frame could not be used" in out

    def test_all_of_them(self, run: Run, tmp_path: Path) -> None:
        write_stack(tmp_path / "film.tif", np.stack([made_frame([], seed) for seed in range(3)]))
        code, _, err = run("film.tif", "-o", "out")
        assert (code, "none of 3 frames could be used: frame 0 no stripes stand out" in err) == (2, True)
        assert not (tmp_path / "out" / "film").exists()

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("nowhere", "no such file or folder"),
            ("empty", "is empty; give the folder that the frames are in"),
            ("texts", "holds no frames"),
            ("one.tif", "holds one image; give a stack, a video or the folder"),
            ("film.mp4", "cannot be read as a video"),
            ("notes.txt", "unknown kind '.txt'; give a video or a stack"),
            ("zero.mp4", "is empty (0 bytes)"),
        ],
    )
    def test_what_is_no_video(self, run: Run, tmp_path: Path, name: str, message: str) -> None:
        (tmp_path / "empty").mkdir()
        (tmp_path / "texts").mkdir()
        (tmp_path / "texts" / "notes.txt").write_text("x")
        tifffile.imwrite(tmp_path / "one.tif", made_frame([(20, 20, False)]))
        (tmp_path / "film.mp4").write_bytes(np.random.default_rng(0).bytes(5000))
        (tmp_path / "notes.txt").write_text("x")
        (tmp_path / "zero.mp4").touch()
        code, out, err = run(name, "-o", "out")
        assert (code, out) == (2, "")
        assert message in err
        assert len(err.splitlines()) == 1
        assert not (tmp_path / "out").exists()


class TestWatch:
    def test_frames_are_taken_as_they_land(self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        frames = made_video(4)
        folder = write_folder(tmp_path / "film", frames[:1])
        clock = FakeClock(monkeypatch)
        clock.at(5, lambda: tifffile.imwrite(folder / "frame_2.tif", frames[1]))
        clock.at(12, lambda: (folder / "frame_4.tif").write_bytes((folder / "frame_2.tif").read_bytes()[:700]))
        clock.at(14, lambda: tifffile.imwrite(folder / "frame_4.tif", frames[3]))
        clock.at(20, lambda: tifffile.imwrite(folder / "frame_3.tif", frames[2]))
        code, out, _ = run("film", "-o", "out", "--watch-until-idle-s", "30")
        assert code == 0
        assert [f"{n} frame{'s' * (n > 1)} so far" in out for n in (1, 2, 3)] == [True] * 3
        assert "frame_3.tif was left out: it landed after frame_4.tif" in out
        counts = pd.read_csv(tmp_path / "out" / "film" / "counts.csv")
        assert counts[["frame", "name", "ends"]].to_numpy().tolist() == [
            [0, "frame_1.tif", 2],
            [1, "frame_2.tif", 2],
            [3, "frame_4.tif", 1],
        ]

    def test_files_that_are_there_tell_the_steps(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        frames = made_video(4)
        folder = tmp_path / "film"
        folder.mkdir()
        for number, frame in zip((0, 5, 6, 7), frames, strict=True):
            tifffile.imwrite(folder / f"im_{number}.tif", frame)
        FakeClock(monkeypatch)
        code, out, _ = run("film", "-o", "out", "--interval-s", "2", "--watch-until-idle-s", "3")
        assert (code, "4 frames are missing: 1 to 4 in the numbers of the files" in out) == (0, True)
        counts = pd.read_csv(tmp_path / "out" / "film" / "counts.csv")
        assert counts[["frame", "time_s"]].to_numpy().tolist() == [[0, 0], [5, 10], [6, 12], [7, 14]]
        run("film", "-o", "whole", "--interval-s", "2")
        assert digests(tmp_path / "out") == digests(tmp_path / "whole")

    def test_steps_that_become_smaller_are_told(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        frames = made_video(4)
        folder = write_folder(tmp_path / "film", frames[:1], first=0)
        clock = FakeClock(monkeypatch)
        clock.at(5, lambda: tifffile.imwrite(folder / "frame_5.tif", frames[1]))
        clock.at(12, lambda: tifffile.imwrite(folder / "frame_6.tif", frames[2]))
        clock.at(19, lambda: tifffile.imwrite(folder / "frame_7.tif", frames[3]))
        code, out, _ = run("film", "-o", "out", "--watch-until-idle-s", "20")
        assert (code, "from frame_7.tif on numbers in the names go on in other steps" in out) == (0, True)
        assert pd.read_csv(tmp_path / "out" / "film" / "counts.csv").frame.tolist() == [0, 1, 2, 3]
        code, _, err = run("film", "-o", "out")
        assert (code, "frame_5.tif is frame 5 now, and was 1" in err) == (2, True)

    def test_ctrl_c_ends_it_and_it_can_go_on(self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        frames = made_video(3)
        folder = write_folder(tmp_path / "film", frames[:2])
        clock = FakeClock(monkeypatch)
        clock.at(9, clock.interrupt)
        assert run("film", "-o", "out", "--watch")[0] == 0
        assert len(pd.read_csv(tmp_path / "out" / "film" / "counts.csv")) == 2
        tifffile.imwrite(folder / "frame_3.tif", frames[2])
        clock.at(clock.now + 9, clock.interrupt)
        code, out, _ = run("film", "-o", "out", "--watch")
        assert (code, "3 frames, 2 of them before" in out) == (0, True)
        run("film", "-o", "whole")
        assert digests(tmp_path / "out") == digests(tmp_path / "whole")

    def test_a_last_frame_that_is_half_written_is_told(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        frames = made_video(3)
        folder = write_folder(tmp_path / "film", frames[:2])
        clock = FakeClock(monkeypatch)
        clock.at(5, lambda: (folder / "frame_3.tif").write_bytes((folder / "frame_2.tif").read_bytes()[:700]))
        clock.at(5.5, lambda: (folder / "frame_4.tif").touch())
        code, out, _ = run("film", "-o", "out", "--watch-until-idle-s", "8")
        assert (code, "2 frames could not be used: frame_3.tif: " in out) == (0, True)
        assert pd.read_csv(tmp_path / "out" / "film" / "counts.csv")["name"].tolist()[2:] == [
            "frame_3.tif",
            "frame_4.tif",
        ]

    def test_nothing_lands(self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        FakeClock(monkeypatch)
        (tmp_path / "film").mkdir()
        code, _, err = run("film", "-o", "out", "--watch-until-idle-s", "3")
        assert (code, "no frame has landed in it" in err) == (2, True)
        assert not (tmp_path / "out" / "film").exists()

    def test_what_cannot_be_watched(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        for words in (["film.mp4"], ["a", "b"]):
            code, _, err = run(*words, "--watch")
            assert (code, "give one folder that is there" in err) == (2, True)


class FakeClock:
    """Time that passes when somebody waits for it, and what happens meanwhile."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.plans = 0.0, dict[float, Callable[[], object]]()
        fake = SimpleNamespace(monotonic=lambda: self.now, sleep=self.sleep)
        monkeypatch.setattr("samiam.formats.frames.landing.time", fake)

    def at(self, when: float, act: Callable[[], object]) -> None:
        self.plans[when] = act

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for when in [when for when in self.plans if when <= self.now]:
            self.plans.pop(when)()

    @staticmethod
    def interrupt() -> None:
        raise KeyboardInterrupt


def test_pictures_are_of_the_frames(run: Run, tmp_path: Path) -> None:
    write_stack(tmp_path / "film.tif", made_video(2))
    run("film.tif", "-o", "out")
    with Image.open(tmp_path / "out" / "film" / "overlays" / "frame_0000.png") as picture:
        scale = picture.width / SHAPE_HW[1]
        colours = {picture.getpixel((round((10.5 + dx) * scale), round(12.5 * scale))) for dx in np.linspace(-4, 4, 65)}
    assert (230, 159, 0) in colours, "an end has an orange ring"


def test_no_points_at_all_is_said(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from samiam.polar.result import PolarPoints
    from samiam.records.polar_scene import Points

    nothing = lambda micrograph, **_: PolarPoints(micrograph, Points([], []), "bright", 8.0, "all stripes go through")  # noqa: E731
    monkeypatch.setattr(samiam.polar, "find_points", nothing)
    write_stack(tmp_path / "film.tif", made_video(2))
    code, out, err = run("film.tif", "-o", "out")
    assert (code, "all stripes go through" in out, "no end and no junction was found" in err) == (1, True, True)
    points = pd.read_csv(tmp_path / "out" / "film" / "points.csv")
    assert points.frame.tolist() == [0, 1]
    assert points.kind.isna().all()


@pytest.mark.parametrize(("period_px", "why"), [("1", "less than 2 px"), ("1.99", "less than 2"), ("0", "not a pos")])
def test_a_period_that_no_stripes_have(
    tmp_path: Path, period_px: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["polar", str(tmp_path), "--period-px", period_px, "-o", str(tmp_path / "out")])
    assert f"argument --period-px: '{period_px}' is {why}" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
