"""Lines between regions."""

from __future__ import annotations

import numpy as np
import pytest

from samiam.interfaces import contours, interfaces


def test_a_circle_is_as_long_as_it_is() -> None:
    y, x = np.mgrid[:200, :200]
    (line,) = interfaces(np.where((x - 100) ** 2 + (y - 90) ** 2 < 60**2, 2, 1))
    assert line.labels == (1, 2)
    assert line.length() == pytest.approx(2 * np.pi * 60, rel=0.01)
    assert np.array_equal(line.line_xy[0], line.line_xy[-1])
    assert np.hypot(*(line.line_xy - [100, 90]).T) == pytest.approx(60, abs=1.5)


@pytest.mark.parametrize("degrees", [0, 10, 30, 45, 80])
def test_a_slope_is_as_long_as_it_is(degrees: float) -> None:
    y, x = np.mgrid[-100:100, -100:100] + 0.3
    tilt = np.deg2rad(degrees)
    (line,) = interfaces(np.where(x * np.cos(tilt) + y * np.sin(tilt) < 0, 1, 2))
    across = 199 / max(np.cos(tilt), np.sin(tilt))
    assert line.length() == pytest.approx(across, rel=0.01)


def test_pixels_that_are_not_square() -> None:
    (line,) = interfaces(np.repeat([[1, 2]], 11, axis=0))
    assert line.length((0.5, 2.0)) == 20.0


def test_where_three_meet_each_pair_has_its_line() -> None:
    labels = np.ones((60, 60), int)
    labels[:, 30:] = 2
    labels[40:] = 3
    lengths = {line.labels: line.length() for line in interfaces(labels)}
    assert lengths.keys() == {(1, 2), (1, 3), (2, 3)}
    assert lengths[1, 2] == pytest.approx(39, abs=1)
    assert lengths[1, 3] + lengths[2, 3] == pytest.approx(59, abs=2)


def test_what_is_not_segmented_has_none() -> None:
    labels = np.zeros((40, 40), int)
    labels[:, :10], labels[:, 30:] = 1, 2
    assert interfaces(labels) == []


def test_a_line_that_begins_within_a_run_is_one() -> None:
    labels = np.ones((60, 60), int)
    labels[20:40, 20:40] = 2
    labels[20:40, 40:] = 3
    between = [line for line in interfaces(labels) if line.labels == (1, 2)]
    assert len(between) == 1
    assert between[0].length() == pytest.approx(60, abs=2)


def test_contours_that_are_known_give_the_same_lines() -> None:
    labels = np.array([[1, 1, 1, 1, 0], [1, 2, 2, 1, 3], [1, 2, 2, 1, 3], [1, 1, 1, 1, 3]])
    around = contours(labels)
    known = [(line.labels, line.line_xy.tolist()) for line in interfaces(labels, around)]
    assert known == [(line.labels, line.line_xy.tolist()) for line in interfaces(labels)]
    assert {line.labels for line in interfaces(labels)} == {(1, 2), (1, 3)}


def test_contours_are_closed_and_those_of_holes_are_among_them() -> None:
    labels = np.array([[0, 0, 0, 0, 0], [0, 4, 4, 4, 0], [0, 4, 0, 4, 0], [0, 4, 4, 4, 0]])
    found = contours(labels)
    assert list(found) == [4]
    outer, hole = found[4]
    for line in found[4]:
        np.testing.assert_array_equal(line[0], line[-1])
    assert (outer.min(axis=0).tolist(), outer.max(axis=0).tolist()) == ([0.5, 0.5], [3.5, 3.5])
    assert (hole.min(axis=0).tolist(), hole.max(axis=0).tolist()) == ([1.5, 1.5], [2.5, 2.5])
