"""Labels say how many materials images of a kind have, and every labelled image judges the numbers of the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from samiam.compact.sights import read_sight
from samiam.compact.weights import NAME, shipped_calibration
from samiam.datasets.painted import scene_of
from samiam.records import Micrograph, Scene
from samiam.storage.weight_files import shipped_weights
from samiam.training.labelled import numbers
from samiam.training.labelled.division import Division
from samiam.training.labelled.numbers import LearntNumbers, learn_numbers, numbers_of

SHAPE_HW = (192, 192)
Seen = tuple[int, ...]


def layers(name: str, n: int) -> Scene:
    """Layers of one image above one another, each with a lattice of its own."""
    y, x = np.indices(SHAPE_HW)
    labels = (np.arange(SHAPE_HW[0]) * n // SHAPE_HW[0] + 1)[:, None].repeat(SHAPE_HW[1], axis=1).astype(np.uint32)
    pixels = 0.05 * np.random.default_rng(len(name)).normal(size=SHAPE_HW)
    for label, period_px in zip(range(1, n + 1), (7, 12, 19), strict=False):
        lattice = 0.2 * label + 0.08 * (np.cos(2 * np.pi * x / period_px) + np.cos(2 * np.pi * y / period_px))
        pixels = np.where(labels == label, pixels + lattice, pixels)
    return scene_of(Micrograph(np.clip(pixels, 0, 1), name=name), labels, [f"layer {n}" for n in range(1, n + 1)], {})


def learnt(train: Iterable[Scene], val: Iterable[Scene], test: Iterable[Scene] = ()) -> LearntNumbers:
    division = Division(list(train), list(val), list(test), "1 image of split val")
    return learn_numbers(read_sight(shipped_weights(NAME)), shipped_calibration(), division)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Seen]]:
    """The numbers that images were segmented by; the scores go from 0.5 to 0.7, or to what an image's name says."""
    numbers_by_image: dict[str, list[Seen]] = {}

    def scored(_model: object, scene: Scene, each_seen: tuple[Seen, ...]) -> list[list[float]]:
        numbers_by_image.setdefault(scene.micrograph.name, []).extend(each_seen)
        name = scene.micrograph.name
        after = 0.1 if name.startswith("worse") else 0.45 if name.startswith("little") else 0.7
        return [[0.5, 0.5, float(name.startswith("wrong"))], [after, after, float(not name.startswith("wrong"))]]

    monkeypatch.setattr(numbers, "_scores", scored)
    return numbers_by_image


def test_images_are_counted_by_their_number() -> None:
    assert numbers_of([layers("a", 2), layers("b", 3), layers("c", 2)]) == (0, 2, 1)
    assert numbers_of([]) == ()


def test_every_image_judges_the_numbers_of_the_others(asked: dict[str, list[Seen]]) -> None:
    found = learnt([layers("a", 2), layers("b", 3), layers("b", 3)], [layers("c", 1)], [layers("d", 2)])
    # Two annotators labelled b, which then says nothing of itself.
    assert asked == {"a": [(), (1, 0, 2)], "b": [(), (1, 1)] * 2, "c": [(), (0, 1, 2)], "d": [(), (1, 1, 2)]}
    assert found.calibration == replace(shipped_calibration(), numbers_seen=(1, 1, 2))
    said = "right on 0% → 100% of 3 labelled images, each by those of the others; score 0.500 → 0.700"
    assert found.words == f"estimates the number by those of the labels too: {said}"
    assert found.after == {
        "labelled/miou": 0.7,
        "labelled/iou": 0.7,
        "labelled/right": 1.0,
        "test/miou": 0.7,
        "test/iou": 0.7,
        "test/right": 1.0,
    }


@pytest.mark.usefixtures("asked")
def test_numbers_that_make_it_worse_are_not_gone_by() -> None:
    found = learnt([layers("worse 1", 2), layers("b", 2)], [layers("worse 2", 3)])
    assert found.calibration == shipped_calibration()
    assert found.words.startswith("estimates the number as before: right on 0% → 100% of 3 labelled images,")
    assert found.words.endswith("; score 0.500 → 0.300")
    assert found.card["numbers"]["seen"] == [0, 2, 1]


@pytest.mark.usefixtures("asked")
def test_numbers_that_are_right_may_cost_what_chance_does() -> None:
    few = learnt([layers("little 1", 2)], [layers("little 2", 2)])
    assert few.calibration.numbers_seen == (0, 2)
    assert few.words.endswith("; score 0.500 → 0.450")
    many = learnt([layers(f"little {number}", 2) for number in range(4)], [layers("little 4", 2)])
    assert many.calibration == shipped_calibration()  # 0.05 is more than 0.1/√5


@pytest.mark.usefixtures("asked")
def test_numbers_that_are_wrong_more_often_are_not_gone_by() -> None:
    found = learnt([layers("wrong 1", 2), layers("b", 2)], [layers("wrong 2", 2)])
    assert found.calibration == shipped_calibration()
    assert found.words.startswith("estimates the number as before: right on 67% → 33% of 3 labelled images,")


@pytest.mark.usefixtures("asked")
def test_one_image_says_nothing_of_others() -> None:
    parts = [layers("a", 2)], [layers("a", 2)], [layers("b", 2)]
    division = Division(*parts, "a third of the only image", of_one_image=True)
    found = learn_numbers(read_sight(shipped_weights(NAME)), shipped_calibration(), division)
    assert found.calibration == shipped_calibration()
    assert found.words == "estimates the number as before: one image says little of others"
    assert (found.seen, found.after) == ((0, 1), {"test/miou": 0.7, "test/iou": 0.7, "test/right": 1.0})


def test_images_are_segmented_by_the_numbers() -> None:
    found = learnt([layers("a", 2), layers("b", 2)], [layers("c", 2)], [layers("d", 2)])
    assert found.calibration.numbers_seen == (0, 3)
    assert min(found.after.values()) > 0.9
    assert found.before.keys() == found.after.keys()
