"""What is learnt of ends and junctions: heat maps, the loss, and how what is found is scored."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from samiam.records import Micrograph
from samiam.records.polar_scene import Points, PolarScene
from samiam.training.polar.crops import LabelledCrops
from samiam.training.polar.fitting import best_of
from samiam.training.polar.learning import heat_loss
from samiam.training.polar.scenes import TrainingFrames, resized
from samiam.training.polar.scoring import Peaks, best_height, f_score
from samiam.training.polar.settings import FrameRules, LabelRules
from samiam.training.polar.targets import counted_px, heat_maps


def test_a_point_is_a_gaussian_on_the_map_of_its_kind() -> None:
    maps = heat_maps(Points([[10.5, 12.0], [20.0, 5.0]], [False, True]), (32, 40), 1.5)
    y, x = np.mgrid[:32, :40]
    for kind, (row, column) in enumerate([(10.5, 12.0), (20.0, 5.0)]):
        exact = np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * 1.5**2))
        np.testing.assert_allclose(maps[kind], exact, atol=5e-4)


def test_points_out_of_the_image_and_none_at_all() -> None:
    maps = heat_maps(Points([[-1.0, 5.0], [35.0, 80.0]], [False, False]), (32, 40), 1.5)
    assert maps[0, 0, 5] == pytest.approx(np.exp(-1 / 4.5), rel=1e-3)
    assert maps[:, 6:].max() == 0
    assert heat_maps(Points([], []), (8, 8), 1.0).max() == 0


def test_of_two_points_the_nearer_one_counts() -> None:
    maps = heat_maps(Points([[10, 10], [10, 13]], [False, False]), (20, 20), 1.5)
    assert maps[0, 10, 10] == maps[0, 10, 13] == 1
    assert maps[0, 10, 11] < 1


def test_the_border_is_not_learnt() -> None:
    counted = counted_px((30, 40), 11.5)
    assert counted.sum() == (30 - 24) * (40 - 24)
    assert counted[12, 12]
    assert not counted[11, 20]


def test_the_loss_is_0_where_logits_agree_and_counts_where_it_is_to() -> None:
    heat = torch.from_numpy(heat_maps(Points([[10, 10]], [False]), (20, 20), 1.5))[:1]
    counted = torch.ones(20, 20, dtype=torch.bool)
    agreeing = torch.logit(heat.clamp(1e-6, 1 - 1e-6))
    assert float(heat_loss(agreeing, heat, counted, 4.0)) == pytest.approx(0, abs=1e-2)
    wrong = agreeing.clone()
    wrong[0, 3, 3] = 2.0  # a false peak
    expected = float(torch.nn.functional.softplus(torch.tensor(2.0)) / heat.sum())
    assert float(heat_loss(wrong, heat, counted, 4.0)) == pytest.approx(expected, rel=0.02)
    counted[3, 3] = False
    assert float(heat_loss(wrong, heat, counted, 4.0)) == pytest.approx(0, abs=1e-2)


def test_scores_by_hand() -> None:
    """Of three peaks one is within half a period of a point, one too far, one doubles the first."""
    peaks = Peaks(np.array([[50.0, 50], [50, 54], [80, 80]]), np.array([0.9, 0.5, 0.3]), np.array([[52.0, 50.0]]), 10.0)
    assert peaks.hits(0.2) == (1, 3, 1)
    assert peaks.hits(0.4) == (1, 2, 1)
    assert peaks.hits(0.95) == (0, 0, 1)
    assert f_score([peaks.hits(0.4)]) == pytest.approx(2 / 3)
    assert best_height([peaks], (0.2, 0.4, 0.7, 0.95)) == (0.7, 1.0)
    assert best_height([peaks], (0.4, 0.6, 0.8)) == (0.6, 1.0)  # the lower of two that are as good
    assert f_score([(0, 0, 0)]) == 1.0


def scene(side: int = 64, period: float = 12.0, sign: str = "bright") -> PolarScene:
    pixels = np.zeros((side, side), np.float32)
    pixels[20, 30] = 1
    truth = Points([[20, 30]], [True])
    return PolarScene(Micrograph(pixels, name="x"), truth, sign, period, pixels > 0, "v")  # type: ignore[arg-type]


def test_a_frame_of_another_size_keeps_its_point_where_it_is_bright() -> None:
    pixels, points = resized(scene(), 128)
    middle = (np.argwhere(pixels > 0.5 * pixels.max())).mean(axis=0)
    np.testing.assert_allclose(points.positions_px[0], middle, atol=0.51)
    dark, _ = resized(scene(sign="dark"), 64)
    np.testing.assert_array_equal(dark, 1 - scene().micrograph.pixels)


def test_images_and_heat_are_turned_together() -> None:
    """Wherever a frame is turned to, its bright pixel lies under the peak of its map; and it depends on its index."""
    rules = FrameRules(scenes=8, size_px=64, misjudged=0, p_blurred=0, p_curved=0)
    frames = TrainingFrames(
        lambda _index, side, period: scene(side, period), lambda px: px, rules, (12, 12), 0.125, at_working_period=True
    )
    places = set()
    for index in range(8):
        image, heat = frames[index]
        assert image.shape == (1, 64, 64)
        place = np.unravel_index(int(image.argmax()), (64, 64))
        assert heat[1][place] == heat[1].max() == 1
        assert heat[0].max() == 0
        places.add(tuple(int(value) for value in place))
        torch.testing.assert_close(frames[index][0], image)
    assert len(places) > 2


def test_crops_of_labelled_frames_hold_the_points_that_they_show() -> None:
    crops = LabelledCrops([scene(140)], lambda px: px, LabelRules(scenes=16, size_px=96), 0.125)
    shown = 0
    for index in range(16):
        image, heat = crops[index]
        if image.max() == 1:
            place = np.unravel_index(int(image.argmax()), (96, 96))
            assert heat[1][place] == 1
            shown += 1
    assert 0 < shown < 16


def test_stripes_are_taken_where_they_are_nearly_as_good_as_peaks() -> None:
    truth = np.array([[50.0, 50.0], [80.0, 20.0]])

    def found(places: np.ndarray) -> tuple[Peaks, Peaks]:
        one = Peaks(places, np.full(len(places), 0.6, np.float32), truth, 10.0)
        return one, one

    good, bad = found(truth), found(truth + np.array([[0.0, 0.0], [30.0, 0.0]]))
    assert best_of([{"peaks": good, "stripes": good}])[0].places == "stripes"
    assert best_of([{"peaks": good, "stripes": bad}])[0].places == "peaks"
    nearly = [{"peaks": good, "stripes": good}] * 99 + [{"peaks": good, "stripes": bad}]  # F 0.995
    assert best_of(nearly)[0].places == "stripes"
    assert best_of(nearly[-50:])[0].places == "peaks"  # 0.99
    calibration, scores = best_of([{"peaks": good}])
    assert (calibration.places, scores) == ("peaks", (1.0, 1.0))
