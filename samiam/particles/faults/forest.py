"""Decision trees as arrays: what scikit-learn has grown, walked by numpy, kept without a pickle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

LEAF = -1
"""What a leaf asks for."""


@dataclass(frozen=True, eq=False)
class Forest:
    """Decision trees over F numbers and C classes, their nodes in one row: a node, its left branch, its right branch.

    Attributes:
        roots: int32 (T,), where each tree begins.
        feature: int8 (N,), which number a node asks for; -1 at a leaf.
        threshold: float16 (N,), up to which the way is left; 0 at a leaf.
        onward: int16 (N,), how many nodes further the right branch begins; at a leaf its row in `leaves`.
        leaves: float16 (L, C), what a leaf says of the classes: their shares, or by how much it lifts the logit of one.
    """

    roots: NDArray[np.int32]
    feature: NDArray[np.int8]
    threshold: NDArray[np.float16]
    onward: NDArray[np.int16]
    leaves: NDArray[np.float16]

    def mean(self, numbers: NDArray[np.float16]) -> NDArray[np.float64]:
        """The mean of what the trees say of the classes, float64 (n, C).

        Args:
            numbers: (n, F). They are of half precision, as the thresholds are, so that none lies between a threshold
                and what is kept of it.
        """
        n = len(numbers)
        at = np.broadcast_to(self.roots.astype(np.int64)[:, None], (len(self.roots), n)).copy()
        rows = np.broadcast_to(np.arange(n), at.shape)
        going = np.ones(at.shape, np.bool_)
        while going.any():
            here = at[going]
            feature = self.feature[here]
            is_left = numbers[rows[going], feature] <= self.threshold[here]
            is_leaf = feature == LEAF
            step = np.where(is_leaf, 0, np.where(is_left, 1, self.onward[here]))
            at[going] = here + step
            going[going] = ~is_leaf
        return np.asarray(self.leaves.astype(np.float64)[self.onward[at]].mean(axis=0))

    def state(self) -> dict[str, Tensor]:
        """Its arrays as tensors, for a file of weights."""
        return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in vars(self).items()}

    @classmethod
    def of(cls, state: Mapping[str, Tensor], n_features: int, n_classes: int) -> Forest:
        """A forest from the tensors of a file of weights.

        Raises:
            KeyError: if one is missing.
            ValueError: if they are not of a forest over so many numbers and classes: a walk through them would leave
                them, or not end.
        """
        kinds = (np.int32, np.int8, np.float16, np.int16, np.float16)
        names = ("roots", "feature", "threshold", "onward", "leaves")
        forest = cls(*(state[name].numpy().astype(kind) for name, kind in zip(names, kinds, strict=True)))
        forest.check(n_features, n_classes)
        return forest

    def check(self, n_features: int, n_classes: int) -> None:
        """Whether every walk ends at a leaf.

        Raises:
            ValueError: if not.
        """
        n, is_leaf = len(self.feature), self.feature == LEAF
        if not (self.threshold.shape == self.onward.shape == (n,) and self.leaves.shape[1:] == (n_classes,)):
            raise ValueError("arrays of different lengths")
        if not len(self.roots) or self.roots.min() < 0 or self.roots.max() >= n:
            raise ValueError("trees that begin nowhere")
        if self.feature.min() < LEAF or self.feature.max() >= n_features:
            raise ValueError(f"nodes that ask for more than {n_features} numbers")
        onward = self.onward.astype(np.int64)
        places = np.arange(n)
        # Ways only lead forward and never out of the row, so that they end.
        is_fine = np.where(is_leaf, onward < len(self.leaves), places + np.maximum(onward, 1) < n)
        if not is_fine.all() or onward.min() < 0 or (onward[~is_leaf] < 1).any():
            raise ValueError("nodes that lead nowhere")
