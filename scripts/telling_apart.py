"""How well two groups of crystals are told apart by what is measured of their windows.

No classifier sees the image that it judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from crystal_windows import FEATURES, Crystal, Floats, medians
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import roc_auc_score

MOST_FOLDS = 12
TREES = 60
OF_STRUCTURE = "excess kurtosis"  # says which crystal it is: about 1 in perovskites, below 0 in metals and dumbbells


def told_apart(some: Sequence[Crystal], others: Sequence[Crystal], seed: int = 0) -> float:
    """AUC of a classifier between two groups of images, each judged by one that has not seen it."""
    crystals = [*some, *others]
    is_some = np.arange(len(crystals)) < len(some)
    rng = np.random.default_rng(seed)
    fold = np.concatenate([rng.permutation(n) % min(len(some), MOST_FOLDS) for n in (len(some), len(others))])
    scores = np.zeros(len(crystals))
    for one in np.unique(fold):
        classifier = trained([crystals[i] for i in np.flatnonzero(fold != one)], is_some[fold != one])
        unseen = np.flatnonzero(fold == one)
        of_windows = classifier.predict_proba(np.concatenate([crystals[i].features for i in unseen]))[:, 1]
        ends = np.cumsum([len(crystals[i].features) for i in unseen])[:-1]
        scores[unseen] = [part.mean() for part in np.split(of_windows, ends)]
    return float(roc_auc_score(is_some, scores))


def without(crystals: Sequence[Crystal], feature: str = OF_STRUCTURE) -> list[Crystal]:
    """The crystals without one feature."""
    index = list(FEATURES).index(feature)
    return [replace(crystal, features=np.delete(crystal.features, index, axis=1)) for crystal in crystals]


def trained(crystals: Sequence[Crystal], is_some: NDArray[np.bool_]) -> ExtraTreesClassifier:
    """A classifier of windows; every image counts alike, and both groups do."""
    n_windows = [len(crystal.features) for crystal in crystals]
    weights = np.repeat(1 / np.array(n_windows) / np.where(is_some, is_some.sum(), (~is_some).sum()), n_windows)
    features = np.concatenate([crystal.features for crystal in crystals])
    classifier = ExtraTreesClassifier(TREES, min_samples_leaf=3, random_state=0)
    return classifier.fit(features, np.repeat(is_some, n_windows), sample_weight=weights)


def one_alone(crystals: Sequence[Crystal]) -> list[float]:
    """AUC for each scene of several windows against the others: trained on half of its windows, tested on the rest."""
    areas = []
    for index, crystal in enumerate(crystals):
        middle = len(crystal.features) // 2
        if middle >= 2:
            seen, unseen = (replace(crystal, features=half) for half in np.split(crystal.features, [middle]))
            others = [other for k, other in enumerate(crystals) if k != index]
            train, test = [seen, *others[::2]], [unseen, *others[1::2]]
            classifier = trained(train, np.arange(len(train)) == 0)
            scores = classifier.predict_proba(np.concatenate([one.features for one in test]))[:, 1]
            areas.append(float(roc_auc_score(np.arange(len(scores)) < len(unseen.features), scores)))
    return areas


def one_feature(some: Sequence[Crystal], others: Sequence[Crystal]) -> Floats:
    """AUC of each feature alone, 0.5 where it says nothing."""
    values = [medians(group) for group in (some, others)]
    is_some = np.repeat([True, False], [len(some), len(others)])
    areas = np.array([roc_auc_score(is_some, column) for column in np.concatenate(values).T])
    return np.maximum(areas, 1 - areas)
