"""What a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samiam.storage.csv_cells import inert, inert_table, read_back


@pytest.mark.parametrize("text", ["=1+1", "+cmd|x", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "'=1"])
def test_formulas_become_texts(text: str) -> None:
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("cell", ["Ge", "", "-3.5", "+1e-9", "1", "'n'", -3.5, 0, None, "a=b"])
def test_all_else_stays(cell: object) -> None:
    assert inert(cell) == cell


@given(st.text())
def test_texts_come_back(text: str) -> None:
    assert read_back(str(inert(text))) == text


def test_a_table() -> None:
    table = pd.DataFrame({"name": ["=1+1", None], "change": [-0.5, 2.0], "@x": pd.Series([-1, None], dtype="Int64")})
    written = io.StringIO()
    inert_table(table).to_csv(written, index=False)
    assert list(csv.reader(io.StringIO(written.getvalue()))) == [
        ["name", "change", "'@x"],
        ["'=1+1", "-0.5", "-1"],
        ["", "2.0", ""],
    ]
