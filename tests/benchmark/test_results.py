from __future__ import annotations

from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from made_rows import alone, boosted
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from samiam.benchmark import Outcome, Source, failures_of, write_results
from samiam.errors import InputError
from samiam.records import Decision
from simulate import procedural_scene

# Drawing takes most of a report's time; tests/benchmark/report looks at charts.
pytestmark = pytest.mark.usefixtures("no_charts")
LOG = [Decision(0, "kept", "majority_vote", 1.0, 0.0, 1)]


def outcome(name: str, condition: str = "", miou: float = 0.75) -> Outcome:
    make = partial(procedural_scene, 0, difficulty=1, shape_hw=(64, 64))
    rows = [of(1, name, miou, condition=condition) for of in (alone, boosted)]
    return Outcome(Source(name, name, make, condition), rows, LOG, png(condition), png(f"{condition} variants"))


def png(said: str) -> bytes:
    """A picture that says what it is of."""
    about = PngInfo()
    about.add_text("said", said)
    with BytesIO() as file:
        Image.new("L", (4, 4)).save(file, "PNG", pnginfo=about)
        return file.getvalue()


def failed(name: str, condition: str = "", trace: str | None = None) -> Outcome:
    return Outcome(replace(outcome(name, condition).source), failure=f"{name}.png: damaged.", trace=trace)


def test_what_lies_in_the_folder(tmp_path: Path) -> None:
    text = write_results(tmp_path, [outcome("a"), failed("b")], {"command": "`a command`"})
    report = tmp_path / "report"
    assert pd.read_csv(report / "images.csv")["scene"].tolist() == ["a", "a"]
    assert (report / "figures" / "a.png").read_bytes() == png("")
    assert (report / "logs" / "a.csv").is_file()
    assert "1 of 2 images failed" in text
    assert "b.png: damaged." in (report / "report.md").read_text()
    assert not (report / "agreement.csv").exists()
    assert not (tmp_path / "errors.txt").exists()


def test_what_nobody_foresaw_has_its_trace(tmp_path: Path) -> None:
    write_results(tmp_path, [outcome("a"), failed("b", trace="Traceback: line 3")], {})
    assert (tmp_path / "errors.txt").read_text() == "b\nTraceback: line 3"


def test_nothing_is_left_where_every_scene_failed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^b\.png: damaged\.$"):
        write_results(tmp_path, [failed("b")], {})
    with pytest.raises(InputError, match=r"^none of 2 scenes could be examined; b: b\.png: damaged\.$"):
        write_results(tmp_path, [failed("b"), failed("c")], {})
    assert not list(tmp_path.iterdir())


def test_pictures_are_of_the_first_condition_which_is_the_reference_even_where_a_scene_failed(tmp_path: Path) -> None:
    outcomes = [
        failed("a", "as taken"),
        outcome("a", "drift", 0.5),
        outcome("b", "as taken"),
        outcome("b", "drift", 0.5),
    ]
    write_results(tmp_path, outcomes, {})
    report = tmp_path / "report"
    assert [path.read_bytes() for path in report.glob("figures/?.png")] == [png("as taken")]
    assert "against *as taken*" in (report / "report.md").read_text()
    assert failures_of(outcomes) == [("a under as taken", "a.png: damaged.")]


def test_pictures_of_all_methods_where_they_differ_most(tmp_path: Path) -> None:
    outcomes = [outcome(name) for name in "abcdefg"]
    for place, of in enumerate(outcomes):
        other = boosted(1, of.source.name, 0.75 - 0.1 * place, "other")
        outcomes[place] = replace(of, rows=[*of.rows, other])
    write_results(tmp_path, outcomes, {})
    assert {path.name for path in (tmp_path / "report" / "figures").glob("*-variants.png")} == {
        f"{name}-variants.png" for name in "cdefg"
    }


def test_annotators_of_one_image_are_compared(tmp_path: Path) -> None:
    both = [outcome(name) for name in ("first-a", "second-a")]
    both = [replace(of, source=replace(of.source, image="a")) for of in both]
    write_results(tmp_path, [*both, outcome("b")], {})
    agreement = pd.read_csv(tmp_path / "report" / "agreement.csv")
    assert (agreement["image"].tolist(), agreement["miou"].tolist()) == (["a"], [1.0])
