from __future__ import annotations

import os
from pathlib import Path

import pytest
from refusals import refusal

from samiam.commands.files.inputs import Reading, expand, value_of
from samiam.errors import InputError
from samiam.formats import READABLE_SUFFIXES


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """b.tif, a.PNG, notes.txt, deep/c.mrc and a folder that is called like a file, seen from inside."""
    for name in ("b.tif", "a.PNG", "notes.txt", "deep/c.mrc", "stack.tif/d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["b.tif"], ["b.tif"]),
        (["missing.png"], ["missing.png"]),  # the reader says what is wrong with it
        (["notes.txt"], ["notes.txt"]),
        (["."], ["a.PNG", "b.tif"]),
        (["deep", "."], ["deep/c.mrc", "a.PNG", "b.tif"]),
        (["*.tif"], ["b.tif"]),
        (["**/*.mrc"], ["deep/c.mrc"]),
        (["*/*"], ["deep/c.mrc", "stack.tif/d.png"]),
        (["[ab].*"], ["a.PNG", "b.tif"]),
    ],
)
def test_what_names_stand_for(names: list[str], expected: list[str]) -> None:
    assert expand(names) == [Path(name) for name in expected]


@pytest.mark.parametrize("again", ["b.tif", "./b.tif", "deep/../b.tif", "*.tif", ".", "{folder}/b.tif", "{folder}"])
def test_each_file_comes_once_where_it_was_named_first(folder: Path, again: str) -> None:
    assert expand(["b.tif", again.format(folder=folder)])[0] == Path("b.tif")
    assert [path.name for path in expand(["b.tif", again.format(folder=folder)])].count("b.tif") == 1


def test_a_file_whose_name_looks_like_a_pattern(folder: Path) -> None:
    (folder / "[ab].tif").touch()
    assert expand(["[ab].tif"]) == [Path("[ab].tif")]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("empty", r"empty: holds no micrograph \(.dm3 .*\)\."),
        ("*.emd", r"\*.emd: matches no file"),
        ("e*", r"e\*: matches no file"),
    ],
)
def test_nothing_found(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        expand(["b.tif", name])
    assert "\n" not in str(caught.value)


def test_a_name_longer_than_the_system_allows() -> None:
    said = refusal(lambda: expand(["a" * 5000]))
    assert said.endswith("aaa: cannot be looked at (File name too long); check the path.")


def test_folders_take_every_kind_that_can_be_read(tmp_path: Path) -> None:
    for index, suffix in enumerate(READABLE_SUFFIXES):
        (tmp_path / f"{index:02}{suffix}").touch()
    assert [path.suffix for path in expand([str(tmp_path)])] == list(READABLE_SUFFIXES)


class TestResults:
    @pytest.fixture
    def results(self, folder: Path) -> Path:
        """Those of an earlier run, below the folder of its images."""
        (folder / "results" / "b").mkdir(parents=True)
        for name in ("labels.tif", "grains.tif", "overlay.png", "provenance.json", "detail.png"):
            (folder / "results" / "b" / name).touch()
        return folder / "results" / "b"

    @pytest.mark.usefixtures("results")
    @pytest.mark.parametrize("names", [["**"], ["**/*.*"], ["b.tif", "results/b/*"], ["b.tif", "results/b"]])
    def test_are_no_input(self, names: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        found = expand(names)
        assert Path("b.tif") in found
        assert Path("results/b/detail.png") in found
        assert not {path.name for path in found} & {"labels.tif", "grains.tif", "overlay.png", "provenance.json"}
        n = 3 if names[-1] == "results/b" else 4  # a folder is its images
        assert capsys.readouterr().err == f"samiam: left out {n} files of earlier results.\n"

    def test_that_a_shell_has_named(self, results: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert expand(["b.tif", *map(str, sorted(results.glob("*.tif")))]) == [Path("b.tif")]
        assert "left out 2 files" in capsys.readouterr().err

    def test_that_are_meant(self, results: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert expand([str(results / "labels.tif")]) == [results / "labels.tif"]
        assert not capsys.readouterr().err

    def test_nothing_else(self, results: Path) -> None:
        (results / "detail.png").unlink()
        with pytest.raises(InputError, match=r"labels\.\*: matches no file but results of earlier runs\.$"):
            expand(["results/b/labels.*"])
        with pytest.raises(InputError, match=r"b: holds no micrograph .* but results of earlier runs\.$"):
            expand(["results/b"])

    def test_without_provenance_they_may_be_anything(self, results: Path) -> None:
        (results / "provenance.json").unlink()
        assert len(expand(["results/b"])) == 4


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-0.5", -0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("null", None),
        ("[4, 8]", [4, 8]),
        ("imagenet", "imagenet"),
        ("True", "True"),
        ("a=b", "a=b"),
        ("", ""),
        ("C:\\sam.pth", "C:\\sam.pth"),
        ('"3"', "3"),
    ],
)
def test_values(text: str, value: object) -> None:
    assert value_of(text) == value
    assert type(value_of(text)) is type(value)


def test_what_was_not_said_is_none() -> None:
    assert Reading().arguments == {"frame": None, "channel": None, "dataset": None, "pixel_size_nm": None}
    assert Reading(frame=2, pixel_size_nm=0.1).arguments["frame"] == 2


@pytest.mark.skipif(os.name == "nt", reason="making links needs rights on Windows")
def test_a_link_and_its_file_are_one(folder: Path) -> None:
    (folder / "newest.tif").symlink_to("b.tif")
    assert expand(["b.tif", "newest.tif"]) == [Path("b.tif")]
