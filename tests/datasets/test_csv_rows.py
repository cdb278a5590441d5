"""Tables that somebody wrote by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from refusals import refusal

from samiam.datasets.csv_rows import csv_rows


@pytest.mark.usefixtures("ascii_locale")
def test_cells_are_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('\ufeffname,Å\r\n"a\r\nb",1\r\n\r\n"c\rd","x,y"\n'.encode())
    assert csv_rows(path) == [["name", "Å"], ["a\r\nb", "1"], [], ["c\rd", "x,y"]]


def test_what_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert f"{path}: cannot be read as CSV" in refusal(lambda: csv_rows(path))
    path.write_bytes(b"name\n\xff\xfe\n")
    assert f"{path}: cannot be read as CSV" in refusal(lambda: csv_rows(path))
