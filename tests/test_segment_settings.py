"""What `samiam segment` was told is noted with its result, and taken up by another run."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import samiam
from samiam import cli
from samiam.commands.chosen import settings_of_run
from samiam.commands.segment_settings import SegmentSettings
from samiam.commands.words.segment import settings_of
from samiam.errors import InputError
from samiam.formats.readers.example import EXAMPLE

SEGMENT = ("segment", SegmentSettings)


def chosen(*words: str) -> SegmentSettings:
    """The settings that a command stands for."""
    return settings_of(cli._parser().parse_args(["segment", "a.tif", *words]))


def noted(folder: Path, found: SegmentSettings | None, **changes: Any) -> Path:
    """A provenance with these settings."""
    about = {"samiam": samiam_version(), "settings": None if found is None else found.plain(), **changes}
    path = folder / "provenance.json"
    path.write_text(json.dumps(about), encoding="utf-8")
    return path


def samiam_version() -> str | None:
    from samiam.formats.writers.provenance import version_of

    return version_of("samiam")


ALL = (
    *("--generator", "texture", "--generator-option", "n_superpixels=300", "--encoder", "spectrum", "-k", "3"),
    *("--classifier", "--classifier-option", "device=cpu", "--grains", "--seed", "7", "--frame", "2", "--channel", "1"),
    *("--dataset", "HAADF", "--pixel-size-nm", "0.1,0.2", "--overlay", "fill", "--overlay-opacity", "0.3"),
    *("--export", "roi,geojson", "--point", "3,4", "--box", "0,0,9,9", "--no-measurements"),
)


def test_every_option_comes_back(tmp_path: Path) -> None:
    first = chosen(*ALL)
    changed = {name for name, value in first.plain().items() if value != SegmentSettings().plain()[name]}
    assert changed == set(first.plain()) - {"encoder_options"}
    assert settings_of_run(noted(tmp_path, first), *SEGMENT) == first
    assert chosen("--like", str(tmp_path)) == first
    assert chosen("--like", str(tmp_path / "provenance.json")) == first


def test_every_option_of_the_command_is_one_of_the_settings() -> None:
    parser = argparse.ArgumentParser()
    from samiam.commands.words.segment import add_segment

    add_segment(parser)
    beside = {"help", "files", "example", "like", "output", "overwrite"}
    beside |= {"again", "workers", "scheduler", "quiet", "verbose"}
    options = {action.dest for action in parser._actions} - beside
    called = {
        "point": "points",
        "box": "boxes",
        "export": "exports",
        "overlay_opacity": "opacity",
        "no_measurements": "measurements",
    }
    named = {called.get(name, name.replace("_option", "_options")) for name in options}
    assert named - {"classifier"} == set(SegmentSettings().plain())


def test_what_is_given_outranks(tmp_path: Path) -> None:
    noted(tmp_path, chosen(*ALL))
    like = ("--like", str(tmp_path))
    assert chosen(*like, "-k", "5", "--no-grains", "--seed", "0").n_materials == 5
    assert not chosen(*like, "--no-grains").grains
    assert chosen(*like, "--seed", "0").seed == 0
    assert chosen(*like, "--pixel-size-nm", "0.5").pixel_size_nm == (0.5, 0.5)
    assert chosen(*like, "--point", "1,1").points == ((1.0, 1.0),)
    assert chosen(*like, "--point", "1,1").boxes == ()
    assert chosen(*like, "--export", "html").exports == ("html",)
    more = chosen(*like, "--generator-option", "pred_iou_thresh=0.1").generator_options
    assert more == {"n_superpixels": 300, "pred_iou_thresh": 0.1}
    assert chosen(*like, "--generator", "compact").generator_options == {}
    assert chosen(*like, "--classifier", "mine.safetensors").classifier_options == {"checkpoint": "mine.safetensors"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"settings": {"generatr": "compact"}}, "settings has no setting 'generatr'; did you mean 'generator'"),
        ({"settings": {"n_materials": 0}}, "settings.n_materials=0: give a whole number, 1 or more"),
        ({"settings": None}, "does not tell its settings"),
        ({"samiam": "0.0.1"}, r"is of samiam 0\.0\.1, and this is .*; install that version, or give the options"),
        ({"kind": "particles"}, "is of samiam particles"),
    ],
)
def test_what_cannot_be_taken_up_is_refused_in_one_line(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = noted(tmp_path, SegmentSettings(), **changes)
    with pytest.raises(InputError, match=message) as caught:
        settings_of_run(path, *SEGMENT)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["[]", "{}", "no JSON", '{"samiam": NaN}'])
def test_what_is_no_provenance_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "provenance.json").write_text(text)
    with pytest.raises(InputError, match=r"is no provenance\.json of samiam"):
        settings_of_run(tmp_path, *SEGMENT)
    with pytest.raises(InputError, match="cannot be read"):
        settings_of_run(tmp_path / "missing.json", *SEGMENT)


@pytest.mark.slow  # that settings are taken up is shown above
def test_the_example_and_its_like(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--generator", "texture", "--encoder", "spectrum", "-k", "3")
    assert cli.main(["segment", "--example", "-o", str(tmp_path / "a"), *options, "--export", "geojson"]) == 0
    place = tmp_path / "a" / "sto_on_ge"
    assert capsys.readouterr().out.endswith(f"then open {place}/overlay.png\n")
    assert (place / "outlines.geojson").is_file()
    shutil.copy(EXAMPLE, tmp_path / "b.tif")
    like = ["segment", str(tmp_path / "b.tif"), "--like", str(place), "-o", str(tmp_path / "a"), "--export", ""]
    assert cli.main(like) == 0
    said = "exports=['geojson'], generator=texture, encoder=spectrum, n_materials=3"
    assert capsys.readouterr().err == f"samiam: as {place}: {said}\n"
    assert not (tmp_path / "a" / "b" / "outlines.geojson").exists()
    both = [np.asarray(tifffile.imread(tmp_path / "a" / name / "labels.tif")) for name in ("sto_on_ge", "b")]
    assert np.array_equal(*both)


def test_the_example_is_a_micrograph_with_a_scale() -> None:
    micrograph = samiam.example()
    assert (micrograph.shape_hw, micrograph.pixel_size_nm) == ((512, 512), pytest.approx(0.025))
    assert EXAMPLE.stat().st_size < 250_000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["segment"], "samiam: no file is given; name one, or try --example.\n"),
        (
            ["segment", "--example", "--export", "roi,qeojson"],
            "samiam: unknown export 'qeojson'; did you mean 'geojson'? Known are ",
        ),
        (["segment", "--example", "--overlay-opacity", "2"], "samiam: opacity=2.0: give a number from 0 to 1 or null."),
        *(
            (
                [*words, "--pixel-size-nm", "nan"],
                "samiam: a pixel size of nan nm is impossible; give a positive number, or None.\n",
            )
            for words in (
                ["segment", "--example"],
                ["particles", str(EXAMPLE)],
                ["polar", str(EXAMPLE.parent)],
                ["watch", str(EXAMPLE.parent)],
            )
        ),
        (["view", "--example", "--pixel-size-nm", "1,2000"], "samiam: pixels of 1 × 2000 nm are too unequal; "),
    ],
)
def test_refusals(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 2
    assert capsys.readouterr().err.startswith(message)
