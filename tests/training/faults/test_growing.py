"""Forests as arrays say what scikit-learn's say."""

from __future__ import annotations

import numpy as np
import pytest

from samiam.errors import InputError
from samiam.training.faults.growing import as_arrays, grown
from samiam.training.faults.settings import ForestRecipe


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of very different sizes, many of them alike, and classes that some of them tell."""
    rng = np.random.default_rng(seed)
    numbers = (rng.normal(size=(n, 6)) * [1, 1e-3, 1e3, 1e-6, 1, 5]).astype(np.float16)
    numbers[:, 4] = np.round(numbers[:, 4])
    return numbers, (2 * (numbers[:, 0] > 0.3) + (numbers[:, 2] > 100)).astype(np.int64)


@pytest.mark.parametrize("least_leaf", [1, 5])
def test_the_same_probabilities_as_scikit_learn(least_leaf: int) -> None:
    forest = grown(*drawn(300), ForestRecipe(trees=25, least_leaf=least_leaf))
    seen, _ = drawn(300)
    unseen, _ = drawn(400, seed=1)
    arrays = as_arrays(forest)
    for numbers in (seen, unseen):
        reference = forest.predict_proba(numbers.astype(np.float32))
        # Leaves are kept in half precision; a wrong turn in one tree alone would cost 1/25.
        assert np.abs(arrays.probabilities(numbers) - reference).max() < 5e-4
    arrays.check(6, 4)


def test_numbers_at_a_threshold_and_beside_it_turn_as_scikit_learn_turns() -> None:
    forest = grown(*drawn(300), ForestRecipe(trees=10, least_leaf=1))
    arrays = as_arrays(forest)
    edges = arrays.threshold[arrays.feature >= 0]
    near = np.concatenate([edges, np.nextafter(edges, np.float16(1e4)), np.nextafter(edges, np.float16(-1e4))])
    numbers = np.random.default_rng(2).permuted(np.tile(near[:, None], (1, 6)), axis=0)
    reference = forest.predict_proba(numbers.astype(np.float32))
    assert np.abs(arrays.probabilities(numbers) - reference).max() < 5e-4


def test_the_same_seed_grows_the_same() -> None:
    one, same, other = (as_arrays(grown(*drawn(100), ForestRecipe(trees=3, seed=seed))) for seed in (1, 1, 2))
    assert np.array_equal(one.threshold, same.threshold)
    assert not np.array_equal(one.threshold, other.threshold)


def test_a_class_without_an_example_is_refused() -> None:
    with pytest.raises(InputError, match=r"\[2, 0, 1\] examples of the classes"):
        grown(np.zeros((3, 2), np.float16), np.array([0, 2, 0]), ForestRecipe(trees=1))
