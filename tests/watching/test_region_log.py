"""The log of a folder that is watched."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from samiam.errors import InputError
from samiam.formats.frames.state import State
from samiam.watching.arrivals import Arrival
from samiam.watching.log import REGIONS, RegionLog


def arrival(folder: Path, name: str, size: int = 3) -> Arrival[str]:
    return Arrival(folder / name, State(size, 10**18 + 1), "loaded")


def test_lines_are_read_again(tmp_path: Path) -> None:
    log = RegionLog(tmp_path / "out", tmp_path, "segment")
    line = log.add(arrival(tmp_path, "a.tif"), {"value": float("nan"), "text": "Å"})
    log.add(arrival(tmp_path, "b.tif", 4), {})
    assert line["path"] == str(tmp_path / "a.tif")
    text = (tmp_path / "out" / REGIONS).read_text(encoding="utf-8")
    assert json.loads(text.splitlines()[0])["value"] is None
    again = RegionLog(tmp_path / "out", tmp_path, "segment")
    states = {name: noted.state for name, noted in again.last.items()}
    assert states == {"a.tif": State(3, 10**18 + 1), "b.tif": State(4, 10**18 + 1)}


def test_the_last_line_of_each_file_counts(tmp_path: Path) -> None:
    log = RegionLog(tmp_path / "out", tmp_path, "segment")
    for name, facts in (("a.tif", {"results": "out/a"}), ("b.tif", {"fault": "odd"}), ("a.tif", {"fault": "full"})):
        log.add(arrival(tmp_path, name), facts)
    again = RegionLog(tmp_path / "out", tmp_path, "segment")
    assert again.last == log.last
    assert {name: noted.facts for name, noted in again.last.items()} == {
        "a.tif": {"fault": "full"},
        "b.tif": {"fault": "odd"},
    }


def test_lines_of_another_kind_do_not_count(tmp_path: Path) -> None:
    log = RegionLog(tmp_path / "out", tmp_path, "segment")
    log.add(arrival(tmp_path, "a.tif"), {"results": "out/a", "kind": "segment"})
    log.add(arrival(tmp_path, "b.tif"), {"fault": "cannot be read"})
    assert list(RegionLog(tmp_path / "out", tmp_path, "particles").last) == ["b.tif"]


def test_a_fault_in_one_state_is_noted_once(tmp_path: Path) -> None:
    log = RegionLog(tmp_path / "out", tmp_path, "segment")
    log.add(arrival(tmp_path, "a.tif"), {"fault": "full"})
    assert log.has(arrival(tmp_path, "a.tif"), {"fault": "still full"})
    assert not log.has(arrival(tmp_path, "a.tif", 4), {"fault": "still full"})
    assert not log.has(arrival(tmp_path, "a.tif"), {"results": "out/a"})


def test_the_line_in_which_a_run_was_killed_is_none(tmp_path: Path) -> None:
    RegionLog(tmp_path / "out", tmp_path, "segment").add(arrival(tmp_path, "a.tif"), {})
    path = tmp_path / "out" / REGIONS
    whole = path.read_text()
    path.write_text(whole + whole[: len(whole) // 2])
    log = RegionLog(tmp_path / "out", tmp_path, "segment")
    assert list(log.last) == ["a.tif"]
    log.add(arrival(tmp_path, "b.tif"), {})
    assert [Path(json.loads(line)["path"]).name for line in path.read_text().splitlines()] == ["a.tif", "b.tif"]


def test_lines_of_another_folder_and_of_others_stay(tmp_path: Path) -> None:
    RegionLog(tmp_path / "out", tmp_path / "other", "segment").add(arrival(tmp_path / "other", "a.tif"), {})
    path = tmp_path / "out" / REGIONS
    path.write_text(path.read_text() + "notes of somebody\n[1]\n")
    log = RegionLog(tmp_path / "out", tmp_path, "segment")
    assert log.last == {}
    assert len(path.read_text().splitlines()) == 3


@pytest.mark.skipif(os.name == "nt", reason="making links needs rights on Windows")
def test_a_link_is_known_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "b.tif").write_text("b")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.tif").symlink_to(tmp_path / "else" / "b.tif")
    RegionLog(tmp_path / "out", tmp_path / "in", "segment").add(arrival(tmp_path / "in", "a.tif"), {})
    assert list(RegionLog(tmp_path / "out", tmp_path / "in", "segment").last) == ["a.tif"]


def test_two_runs_do_not_write_to_one_log(tmp_path: Path) -> None:
    first = RegionLog(tmp_path / "out", tmp_path, "segment")
    RegionLog(tmp_path / "out", tmp_path, "segment").add(arrival(tmp_path, "a.tif"), {})
    with pytest.raises(InputError, match="another run writes to it"):
        first.add(arrival(tmp_path, "b.tif"), {})
