"""What annotators point with, as clicks and boxes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from made_label_studio import brush, drawn
from refusals import refusal

from samiam.label_studio.interface import Interface
from samiam.label_studio.prompts import Pointing, pointings_of

SHAPE = (20, 40)
INTERFACE = Interface("image", "image", "tag", ["Ge", "STO"])


def keypoint(label: str, x: float, y: float, **changes: Any) -> dict[str, Any]:
    return drawn("keypoint", label, SHAPE, x=x, y=y, width=0.5) | changes


def pointings(*results: dict[str, Any]) -> list[Pointing]:
    return pointings_of(list(results), INTERFACE, SHAPE)


def test_clicks_of_a_label_are_of_one_thing() -> None:
    beside = keypoint("Ge", 100, 100, is_positive=0)
    (ge, sto) = pointings(keypoint("Ge", 50, 50), keypoint("STO", 0, 0, is_positive=1), beside)
    # The middle of the image is the corner between four pixels; the edges are within the last ones.
    assert ge == Pointing("Ge", [(19.5, 9.5), (39.0, 19.0)], [True, False])
    assert sto == Pointing("STO", [(0.0, 0.0)], [True])


def test_the_middle_of_a_pixel_is_that_pixel() -> None:
    (found,) = pointings(keypoint("Ge", 100 * 7.5 / 40, 100 * 3.5 / 20))
    assert found.points_xy == [(7.0, 3.0)]


def test_a_rectangle_is_a_box_with_the_clicks_of_its_label() -> None:
    box = drawn("rectangle", "Ge", SHAPE, x=25, y=50, width=50, height=25)
    (found,) = pointings(box, keypoint("Ge", 50, 55))
    assert found.box == (10, 10, 30, 15)
    assert len(found.points_xy) == 1


def test_each_further_box_is_a_thing_of_its_own() -> None:
    boxes = [drawn("rectangle", "Ge", SHAPE, x=x, y=0, width=25, height=50) for x in (0, 50)]
    assert [found.box for found in pointings(*boxes)] == [(0, 0, 10, 10), (20, 0, 30, 10)]


def test_of_other_outlines_the_box_around_them_counts() -> None:
    turned = drawn("rectangle", "Ge", SHAPE, x=50, y=0, width=25, height=50, rotation=90)
    assert pointings(turned)[0].box == (10, 0, 20, 10)
    triangle = drawn("polygon", "Ge", SHAPE, points=[[0, 0], [50, 0], [0, 50]])
    assert pointings(triangle)[0].box == (0, 0, 19, 10)


def test_a_stroke_is_a_few_clicks_along_it() -> None:
    mask = np.zeros(SHAPE, bool)
    mask[8:11, 5:36] = True
    (found,) = pointings(brush("Ge", mask, is_positive=0))
    assert len(found.points_xy) == 5
    assert all(mask[int(y), int(x)] for x, y in found.points_xy)
    xs = sorted(x for x, _ in found.points_xy)
    assert (xs[0], xs[-1]) == pytest.approx((5, 35), abs=1)
    assert np.diff(xs).min() > 3
    assert not any(found.is_inside)
    mask[:] = False
    mask[3, 4] = True
    assert pointings(brush("Ge", mask))[0].points_xy == [(4.0, 3.0)]


@pytest.mark.parametrize(
    ("results", "why"),
    [
        (None, "nothing is pointed at"),
        ([], "nothing is pointed at"),
        ([{}] * 1000, "nothing is pointed at"),
        ([3], "not as Label Studio writes it"),
        ([{"type": "keypointlabels"}], "not as Label Studio writes it"),
        ([keypoint("Ge", 101, 0)], "outside of the image"),
        ([keypoint("Ge", float("nan"), 0)], "outside of the image"),
        ([keypoint("Ge", 1, 1, original_width=39)], "drawn on (20, 39) pixels, but the image has (20, 40)"),
        ([keypoint("Ge", 1, 1, image_rotation=90)], "turned"),
        ([keypoint("W", 1, 1)], "label W"),
        ([drawn("vector", "Ge", SHAPE, vertices=[])], "vectorlabels points at nothing"),
        ([drawn("rectangle", "Ge", SHAPE, x=1, y=1, width=0, height=9)], "holds no pixel"),
        ([drawn("rectangle", "Ge", SHAPE, x=1, y=1, width=50, height=50) | {"is_positive": 0}], "click there instead"),
    ],
)
def test_what_points_at_nothing(results: Any, why: str) -> None:
    assert why in refusal(lambda: pointings_of(results, INTERFACE, SHAPE))
