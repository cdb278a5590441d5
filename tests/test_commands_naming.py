"""The folder of each image: of its name, and the same in every run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samiam.commands.files.naming import Source, folder_names, places_of
from samiam.formats.writers.earlier import PROVENANCE


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["a.png", "b.tif"], ["a", "b"]),
        (["a.png", "a.tif", "b.tif"], ["a.png", "a.tif", "b"]),
        (["x/a.png", "y/a.png"], ["a.png-1", "a.png-2"]),
        (["x/a.png", "y/a.png", "z/a.tif"], ["a.png-1", "a.png-2", "a.tif"]),
        (["a.png", "a.tif", "a.png.tif"], ["a.png-1", "a.tif", "a.png-2"]),
        (["x/a.png", "y/a.png", "a.png-1.tif"], ["a.png-2", "a.png-3", "a.png-1"]),
        (["...tif", ".a.tif", "x/..", ".png"], ["tif", "a", "image", "png"]),
        (["...tif", "..tif", "....tif"], ["tif-1", "tif-2", "tif-3"]),
        ([], []),
    ],
)
def test_folder_names(paths: list[str], expected: list[str]) -> None:
    assert folder_names([Path(path) for path in paths]) == expected


names = st.sampled_from(["a", "a.png", "a.png-1", "a.png-2", "b"])
files = st.builds("{}/{}{}".format, st.sampled_from("xyz"), names, st.sampled_from([".png", ".tif"]))


@given(st.lists(files, unique=True, max_size=8))
@settings(max_examples=200)
def test_no_two_files_share_a_folder(paths: list[str]) -> None:
    found = folder_names([Path(path) for path in paths])
    assert len(set(found)) == len(found) == len(paths)


@given(st.lists(files, unique=True, min_size=1, max_size=8), st.data())
@settings(max_examples=200)
def test_what_is_kept_is_nobody_else_s(paths: list[str], data: st.DataObject) -> None:
    numbers = st.integers(0, len(paths) - 1)
    kept = data.draw(st.dictionaries(numbers, names, max_size=3).filter(lambda d: len(set(d.values())) == len(d)))
    found = folder_names([Path(path) for path in paths], kept)
    assert len(set(found)) == len(found)
    assert {number: found[number] for number in kept} == kept


def results(output: Path, folder: str, path: str, sha256: str, frame: int | None = None) -> None:
    (output / folder).mkdir(parents=True)
    noted = {"path": path, "sha256": sha256, "frame": frame, "channel": None, "dataset": None}
    (output / folder / PROVENANCE).write_text(json.dumps({"input": noted}))


def named(output: Path, *sources: Source) -> list[str]:
    """By files whose SHA-256 is the name of their folder."""
    return [place.name for place in places_of(sources, output, lambda path: path.parent.name)]


def source(path: str, frame: int | None = None) -> Source:
    return Source(Path(path), Path(path), frame)


def test_a_file_keeps_its_folder_whatever_comes_beside(tmp_path: Path) -> None:
    results(tmp_path, "img", "day/img.tif", "day")
    assert named(tmp_path, source("day/img.png"), source("day/img.tif")) == ["img.png", "img"]
    results(tmp_path, "img.png", "day/img.png", "day")
    assert named(tmp_path, source("day/img.png")) == ["img.png"]


def test_in_whatever_order_files_are_given(tmp_path: Path) -> None:
    results(tmp_path, "x.png-1", "a/x.png", "a")
    results(tmp_path, "x.png-2", "b/x.png", "b")
    assert named(tmp_path, source("b/x.png"), source("a/x.png"), source("c/x.png")) == ["x.png-2", "x.png-1", "x.png"]


def test_a_frame_keeps_its_folder_however_it_is_asked_for(tmp_path: Path) -> None:
    results(tmp_path, "st_frame0002", "a/st.tif", "a", 2)
    results(tmp_path, "single", "a/single.tif", "a")
    assert named(tmp_path, source("a/st.tif", 2), source("a/st.tif", 1)) == ["st_frame0002", "st.tif"]
    assert named(tmp_path, source("a/single.tif", 0)) == ["single"]


def test_of_files_alike_each_has_its_own(tmp_path: Path) -> None:
    results(tmp_path, "x.png-1", "a/x.png", "a")
    assert len(set(named(tmp_path, source("a/x.png"), source("b/a/x.png")))) == 2


def test_folders_that_somebody_has_renamed_or_copied_are_left_alone(tmp_path: Path) -> None:
    results(tmp_path, "a_first_try", "x/a.tif", "x")
    assert named(tmp_path, source("x/a.tif")) == ["a"]
    for folder in ("0_copy", "a", "a-7"):
        results(tmp_path, folder, "x/a.tif", "x")
    assert named(tmp_path, source("x/a.tif")) == ["a"]


@pytest.mark.parametrize("content", ["{", "[]", '{"input": {"path": null, "sha256": "a"}}'])
def test_what_tells_nothing_keeps_nothing(content: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / PROVENANCE).write_text(content)
    assert named(tmp_path, source("a/x.png")) == ["x"]
