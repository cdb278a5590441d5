from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from file_writers import write_ser
from refusals import refusal

from samiam.formats import open_frames, read_micrograph
from samiam.formats.readers import read


@pytest.fixture(autouse=True)
def _without_rosettasciio(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which reads .emi itself."""
    monkeypatch.setattr(read, "_is_of_others", lambda _: False)


def said_of(path: Path) -> str:
    path.write_bytes(b"JJ")
    return refusal(lambda: read_micrograph(path)).removeprefix(f"{path}: ")


def test_the_file_with_the_image_is_named(tmp_path: Path) -> None:
    write_ser(tmp_path / "Scan 3_1.ser", np.ones((1, 20, 20), np.uint16))
    (tmp_path / "Scan 31_1.ser").touch()
    (tmp_path / "Scan 3_notes.ser").touch()
    assert said_of(tmp_path / "Scan 3.emi") == "holds no image; give the file of TIA beside it: Scan 3_1.ser."
    (tmp_path / "a.EMI").write_bytes(b"JJ")
    assert "a_1.ser" in refusal(lambda: open_frames(tmp_path / "a.EMI"))


def test_of_several_each_is_named(tmp_path: Path) -> None:
    for number in (1, 2, 3, 10, 11):
        (tmp_path / f"a_{number}.ser").touch()
    assert said_of(tmp_path / "a.emi").endswith(
        "one of the files of TIA beside it: a_1.ser, a_2.ser, a_3.ser and 2 more."
    )


def test_a_file_that_is_not_there_is_named_too(tmp_path: Path) -> None:
    assert said_of(tmp_path / "a.emi").startswith("holds no image: TIA writes them to a_1.ser and so on, none of which")
