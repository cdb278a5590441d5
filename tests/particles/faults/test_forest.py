"""The walk through a forest's arrays, by hand; arrays that a walk would leave are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from samiam.particles.faults.forest import LEAF, Forest


def two_trees() -> Forest:
    """The first asks for number 1 up to 0.5, then on its left for number 0 up to -2; the second is one leaf."""
    return Forest(
        roots=np.array([0, 5], np.int32),
        feature=np.array([1, 0, LEAF, LEAF, LEAF, LEAF], np.int8),
        threshold=np.array([0.5, -2, 0, 0, 0, 0], np.float16),
        onward=np.array([4, 2, 0, 1, 2, 3], np.int16),
        leaves=np.array([[1, 0], [0.5, 0.5], [0, 1], [0.25, 0.75]], np.float16),
    )


def test_by_hand() -> None:
    numbers = np.array([[-2, 0.5], [-1, 0.5], [-9, 0.75]], np.float16)
    wanted = (np.array([[1, 0], [0.5, 0.5], [0, 1]]) + np.array([0.25, 0.75])) / 2
    assert np.array_equal(two_trees().mean(numbers), wanted)
    assert two_trees().mean(numbers[:0]).shape == (0, 2)


def test_there_and_back() -> None:
    again = Forest.of(two_trees().state(), 2, 2)
    for name, array in vars(two_trees()).items():
        assert np.array_equal(getattr(again, name), array)
        assert getattr(again, name).dtype == array.dtype


@pytest.mark.parametrize(
    "changes",
    [
        {"roots": np.array([0, 6])},
        {"roots": np.array([-1])},
        {"roots": np.array([], int)},
        {"feature": np.array([2, 0, -1, -1, -1, -1])},
        {"feature": np.array([1, 0, -2, -1, -1, -1])},
        {"feature": np.array([1, 0, -1, -1, -1, 0])},
        {"onward": np.array([6, 2, 0, 1, 2, 3])},
        {"onward": np.array([0, 2, 0, 1, 2, 3])},
        {"onward": np.array([-1, 2, 0, 1, 2, 3])},
        {"onward": np.array([4, 2, 0, 1, 2, 4])},
        {"onward": np.array([4, 2, 0])},
        {"leaves": np.ones((4, 3), np.float16)},
        {"leaves": np.ones(4, np.float16)},
    ],
)
def test_arrays_that_are_no_forest(changes: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match=r"arrays|trees|nodes"):
        replace(two_trees(), **changes).check(2, 2)
