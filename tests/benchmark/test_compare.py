from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil
import pytest

from samiam.benchmark import compare
from samiam.benchmark.meter import Meter
from samiam.boosting import SemanticBooster
from samiam.metrics import score_image
from samiam.records import Decision, Masks, Micrograph, Scene, Segmentation
from simulate import procedural_scene


@pytest.fixture(scope="module")
def scene() -> Scene:
    return procedural_scene(0, difficulty=1, shape_hw=(128, 128))


@dataclass
class Oracle:
    """Proposes the grains of a scene, after a while, and remembers what it was given."""

    masks: Masks
    wait_s: float = 0.0
    name: str = "oracle"
    options: dict[str, Any] = field(default_factory=dict)
    seen: list[Any] = field(default_factory=list)

    def generate(self, *given: Any, **options: Any) -> Masks:
        self.seen.append((given, options))
        time.sleep(self.wait_s)
        return self.masks


@dataclass
class Spy:
    """A booster that makes the first mask its only material, and remembers what it was given."""

    wait_s: float = 0.0
    seen: list[Any] = field(default_factory=list)

    def __call__(self, *given: Any, **options: Any) -> Segmentation:
        self.seen.append((given, options))
        time.sleep(self.wait_s)
        masks = given[1]
        rest = [Decision(index, "removed", "spy", 0.0, 0.0) for index in range(1, len(masks))]
        return Segmentation(masks[0], [Decision(0, "kept", "spy", 0.0, 0.0, 1), *rest], 1, False, masks)


def grains_of(scene: Scene) -> Masks:
    return Masks.from_labels(scene.grains)


def test_one_scene_gives_two_rows(scene: Scene) -> None:
    generator = Oracle(grains_of(scene), wait_s=0.02)
    (alone, boosted), masks, segmentation = compare(scene, generator, SemanticBooster(), give_n_materials=True)
    assert masks is generator.masks
    assert (alone.method, boosted.method) == ("oracle", "oracle + booster")
    assert (alone.scene, boosted.scene) == (scene.micrograph.name,) * 2
    assert (alone.difficulty, boosted.difficulty) == (1, 1)
    assert (alone.n_materials, alone.n_materials_given) == (None, None)
    assert (boosted.n_materials, boosted.n_materials_given) == (len(scene.materials), True)
    assert 0.02 <= alone.seconds <= boosted.seconds
    assert 0 < alone.peak_mb <= boosted.peak_mb
    assert alone.scores == score_image(masks, scene)
    assert boosted.scores == score_image(segmentation, scene)
    assert (alone.scores.masks, alone.scores.materials) == (len(masks), len(scene.materials))


def test_estimated(scene: Scene) -> None:
    rows, _, segmentation = compare(scene, Oracle(grains_of(scene)), SemanticBooster(), give_n_materials=False)
    assert rows[1].n_materials == segmentation.n_materials >= 1
    assert rows[1].n_materials_given is False


def test_variant_and_weights_reach_the_scores(scene: Scene) -> None:
    masks = Masks.from_arrays([scene.grains > 0, scene.labels == 1])
    uneven = Scene(scene.micrograph, scene.labels, scene.materials, 1, range(1, len(scene.materials) + 1), scene.grains)
    found = {}
    for variant in ("paper", "released"):
        for weighted in (False, True):
            rows, _, segmentation = compare(
                uneven, Oracle(masks), Spy(), give_n_materials=True, variant=variant, weighted=weighted
            )
            options: Any = {"variant": variant, "weights": uneven.weights if weighted else None}
            assert rows[0].scores == score_image(masks, uneven, **options)
            assert rows[1].scores == score_image(segmentation, uneven, **options)
            found[variant, weighted] = rows[0].scores
    assert len(set(found.values())) == 4


@pytest.mark.parametrize("is_given", [True, False])
def test_of_the_truth_the_booster_sees_no_more_than_the_number(scene: Scene, is_given: bool) -> None:
    generator, booster = Oracle(grains_of(scene)), Spy()
    compare(scene, generator, booster, give_n_materials=is_given)
    assert generator.seen == [((scene.micrograph,), {})]
    ((given, options),) = booster.seen
    assert options == {}
    micrograph, masks, n_materials = given
    assert micrograph is scene.micrograph
    assert type(micrograph) is Micrograph
    assert not micrograph.metadata
    assert masks is generator.masks
    assert n_materials == (len(scene.materials) if is_given else None)


def test_the_booster_s_time_includes_the_generator_s(scene: Scene) -> None:
    rows, _, _ = compare(scene, Oracle(grains_of(scene), wait_s=0.1), Spy(wait_s=0.05), give_n_materials=True)
    assert rows[0].seconds >= 0.1
    assert rows[1].seconds >= rows[0].seconds + 0.05


class TestMeter:
    def test_time(self) -> None:
        with Meter() as meter:
            time.sleep(0.05)
        assert 0.05 <= meter.seconds < 5

    def test_memory_that_is_gone_at_the_end_counts(self) -> None:
        before_mb = psutil.Process().memory_info().rss / 1e6
        with Meter() as meter:
            held = np.ones(10_000_000)  # 80 MB, touched
            time.sleep(0.05)
            del held
        assert before_mb + 50 <= meter.peak_mb < before_mb + 500

    def test_memory_from_before_is_not_subtracted(self) -> None:
        with Meter() as meter:
            pass
        assert meter.peak_mb == pytest.approx(psutil.Process().memory_info().rss / 1e6, rel=0.2)

    def test_it_stops_watching(self) -> None:
        n_before = threading.active_count()
        with pytest.raises(KeyError), Meter() as meter:
            raise KeyError
        assert threading.active_count() <= n_before
        assert meter.seconds > 0
