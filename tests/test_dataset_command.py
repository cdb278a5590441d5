"""`samiam dataset`: from results of `samiam segment` to a data set that is checked and compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_labelled import HALVES, SHAPE, write_image, write_label_images, write_result

from samiam.cli import main

Run = Callable[..., tuple[int, str, str]]
MOVED = np.where(np.indices(SHAPE)[1] < 24, 1, 2).astype(np.uint32)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `samiam dataset` in a folder with results of two images in `results`."""
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(("a-1", "b-1")):
        write_result(Path("results", name), write_image(Path("in", f"{name}.tif"), seed))

    def go(*words: str) -> tuple[int, str, str]:
        try:
            code = main(["dataset", *words])
        except SystemExit as ended:
            code = int(str(ended.code))
        out, err = capsys.readouterr()
        return code, out, err

    return go


def test_the_way_of_a_user(run: Run) -> None:
    build = ("build", "results", "-o", "set", "--split", "b=test", "--coco", "--rename", "Ge=Si")
    assert run(*build) == (
        0,
        "set: 2 images by 1 annotator, 2 materials (train 1 of 1 specimen, test 1 of 1 specimen)\n",
        "",
    )
    assert run("check", "set") == (0, "set: nothing wrong.\n", "")
    assert run("agreement", "set")[::2] == (
        2,
        "samiam: set: no image has labels of two annotators; give each annotator a folder of the same.\n",
    )
    write_label_images(Path("numbered"), {"a-1": MOVED}, ["SrTiO3", "Si"])
    assert run("build", "set", "numbered", "--annotator", "Ann", "-o", "both")[0] == 0
    code, out, _ = run("agreement", "both")
    header, row, mean = out.splitlines()
    assert code == 0
    assert header.split() == [
        *("image", "first", "second", "difficulty", "miou", "boundary_miou", "pixel_agreement", "name_agreement"),
    ]
    share = (MOVED == HALVES).mean()
    assert row.split()[:3] == ["a-1", "Ann-a-1", "samiam-a-1"]
    assert row.split()[-2:] == [f"{share:.3f}", f"{1 - share:.3f}"]
    assert mean.startswith("mean of 1 pair on 1 image: miou 0.")


def test_faults_are_listed(run: Run) -> None:
    speck = HALVES.copy()
    speck[0, 40] = 0
    write_label_images(Path("numbered"), {"a-1": speck}, ["Ge"])
    write_image(Path("numbered/images/left.tif"), 4)
    code, out, err = run("check", "numbered")
    assert (code, err) == (1, "")
    assert [line.split()[0] for line in out.splitlines()] == ["unlabelled", "unnamed"]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("build", "results", "-o", "set", "--split", "a"), "'a' is not of the form SPECIMEN=train, =val or =test"),
        (("build", "results", "-o", "set", "--rename", "=a"), "'=a' is not of the form OLD=NEW"),
        (("build", "results", "-o", "set", "--specimen", "("), "'(' is no regular expression"),
        (("build", "results", "-o", "set", "--split", "a=val", "--split", "a=test"), "--split a: both val and test"),
        (("build", "none", "-o", "set"), "samiam: none: no such folder"),
        (("check", "none"), "samiam: none: no such folder"),
        (("agreement", "none"), "samiam: none: no such folder"),
    ],
)
def test_refusals(words: tuple[str, ...], part: str, run: Run) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert part in err
    assert not Path("set").exists()
