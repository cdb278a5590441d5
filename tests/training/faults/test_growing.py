"""Trees as arrays say what scikit-learn's say."""

from __future__ import annotations

import numpy as np
import pytest

from samiam.errors import InputError
from samiam.networks.variant import Variant
from samiam.particles.faults.classifier import shares_of
from samiam.training.faults.growing import boosted_arrays, forest_arrays, grown, new_boosting, new_forest
from samiam.training.faults.settings import BoostingRecipe, ForestRecipe, TreeRecipe

BOOSTING = BoostingRecipe(rounds=12, least_leaf=1, learning_rate=0.3)


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of very different sizes, many of them alike, and classes that some of them tell."""
    rng = np.random.default_rng(seed)
    numbers = (rng.normal(size=(n, 6)) * [1, 1e-3, 1e3, 1e-6, 1, 5]).astype(np.float16)
    numbers[:, 4] = np.round(numbers[:, 4])
    return numbers, (2 * (numbers[:, 0] > 0.3) + (numbers[:, 2] > 100)).astype(np.int64)


@pytest.mark.parametrize("least_leaf", [1, 5])
def test_the_same_probabilities_as_scikit_learn(least_leaf: int) -> None:
    forest = new_forest(ForestRecipe(trees=25, least_leaf=least_leaf)).fit(*drawn(300))
    seen, _ = drawn(300)
    unseen, _ = drawn(400, seed=1)
    arrays = forest_arrays(forest)
    for numbers in (seen, unseen):
        reference = forest.predict_proba(numbers.astype(np.float32))
        # Leaves are kept in half precision; a wrong turn in one tree alone would cost 1/25.
        assert np.abs(shares_of(arrays, numbers, "paper") - reference).max() < 5e-4
    arrays.check(6, 4)


def test_boosted_trees_too() -> None:
    trees = new_boosting(BOOSTING).fit(*drawn(300))
    arrays = boosted_arrays(trees)
    assert len(arrays.roots) == 1 + 4 * BOOSTING.rounds
    for numbers in (drawn(300)[0], drawn(400, seed=1)[0]):
        logits = len(arrays.roots) * arrays.mean(numbers)
        # A wrong turn in one tree alone would change a logit by a few tenths.
        assert np.abs(logits - trees.decision_function(numbers.astype(np.float32))).max() < 0.01
        reference = trees.predict_proba(numbers.astype(np.float32))
        assert np.abs(shares_of(arrays, numbers, "ours") - reference).max() < 2e-3
    arrays.check(6, 4)


@pytest.mark.parametrize(("recipe", "least"), [(ForestRecipe(trees=10, least_leaf=1), 5e-4), (BOOSTING, 2e-3)])
def test_numbers_at_a_threshold_and_beside_it_turn_as_scikit_learn_turns(recipe: TreeRecipe, least: float) -> None:
    variant: Variant = "ours" if isinstance(recipe, BoostingRecipe) else "paper"
    new = new_boosting(recipe) if isinstance(recipe, BoostingRecipe) else new_forest(recipe)
    arrays = grown(*drawn(300), recipe)
    edges = arrays.threshold[arrays.feature >= 0]
    near = np.concatenate([edges, np.nextafter(edges, np.float16(1e4)), np.nextafter(edges, np.float16(-1e4))])
    numbers = np.random.default_rng(2).permuted(np.tile(near[:, None], (1, 6)), axis=0)
    reference = new.fit(*drawn(300)).predict_proba(numbers.astype(np.float32))
    assert np.abs(shares_of(arrays, numbers, variant) - reference).max() < least


@pytest.mark.parametrize("kind", [ForestRecipe, BoostingRecipe])
def test_the_same_seed_grows_the_same(kind: type[TreeRecipe]) -> None:
    sizes = {"trees": 3} if kind is ForestRecipe else {"rounds": 3, "least_leaf": 2}
    one, same, other = (grown(*drawn(100), kind(**sizes, seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.threshold, same.threshold)
    assert not np.array_equal(one.threshold, other.threshold)


@pytest.mark.parametrize("recipe", [ForestRecipe(trees=1), BoostingRecipe(rounds=1)])
def test_a_class_without_an_example_is_refused(recipe: TreeRecipe) -> None:
    with pytest.raises(InputError, match=r"\[2, 0, 1\] examples of the classes"):
        grown(np.zeros((3, 2), np.float16), np.array([0, 2, 0]), recipe)
