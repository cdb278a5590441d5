"""Videos of labyrinths on disk: as drawn, going on after an interruption, and what ships."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from samiam.errors import InputError
from simulate.cli import main
from simulate.labyrinth import VideoSettings, draw_video, read_shipped_video
from simulate.labyrinth.folders import read_video, write_video
from simulate.labyrinth.settings import LabyrinthConditions

SMALL = VideoSettings(frames=3, size_px=96, conditions=LabyrinthConditions(period_px=(12, 12)))


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_written_video_is_read_as_it_was_drawn(tmp_path: Path) -> None:
    for drawn, read in zip(draw_video(SMALL), read_video(write_video(tmp_path, SMALL)), strict=True):
        np.testing.assert_allclose(read.micrograph.pixels, drawn.micrograph.pixels, atol=0.5 / 255 + 1e-6)
        np.testing.assert_array_equal(read.stripes, drawn.stripes)
        np.testing.assert_allclose(read.points.positions_px, drawn.points.positions_px, atol=1e-3)
        np.testing.assert_array_equal(read.points.is_junction, drawn.points.is_junction)
        assert (read.frame, read.video, read.sign) == (drawn.frame, drawn.video, drawn.sign)
        assert read.parameters["offset_px"] == pytest.approx(drawn.parameters["offset_px"])


def test_an_interrupted_video_goes_on_to_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, broken = write_video(tmp_path / "whole", SMALL), tmp_path / "broken"
    with monkeypatch.context() as patched:
        from simulate.labyrinth import folders

        writes = folders._write_images

        def stops(place: Path, scene: object) -> None:
            if scene.frame == 1:  # type: ignore[attr-defined]
                raise KeyboardInterrupt
            writes(place, scene)  # type: ignore[arg-type]

        patched.setattr(folders, "_write_images", stops)
        with pytest.raises(KeyboardInterrupt):
            write_video(broken, SMALL)
    with pytest.raises(InputError, match="has 1 of 3 frames"):
        list(read_video(broken))
    write_video(broken, SMALL)
    assert hashes(broken) == hashes(whole)
    write_video(broken, SMALL)  # nothing is left to do
    assert hashes(broken) == hashes(whole)


def test_a_folder_of_another_video_is_refused(tmp_path: Path) -> None:
    write_video(tmp_path, replace(SMALL, frames=1))
    with pytest.raises(InputError, match="drawn otherwise"):
        write_video(tmp_path, SMALL)
    with pytest.raises(InputError, match="holds no video"):
        list(read_video(tmp_path / "nothing"))


def test_the_command_writes_what_its_words_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["labyrinth", str(tmp_path / "v"), "--frames", "1", "--size", "96", "--physics", "ginzburg_landau"]
    assert main([*words, "--range", "period_px", "12", "12", "--sign", "dark", "--seed", "3"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "v")
    made = json.loads((tmp_path / "v" / "settings.json").read_text())
    assert (made["physics"], made["sign"], made["seed"], made["size_px"]) == ("ginzburg_landau", "dark", 3, 96)
    assert made["conditions"]["period_px"] == [12.0, 12.0]
    assert made["conditions"]["noise"] == [0.0, 3.0]


@pytest.mark.parametrize("words", [["--size", "20"], ["--range", "period_px", "2", "9"], ["--range", "hue", "0", "1"]])
def test_words_that_cannot_be_used_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert main(["labyrinth", str(tmp_path / "v"), *words]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert words[-3 if words[0] == "--range" else 0].lstrip("-") in said
    assert not (tmp_path / "v").exists()


def test_a_video_ships() -> None:
    scenes = read_shipped_video()
    assert len(scenes) == 12
    assert {scene.micrograph.shape_hw for scene in scenes} == {(256, 256)}
    assert min(len(scene.points) for scene in scenes) > 40
    counts = [len(scene.points.of_kind("end")) for scene in scenes]
    assert len(set(counts)) > 1, "nothing happens in it"
