"""Forests grown by scikit-learn, as arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from samiam.errors import InputError
from samiam.particles.faults.forest import LEAF, Forest
from samiam.training.faults.settings import ForestRecipe

_MOST = 2**15 - 1  # what an int16 holds


def grown(numbers: NDArray[np.float16], classes: NDArray[np.integer], recipe: ForestRecipe) -> RandomForestClassifier:
    """A forest of scikit-learn's.

    Args:
        numbers: (n, F).
        classes: (n,), 0, 1, …, each of which occurs.
        recipe: how it is grown.

    Raises:
        InputError: if a class has no example.
    """
    counts = np.bincount(classes)
    if not counts.all():
        raise InputError(f"{counts.tolist()} examples of the classes: draw more specimens, so that each has some.")
    forest = RandomForestClassifier(
        recipe.trees,
        min_samples_leaf=recipe.least_leaf,
        class_weight="balanced",
        random_state=recipe.seed,
        n_jobs=1,
    )
    return forest.fit(numbers.astype(np.float32), classes)


def as_arrays(forest: RandomForestClassifier) -> Forest:
    """The same forest, which says the same of numbers of half precision.

    Raises:
        InputError: if a tree is too large for its arrays.
    """
    rows: dict[bytes, int] = {}
    parts = [_tree(tree, rows) for tree in forest.estimators_]
    sizes = [len(feature) for feature, _, _ in parts]
    if max(sizes) > _MOST or len(rows) > _MOST:
        raise InputError(f"a tree of {max(sizes)} nodes, {len(rows)} kinds of leaves: give a larger least_leaf.")
    shares = np.array([np.frombuffer(row, np.float16) for row in rows])
    feature, threshold, onward = (np.concatenate([part[place] for part in parts]) for place in range(3))
    roots = np.cumsum([0, *sizes[:-1]]).astype(np.int32)
    return Forest(roots, feature.astype(np.int8), threshold.astype(np.float16), onward.astype(np.int16), shares)


def _tree(
    tree: DecisionTreeClassifier, rows: dict[bytes, int]
) -> tuple[NDArray[np.int64], NDArray[np.float16], NDArray[np.int64]]:
    """What each node asks for, up to where the way is left, and where it leads on; see `Forest`."""
    nodes = tree.tree_
    order: list[int] = []
    going = [0]
    while going:  # a node, all of its left branch, all of its right one
        node = going.pop()
        order.append(node)
        if nodes.children_left[node] >= 0:
            going += [nodes.children_right[node], nodes.children_left[node]]
    place = {node: index for index, node in enumerate(order)}
    is_leaf = nodes.children_left[order] < 0
    feature = np.where(is_leaf, LEAF, nodes.feature[order])
    threshold = np.where(is_leaf, np.float16(0), _rounded_down(nodes.threshold[order]))
    onward = [
        rows.setdefault(nodes.value[node, 0].astype(np.float16).tobytes(), len(rows))
        if leaf
        else place[int(nodes.children_right[node])] - index
        for index, (node, leaf) in enumerate(zip(order, is_leaf, strict=True))
    ]
    return feature, threshold, np.array(onward)


def _rounded_down(thresholds: NDArray[np.float64]) -> NDArray[np.float16]:
    """The largest number of half precision that is no larger: a half is at most the one where it is the other."""
    with np.errstate(over="ignore"):
        near = thresholds.astype(np.float16)
    return np.where(near.astype(np.float64) > thresholds, np.nextafter(near, np.float16(-np.inf)), near)
