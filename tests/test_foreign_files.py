"""Files of somebody's own that are called as those of a result: no command writes over them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from samiam.cli import main
from samiam.errors import InputError
from samiam.formats.writers.earlier import FILES_OF_KIND, PROVENANCE, foreign_in


@pytest.mark.parametrize(
    ("words", "own", "kind"),
    [
        (("segment", "in/a.tif"), "a/labels.tif", "segment"),
        (("segment", "in/a.tif", "--export", "geojson"), "a/provenance.json", "segment"),
        (("particles", "in/a.tif", "--material", "Au"), "a/particles.csv", "particles"),
        (("particles", "in/a.tif", "--material", "Au"), "report.html", "particles-statistics"),
        (("particles-statistics", "in"), "statistics.csv", "particles-statistics"),
        (("polar", "in/a.tif"), "a/label_studio.json", "polar"),
        (("polar", "in/a.tif"), "a/overlays", "polar"),
        (("watch", "in", "--particles", "--material", "Au"), "sizes.png", "particles-statistics"),
        (("view", "in/a.tif", "--no-browser"), "a/overlay.png", "segment"),
    ],
)
def test_no_command_replaces_them(
    words: tuple[str, ...],
    own: str,
    kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    pixels = np.random.default_rng(0).integers(0, 60000, (2 if words[0] == "polar" else 1, 96, 96), np.uint16)
    tifffile.imwrite("in/a.tif", pixels if words[0] == "polar" else pixels[0], resolution=(1e7, 1e7), resolutionunit=3)
    file = Path("out", own)
    file.parent.mkdir(parents=True)
    file.mkdir() if own.endswith("overlays") else file.write_text('{"made by": "another program"}')
    assert main([*words, "-o", "out"]) == 2
    assert capsys.readouterr().err == (
        f"samiam: {file}: is of no finished result of samiam {kind}, and one would replace it; choose another folder "
        "with -o, or let it be replaced by --overwrite.\n"
    )
    assert [path for path in Path("out").rglob("*") if path.is_file()] == ([] if file.is_dir() else [file])


def test_nor_does_the_viewer_in_a_notebook(tmp_path: Path) -> None:
    from samiam.viewer import view

    own = tmp_path / "array" / "materials.csv"
    own.parent.mkdir()
    own.write_text("mine")
    with pytest.raises(InputError, match=r"materials\.csv: is of no finished result of samiam segment.*overwrite=True"):
        view(np.eye(64), output=tmp_path)


@pytest.mark.parametrize("content", ['{"samiam": "0.1"}', "{", "[]", ""])
def test_a_provenance_of_ours_or_a_damaged_one_is_that_of_a_result(content: str, tmp_path: Path) -> None:
    (tmp_path / "labels.tif").touch()
    assert foreign_in(tmp_path, "segment") == "labels.tif"
    (tmp_path / PROVENANCE).write_text(content)
    assert foreign_in(tmp_path, "segment") is None


def test_what_is_called_otherwise_is_nobodys_business(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    assert [foreign_in(tmp_path, kind) for kind in FILES_OF_KIND] == [None] * len(FILES_OF_KIND)
