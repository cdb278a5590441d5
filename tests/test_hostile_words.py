"""Words on the command lines of the two programs that nobody types but by accident or malice."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from refusals import refusal

from samiam import cli
from samiam.commands.composing.checking import checked
from samiam.commands.composing.program import EVALUATE, TRAIN, Program
from samiam.commands.composing.running import main
from samiam.storage.files import given_path
from simulate import cli as simulating

LONG, NINES = "a" * 5000, "9" * 5000
QUIET = ["hydra/job_logging=none", "hydra/hydra_logging=none"]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the programs are called in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("program", "word", "part"),
    [
        (EVALUATE, "experiment=null", "experiment=null: give ablation_crops or"),
        (TRAIN, "experiment=null", "experiment=null: give compact or"),
        (TRAIN, "data=null", "data=null: give "),
        (TRAIN, "trainer=null", "trainer=null: give its settings by name, as trainer.epochs=VALUE, or leave it out."),
        (TRAIN, "data.scenes=null", "data.scenes=null: give its settings by name, as data.scenes.n_materials=VALUE"),
        (EVALUATE, "booster.crops=null", "booster.crops=null: give its settings by name, as booster.crops.n_crops="),
        (EVALUATE, f"seed={NINES}", "is not of the form KEY=VALUE"),
        (EVALUATE, f"benchmark.scenes=[{NINES}]", "is not of the form KEY=VALUE"),
        (TRAIN, f"trainer.epochs={NINES}", "is not of the form KEY=VALUE"),
        (EVALUATE, "+generator.options.weights=" + "[" * 3000, "is not of the form KEY=VALUE"),
        (TRAIN, "data.workers=-1", "data.workers=-1: give a whole number, 0 or more"),
        (TRAIN, "data.shape_hw=[352]", "data.shape_hw=[352]: give a list of 2, each a whole number from 64 to 16384"),
        (TRAIN, "data.shape_hw=[100000000,100000000]", "give a list of 2, each a whole number from 64 to 16384"),
        (TRAIN, f"resume={LONG}", "cannot be used (File name too long); give another path"),
        (TRAIN, f"hydra.run.dir={LONG}", "cannot be used (File name too long); give another path"),
        (EVALUATE, f"hydra.run.dir={LONG}", "cannot be used (File name too long); give another path"),
        (EVALUATE, "hydra.run.dir=/proc/none/x", "cannot be used (No such file or directory); give another path"),
        (EVALUATE, f"--config-dir={LONG}", "Additional config directory"),
    ],
)
@pytest.mark.usefixtures("elsewhere")
def test_they_are_one_short_line(program: Program, word: str, part: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(program, [*QUIET, word]) == 2
    said = capsys.readouterr().err
    assert part in said
    assert said.count("\n") == 1
    assert len(said) < 10_000 if word.startswith("--") else len(said) < 1000


EMPTY_PATHS = [
    'segment ""',
    'segment a.png -o ""',
    'segment a.png --like ""',
    'segment a.png --classifier ""',
    'particles ""',
    'particles a.png -o ""',
    'particles a.png --like ""',
    'particles-statistics ""',
    'particles-statistics a -o ""',
    'polar ""',
    'polar a -o ""',
    'view ""',
    'view a.png -o ""',
    'view a.png --like ""',
    'watch ""',
    'watch a -o ""',
    'dataset check ""',
    'dataset build "" -o a',
    'dataset build a -o ""',
    'label-studio export "" -o a',
    'label-studio export a -o ""',
    'label-studio import "" -o a',
    'label-studio import a -o ""',
    'label-studio backend --images ""',
    'info ""',
]


@pytest.mark.parametrize("words", EMPTY_PATHS)
def test_an_empty_path_is_not_this_folder(words: str, elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(shlex.split(words))
    assert capsys.readouterr().err.endswith(": is empty; give a path, or . for this folder\n")
    assert not list(elsewhere.iterdir())


@pytest.mark.parametrize("program", [cli, simulating])
def test_no_option_takes_an_empty_path(program: ModuleType) -> None:
    def actions_of(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for child in action.choices.values():
                    yield from actions_of(child)
            yield action

    found = [action for action in actions_of(program._parser()) if isinstance(action.default, Path)]
    found += [action for action in actions_of(program._parser()) if action.type is given_path]
    assert found
    assert [action.dest for action in found if action.type is not given_path] == []
    assert [action.dest for action in actions_of(program._parser()) if action.type is Path] == []


def test_resume_takes_no_second_word(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(TRAIN, [*QUIET, "resume=run", "trainer.epochs=2"]) == 2
    assert "trainer.epochs=2 beside resume: a run goes on under its own settings" in capsys.readouterr().err
    assert not [path for path in elsewhere.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "folder", ["/data/dose=5000", "/data/(1)", "/data/größe", "a#b", 'a="b"', "C:\\a=b\\", r"=\"", "it's=1"]
)
def test_a_value_that_has_to_be_quoted(folder: str) -> None:
    """What the message says to type is what was meant."""
    said = refusal(lambda: checked(EVALUATE, f"benchmark.folder={folder}"))
    (typed,) = shlex.split(said.partition(" shell: ")[2].removesuffix("."))
    assert OverridesParser.create().parse_override(checked(EVALUATE, typed)).value() == folder


@pytest.mark.parametrize(
    "content",
    [b"a: [", b"a: 1\na: 2", b"\xff\xfe", b"1.5", b"a\x00b", b"# @p", b"a: !!python/name:os.system", b"[" * 3000],
)
def test_a_config_of_ones_own_that_cannot_be_read(
    elsewhere: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (elsewhere / "experiment").mkdir()
    (elsewhere / "experiment" / "mine.yaml").write_bytes(content)
    code = main(TRAIN, ["--config-dir", str(elsewhere), *QUIET, "experiment=mine"])
    GlobalHydra.instance().clear()
    (line,) = capsys.readouterr().err.splitlines()
    assert (code, line[:28]) == (2, "train.py: a config cannot be")
    assert [path.name for path in elsewhere.iterdir()] == ["experiment"]
