from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from refusals import refusal

from samiam import Pointer, build_generator, segment, select
from samiam.compact.generator import CompactGenerator
from samiam.errors import InputError
from samiam.geometry import pole_of_inaccessibility
from samiam.records import Decision, Masks, Micrograph
from simulate import SceneRanges, procedural_scene

EASY = SceneRanges(
    n_materials=(3, 3), period_px=(9, 16), thinnest_layer=0.25, counts_per_pixel=(400, 400), p_islands=0, p_similar=0
)


def bands() -> Micrograph:
    """A bright band on a dark one, each with a noise of its own."""
    rng = np.random.default_rng(0)
    dark, bright = rng.normal(0.2, 0.03, (160, 256)), rng.normal(0.7, 0.1, (96, 256))
    return Micrograph(np.concatenate([dark, bright]).clip(0, 1).astype(np.float32))


def test_each_pointer_selects_a_material() -> None:
    found = select(bands(), [Pointer(point=(100, 220)), Pointer(box=(0, 0, 256, 160))])
    upper, lower = found.labels[40, 128], found.labels[230, 128]
    assert {int(upper), int(lower)} == {1, 2}
    assert (found.labels[:150] == upper).mean() > 0.9
    assert (found.labels[170:] == lower).mean() > 0.9
    assert [decision.rule for decision in found.decisions] == ["pointed_at", "pointed_at"]
    assert [decision.material for decision in found.decisions] == [lower, upper]
    assert (found.n_materials, found.n_materials_given) == (2, True)


def test_one_material_alone() -> None:
    found = select(bands(), [Pointer(point=(100, 220))])
    assert found.labels.max() == 1
    assert found.labels[40, 128] == 0


def test_refusals() -> None:
    with pytest.raises(InputError, match="nothing is pointed at"):
        select(bands(), [])
    with pytest.raises(InputError, match="texture takes no clicks"):
        select(bands(), [Pointer(point=(1, 1))], generator=build_generator("texture"))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="point 256,3 lies outside"):
        select(bands(), [Pointer(point=(256, 3))])
    with pytest.raises(InputError, match="no click on the thing and no box"):
        select(bands(), [Pointer()])


@pytest.mark.parametrize("grains", ["x", "no", 1, None])
def test_grains_that_are_neither_asked_for_nor_not(grains: Any) -> None:
    assert refusal(lambda: segment(bands(), grains=grains)) == f"grains={grains!r}: give true or false."


@pytest.mark.parametrize("seed", [3, 5])
def test_clicks_in_two_materials_of_a_scene(seed: int) -> None:
    scene = procedural_scene(2**35 + seed, shape_hw=(256, 256), ranges=EASY)
    middles = [pole_of_inaccessibility(material)[0] for material in list(scene.truth)[:2]]
    found = select(scene.micrograph, [Pointer(point=(x, y)) for y, x in middles])
    labels = [int(found.labels[middle]) for middle in middles]
    assert sorted(labels) == [1, 2] == np.unique(found.labels[found.labels > 0]).tolist()
    assert [decision.material for decision in found.decisions] == labels


def test_what_is_pointed_at_twice_is_one_material() -> None:
    found = select(bands(), [Pointer(point=(100, 220)), Pointer(point=(100, 220))])
    likelihood = float(found.generated.predicted_iou[0])
    assert found.labels.max() == 1
    assert sorted(found.decisions, key=lambda decision: decision.action) == [
        Decision(1, "kept", "pointed_at", likelihood, 0.0, material=1),
        Decision(0, "removed", "dissolved", likelihood, 0.0),
    ]


@pytest.mark.parametrize(
    ("pointers", "remark"),
    [
        ([Pointer(point=(100, 220)), Pointer(point=(30, 40))], None),
        ([Pointer(point=(100, 220)), Pointer(point=(30, 200))], "points 1 and 2 lie in one region"),
        ([Pointer(box=(0, 0, 256, 160)), Pointer(box=(0, 0, 256, 158))], "boxes 1 and 2 lie in one region"),
        ([Pointer(box=(0, 0, 256, 160)), Pointer(point=(30, 30))], "point 1 and box 1 lie in one region"),
        (
            [Pointer(point=(x, y)) for x, y in ((100, 220), (30, 30), (30, 200), (90, 40), (60, 210))],
            "points 1, 3 and 5 lie in one region; points 2 and 4 lie in one region",
        ),
    ],
)
def test_a_remark_says_which_pointers_mean_one_region(pointers: list[Pointer], remark: str | None) -> None:
    assert select(bands(), pointers).remark == remark


def answering(monkeypatch: pytest.MonkeyPatch, *masks: np.ndarray) -> CompactGenerator:
    """A generator that answers with these masks, one after the other."""
    generator = build_generator("compact")
    assert isinstance(generator, CompactGenerator)
    answers = iter([Masks.from_arrays([mask], mask.shape, predicted_iou=[0.9]) for mask in masks])
    monkeypatch.setattr(generator, "predict", lambda **_: next(answers))
    return generator


def test_answers_that_differ_by_their_rim_are_one_region(monkeypatch: pytest.MonkeyPatch) -> None:
    y = np.indices((256, 256))[0]
    generator = answering(monkeypatch, y < 120, y < 124, (y > 130) & (y < 136), y > 130)
    found = select(bands(), [Pointer(point=(9, 9))] * 4, generator=generator)
    assert found.remark == "points 1 and 2 lie in one region"
    assert [int(n) for n in np.bincount(found.labels.ravel())[1:]] == [124 * 256, 120 * 256, 5 * 256]


def test_a_remark_says_of_what_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    y, x = np.indices((256, 256))
    generator = answering(monkeypatch, y >= 0, y < 128, y >= 128, (y < 3) & (x < 3))
    pointers = [Pointer(box=(0, 0, 256, 256)), Pointer(point=(9, 9)), Pointer(point=(9, 200)), Pointer(point=(1, 1))]
    remark = select(bands(), pointers, generator=generator).remark
    assert remark is not None
    assert [part.partition(":")[0] for part in remark.split("; ")] == [
        "nothing is left of box 1",
        "nothing is left of point 3",
    ]


def test_where_nothing_stands_out_all_of_the_image_is_meant() -> None:
    found = select(Micrograph(np.full((64, 64), 0.4, np.float32)), [Pointer(point=(3, 3))])
    assert found.labels.all()
    assert (len(found.generated), len(found.masks)) == (1, 1)


@pytest.mark.slow
def test_clicks_find_their_materials_on_the_average() -> None:
    ious = []
    for seed in (3, 4, 5, 6):
        scene = procedural_scene(2**35 + seed, shape_hw=(256, 256), ranges=EASY)
        middles = [pole_of_inaccessibility(material)[0] for material in list(scene.truth)[:2]]
        labels = select(scene.micrograph, [Pointer(point=(x, y)) for y, x in middles]).labels
        for material, middle in zip(scene.truth, middles, strict=False):
            mask = labels == labels[middle]
            ious.append(np.count_nonzero(mask & material) / np.count_nonzero(mask | material))
    assert np.mean(ious) > 0.75
    assert np.median(ious) > 0.9
