"""Random numbers as recipes draw them."""

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


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Evenly in the logarithm."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
