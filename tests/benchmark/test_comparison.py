from __future__ import annotations

import json
import mmap
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
import psutil
import pytest

from samiam.benchmark import Method, Row, Scoring, compare
from samiam.benchmark.baselines import segment_by
from samiam.benchmark.comparison import _modules, crop_accuracy
from samiam.benchmark.meter import Meter
from samiam.benchmark.method_settings import NumberOfMaterials
from samiam.boosting import CropRules, SemanticBooster, sample_crops
from samiam.metrics import clustering_accuracy, score_image
from samiam.records import Decision, Masks, Micrograph, Scene, Segmentation
from samiam.registry import build_encoder
from samiam.texture.protocol import Estimator
from simulate import procedural_scene

SPECTRUM = build_encoder("spectrum")


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
    options: dict[str, Any] = field(default_factory=dict)
    encoder: None = None
    classifier: None = None

    def __call__(
        self, micrograph: Micrograph, masks: Masks, n_materials: int | None, watch: Any, *, grains: bool
    ) -> Segmentation:
        self.seen.append((micrograph, masks, n_materials))
        self.grains = grains
        with watch("thinking"):
            time.sleep(self.wait_s)
        rest = [Decision(index, "removed", "spy", 0.0, 0.0) for index in range(1, len(masks))]
        return Segmentation(masks[0], [Decision(0, "kept", "spy", 0.0, 0.0, 1), *rest], 1, False, masks)


class Brightness:
    """An encoder of a crop's mean."""

    name, options = "brightness", MappingProxyType({})
    estimator: Estimator | None = None
    distance: float | None = None

    def encode(self, crops: Sequence[Any]) -> Any:
        return np.array([[crop.mean()] for crop in crops], np.float32).reshape(len(crops), 1)


class Order(Brightness):
    """An encoder that tells every second crop from the others."""

    def encode(self, crops: Sequence[Any]) -> Any:
        return np.arange(len(crops), dtype=np.float32)[:, None] % 2


def method(generator: Any, booster: Any = None, name: str = "booster", **other: Any) -> Method:
    return Method(name, booster or SemanticBooster(), generator, **other)


def grains_of(scene: Scene) -> Masks:
    return Masks.from_labels(scene.grains)


def test_one_scene_gives_two_rows(scene: Scene) -> None:
    generator = Oracle(grains_of(scene), wait_s=0.02)
    found = compare(scene, [method(generator)], condition="half dose", image="picture")
    (alone, boosted), masks, (segmentation,) = found.rows, found.masks, found.segmentations
    assert masks is generator.masks
    assert {(row.condition, row.image) for row in found.rows} == {("half dose", "picture")}
    assert (alone.method, boosted.method) == ("oracle", "oracle + booster")
    assert (alone.generator, boosted.generator, alone.booster, boosted.booster) == ("oracle", "oracle", None, "booster")
    assert (alone.crop_accuracy, boosted.crop_accuracy) == (None, None)
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
    found = compare(scene, [method(Oracle(grains_of(scene)), number="estimated")])
    assert found.rows[1].n_materials == found.segmentations[0].n_materials >= 1
    assert found.rows[1].n_materials_given is False


@pytest.mark.parametrize(("number", "surplus"), [("one_fewer", -1), ("one_more", 1)])
def test_told_a_wrong_number(scene: Scene, number: NumberOfMaterials, surplus: int) -> None:
    assert method(Oracle(grains_of(scene)), number=number).told(1) == max(1, 1 + surplus)
    found = compare(scene, [method(Oracle(grains_of(scene)), number=number)])
    assert found.rows[1].n_materials == len(scene.materials) + surplus
    assert found.rows[1].n_materials_given is True


def test_grains_are_asked_for_where_a_method_says_so(scene: Scene) -> None:
    spies = [Spy(), Spy()]
    methods = [method(Oracle(scene.truth), spy, str(n), grains=bool(n)) for n, spy in enumerate(spies)]
    compare(scene, methods)
    assert [spy.grains for spy in spies] == [False, True]


