"""Annotators against each other, by hand on arrays of a few pixels."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import ArrayLike

from samiam.benchmark.report.agreement import COLUMNS, agreement
from samiam.errors import InputError
from samiam.records import Micrograph, Scene


def scene(name: str, labels: ArrayLike, difficulty: int = 2) -> Scene:
    array = np.array(labels, np.uint32)
    n = int(array.max())
    pixels = np.zeros(array.shape, np.float32)
    return Scene(Micrograph(pixels, name=name), array, [f"m{i}" for i in range(n)], difficulty, [10.0] * n, array)


HALVES = [[1, 1, 2, 2]] * 4
SWAPPED = [[2, 2, 1, 1]] * 4
MOVED = [[1, 1, 1, 2]] * 4


def test_who_labels_alike_agrees_whatever_the_numbers() -> None:
    found = agreement([("a", scene("x-a", HALVES)), ("a", scene("y-a", SWAPPED))])
    assert list(found.columns) == list(COLUMNS)
    assert found.to_dict("records") == [
        {
            "image": "a",
            "first": "x-a",
            "second": "y-a",
            "difficulty": 2,
            "miou": 1.0,
            "boundary_miou": 1.0,
            "pixel_agreement": 1.0,
        }
    ]


def test_a_moved_interface_by_hand() -> None:
    found = agreement([("a", scene("x", HALVES, 1)), ("a", scene("y", MOVED, 3))])
    (row,) = found.to_dict("records")
    # Columns 0 1 against 0 1 2: 2/3; columns 2 3 against 0 1 2: 1/4; columns 2 3 against 3: 1/2.
    by_label = [2 / 3, (1 / 4 + 1 / 2) / 2]  # of x, masks of y; of y, masks of x: (2/3 + 1/4) / 2 and 1/2
    other_way = [(2 / 3 + 1 / 4) / 2, 1 / 2]
    assert row["miou"] == pytest.approx(np.mean([np.mean(by_label), np.mean(other_way)]))
    assert row["pixel_agreement"] == 12 / 16
    assert row["difficulty"] == 3


def test_boundaries_are_compared_by_themselves() -> None:
    first, second = np.ones((40, 40), int), np.ones((40, 40), int)
    first[:, 20:], second[:, 21:] = 2, 2
    (row,) = agreement([("a", scene("x", first)), ("a", scene("y", second))]).to_dict("records")
    assert row["boundary_miou"] < row["miou"] < 1


def test_it_is_symmetric() -> None:
    one, two = ("a", scene("x", HALVES)), ("a", scene("y", MOVED))
    scores = ["miou", "boundary_miou", "pixel_agreement"]
    np.testing.assert_array_equal(agreement([one, two])[scores], agreement([two, one])[scores])


def test_only_pixels_labelled_by_both_count() -> None:
    found = agreement([("a", scene("x", [[1, 1, 0, 2]])), ("a", scene("y", [[1, 0, 2, 2]]))])
    assert found["pixel_agreement"].tolist() == [1.0]


def test_without_a_common_pixel_nobody_agrees() -> None:
    found = agreement([("a", scene("x", [[1, 0]])), ("a", scene("y", [[0, 1]]))])
    assert found["miou"].tolist() == [0.0]
    assert found["pixel_agreement"].isna().all()


def test_a_label_corresponds_to_one_other_only() -> None:
    found = agreement([("a", scene("x", [[1, 1, 1, 1]])), ("a", scene("y", [[1, 2, 3, 3]]))])
    assert found["pixel_agreement"].tolist() == [0.5]


def test_each_pair_of_each_image() -> None:
    given_scenes = [(image, scene(f"{who}-{image}", HALVES)) for who in "xyz" for image in "ab"]
    found = agreement([*given_scenes, ("c", scene("c", HALVES))])
    assert list(zip(found["image"], found["first"], found["second"], strict=True)) == [
        (image, f"{one}-{image}", f"{other}-{image}") for image in "ab" for one, other in ("xy", "xz", "yz")
    ]


@pytest.mark.parametrize("scenes", [[], [("a", scene("a", HALVES)), ("b", scene("b", HALVES))]])
def test_nobody_to_agree_with(scenes: list[tuple[str, Scene]]) -> None:
    found = agreement(scenes)
    assert found.empty
    assert list(found.columns) == list(COLUMNS)


def test_scenes_of_different_shapes() -> None:
    with pytest.raises(InputError, match=r"^a: x has \(4, 4\) pixels, but y has \(1, 2\); .*$"):
        agreement([("a", scene("x", HALVES)), ("a", scene("y", [[1, 2]]))])


labels = arrays.arrays(np.uint8, (3, 4), elements=st.integers(0, 3))


@given(labels, labels)
def test_pixels_against_all_correspondences(first: np.ndarray, second: np.ndarray) -> None:
    first, second = (np.searchsorted(np.unique([0, *image.flat]), image) for image in (first, second))
    both = (first > 0) & (second > 0)
    if not both.any():
        return
    best = max(np.mean(np.array([0, *order])[first[both]] == second[both]) for order in permutations([1, 2, 3]))
    found = agreement([("a", scene("x", first)), ("a", scene("y", second))])
    assert found["pixel_agreement"].item() == pytest.approx(best)
