"""Every frame of a stack as an image of its own."""

import csv
from pathlib import Path

import numpy as np
import pytest
import tifffile

from samiam.cli import main
from samiam.commands.files.every_frame import Image, every_frame
from samiam.formats.writers.overview.tables import write_below_one_another


def test_a_stack_is_its_frames_and_other_files_are_one_image_each(tmp_path: Path) -> None:
    stack, single, broken = (tmp_path / f"{name}.npy" for name in ("stack", "single", "broken"))
    images = np.arange(3 * 32 * 32, dtype=np.float32).reshape(3, 32, 32)
    np.save(stack, images)
    np.save(single, images[0])
    broken.write_bytes(b"none")
    found = every_frame([stack, single, broken], None)
    assert found == [*(Image(stack, frame) for frame in range(3)), Image(single), Image(broken)]
    assert [image.alias.name for image in found[2:4]] == ["stack_frame0002.npy", "single.npy"]


def test_tables_say_which_frame(tmp_path: Path) -> None:
    for name, frame in (("a_frame0004", 4), ("b", None)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "provenance.json").write_text(f'{{"input": {{"frame": {"null" if frame is None else frame}}}}}')
        (folder / "materials.csv").write_text("area_px\n7\n")
    written = write_below_one_another(tmp_path / "materials.csv", [tmp_path / "a_frame0004", tmp_path / "b"])
    with written.open() as file:
        assert [(row["image"], row["frame"]) for row in csv.DictReader(file)] == [("a_frame0004", "4"), ("b", "")]


def test_from_words_to_tables_and_a_second_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stack = tmp_path / "stack.tif"
    rows, columns = np.indices((64, 96))
    frame = np.where(columns < 48, columns % 6 < 3, 0.5 * (rows % 12 < 6))
    tifffile.imwrite(stack, (255 * np.stack([frame, frame[::-1]])).astype(np.uint8), photometric="minisblack")
    words = ["segment", str(stack), "--frame", "all", "-k", "2", "-o", str(tmp_path / "out"), "--workers", "1"]
    assert main(words) == 0
    with (tmp_path / "out" / "materials.csv").open() as file:
        found = [(row["image"], row["frame"]) for row in csv.DictReader(file)]
    assert found == [(f"stack_frame000{frame}", str(frame)) for frame in (0, 0, 1, 1)]
    capsys.readouterr()
    assert main(words) == 0
    assert "2 of them as before" in capsys.readouterr().out


@pytest.mark.parametrize("given", ["every", "-1"])
def test_a_frame_is_a_number_or_all(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["segment", "x.tif", "--frame", given])
    assert f"--frame: {given!r} is neither the number of a frame, 0 or more, nor `all`" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["--frame", "--channel"])
@pytest.mark.parametrize("given", ["-1", "first"])
def test_places_are_counted_from_0(word: str, given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["info", "x.tif", word, given])
    assert f"{word}: {given!r} is not a whole number, 0 or more" in capsys.readouterr().err
