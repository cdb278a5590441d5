from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from distributed import LocalCluster
from PIL import Image
from threadpoolctl import threadpool_info

from samiam import cluster as cluster_module
from samiam.benchmark import Outcome, Source, Study, examine, run
from samiam.benchmark import runs as runs_module
from samiam.benchmark import study as study_module
from samiam.benchmark.report.tables import per_image
from samiam.boosting import SemanticBooster
from samiam.errors import InputError
from samiam.records import Scene
from simulate import procedural_scene

STUDY = Study(
    own={
        "generator": {"name": "compact"},
        "encoder": {"name": "spectrum", "options": {}},
        "booster": {},
        "n_materials": "given",
    },
    variants={"booster": {}, "estimated": {"n_materials": "estimated"}},
    baselines=["multi_otsu"],
)


def source(seed: int, make: Callable[[], Scene] | None = None) -> Source:
    name = f"procedural-1-{seed}"
    return Source(name, name, make or partial(procedural_scene, seed, difficulty=1, shape_hw=(128, 128)))


def broken(error: Exception) -> Scene:
    raise error


def table(outcomes: list[Outcome]) -> pd.DataFrame:
    """Everything that is the same whoever works it out."""
    rows = [row for outcome in outcomes for row in outcome.rows]
    return per_image(rows).drop(columns=["seconds", "peak_mb"])


def test_one_scene() -> None:
    outcome = examine(source(0), STUDY)
    assert (outcome.failure, outcome.trace) == (None, None)
    assert [row.method for row in outcome.rows] == [
        "compact",
        "compact + booster",
        "compact + estimated",
        "multi_otsu",
    ]
    assert {(row.scene, row.image) for row in outcome.rows} == {("procedural-1-0", "procedural-1-0")}
    assert len(outcome.log) == outcome.rows[0].scores.masks
    assert outcome.picture is not None
    assert list(outcome.rows[1].stages) == ["generation", "removal", "embedding", "grouping", "merging", "dividing"]


def test_the_picture_is_of_the_first_method(tmp_path: Path) -> None:
    picture = examine(source(0), STUDY).picture or b""
    (tmp_path / "picture.png").write_bytes(picture)
    with Image.open(tmp_path / "picture.png") as image:
        assert image.size[0] > 4 * 128
    assert examine(source(0), replace(STUDY, pictures=False)).picture is None
    assert examine(source(0), replace(STUDY, variants={"booster": {}})).picture == picture


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study that works the same scene out once for all tests that look at another one."""
    return replace(STUDY, pictures=False, cache=str(tmp_path_factory.mktemp("kept")))


@pytest.mark.parametrize(
    ("error", "line", "has_trace"),
    [
        (InputError("a.png:\ndamaged."), "a.png: damaged.", False),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero", True),
        (MemoryError(), "MemoryError:", True),
    ],
)
def test_a_bad_scene_does_not_end_the_run(error: Exception, line: str, has_trace: bool, kept: Study) -> None:
    bad = source(1, partial(broken, error))
    good, failed, last = run([source(0), bad, source(2)], kept)
    assert [outcome.failure for outcome in (good, failed, last)] == [None, line, None]
    assert (failed.trace is not None) is has_trace
    assert (failed.rows, failed.source) == ((), bad)
    assert len(good.rows) == len(last.rows) == 4


def test_a_bad_setting_is_refused_before_any_scene(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs_module, "examine", None)
    with pytest.raises(InputError, match=r"variants\.bad\.encoder\.name: unknown encoder 'nope'"):
        run([source(0)], replace(STUDY, variants={"bad": {"encoder": {"name": "nope"}}}))


def test_conditions_and_images_reach_the_rows() -> None:
    changed = replace(source(0), condition="half dose", image="picture")
    outcome = examine(changed, replace(STUDY, pictures=False))
    assert {(row.condition, row.image, row.scene) for row in outcome.rows} == {
        ("half dose", "picture", "procedural-1-0")
    }


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_are_limited_while_it_works(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def counted(*_: Any) -> Outcome:
        seen.extend([torch.get_num_threads(), *(pool["num_threads"] for pool in threadpool_info())])
        return Outcome(source(0))

    before = torch.get_num_threads()
    monkeypatch.setattr(study_module, "_examined", counted)
    examine(source(0), replace(STUDY, threads=threads))
    assert set(seen) == {threads}
    assert torch.get_num_threads() == before
    del seen[:]
    examine(source(0), replace(STUDY, threads=None))
    assert seen[0] == before


class TestWorkers:
    SOURCES = (source(0), source(1, partial(broken, InputError("bad."))), source(2))

    @pytest.mark.slow
    def test_their_number_changes_nothing(self, tmp_path: Path) -> None:
        self.check_same(run(self.SOURCES, STUDY), run(self.SOURCES, replace(STUDY, cache=str(tmp_path)), workers=2))

    @pytest.mark.slow  # tests/test_cluster.py has a scheduler, too
    def test_those_of_a_scheduler_change_nothing(self, tmp_path: Path) -> None:
        """Its worker is a thread here, which begins at once."""
        with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0") as cluster:
            there = run(self.SOURCES, replace(STUDY, cache=str(tmp_path)), scheduler=cluster.scheduler_address)
        self.check_same(run(self.SOURCES, STUDY), there)

    def check_same(self, alone: list[Outcome], shared: list[Outcome]) -> None:
        pd.testing.assert_frame_equal(table(alone), table(shared))
        assert [(of.source.name, of.failure, of.log, of.picture) for of in alone] == [
            (of.source.name, of.failure, of.log, of.picture) for of in shared
        ]

    @pytest.mark.slow
    def test_one_that_dies_takes_its_scene_with_it_and_no_other(self) -> None:
        dying = source(1, partial(os._exit, 1))
        good, dead = run([source(0), dying], replace(STUDY, pictures=False), workers=2)
        assert good.failure is None
        assert dead.failure is not None
        assert dead.failure.startswith("KilledWorker: ")

    def test_a_scheduler_that_does_not_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cluster_module, "_TIMEOUT", "200ms")
        with pytest.raises(InputError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1 "):
            run(self.SOURCES, STUDY, scheduler="tcp://127.0.0.1:1")


TWO_SCENES = (source(0), source(2))


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    """The table of a run that nobody killed."""
    return table(run(TWO_SCENES, replace(STUDY, pictures=False)))


class TestKilled:
    """A run that was killed and is started again gives the table of one that was not."""

    @pytest.mark.parametrize(
        "n_survived",
        [pytest.param(0, marks=pytest.mark.slow), 1, pytest.param(2, marks=pytest.mark.slow), 3],
        ids=["before the first", "within the first scene", "between scenes", "within the last scene"],
    )
    def test_after_some_boosters(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_survived: int, whole: pd.DataFrame
    ) -> None:
        study = replace(STUDY, cache=str(tmp_path), pictures=False)
        left = n_survived
        boost = SemanticBooster.__call__

        def killed(self: SemanticBooster, *given: Any, **named: Any) -> Any:
            nonlocal left
            if not left:
                raise KeyboardInterrupt
            left -= 1
            return boost(self, *given, **named)

        with monkeypatch.context() as context:
            context.setattr(SemanticBooster, "__call__", killed)
            with pytest.raises(KeyboardInterrupt):
                run(TWO_SCENES, study)
        resumed = run(TWO_SCENES, study)
        pd.testing.assert_frame_equal(table(resumed), whole)
        again = run(TWO_SCENES, study)
        assert [of.rows for of in again] == [of.rows for of in resumed]  # seconds and memory as well
        assert json.dumps([row.to_json() for of in again for row in of.rows])
