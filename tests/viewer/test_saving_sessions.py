"""What was corrected, written and read again."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samiam.commands.files.places import check_place
from samiam.commands.files.resuming import is_as_before
from samiam.errors import InputError
from samiam.formats.writers.earlier import hand_in, other_result_in, verdict_in
from samiam.viewer.keeping.outcome import segmentation_of
from samiam.viewer.keeping.reading import read_earlier
from samiam.viewer.keeping.saving import save
from samiam.viewer.session import Session
from tests.made_records import assert_same
from tests.made_sights import MadeSight


@pytest.fixture(scope="module")
def corrected() -> Session:
    """Bands that somebody has worked on."""
    session = Session(MadeSight((48, 60)), "Ann", now=lambda: "2026-01-01T00:00:00+00:00")
    session.find_all((55, 3, 55, 3))
    session.rename(3, "=Ge")
    session.rename(1, "NA")
    session.cut(2, [(20, 0), (39, 0), (39, 20), (20, 20)])
    session.erase([(0, 40), (59, 40)], 2)
    session.judge(True)
    return session


@pytest.fixture(scope="module")
def folder(corrected: Session, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("results") / "bands"
    save(corrected, place)
    return place


def test_what_is_read_is_what_was_saved(corrected: Session, folder: Path) -> None:
    earlier = read_earlier(folder, corrected.sight)
    assert earlier is not None
    assert_same(earlier.segmentation, segmentation_of(corrected.canvas, corrected.sight.micrograph))
    assert (earlier.steps, earlier.verdict) == (corrected.steps, corrected.verdict)
    assert corrected.is_saved


def test_a_sitting_goes_on_where_another_ended(corrected: Session, folder: Path) -> None:
    earlier = read_earlier(folder, corrected.sight)
    assert earlier is not None
    session = Session(corrected.sight, "Bo")
    session.go_on(earlier.segmentation, earlier.steps, earlier.verdict)
    session.delete(1)
    assert [step.who for step in session.steps] == ["Ann"] * 5 + ["Bo"]
    session.undo()
    session.undo()  # of Ann's there is none to take back
    assert_same(segmentation_of(session.canvas, session.sight.micrograph), earlier.segmentation)


def test_the_files_are_those_of_segment_and_the_steps(folder: Path) -> None:
    written = {file.name for file in folder.iterdir()}
    assert {"labels.tif", "grains.tif", "overlay.png", "materials.csv", "masks.json", "decisions.csv"} < written
    with (folder / "steps.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["what"] for row in rows] == ["find_all", "rename", "rename", "cut", "erase"]
    assert json.loads(rows[1]["details"]) == {"region": 3, "name": "=Ge"}
    assert {row["who"] for row in rows} == {"Ann"}
    noted = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert noted["by_hand"]["verdict"] == {"accepted": True, "who": "Ann", "when_utc": "2026-01-01T00:00:00+00:00"}
    assert "steps.csv" in noted["files"]


def test_segment_does_not_replace_what_was_corrected(corrected: Session, folder: Path) -> None:
    image = corrected.sight.micrograph
    assert hand_in(folder) == "5 steps by Ann"
    assert not is_as_before(Path("bands.tif"), folder, {})
    with pytest.raises(InputError, match=r"corrected by hand \(5 steps by Ann\); choose another folder with -o, or"):
        check_place(Path("bands.tif"), folder, image, "segment", overwrite=False)
    check_place(Path("bands.tif"), folder, image, "segment", overwrite=True)


def test_nothing_earlier(corrected: Session, tmp_path: Path) -> None:
    assert read_earlier(tmp_path / "none", corrected.sight) is None
    (tmp_path / "provenance.json").write_text("{}")
    assert read_earlier(tmp_path, corrected.sight) is None


def test_another_method_is_refused(folder: Path) -> None:
    sight = MadeSight((48, 60))
    sight.config = {"generator": {"name": "other"}}
    with pytest.raises(InputError, match="another generator or other settings; open it with --like"):
        read_earlier(folder, sight)


OF_A_FILE = {"path": "stack.tif", "sha256": "00ff", "frame": 1, "channel": 0, "dataset": "HAADF"}


def sight_of(
    pixel_size_nm: float | None = 0.1, aspect: float = 1.0, shape_hw: tuple[int, int] = (48, 60), **facts: Any
) -> MadeSight:
    """Bands that come from a file."""
    sight = MadeSight(shape_hw)
    facts = {**OF_A_FILE, **facts}
    sight.micrograph = replace(sight.micrograph, metadata=facts, pixel_size_nm=pixel_size_nm, pixel_aspect=aspect)
    return sight


def accepted_in(folder: Path, sight: MadeSight) -> Session:
    """A session whose result is accepted and saved."""
    session = Session(sight, "Ann")
    session.delete(1)
    session.judge(True)
    save(session, folder)
    return session


@pytest.mark.parametrize(
    "changes", [{"sha256": "00fe"}, {"frame": 2}, {"channel": 1}, {"dataset": "ABF"}, {"shape_hw": (60, 48)}]
)
def test_what_was_corrected_is_of_that_image_alone(tmp_path: Path, changes: dict[str, Any]) -> None:
    accepted_in(tmp_path, sight_of())
    other = sight_of(**changes)
    assert read_earlier(tmp_path, sight_of(path="moved.tif")) is not None
    assert read_earlier(tmp_path, other) is None
    with pytest.raises(InputError, match=r"holds the results of another image by now, stack\.tif.*; move them, and"):
        save(Session(other, "Bo"), tmp_path)
    save(Session(other, "Bo"), tmp_path, overwrite=True)
    assert verdict_in(tmp_path) is None


@pytest.mark.parametrize("turned", [np.fliplr, np.rot90])
def test_arrays_are_told_apart_by_their_pixels(tmp_path: Path, turned: Any) -> None:
    accepted_in(tmp_path, MadeSight((60, 60)))
    other = MadeSight((60, 60))
    assert read_earlier(tmp_path, other) is not None
    other.micrograph = replace(other.micrograph, pixels=turned(other.micrograph.pixels))
    assert read_earlier(tmp_path, other) is None
    assert other_result_in(tmp_path, other.micrograph) == "bands"
    assert other_result_in(tmp_path, sight_of().micrograph) == "bands"


def test_another_pixel_size_takes_the_verdict_back(tmp_path: Path) -> None:
    accepted_in(tmp_path, sight_of())
    for size, verdict in ((0.1, True), (0.2, None), (None, None)):
        earlier = read_earlier(tmp_path, sight_of(size))
        assert earlier is not None
        assert len(earlier.steps) == 1
        assert (earlier.verdict and earlier.verdict.accepted) is verdict


def test_pixels_that_are_no_longer_square_are_refused(tmp_path: Path) -> None:
    accepted_in(tmp_path, sight_of())
    with pytest.raises(InputError, match=r"was corrected over pixels of 0\.1 × 0\.1 nm; give that pixel size, or"):
        read_earlier(tmp_path, sight_of(aspect=2.0))


def test_damaged_results_are_refused(corrected: Session, folder: Path, tmp_path: Path) -> None:
    for file in ("provenance.json", "labels.tif", "grains.tif", "materials.csv"):
        (tmp_path / file).write_bytes((folder / file).read_bytes())
    (tmp_path / "decisions.csv").write_text("mask,action\n0,kept\n1,kept\n2,kept\n")
    with pytest.raises(InputError, match="its results are damaged"):
        read_earlier(tmp_path, corrected.sight)


def test_a_folder_that_cannot_be_written_to(corrected: Session, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot write to .*; choose another folder"):
        save(corrected, tmp_path / "file" / "bands")
