"""The log of a folder that is watched."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from samiam.errors import InputError
from samiam.watching.arrivals import Arrival, State
from samiam.watching.log import REGIONS, RegionLog


def arrival(folder: Path, name: str, size: int = 3) -> Arrival[str]:
    return Arrival(folder / name, State(size, 10**18 + 1), "loaded")


def test_lines_are_read_again(tmp_path: Path) -> None:
    log = RegionLog(tmp_path / "out", tmp_path)
    line = log.add(arrival(tmp_path, "a.tif"), {"value": float("nan"), "text": "Å"})
    log.add(arrival(tmp_path, "b.tif", 4), {})
    assert line["path"] == str(tmp_path / "a.tif")
    text = (tmp_path / "out" / REGIONS).read_text(encoding="utf-8")
    assert json.loads(text.splitlines()[0])["value"] is None
    again = RegionLog(tmp_path / "out", tmp_path)
    assert again.taken == {"a.tif": State(3, 10**18 + 1), "b.tif": State(4, 10**18 + 1)}
    assert [Path(line["path"]).name for line in again.latest] == ["a.tif", "b.tif"]
    again.add(arrival(tmp_path, "c.tif"), {})
    latest = RegionLog(tmp_path / "out", tmp_path).latest
    assert [Path(line["path"]).name for line in latest] == ["b.tif", "c.tif"]


def test_the_line_in_which_a_run_was_killed_is_none(tmp_path: Path) -> None:
    RegionLog(tmp_path / "out", tmp_path).add(arrival(tmp_path, "a.tif"), {})
    path = tmp_path / "out" / REGIONS
    whole = path.read_text()
    path.write_text(whole + whole[: len(whole) // 2])
    log = RegionLog(tmp_path / "out", tmp_path)
    assert list(log.taken) == ["a.tif"]
    log.add(arrival(tmp_path, "b.tif"), {})
    assert [Path(json.loads(line)["path"]).name for line in path.read_text().splitlines()] == ["a.tif", "b.tif"]


def test_lines_of_another_folder_and_of_others_stay(tmp_path: Path) -> None:
    RegionLog(tmp_path / "out", tmp_path / "other").add(arrival(tmp_path / "other", "a.tif"), {})
    path = tmp_path / "out" / REGIONS
    path.write_text(path.read_text() + "notes of somebody\n[1]\n")
    log = RegionLog(tmp_path / "out", tmp_path)
    assert log.taken == {}
    assert log.latest == []
    assert len(path.read_text().splitlines()) == 3


@pytest.mark.skipif(os.name == "nt", reason="making links needs rights on Windows")
def test_a_link_is_known_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "b.tif").write_text("b")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.tif").symlink_to(tmp_path / "else" / "b.tif")
    RegionLog(tmp_path / "out", tmp_path / "in").add(arrival(tmp_path / "in", "a.tif"), {})
    assert list(RegionLog(tmp_path / "out", tmp_path / "in").taken) == ["a.tif"]


def test_two_runs_do_not_write_to_one_log(tmp_path: Path) -> None:
    first = RegionLog(tmp_path / "out", tmp_path)
    RegionLog(tmp_path / "out", tmp_path).add(arrival(tmp_path, "a.tif"), {})
    with pytest.raises(InputError, match="another run writes to it"):
        first.add(arrival(tmp_path, "b.tif"), {})
