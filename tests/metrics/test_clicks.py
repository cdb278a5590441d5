from __future__ import annotations

from collections.abc import Sequence

import numpy as np
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