def test_what_is_not_labelled_may_be_ignored(scene: Scene) -> None:
    whole = np.ones(scene.labels.shape, np.uint32)
    part = Scene(scene.micrograph, whole * (np.arange(128) < 64), ["left"], 1, [10], whole)
    rows = [
        compare(part, [method(Oracle(Masks.from_labels(whole)), Spy())], Scoring(unlabelled=unlabelled)).rows[1]
        for unlabelled in ("background", "ignored")
    ]
    assert [row.scores.matched_iou for row in rows] == [0.5, 1.0]


def test_variant_and_weights_reach_the_scores(scene: Scene) -> None:
    masks = Masks.from_arrays([scene.grains > 0, scene.labels == 1])
    uneven = Scene(scene.micrograph, scene.labels, scene.materials, 1, range(1, len(scene.materials) + 1), scene.grains)
    found = {}
    for variant in ("paper", "released"):
        for weighted in (False, True):
            scoring = Scoring(variant, weighted)  # type: ignore[arg-type]
            compared = compare(uneven, [method(Oracle(masks), Spy())], scoring)
            rows, (segmentation,) = compared.rows, compared.segmentations
            options: Any = {"variant": variant, "weights": uneven.weights if weighted else None}
            assert rows[0].scores == score_image(masks, uneven, **options)
            assert rows[1].scores == score_image(segmentation, uneven, **options)
            found[variant, weighted] = rows[0].scores
    assert len(set(found.values())) == 4


@pytest.mark.parametrize("is_given", [True, False])
def test_of_the_truth_the_booster_sees_no_more_than_the_number(scene: Scene, is_given: bool) -> None:
    generator, booster = Oracle(grains_of(scene)), Spy()
    compare(scene, [method(generator, booster, number="given" if is_given else "estimated")])
    assert generator.seen == [((scene.micrograph,), {})]
    ((micrograph, masks, n_materials),) = booster.seen
    assert micrograph is scene.micrograph
    assert type(micrograph) is Micrograph
    assert not micrograph.metadata
    assert masks is generator.masks
    assert n_materials == (len(scene.materials) if is_given else None)


