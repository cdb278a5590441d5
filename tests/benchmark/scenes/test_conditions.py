from __future__ import annotations

import io
import json
import pickle
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from composed_configs import written
from made_records import assert_same, made_scene
from PIL import Image
from scipy import ndimage

from samiam.benchmark.scenes.conditions import under, under_conditions
from samiam.benchmark.scenes.sources import Source
from samiam.benchmark.settings import Condition, build_conditions
from samiam.errors import InputError
from samiam.records import Micrograph, Scene


def thresholded() -> Scene:
    """Smooth blobs, and for labels whether they are brighter than the middle."""
    noise = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(360, 480)), 40)
    pixels = (np.tanh(noise / noise.std()) + 1) / 2
    labels = 1 + (pixels > 0.5)
    grains = 10 * labels
    return Scene(Micrograph(pixels, 0.05), labels, ["dark", "bright"], 2, [10.0, 1.0], grains, {"seed": 1})


def striped(widths: Sequence[int]) -> Scene:
    """Three materials from left to right."""
    labels = np.repeat(np.arange(1, 4, dtype=np.uint32), widths)[None].repeat(40, axis=0)
    return Scene(Micrograph(labels / 4), labels, ["left", "middle", "right"], 1, [10.0, 1.0, 5.0], labels, {})


def made(name: str, dose: float = 1.0, drift: float = 0.0) -> Scene:
    """Stands for an exposure."""
    scene = made_scene()
    micrograph = replace(scene.micrograph, name=name)
    return replace(scene, micrograph=micrograph, parameters={"dose": dose, "drift": drift})


