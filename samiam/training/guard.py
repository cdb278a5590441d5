"""Weights that a training began with stay, unless it has made better ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["min", "max"]


@dataclass(frozen=True)
class Guard:
    """When learnt weights take the place of those that a training began with.

    Attributes:
        judges: what the monitored metric is measured on, in words.
        least_gain: by how much it has to be better.
        also: shares that have to rise with it, each by half as much, or by half of what it lacks of 1 where that is
            less: what rises alone has risen by chance.
        most_lost: further metrics, of which more is better, with by how much each may fall.
    """

    judges: str
    least_gain: float = 0.0
    also: tuple[str, ...] = ()
    most_lost: Mapping[str, float] = field(default_factory=dict)

    def verdict(self, metric: str, mode: Mode, before: Mapping[str, float], after: Mapping[str, float]) -> Verdict:
        """Whether learnt weights are better.

        Args:
            metric: that decides.
            mode: which way it is better.
            before: scores of the weights that the training began with.
            after: scores of the best weights that were learnt.
        """
        gain = (after[metric] - before[metric]) * (1 if mode == "max" else -1)
        changed = f"{metric} {before[metric]:.3f} → {after[metric]:.3f} on {self.judges}"
        if gain < self.least_gain or gain <= 0:
            needed = f"better by {self.least_gain:.2g} at least" if self.least_gain else "better"
            return Verdict(is_better=False, words=f"kept the starting weights: {changed}, which is not {needed}")
        for name in self.also:
            needed_gain = min(self.least_gain, 1 - before[name]) / 2
            if after[name] - before[name] < needed_gain:
                rose = f"{name} {before[name]:.3f} → {after[name]:.3f} is not better by {needed_gain:.2g} at least"
                return Verdict(is_better=False, words=f"kept the starting weights: {changed}, but {rose}")
        for name, most in self.most_lost.items():
            if before[name] - after[name] > most:
                lost = f"{name} fell from {before[name]:.3f} to {after[name]:.3f}, by more than {most:g}"
                return Verdict(is_better=False, words=f"kept the starting weights: {changed}, but {lost}")
        return Verdict(is_better=True, words=f"took the learnt weights: {changed}")


@dataclass(frozen=True)
class Verdict:
    """What became of a training.

    Attributes:
        is_better: whether its weights are taken.
        words: for the card and for the user.
    """

    is_better: bool
    words: str
