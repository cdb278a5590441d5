"""The table of particles, against what the discs are."""

from __future__ import annotations

import numpy as np
import pytest
from made_particles import disc, made_particles
from refusals import refusal

from samiam.outlines import Outline
from samiam.particles import FaultDetection, measure_particles
from samiam.particles.measured import MeasuredImage
from samiam.particles.measures import COLUMNS, window_nm
from samiam.records import Masks, Micrograph


def test_discs_on_square_pixels() -> None:
    table = measure_particles(made_particles())
    assert tuple(table.columns) == COLUMNS
    assert table["particle"].tolist() == [1, 2, 3]
    np.testing.assert_allclose(table["diameter_nm"][:2], [1.6, 2.0], atol=0.03)
    np.testing.assert_allclose(table[["x_nm", "y_nm"]][:2], [[2.0, 2.4], [5.0, 3.0]], atol=1e-9)
    np.testing.assert_allclose(table["area_nm2"], np.pi / 4 * table["diameter_nm"] ** 2)
    assert table["touches_edge"].tolist() == [False, False, True]
    assert table["left_out"].tolist() == [None, None, "touches the edge"]
    assert table["score"].tolist() == pytest.approx([0.9, 0.7, 0.5])
    assert table["class"].tolist() == [None, None, None]
    assert table["p_no_fault"].isna().all()


def test_both_sides_of_a_pixel_count() -> None:
    """The same discs on pixels twice as high as wide."""
    square = measure_particles(made_particles([(40, 40, 32)], (80, 80)))
    oblong = measure_particles(made_particles([(40, 20, 32)], (40, 80), aspect=2.0))
    for name in ("x_nm", "y_nm", "diameter_nm", "feret_max_nm", "feret_min_nm", "circularity"):
        assert oblong[name][0] == pytest.approx(square[name][0], rel=0.03), name
    assert oblong[["width_nm", "height_nm"]].to_numpy().tolist()[0] == pytest.approx([3.3, 3.4])


def test_classes_and_what_counts() -> None:
    discs = [(12 + 16 * index, 12, 12) for index in range(4)]
    said = ["no fault", "agglomeration", "unsure", "empty"]
    table = measure_particles(made_particles(discs, (24, 80), classes=said))
    assert table["class"].tolist() == said
    assert table["left_out"].tolist() == [None, "agglomeration", None, "empty"]
    assert table["p_agglomeration"].tolist() == pytest.approx([0.05, 0.8, 0.2, 0.05])


def test_one_as_large_as_the_image() -> None:
    bar = np.zeros((20, 30), bool)
    bar[5:9] = True
    found = made_particles([(9, 9, 5)], (20, 30))
    whole = type(found)(found.micrograph, Masks.from_arrays([bar]), np.array([False]), "given")
    assert measure_particles(whole)["left_out"].tolist() == ["as large as the image"]


def test_what_is_shown_is_the_window() -> None:
    shown = np.zeros((20, 30), bool)
    shown[2:12, 5:25] = True
    assert window_nm(Micrograph(np.zeros((20, 30)), 0.5, shown=shown, pixel_aspect=2.0)) == (10.0, 10.0)
    assert window_nm(Micrograph(np.zeros((20, 30)), 0.5)) == (15.0, 10.0)


def test_no_particles_have_the_same_columns() -> None:
    table = measure_particles(made_particles([]))
    assert tuple(table.columns) == COLUMNS
    assert len(table) == 0


def test_a_particle_without_pixels_is_refused() -> None:
    found = made_particles([(20, 20, 9)])
    hollow = type(found)(found.micrograph, Masks.from_arrays(np.zeros((1, 64, 80))), np.array([False]), "given")
    assert refusal(lambda: measure_particles(hollow)) == "gold: particle 1 has no pixel; leave it out."


def test_the_identity_is_that_of_the_image() -> None:
    of = [MeasuredImage.of(made_particles(**given)).identity for given in ({}, {"name": "other name"}, {"size": 0.2})]
    assert of[0] != of[1]  # made of other pixels
    assert of[0] == of[2]
    facts = {"sha256": "ab", "frame": 1, "channel": None, "dataset": None}
    assert MeasuredImage.of(made_particles(metadata=facts)).identity == "ab 1 None None"


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((50, 51, 9, 9), "found 51 of 50 is impossible; give counts, as 45 of 50."),
        ((50, 45, 0, 0), "cleared 0 of 0 is impossible; give counts, as 45 of 50."),
        ((10, 4, 10, 5), "a sensitivity of 0.4 with a specificity of 0.5 is no better than chance; nothing can be"),
    ],
)
def test_detection_that_says_nothing(counts: tuple[int, int, int, int], said: str) -> None:
    assert refusal(lambda: FaultDetection(*counts)).startswith(said)


def test_feret_diameters_of_discs_are_right_within_a_pixel() -> None:
    """The largest is too large and the least too small, as the documentation says."""
    rng = np.random.default_rng(0)
    off = []
    for diameter in rng.uniform(10, 120, 300):
        side = int(diameter + 8)
        mask = disc((side, side), (diameter / 2 + 3 + rng.random(), diameter / 2 + 3 + rng.random()), diameter)
        off.append(np.array(Outline.of(mask, (1.0, 1.0)).feret) - diameter)
    assert np.abs(off).max() < 1.0
    assert -0.4 < np.mean(off, axis=0)[0] < -0.25
    assert 0.4 < np.mean(off, axis=0)[1] < 0.6
