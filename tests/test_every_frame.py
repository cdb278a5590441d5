"""Every frame of a stack as an image of its own."""

import csv
from pathlib import Path

import numpy as np

from samiam.commands.every_frame import Image, every_frame
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