class TestUnder:
    def test_no_change_is_no_change(self) -> None:
        scene = made_scene()
        assert under(scene, Condition()) is scene

    def test_a_quarter_turn_is_exact(self) -> None:
        scene = made_scene()
        found = under(scene, Condition(turn_deg=90))
        for field in ("labels", "grains"):
            np.testing.assert_array_equal(getattr(found, field), np.rot90(getattr(scene, field)))
        np.testing.assert_array_equal(found.micrograph.pixels, np.rot90(scene.micrograph.pixels))
        back = under(found, Condition(turn_deg=-90))
        assert_same(replace(back, parameters=scene.parameters), scene)

    def test_inversion_is_exact_and_changes_nothing_else(self) -> None:
        scene = made_scene()
        found = under(scene, Condition(inverted=True))
        np.testing.assert_array_equal(found.micrograph.pixels, 1 - scene.micrograph.pixels)
        same = replace(found, micrograph=scene.micrograph, parameters=scene.parameters)
        assert_same(same, scene)
        assert found.micrograph.metadata == scene.micrograph.metadata

    @pytest.mark.parametrize("turn_deg", [0, 30, -100])
    @pytest.mark.parametrize("magnification", [1.5, 0.7, 1.0])
    def test_labels_stay_where_the_image_has_them(self, turn_deg: float, magnification: float) -> None:
        found = under(thresholded(), Condition(turn_deg=turn_deg, magnification=magnification))
        is_bright = found.micrograph.pixels > 0.5
        for mask, expected in zip(found.truth, (~is_bright, is_bright), strict=True):
            assert (mask & expected).sum() / (mask | expected).sum() > 0.99
        np.testing.assert_array_equal(found.grains, 10 * found.labels)

    @pytest.mark.parametrize("magnification", [1.5, 0.7])
    def test_the_pixel_size_follows(self, magnification: float) -> None:
        condition = Condition(magnification=magnification)
        assert under(thresholded(), condition).micrograph.pixel_size_nm == pytest.approx(0.05 / magnification)
        assert under(striped([20, 30, 30]), condition).micrograph.pixel_size_nm is None

    def test_pixels_that_are_not_square(self) -> None:
        scene = thresholded()
        oblong = replace(scene, micrograph=replace(scene.micrograph, pixel_aspect=2.0))
        assert under(oblong, Condition(sampling=0.5)).micrograph.pixel_aspect == 2.0
        assert under(oblong, Condition(turn_deg=180)).micrograph.pixel_aspect == 2.0
        with pytest.raises(InputError, match="not square"):
            under(oblong, Condition(turn_deg=90))

    def test_what_is_out_of_view_is_gone_and_the_others_move_down(self) -> None:
        found = under(striped([50, 10, 20]), Condition(magnification=2.5))  # of 80 columns the middle 32
        assert list(found.materials) == ["left", "middle"]
        assert list(found.weights) == [10.0, 1.0]
        found = under(striped([20, 30, 30]), Condition(magnification=2.5))
        assert list(found.materials) == ["middle", "right"]
        assert list(found.weights) == [1.0, 5.0]
        assert np.unique(found.labels).tolist() == [1, 2]
        assert np.unique(found.grains).tolist() == [2, 3]

    @pytest.mark.parametrize(("left", "materials"), [(51, ["middle", "right"]), (54, ["left", "middle", "right"])])
    def test_a_sliver_at_the_edge_is_no_material(self, left: int, materials: list[str]) -> None:
        scene = striped([left, 200, 402 - 200 - left])  # of 402 columns the middle 302
        found = under(scene, Condition(magnification=402 / 302))
        assert list(found.materials) == materials
        assert found.truth.areas.min() > 0.005 * found.labels.size
        np.testing.assert_array_equal(found.labels == 0, found.grains == 0)
        assert (found.labels == 0).any() == (left == 51)

    def test_what_was_little_before_stays(self) -> None:
        scene = striped([1, 499, 300])
        assert list(under(scene, Condition(magnification=0.7)).materials) == ["left", "middle", "right"]

    def test_what_is_not_labelled_stays_so(self) -> None:
        scene = striped([20, 30, 30])
        gap = replace(scene, labels=scene.labels - 1, materials=["middle", "right"], weights=[1.0, 5.0])
        found = under(gap, Condition(turn_deg=5))
        np.testing.assert_array_equal(found.labels, found.grains - 1)
        assert (found.labels == 0).any()

    def test_nothing_labelled_is_left(self) -> None:
        scene = striped([10, 60, 10])
        left = replace(scene, labels=scene.labels * (scene.labels == 1), materials=["left"], weights=[1.0])
        with pytest.raises(InputError, match=r"^micrograph: nothing labelled is left at turn_deg=0 and magnific"):
            under(left, Condition(magnification=3))

    def test_noise_is_normal_and_the_same_each_time(self) -> None:
        grey = np.full((200, 200), 0.5, np.float32)
        ones = np.ones((200, 200), np.uint32)
        scene = Scene(Micrograph(grey, name="a"), ones, ["all"], 1, [1.0], ones)
        first, again = (under(scene, Condition(noise=0.1)).micrograph.pixels for _ in range(2))
        np.testing.assert_array_equal(first, again)
        assert first.mean() == pytest.approx(0.5, abs=0.003)
        assert first.std() == pytest.approx(0.1, rel=0.02)
        named = replace(scene, micrograph=replace(scene.micrograph, name="b"))
        assert (under(named, Condition(noise=0.1)).micrograph.pixels != first).mean() > 0.9

    def test_a_gradient_is_even_along_the_diagonal_and_multiplies(self) -> None:
        scene = thresholded()
        pixels, lit = (under(scene, Condition(gradient=g)).micrograph.pixels.astype(float) for g in (1.0, 3.0))
        factors = lit / pixels
        assert (factors[0, 0], factors[-1, -1]) == (pytest.approx(1 / 3), pytest.approx(1))
        assert (factors[0, -1], factors[-1, 0]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
        np.testing.assert_allclose(np.diff(factors, 2, axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(np.diff(factors, 2, axis=1), 0, atol=1e-5)

    def test_a_jpeg_is_what_another_program_reads(self) -> None:
        scene = thresholded()
        found = [under(scene, Condition(jpeg=quality)).micrograph.pixels for quality in (95, 30)]
        losses = [float(np.abs(pixels - scene.micrograph.pixels).mean()) for pixels in found]
        assert 0 < losses[0] < losses[1] < 0.05
        file = io.BytesIO()
        Image.fromarray(np.rint(255 * scene.micrograph.pixels).astype(np.uint8)).save(file, "JPEG", quality=30)
        np.testing.assert_allclose(found[1] * 255, np.asarray(Image.open(file)), atol=1e-4)

    @pytest.mark.parametrize("sampling", [0.5, 1.5])
    def test_other_sampling_keeps_the_view(self, sampling: float) -> None:
        scene = thresholded()
        found = under(scene, Condition(sampling=sampling))
        height, width = scene.micrograph.shape_hw
        assert found.micrograph.shape_hw == pytest.approx((height * sampling, width * sampling), abs=1)
        assert found.micrograph.pixel_size_nm == pytest.approx(0.05 / sampling)
        for corner in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
            assert found.labels[corner] == scene.labels[corner]
        assert (found.labels == 2).mean() == pytest.approx((scene.labels == 2).mean(), abs=0.01)
        is_bright = found.micrograph.pixels > 0.5
        assert ((found.labels == 2) == is_bright).mean() > 0.99

    def test_the_parameters_record_it(self) -> None:
        found = under(made_scene(), Condition(turn_deg=90, inverted=True))
        assert found.parameters["seed"] == 7
        recorded = json.loads(json.dumps(found.parameters))["condition"]
        assert Condition(**recorded) == Condition(turn_deg=90, inverted=True)
        assert found.difficulty == made_scene().difficulty
        assert found.micrograph.name == "STO"


class TestSettings:
    def test_by_name_in_order(self) -> None:
        found = build_conditions({"as taken": {}, "half dose": {"dose": 0.5}, "turned 30°": {"turn_deg": 30}})
        assert list(found.items()) == [
            ("as taken", Condition()),
            ("half dose", Condition(dose=0.5)),
            ("turned 30°", Condition(turn_deg=30.0)),
        ]
        assert build_conditions({}) == {}

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ([], r"conditions=\[\]: give by name what each changes"),
            ({"less": None}, r"conditions\.less=None: give settings by name"),
            (
                {"less": {"dosis": 1}},
                r"conditions\.less has no setting 'dosis'; did you mean 'dose'\? It has dose, ",
            ),
            ({"less": {"dose": "½"}}, r"conditions\.less\.dose='½': give a number"),
            ({"less": {"dose": 0}}, r"conditions\.less\.dose=0: give a number from 0\.001 to 1000"),
            ({"moved": {"drift": -0.1}}, r"conditions\.moved\.drift=-0\.1: give a number from 0 to 0\.1"),
            (
                {"turned": {"turn_deg": float("nan")}},
                r"conditions\.turned\.turn_deg=nan: give a number from -360 to 3",
            ),
            ({"near": {"magnification": 11}}, r"conditions\.near\.magnification=11: give a number from 0\.1 to 10"),
            ({"noisy": {"noise": 2}}, r"conditions\.noisy\.noise=2: give a number from 0 to 1"),
            ({"dark": {"inverted": 1}}, r"conditions\.dark\.inverted=1: give true or false"),
            ({"lit": {"gradient": 0.5}}, r"conditions\.lit\.gradient=0\.5: give a number from 1 to 100"),
            ({"lossy": {"jpeg": 0}}, r"conditions\.lossy\.jpeg=0: give a whole number from 1 to 95 or null"),
            ({"fine": {"sampling": 0}}, r"conditions\.fine\.sampling=0: give a number from 0\.1 to 10"),
        ],
    )
    def test_refusals(self, settings: Any, message: str) -> None:
        with pytest.raises(InputError, match=f"^{message}") as caught:
            build_conditions(settings)
        assert "\n" not in str(caught.value)

    def test_those_of_the_experiment(self) -> None:
        found = build_conditions(written("evaluate", "experiment/robustness")["conditions"])
        assert next(iter(found.values())) == Condition()
        assert len(set(found.values())) == len(found)
        changes = [vars(one).items() - vars(Condition()).items() for one in found.values()]
        changed = {name for of_one in changes for name, _ in of_one}
        assert changed == {"dose", "drift", "turn_deg", "magnification", "inverted"}

    def test_those_for_labelled_images_need_no_exposure(self) -> None:
        found = build_conditions(written("evaluate", "experiment/robustness_labelled")["conditions"])
        assert next(iter(found.values())) == Condition()
        assert len(set(found.values())) == len(found) == 7
        assert not any(one.of_exposure for one in found.values())


class TestSources:
    SOURCES = tuple(Source(name, f"image {name}", partial(made, name)) for name in "ab")

    def test_without_conditions_nothing_changes(self) -> None:
        assert under_conditions(self.SOURCES, {}, made) == list(self.SOURCES)

    def test_one_scene_after_the_other_under_each_condition(self) -> None:
        conditions = {"as taken": Condition(), "turned": Condition(turn_deg=90)}
        found = under_conditions(self.SOURCES, conditions)
        assert [(source.name, source.image, source.condition) for source in found] == [
            ("a", "image a", "as taken"),
            ("a", "image a", "turned"),
            ("b", "image b", "as taken"),
            ("b", "image b", "turned"),
        ]
        shapes = [source.make().micrograph.shape_hw for source in found]
        assert shapes == [(11, 13), (13, 11)] * 2

    def test_dose_and_drift_are_exposed_and_the_rest_is_done_to_the_exposure(self) -> None:
        conditions = {"as taken": Condition(), "few": Condition(dose=0.5, drift=0.02, turn_deg=90)}
        found = [source.make() for source in under_conditions(self.SOURCES[:1], conditions, made)]
        assert [(scene.parameters["dose"], scene.parameters["drift"]) for scene in found] == [(1.0, 0.0), (0.5, 0.02)]
        assert found[1].micrograph.shape_hw == (13, 11)
        assert found[1].parameters["condition"]["dose"] == 0.5

    def test_what_cannot_be_exposed_again(self) -> None:
        conditions = {"as taken": Condition(), "few": Condition(dose=0.5, drift=0.02)}
        with pytest.raises(InputError, match=r"^conditions\.few: dose and drift need a specimen .*benchmark=full"):
            under_conditions(self.SOURCES, conditions)

    def test_they_can_be_sent_to_a_worker(self) -> None:
        conditions = {"few": Condition(dose=0.5, inverted=True)}
        (source,) = under_conditions(self.SOURCES[:1], conditions, made)
        assert_same(pickle.loads(pickle.dumps(source)).make(), source.make())
