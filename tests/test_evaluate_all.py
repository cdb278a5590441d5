"""`experiment=all`: several runs in one, and what it says of the paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from composed_configs import composed, experiments_of, written
from hydra.core.global_hydra import GlobalHydra

from samiam.benchmark.settings import read_evaluation
from samiam.commands.composing.program import EVALUATE
from samiam.commands.composing.running import main
from samiam.commands.evaluating import run

WORDS = ["benchmark=procedural", "benchmark.seeds=[0]", "benchmark.difficulties=[1]", "benchmark.shape_hw=[128,128]"]
METHOD = ["generator=texture", "encoder=spectrum", "logger=none", "cache=null", "figures=false"]
MINE = """\
# @package _global_
experiments:
  default: benchmark=full
  weighted: benchmark=full weighted=true
  paper: n_materials=7
"""


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A small set of experiments, one of which cannot be run."""
    (tmp_path / "own" / "experiment").mkdir(parents=True)
    (tmp_path / "own" / "experiment" / "mine.yaml").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    yield ["--config-dir", "own", "experiment=mine", *WORDS, *METHOD, "hydra.run.dir=run"]
    GlobalHydra.instance().clear()


def test_every_run_of_it_is_a_command_that_can_be_given() -> None:
    runs = read_evaluation(composed("evaluate", "experiment=all")).experiments
    assert runs["default"] == "experiment=default benchmark=full"
    for words in runs.values():
        read_evaluation(composed("evaluate", *words.split()))
    tried = {word for words in runs.values() for word in words.split() if word.startswith("experiment=")}
    ablations = {name for name in experiments_of("evaluate") if name.startswith("ablation_")}
    assert {f"experiment={name}" for name in ablations - {"ablation_weighted"}} <= tried
    assert "hydra" in written("evaluate", "experiment/all")


@pytest.mark.usefixtures("no_charts")
def test_runs_are_made_once_and_judged(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(EVALUATE, words) == 0
    out = capsys.readouterr().out
    assert "left out: n_materials=7: give given or one_fewer or one_more or estimated." in out
    assert (tmp_path / "latest" / "report" / "report.html").is_file()
    for name, weighted in (("default", False), ("weighted", True)):
        settings = (tmp_path / "run" / name / "settings.yaml").read_text()
        assert settings.startswith("# python evaluate.py")
        assert "name: procedural" in settings, "what was typed of the benchmark takes the place of the run's own"
        assert ("weighted: true" in settings) == weighted
    page = (tmp_path / "run" / "report" / "report.md").read_text(encoding="utf-8")
    assert "[default](../default/report/report.html): `python evaluate.py" in page
    assert "- paper: `python evaluate.py n_materials=7 generator=texture" in page
    claims = pd.read_csv(tmp_path / "run" / "report" / "claims.csv")
    assert set(claims["verdict"]) == {"cannot be tested here"}
    assert claims["why"].str.contains("the run paper could not be made").sum() == 3
    assert page.count("n_materials=7: give given or one_fewer or one_more or estimated.") == 1

    def not_again(*_: object) -> None:
        raise AssertionError("a finished run is done again")

    GlobalHydra.instance().clear()
    monkeypatch.setattr(run, "evaluate", not_again)
    assert main(EVALUATE, [*words, "workers=2"]) == 0
    GlobalHydra.instance().clear()
    with pytest.raises(AssertionError, match="again"):
        main(EVALUATE, [*words, "seed=7"])


def test_none_that_can_be_run(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(EVALUATE, [*words, "~experiments.default", "~experiments.weighted"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    why = "n_materials=7: give given or one_fewer or one_more or estimated."
    assert line == f"evaluate.py: none of 1 experiments could be run; {why}"
