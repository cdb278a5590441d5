"""Readers of ncempy without the rest of it."""

from __future__ import annotations

import sys

import pytest

from samiam.formats.readers.ncempy_modules import ncempy_io


def test_a_reader_by_itself() -> None:
    before = set(sys.modules)
    assert hasattr(ncempy_io("ser"), "fileSER")
    assert "ncempy.io.ser" not in set(sys.modules) - before


def test_one_that_there_is_not() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'ncempy\.io\.nothing'") as caught:
        ncempy_io("nothing")
    assert caught.value.name == "ncempy.io.nothing"
