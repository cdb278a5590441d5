"""What is not shown of a micrograph: kept, filled in, cut away, and put back around what was found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_records import assert_same, made_scene
from numpy.typing import NDArray
from refusals import refusal

from samiam.artefacts.finding import Artefacts
from samiam.records import Cutout, Decision, Masks, Micrograph, Scene, Segmentation


def shown_but(*boxes: tuple[slice, slice], shape_hw: tuple[int, int] = (6, 8)) -> NDArray[np.bool_]:
    shown = np.ones(shape_hw, np.bool_)
    for box in boxes:
        shown[box] = False
    return shown


TOP, LEFT, HOLE = np.s_[:2, :], np.s_[:, :1], np.s_[3, 4:6]
PIXELS = np.arange(48, dtype=np.float32).reshape(6, 8) / 48
FRAMED = Micrograph(PIXELS, 0.1, "framed", {"left_out": "a frame"}, shown_but(TOP, LEFT, HOLE))


class TestMicrograph:
    def test_all_shown_is_none(self) -> None:
        assert Micrograph(PIXELS, shown=np.ones((6, 8), np.bool_)).shown is None
        assert (FRAMED.n_shown, Micrograph(PIXELS).n_shown) == (26, 48)

    def test_refusals(self) -> None:
        said = refusal(lambda: Micrograph(PIXELS, name="edge", shown=np.ones((6, 7), np.bool_)))
        assert said.startswith("edge: shown is bool (6, 7); give a boolean for each pixel of (6, 8)")
        assert "give a boolean" in refusal(lambda: Micrograph(PIXELS, shown=np.ones((6, 8))))  # type: ignore[arg-type]
        assert "no pixel is shown" in refusal(lambda: Micrograph(PIXELS, shown=np.zeros((6, 8), np.bool_)))

    def test_it_is_kept_and_cannot_be_changed(self, tmp_path: Path) -> None:
        FRAMED.save(tmp_path / "a.npz")
        assert_same(Micrograph.load(tmp_path / "a.npz"), FRAMED)
        assert FRAMED.shown is not None
        with pytest.raises(ValueError, match="read-only"):
            FRAMED.shown[0, 0] = True

    def test_a_scene_keeps_it(self, tmp_path: Path) -> None:
        scene = made_scene()
        shown = shown_but(TOP, shape_hw=scene.micrograph.shape_hw)
        framed = Scene(
            Micrograph(scene.micrograph.pixels, shown=shown),
            scene.labels,
            scene.materials,
            scene.difficulty,
            scene.weights,
            scene.grains,
        )
        framed.save(tmp_path / "a.npz")
        assert_same(Scene.load(tmp_path / "a.npz").micrograph, framed.micrograph)

    def test_stretched_between_what_is_shown(self) -> None:
        counts = np.full((20, 20), 1000, np.uint16)
        counts[::2], counts[0], counts[1, 1] = 2000, 0, 60000
        shown = np.ones((20, 20), np.bool_)
        shown[:2] = False
        found = Micrograph.stretched(counts, artefacts=Artefacts(shown, counts, ("a frame",)))
        assert found.metadata["clip_values"] == [1000, 2000]
        assert found.metadata["left_out"] == "a frame"
        assert set(np.unique(found.pixels[2:])) == {0, 1}
        assert "left_out" not in Micrograph.stretched(counts, artefacts=Artefacts(None, counts, ())).metadata

    def test_filled_by_mirroring(self) -> None:
        row = np.arange(8, dtype=np.float32)[None].repeat(2, axis=0) / 8
        filled = Micrograph(row, shown=shown_but(np.s_[:, :2], shape_hw=(2, 8))).filled * 8
        np.testing.assert_array_equal(filled, np.array([[4, 3, 2, 3, 4, 5, 6, 7]] * 2))
        nearly_nothing = np.zeros((2, 8), np.bool_)
        nearly_nothing[:, 3] = True
        np.testing.assert_array_equal(Micrograph(row, shown=nearly_nothing).filled, np.full((2, 8), 3 / 8))
        assert Micrograph(row).filled is not None


class TestCutout:
    def test_the_smallest_box_filled(self) -> None:
        cutout = Cutout.of(FRAMED)
        assert cutout.corner_xy == (1, 2)
        assert (cutout.micrograph.shape_hw, cutout.micrograph.shown) == ((4, 7), None)
        known = FRAMED.shown[2:, 1:]  # type: ignore[index]
        np.testing.assert_array_equal(cutout.micrograph.pixels[known], PIXELS[2:, 1:][known])
        assert (cutout.micrograph.name, cutout.micrograph.pixel_size_nm) == ("framed", 0.1)

    def test_where_all_is_shown_nothing_is_done(self) -> None:
        whole = Micrograph(PIXELS)
        cutout = Cutout.of(whole)
        segmentation = Segmentation(np.ones((6, 8)), [], 1, True, Masks.empty((6, 8)))
        assert cutout.micrograph is whole
        assert cutout.put_back(segmentation) is segmentation
        assert cutout.point_inside((3, 4)) == (3, 4)
        assert cutout.box_inside((0, 1, 2, 3)) == (0, 1, 2, 3)

    def test_put_back(self) -> None:
        """Material 1 has 16 pixels of which 2 are hidden, material 2 has 12; material 3 is all hidden."""
        labels = np.ones((4, 7), np.uint32)
        labels[:, 4:] = 2
        labels[1, 3:5] = 3
        masks = Masks.from_labels(labels)
        decisions = [Decision(i, "kept", "majority_vote", 1.0, 0.0, material=i + 1) for i in range(3)]
        names = ["Ge", "Si", "C"]
        found = Segmentation(labels, decisions, 3, True, masks, names, name_confidence=[0.9, 0.8, 0.7])
        whole = Cutout.of(FRAMED).put_back(found)
        expected = np.zeros((6, 8), np.uint32)
        expected[2:, 1:] = labels
        expected[HOLE] = 0
        np.testing.assert_array_equal(whole.labels, expected)
        assert [decision.material for decision in whole.decisions] == [1, 2, None]
        assert (whole.decisions[2].action, whole.decisions[2].rule) == ("removed", "dissolved")
        assert (whole.names, whole.name_confidence) == (("Ge", "Si"), (0.9, 0.8))
        assert whole.micrograph is FRAMED
        assert whole.generated.areas.tolist() == [15, 11, 0]
        assert whole.generated.crop_boxes_xywh[0].tolist() == [1, 2, 7, 4]

    def test_materials_are_numbered_by_what_is_shown(self) -> None:
        labels = np.ones((4, 7), np.uint32)
        labels[:2] = 2
        shown = shown_but(TOP, LEFT, np.s_[4:, 2:6])
        masks, names = Masks.empty((4, 7)), ["lower", "upper"]
        found = Segmentation(labels, [], 2, True, masks, names, confidences=[0.7, None], name_confidence=[0.9, 0.8])
        whole = Cutout.of(Micrograph(PIXELS, shown=shown)).put_back(found)
        assert whole.names == ("upper", "lower")
        assert (whole.confidences, whole.name_confidence) == ((None, 0.7), (0.8, 0.9))
        assert (whole.labels[2, 3], whole.labels[5, 7]) == (1, 2)

    def test_points_and_boxes(self) -> None:
        cutout = Cutout.of(FRAMED)
        assert cutout.point_inside((3.5, 2.5)) == (2.5, 0.5)
        assert cutout.box_inside((2, 3, 6, 5)) == (1, 1, 5, 3)
        assert cutout.box_inside((0, 0, 8, 6)) == (0, 0, 7, 4)
        assert "the point 4,3 is in what was left out (a frame)" in refusal(lambda: cutout.point_inside((4, 3)))
        assert "holds nothing but what was left out" in refusal(lambda: cutout.box_inside((0, 0, 8, 2)))
