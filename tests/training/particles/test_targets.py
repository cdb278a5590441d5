from __future__ import annotations

import numpy as np
import pytest

from samiam.training.particles.targets import targets_of


def test_by_hand() -> None:
    square = np.zeros((9, 9), np.uint8)
    square[2:7, 2:7] = 1
    particle, depth, overlap = targets_of([square], (9, 9))
    assert np.array_equal(particle, square)
    assert not overlap.any()
    assert depth[4, 2:7].tolist() == pytest.approx([1 / 3, 2 / 3, 1, 2 / 3, 1 / 3], abs=0.02)
    assert not depth[square == 0].any()


def test_of_two_over_each_other_the_deeper_counts() -> None:
    rows = np.zeros((2, 7, 13), np.uint8)
    rows[0, 1:6, 1:8] = rows[1, 1:6, 5:12] = 1
    particle, depth, overlap = targets_of(rows, (7, 13))
    assert np.array_equal(overlap, rows.all(axis=0))
    assert np.array_equal(particle, rows.any(axis=0))
    (_, first, _), (_, second, _) = (targets_of([row], (7, 13)) for row in rows)
    assert np.array_equal(depth, np.maximum(first, second))
    assert depth[3, 6] < depth[3, 4] == depth[3, 8] == 1  # a valley between


def test_the_border_is_no_edge_of_what_it_cuts() -> None:
    cut = np.zeros((8, 8), np.uint8)
    cut[:, :4] = 1
    assert targets_of([cut], (8, 8))[1][4].tolist() == pytest.approx([1, 0.75, 0.5, 0.25, 0, 0, 0, 0], abs=0.02)
    assert targets_of([np.ones((8, 8), np.uint8)], (8, 8))[1].tolist() == np.ones((8, 8)).tolist()


def test_nothing() -> None:
    assert not targets_of([np.zeros((5, 4), np.uint8)], (5, 4)).any()
    assert targets_of([], (5, 4)).shape == (3, 5, 4)
