"""JSON as it stands in files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from samiam.formats.writers.strict_json import write_json


@pytest.mark.usefixtures("ascii_locale")
def test_text_is_written_as_it_is_read(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.json", {"unit": "Å", "values": (1, np.float32(0.5), float("inf"))})
    text = path.read_text(encoding="utf-8")
    assert text == '{\n "unit": "Å",\n "values": [\n  1,\n  0.5,\n  null\n ]\n}'
