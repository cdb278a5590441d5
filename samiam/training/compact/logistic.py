"""Logistic regression on evidence of scenes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

_PENALTY = 1e-4


def logistic_regression(evidence: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coefficients (n,) of the log odds from evidence (m, n); zeros where m is 0.

    Args:
        evidence: what there is to tell by, a column of ones where a constant is to be among it.
        truth: (m,), 0 or 1, or a share between.
    """

    def loss(weights: NDArray[np.float64]) -> float:
        log_odds = evidence @ weights
        entropy = np.logaddexp(0, log_odds) - truth * log_odds
        return float(entropy.sum() / max(len(truth), 1) + _PENALTY * (weights**2).sum())

    return np.asarray(minimize(loss, np.zeros(evidence.shape[1])).x)
