"""Trees grown by scikit-learn, as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from threadpoolctl import threadpool_limits

from samiam.errors import InputError
from samiam.particles.faults.forest import LEAF, Forest
from samiam.training.faults.settings import BoostingRecipe, ForestRecipe, TreeRecipe

_MOST = 2**15 - 1  # what an int16 holds
Numbers = NDArray[np.float16]
_Tree = tuple[NDArray[np.int64], NDArray[np.float16], NDArray[np.int64]]


def grown(numbers: Numbers, classes: NDArray[np.integer], recipe: TreeRecipe) -> Forest:
    """Trees as arrays, see `shares_of`.

    Args:
        numbers: (n, F).
        classes: (n,), 0, 1, …, each of which occurs.
        recipe: how they are grown: boosted, or as a random forest.

    Raises:
        InputError: if a class has no example, or the trees are too large for the arrays.
    """
    counts = np.bincount(classes)
    if not counts.all():
        raise InputError(f"{counts.tolist()} examples of the classes: draw more specimens, so that each has some.")
    if isinstance(recipe, BoostingRecipe):
        # Threads that wait for each other take minutes where another job has a core.
        with threadpool_limits(1, user_api="openmp"):
            return boosted_arrays(new_boosting(recipe).fit(numbers.astype(np.float32), classes))
    return forest_arrays(new_forest(recipe).fit(numbers.astype(np.float32), classes))


def new_forest(recipe: ForestRecipe) -> RandomForestClassifier:
    """A random forest of scikit-learn's, before it is fitted."""
    return RandomForestClassifier(
        recipe.trees,
        min_samples_leaf=recipe.least_leaf,
        class_weight="balanced",
        random_state=recipe.seed,
        n_jobs=1,
    )


def new_boosting(recipe: BoostingRecipe) -> HistGradientBoostingClassifier:
    """Boosted trees of scikit-learn's, likewise."""
    return HistGradientBoostingClassifier(
        max_iter=recipe.rounds,
        learning_rate=recipe.learning_rate,
        max_leaf_nodes=recipe.leaves,
        min_samples_leaf=recipe.least_leaf,
        max_features=recipe.features,
        l2_regularization=recipe.penalty,
        class_weight="balanced",
        early_stopping=False,  # what it would stop by are regions of the specimens that it learns from
        random_state=recipe.seed,
    )


def forest_arrays(forest: RandomForestClassifier) -> Forest:
    """The same forest, whose mean is what it says of numbers of half precision.

    Raises:
        InputError: if a tree is too large for its arrays.
    """
    rows = _Rows()
    return rows.joined(_of_tree(tree.tree_, rows) for tree in forest.estimators_)


def _of_tree(tree: Any, rows: _Rows) -> _Tree:  # noqa: ANN401 - scikit-learn's own, without a type
    left, right = tree.children_left, tree.children_right
    leaves = [rows.place(value[0]) if node < 0 else 0 for value, node in zip(tree.value, left, strict=True)]
    return _laid_out(left, right, tree.feature, tree.threshold, leaves)


def boosted_arrays(trees: HistGradientBoostingClassifier) -> Forest:
    """The same trees, whose sum are the logits; the first is but a leaf, what is said before any question.

    Raises:
        InputError: if there are too many leaves for the arrays.
    """
    rows = _Rows()
    base = rows.place(trees._baseline_prediction[0])  # scikit-learn shows its trees nowhere else
    first = np.array([LEAF]), np.zeros(1, np.float16), np.array([base])
    ones = np.eye(len(trees.classes_))
    others = [
        _of_nodes(tree.nodes, of_class, rows)
        for of_round in trees._predictors
        for tree, of_class in zip(of_round, ones, strict=True)
    ]
    return rows.joined([first, *others])


def _of_nodes(nodes: NDArray[Any], of_class: NDArray[np.float64], rows: _Rows) -> _Tree:
    is_leaf = nodes["is_leaf"].astype(bool)
    left, right = (np.where(is_leaf, -1, nodes[side].astype(np.int64)) for side in ("left", "right"))
    leaves = [rows.place(value * of_class) if leaf else 0 for value, leaf in zip(nodes["value"], is_leaf, strict=True)]
    return _laid_out(left, right, nodes["feature_idx"], nodes["num_threshold"], leaves)


class _Rows:
    """What leaves say, each row once."""

    def __init__(self) -> None:
        self._places: dict[bytes, int] = {}

    def place(self, values: NDArray[np.float64]) -> int:
        """Of a row."""
        return self._places.setdefault(values.astype(np.float16).tobytes(), len(self._places))

    def joined(self, trees: Iterable[_Tree]) -> Forest:
        """The forest of trees whose leaves are among these."""
        parts = list(trees)
        sizes = [len(feature) for feature, _, _ in parts]
        if max(sizes) > _MOST or len(self._places) > _MOST:
            kinds = f"a tree of {max(sizes)} nodes, {len(self._places)} kinds of leaves"
            raise InputError(f"{kinds}, at most {_MOST}: grow fewer or smaller trees.")
        leaves = np.array([np.frombuffer(row, np.float16) for row in self._places])
        feature, threshold, onward = (np.concatenate([part[place] for part in parts]) for place in range(3))
        roots = np.cumsum([0, *sizes[:-1]]).astype(np.int32)
        return Forest(roots, feature.astype(np.int8), threshold.astype(np.float16), onward.astype(np.int16), leaves)


def _laid_out(
    left: NDArray[np.integer],
    right: NDArray[np.integer],
    features: NDArray[np.integer],
    thresholds: NDArray[np.float64],
    leaves: Sequence[int],
) -> _Tree:
    """What each node asks for, up to where the way is left, and where it leads on; see `Forest`.

    Args:
        left: node of each node's left branch, -1 at a leaf.
        right: likewise.
        features: that nodes ask for.
        thresholds: up to which the way is left.
        leaves: row of what each node says, if it is a leaf.
    """
    order: list[int] = []
    going = [0]
    while going:  # a node, all of its left branch, all of its right one
        node = going.pop()
        order.append(node)
        if left[node] >= 0:
            going += [int(right[node]), int(left[node])]
    place = {node: index for index, node in enumerate(order)}
    is_leaf = left[order] < 0
    feature = np.where(is_leaf, LEAF, features[order].astype(np.int64))
    threshold = np.where(is_leaf, np.float16(0), _rounded_down(thresholds[order]))
    onward = [
        leaves[node] if leaf else place[int(right[node])] - index
        for index, (node, leaf) in enumerate(zip(order, is_leaf, strict=True))
    ]
    return feature, threshold, np.array(onward)


def _rounded_down(thresholds: NDArray[np.float64]) -> NDArray[np.float16]:
    """The largest number of half precision that is no larger: a half is at most the one where it is the other."""
    with np.errstate(over="ignore"):
        near = thresholds.astype(np.float16)
    return np.where(near.astype(np.float64) > thresholds, np.nextafter(near, np.float16(-np.inf)), near)
