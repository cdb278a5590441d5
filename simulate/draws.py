"""Random numbers, as what is simulated is drawn from ranges."""

from __future__ import annotations

import numpy as np


def uniform(rng: np.random.Generator, within: tuple[float, float]) -> float:
    """Evenly within a range."""
    return float(rng.uniform(*within))


def up_to(rng: np.random.Generator, most: float) -> float:
    """Evenly from 0 on."""
    return float(rng.uniform(0, most))


def about(rng: np.random.Generator, spread: float) -> float:
    """Evenly around 1."""
    return 1 + float(rng.uniform(-spread, spread))


def log_uniform(rng: np.random.Generator, within: tuple[float, float]) -> float:
    """Evenly in the logarithm of a range above 0: a factor of two is as likely at either end."""
    return float(np.exp(rng.uniform(*np.log(within))))