def test_a_booster_s_time_includes_the_generator_s_but_not_another_booster_s(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 0.0

    def pass_time(wait_s: float) -> None:
        nonlocal now_s
        now_s += wait_s

    monkeypatch.setattr(time, "perf_counter", lambda: now_s)
    monkeypatch.setattr(time, "sleep", pass_time)
    generator = Oracle(grains_of(scene), wait_s=0.125)
    rows = compare(scene, [method(generator, Spy(wait_s=wait_s)) for wait_s in (0.25, 0.0625)]).rows
    assert [row.seconds for row in rows] == [0.125, 0.375, 0.1875]
    assert [{stage: cost[0] for stage, cost in row.stages.items()} for row in rows] == [
        {"generation": 0.125},
        {"generation": 0.125, "thinking": 0.25},
        {"generation": 0.125, "thinking": 0.0625},
    ]
    assert all(peak_mb > 0 for row in rows for _, peak_mb in row.stages.values())


def test_masks_are_generated_once_for_all_boosters(scene: Scene) -> None:
    generator, first, second = Oracle(grains_of(scene)), Spy(), Spy()
    methods = [method(generator, first, "first"), method(generator, second, "second", number="estimated")]
    found = compare(scene, methods)
    assert len(generator.seen) == 1
    assert [row.method for row in found.rows] == ["oracle", "oracle + first", "oracle + second"]
    assert [spy.seen[0][2] for spy in (first, second)] == [len(scene.materials), None]
    assert all(spy.seen[0][1] is found.masks for spy in (first, second))
    assert len(found.segmentations) == 2


def test_every_generator_stands_alone_once_for_each_seed(scene: Scene) -> None:
    grains, materials = Oracle(grains_of(scene)), Oracle(scene.truth, name="materials")
    methods = [
        method(grains, Spy(), "a", seed=3),
        method(materials, Spy(), "b", generator_label="true materials"),
        method(grains, Spy(), "a", seed=4),
    ]
    found = compare(scene, methods)
    assert [(row.method, row.seed) for row in found.rows] == [
        ("oracle", 3),
        ("oracle + a", 3),
        ("oracle", 4),
        ("oracle + a", 4),
        ("true materials", 0),
        ("true materials + b", 0),
    ]
    assert [f"{of.label} + {of.name}" for of in methods] == ["oracle + a", "true materials + b", "oracle + a"]
    assert (len(grains.seen), len(materials.seen)) == (1, 1)
    assert found.masks is grains.masks
    assert [of.generated for of in found.segmentations] == [grains.masks, materials.masks, grains.masks]


def test_a_row_survives_json(scene: Scene) -> None:
    for row in compare(scene, [method(Oracle(scene.truth))], Scoring(crop_accuracy=True)).rows:
        assert Row.from_json(json.loads(json.dumps(row.to_json()))) == row


class TestCropAccuracy:
    def test_it_does_not_depend_on_the_generator(self, scene: Scene) -> None:
        found = set()
        for masks in (grains_of(scene), Masks.empty(scene.micrograph.shape_hw)):
            rows = compare(scene, [method(Oracle(masks), SemanticBooster(SPECTRUM))], Scoring(crop_accuracy=True)).rows
            assert rows[0].crop_accuracy is None
            found.add(rows[1].crop_accuracy)
        assert found == {crop_accuracy(scene, SemanticBooster(SPECTRUM))}

    def test_it_is_the_clustering_of_the_true_regions_crops_by_the_booster_s_rules(self, scene: Scene) -> None:
        booster = SemanticBooster(SPECTRUM, crops=CropRules(n_crops=7, crop_px=30))
        crops = sample_crops(scene.micrograph, scene.truth, booster.crops)
        expected = clustering_accuracy(booster.encoder.encode(crops.pixels), crops.owners)
        assert crop_accuracy(scene, booster) == expected

    @pytest.mark.parametrize(("says_it", "expected"), [(True, 1.0), (False, 0.5)])
    def test_by_hand(self, says_it: bool, expected: float) -> None:
        labels = np.repeat([[1] * 40 + [2] * 40], 40, axis=0).astype(np.uint32)
        pixels = (labels == 2).astype(np.float32)
        scene = Scene(Micrograph(pixels, None, "halves"), labels, ["a", "b"], 1, [10, 10], labels)
        booster: Any = SemanticBooster(Brightness() if says_it else Order(), crops=CropRules(inside=1.0))
        assert crop_accuracy(scene, booster) == expected

    def test_no_crop_fits(self, scene: Scene) -> None:
        rules = CropRules(crop_px=500, smallest_crop_px=500)
        assert crop_accuracy(scene, SemanticBooster(SPECTRUM, crops=rules)) is None


class TestMeter:
    def test_time(self) -> None:
        with Meter() as meter:
            time.sleep(0.05)
        assert 0.05 <= meter.seconds < 5

    def test_memory_that_is_gone_at_the_end_counts(self) -> None:
        before_mb = psutil.Process().memory_info().rss / 1e6
        with Meter() as meter, mmap.mmap(-1, 80_000_000) as held:  # fresh pages; an array may be given freed ones
            held.write(bytes(80_000_000))
            time.sleep(0.2)
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


def test_peers_have_rows_of_their_own(scene: Scene) -> None:
    found = compare(scene, [method(Oracle(scene.truth), Spy(), "spy")], baselines=["multi_otsu"])
    assert [row.method for row in found.rows] == ["oracle", "oracle + spy", "multi_otsu"]
    assert len(found.segmentations) == 1
    baseline = found.rows[-1]
    assert (baseline.booster, baseline.n_materials, baseline.n_materials_given) == (None, len(scene.truth), True)
    assert baseline.scores == score_image(segment_by("multi_otsu", scene.micrograph, len(scene.truth)), scene)
    assert baseline.seconds > 0


def test_what_places_prompts_is_code_that_results_depend_on() -> None:
    @dataclass
    class Placed:
        places: Fraction | None

    assert _modules(Placed(None)) == {__name__}
    assert _modules(Placed(Fraction(1))) == {__name__, "fractions"}
    assert _modules(Fraction(1)) == {"fractions"}
