from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam.metrics import click_ious
from samiam.records import Masks

SHAPE_HW = (20, 30)
EVERYWHERE = np.ones(SHAPE_HW, np.bool_)


def square(top: int, bottom: int, left: int, right: int) -> NDArray[np.bool_]:
    mask = np.zeros(SHAPE_HW, np.bool_)
    mask[top:bottom, left:right] = True
    return mask


class Answer:
    """Always gives the same mask, or none; remembers what was clicked."""

    def __init__(self, mask: NDArray[np.bool_] | None) -> None:
        self.masks = Masks.empty(SHAPE_HW) if mask is None else Masks.from_arrays([mask])
        self.clicks: list[tuple[float, float]] = []
        self.labels: list[int] = []

    def __call__(self, clicks: Sequence[tuple[float, float]], labels: Sequence[int]) -> Masks:
        self.clicks, self.labels = list(clicks), list(labels)
        return self.masks


TRUTH = square(4, 13, 6, 15)


def test_a_right_answer_needs_one_click_in_the_middle() -> None:
    answer = Answer(TRUTH)
    assert click_ious(answer, TRUTH, EVERYWHERE, 3) == [1, 1, 1]
    assert (answer.clicks, answer.labels) == ([(10, 8)], [1])


def test_too_much_is_clicked_away() -> None:
    answer = Answer(EVERYWHERE)
    assert click_ious(answer, TRUTH, EVERYWHERE, 2) == [81 / 600] * 2
    assert answer.labels == [1, 0]
    x, y = answer.clicks[1]
    assert not TRUTH[int(y), int(x)]
    assert x > 15


def test_what_is_missing_is_clicked_at() -> None:
    answer = Answer(square(4, 13, 6, 8))
    assert click_ious(answer, TRUTH, EVERYWHERE, 2) == [18 / 81] * 2
    assert answer.labels == [1, 1]
    x, y = answer.clicks[1]
    assert TRUTH[int(y), int(x)]
    assert x > 8


def test_nothing_is_worth_nothing() -> None:
    assert click_ious(Answer(None), TRUTH, EVERYWHERE, 3) == [0, 0, 0]


def test_errors_where_the_truth_is_unknown_get_no_click() -> None:
    answer = Answer(EVERYWHERE)
    assert click_ious(answer, TRUTH, TRUTH, 3) == [81 / 600] * 3
    assert answer.labels == [1]


def test_of_extra_parts_one_whose_truth_is_known_is_clicked_away() -> None:
    counted = square(0, 20, 0, 21)
    answer = Answer(EVERYWHERE)
    click_ious(answer, TRUTH, counted, 2)
    x, y = answer.clicks[1]
    assert answer.labels == [1, 0]
    assert counted[int(y), int(x)]
    assert not TRUTH[int(y), int(x)]


@pytest.mark.parametrize(("missing_px", "extra_px", "label"), [(3, 7, 0), (7, 3, 1)])
def test_the_deeper_error_is_clicked(missing_px: int, extra_px: int, label: int) -> None:
    truth = square(4, 13, 0, 15)
    answer = Answer(square(4, 13, missing_px, 15 + extra_px))
    click_ious(answer, truth, EVERYWHERE, 2)
    x, y = answer.clicks[1]
    assert answer.labels == [1, label]
    assert (x < missing_px) if label else (x >= 15)
    assert 4 <= y < 13


class Obedient:
    """Half of the truth at one click, all of it at two."""

    def __init__(self) -> None:
        self.n_calls = 0

    def __call__(self, clicks: Sequence[tuple[float, float]], labels: Sequence[int]) -> Masks:
        del labels
        self.n_calls += 1
        return Masks.from_arrays([square(4, 13, 6, 15 if len(clicks) > 1 else 9), EVERYWHERE])


@pytest.mark.parametrize(("n_clicks", "n_calls"), [(1, 1), (2, 2), (5, 2)])
def test_one_value_for_each_click(n_clicks: int, n_calls: int) -> None:
    answer = Obedient()
    expected = [1 / 3, 1, 1, 1, 1][:n_clicks]
    assert click_ious(answer, TRUTH, EVERYWHERE, n_clicks) == pytest.approx(expected)
    assert answer.n_calls == n_calls
