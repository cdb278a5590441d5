"""Weights that a training began with stay, unless it has made better ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import nn

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


@dataclass(frozen=True, eq=False)
class Start:
    """What a guarded training begins with.

    Attributes:
        state: of the learner.
        scores: of it, on what decides and, where there is one, on test.
    """

    state: Mapping[str, torch.Tensor]
    scores: Mapping[str, float]

    @classmethod
    def of(cls, learner: nn.Module, score: Callable[[], dict[str, float]]) -> Start:
        """What a learner is before it has learnt.

        Args:
            learner: has the network.
            score: gives all scores of what it is at the moment.
        """
        state = {name: tensor.detach().cpu().clone() for name, tensor in learner.state_dict().items()}
        return cls(state, score())

    def judged(
        self, learner: nn.Module, guard: Guard, monitor: tuple[str, Mode], score: Callable[[], dict[str, float]]
    ) -> Judged:
        """Compare with what the learner has become, and go back to the start where that is not better."""
        learnt = score()
        verdict = guard.verdict(*monitor, self.scores, learnt)
        if not verdict.is_better:
            learner.load_state_dict(self.state)
        return Judged(verdict, self.scores, learnt)


@dataclass(frozen=True, eq=False)
class Judged:
    """What a guard said, of which scores.

    Attributes:
        verdict: what it said.
        before: scores of the weights that the training began with.
        learnt: scores of the best that it came to.
    """

    verdict: Verdict
    before: Mapping[str, float]
    learnt: Mapping[str, float]

    @property
    def scores(self) -> dict[str, float]:
        """Those of the weights that are kept."""
        return dict(self.learnt if self.verdict.is_better else self.before)

    @property
    def card(self) -> dict[str, Any]:
        """Its entries on the card."""
        return {
            "decision": self.verdict.words,
            "scores_of_start": rounded(self.before),
            "scores_learnt": rounded(self.learnt),
        }


def rounded(scores: Mapping[str, float]) -> dict[str, float]:
    """Scores as they stand on a card."""
    return {name: round(value, 4) for name, value in scores.items()}
