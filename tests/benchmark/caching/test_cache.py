from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samiam.benchmark import Method, Scoring, compare
from samiam.benchmark.caching import cache as cache_module
from samiam.benchmark.caching.cache import Cache, Kind, facts_of_micrograph, facts_of_scene
from samiam.boosting import CropRules, SemanticBooster
from samiam.generation.texture.generator import TextureGenerator
from samiam.records import Scene
from samiam.registry import build_encoder
from simulate import procedural_scene


def write(folder: Path, value: int) -> None:
    (folder / "value.json").write_text(json.dumps(value))


def read(folder: Path) -> int:
    return int(json.loads((folder / "value.json").read_text()))


KIND = Kind("numbers", write, read)
MADE_BY = ("samiam.geometry",)


class Work:
    """Gives 1, 2, …: how often it was asked."""

    def __init__(self) -> None:
        self.n = 0

    def __call__(self) -> int:
        self.n += 1
        return self.n


@pytest.fixture
def recall(tmp_path: Path) -> Callable[..., int]:
    """A cache's answer to some facts, by work that counts."""
    cache, work = Cache(tmp_path / "cache"), Work()
    return lambda kind=KIND, made_by=MADE_BY, **facts: cache.recall(kind, facts, made_by, work)


def test_the_same_facts_give_the_kept_result(recall: Callable[..., int]) -> None:
    assert [recall(a=1, b=2), recall(b=2, a=1), recall(a=2, b=2), recall(a=1, b=2)] == [1, 1, 2, 1]


def test_kinds_are_kept_apart(recall: Callable[..., int]) -> None:
    assert [recall(a=1), recall(replace(KIND, name="others"), a=1), recall(a=1)] == [1, 2, 1]


def test_without_a_folder_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    work = Work()
    assert [Cache().recall(KIND, {}, MADE_BY, work) for _ in range(2)] == [1, 2]
    assert not list(tmp_path.iterdir())


