"""Which image a folder holds the results of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from samiam.formats.writers.earlier import PROVENANCE, other_image_in

FACTS: dict[str, Any] = {"sha256": "00ff", "frame": 1, "channel": None, "dataset": "HAADF"}


def folder_of(tmp_path: Path, **changes: Any) -> Path:
    noted = {"input": {"path": "Å/a.dm4", **FACTS, **changes}}
    (tmp_path / PROVENANCE).write_text(json.dumps(noted, ensure_ascii=False), encoding="utf-8")
    return tmp_path


def test_the_same_image(tmp_path: Path) -> None:
    assert other_image_in(folder_of(tmp_path), {**FACTS, "path": "moved.dm4"}) is None


@pytest.mark.usefixtures("ascii_locale")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sha256": "00fe", "frame": 2}, ""),
        ({"frame": 2}, " with frame 1"),
        ({"channel": 0, "dataset": "ABF"}, " with no channel and dataset HAADF"),
    ],
)
def test_another_image_of_the_file_or_of_another(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    assert other_image_in(folder_of(tmp_path), {**FACTS, **changes}) == f"Å/a.dm4{said}"


@pytest.mark.parametrize("of", ["theirs", "ours"])
def test_what_came_from_no_file_may_be_the_same(tmp_path: Path, of: str) -> None:
    folder = folder_of(tmp_path, **({"sha256": None} if of == "theirs" else {}))
    assert other_image_in(folder, {"frame": 2, **({"sha256": "00fe"} if of == "theirs" else {})}) is None


@pytest.mark.parametrize("content", [None, "", "{", "[]", "{}", '{"input": 3}', '{"input": {"sha256": "00ff"}}'])
def test_what_says_nothing(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / PROVENANCE).write_text(content)
    assert other_image_in(tmp_path, FACTS) is None