def test_other_code_makes_another_result(
    recall: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "measured"
    package.mkdir()
    monkeypatch.syspath_prepend(tmp_path)

    def found() -> int:
        cache_module._sha256_of_code.cache_clear()
        return recall(made_by=["measured.maker"])

    (package / "__init__.py").write_text("")
    (package / "maker.py").write_text("def make():\n    from measured import part")
    (package / "part.py").write_text("a = 1")
    assert [found(), found()] == [1, 1]
    (package / "part.py").write_text("a = 2")
    assert found() == 2
    (package / "elsewhere.py").write_text("a = 2")
    (package / "notes.txt").write_text("a = 2")
    assert found() == 2
    (package / "part.py").write_text("import measured.elsewhere")
    assert found() == 3
    (package / "elsewhere.py").write_text("a = 3")
    assert found() == 4


def test_other_versions_make_another_result(recall: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    def found(library: str) -> int:
        cache_module._sha256_of_code.cache_clear()
        monkeypatch.setattr(cache_module, "version", lambda name: "9.9" if name == library else "1.0")
        return recall()

    try:
        assert [found("none"), found("torch"), found("numpy"), found("none")] == [1, 1, 2, 1]
    finally:
        cache_module._sha256_of_code.cache_clear()


@pytest.mark.parametrize("damage", ["", "{", "null"])
def test_what_is_damaged_is_made_again(recall: Callable[..., int], tmp_path: Path, damage: str) -> None:
    recall()
    (entry,) = (tmp_path / "cache" / "numbers").iterdir()
    (entry / "value.json").write_text(damage)
    assert [recall(), recall()] == [2, 2]
    (entry / "value.json").unlink()
    assert [recall(), recall()] == [3, 3]


def test_work_that_fails_leaves_nothing(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    with pytest.raises(ZeroDivisionError):
        cache.recall(KIND, {}, MADE_BY, lambda: 1 // 0)

    def half(folder: Path, value: int) -> None:
        write(folder, value)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.recall(replace(KIND, write=half), {}, MADE_BY, Work())
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert cache.recall(KIND, {}, MADE_BY, Work()) == 1


@pytest.fixture(scope="module")
def scene() -> Scene:
    return procedural_scene(0, difficulty=1, shape_hw=(128, 128))


def test_facts_tell_scenes_apart(scene: Scene) -> None:
    def facts(**changes: Any) -> str:
        return json.dumps(facts_of_scene(replace(scene, **changes)), sort_keys=True)

    darker = replace(scene.micrograph, pixels=scene.micrograph.pixels * 0.5)
    renamed = replace(scene.micrograph, name="other")
    swapped = scene.labels % 2 + 1 if len(scene.materials) == 2 else scene.labels[::-1]
    changes: list[dict[str, Any]] = [
        {"micrograph": darker},
        {"micrograph": renamed},
        {"micrograph": replace(scene.micrograph, pixel_size_nm=0.5)},
        {"labels": swapped},
        {"difficulty": 2},
        {"weights": [1.0] * len(scene.materials)},
        {"parameters": {"labelling_s": 7.0}},
    ]
    assert len({facts(), *(facts(**change) for change in changes)}) == len(changes) + 1
    assert facts(parameters={"seed": 3}) == facts()
    assert facts_of_micrograph(renamed) == facts_of_micrograph(scene.micrograph)


class TestComparison:
    """What `compare` works out again, and what not."""

    @pytest.fixture
    def n_generated(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Grows by one name for each time that masks are generated, or made into materials."""
        seen: list[str] = []
        for name, of in (("generate", TextureGenerator), ("__call__", SemanticBooster)):
            before = getattr(of, name)

            def counted(self: Any, *given: Any, before: Any = before, name: str = name, **named: Any) -> Any:
                seen.append(name)
                return before(self, *given, **named)

            monkeypatch.setattr(of, name, counted)
        return seen

    def test_a_second_time_nothing_is_worked_out(self, scene: Scene, tmp_path: Path, n_generated: list[str]) -> None:
        methods = [Method("booster", SemanticBooster(build_encoder("spectrum")), TextureGenerator())]
        first, second = (
            compare(scene, methods, Scoring(crop_accuracy=True), baselines=["multi_otsu"], cache=Cache(tmp_path))
            for _ in range(2)
        )
        assert n_generated == ["generate", "__call__"]
        assert first.rows == second.rows
        assert len(first.rows) == 3
        np.testing.assert_array_equal(list(first.masks), list(second.masks))
        np.testing.assert_array_equal(first.masks.predicted_iou, second.masks.predicted_iou)
        np.testing.assert_array_equal(first.segmentations[0].labels, second.segmentations[0].labels)
        assert first.segmentations[0].decisions == second.segmentations[0].decisions

    def test_names_are_those_of_the_run(self, scene: Scene, tmp_path: Path, n_generated: list[str]) -> None:
        cache = Cache(tmp_path)
        one = Method("one", SemanticBooster(build_encoder("spectrum")), TextureGenerator())
        compare(scene, [one], cache=cache)
        other = replace(one, name="other", generator_label="wavelets", seed=3)
        rows = compare(scene, [other], cache=cache, condition="as taken", image="picture").rows
        assert len(n_generated) == 2
        assert [(row.method, row.seed, row.condition, row.image) for row in rows] == [
            ("wavelets", 3, "as taken", "picture"),
            ("wavelets + other", 3, "as taken", "picture"),
        ]

    @pytest.mark.parametrize(
        ("changes", "again"),
        [
            ({"booster": SemanticBooster(build_encoder("spectrum"), crops=CropRules(seed=1))}, ["__call__"]),
            ({"booster": SemanticBooster(build_encoder("spectrum", n_rings=8))}, ["__call__"]),
            ({"number": "estimated"}, ["__call__"]),
            ({"generator": TextureGenerator(n_superpixels=200)}, ["generate", "__call__"]),
        ],
    )
    def test_a_change_is_worked_out(
        self, scene: Scene, tmp_path: Path, n_generated: list[str], changes: dict[str, Any], again: list[str]
    ) -> None:
        cache = Cache(tmp_path)
        method = Method("booster", SemanticBooster(build_encoder("spectrum")), TextureGenerator())
        compare(scene, [method], cache=cache)
        del n_generated[:]
        compare(scene, [replace(method, **changes)], cache=cache)
        assert n_generated == again

    def test_other_scores_of_the_same_masks(self, scene: Scene, tmp_path: Path, n_generated: list[str]) -> None:
        cache = Cache(tmp_path)
        method = Method("booster", SemanticBooster(build_encoder("spectrum")), TextureGenerator())
        uneven = replace(scene, weights=[10.0, *[1.0] * (len(scene.materials) - 1)])
        plain, weighted = (compare(uneven, [method], Scoring(weighted=of), cache=cache) for of in (False, True))
        assert n_generated == ["generate", "__call__", "__call__"]
        assert plain.rows[0].scores != weighted.rows[0].scores
