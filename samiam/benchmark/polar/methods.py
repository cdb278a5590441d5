"""What finds ends and junctions, made once in each process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from samiam.benchmark.polar.settings import MethodName, PolarChoices
from samiam.polar.finder import build_point_finder
from samiam.polar.network import NETWORK, read_network
from samiam.polar.protocol import PointFinder
from samiam.polar.skeleton import SkeletonFinder
from samiam.storage.weight_files import shipped_weights

PAPER_NETWORK = "polar_paper"
"""Of the file of weights of the paper's networks that may ship."""


@dataclass(frozen=True, eq=False)
class PolarMethods:
    """All that is compared.

    Attributes:
        finders: by what tables call them.
        left_out: why others do not take part, by their names.
    """

    finders: Mapping[str, PointFinder]
    left_out: Mapping[str, str]


@lru_cache(maxsize=2)
def build_polar_methods(choices: PolarChoices) -> PolarMethods:
    """Build what is compared; whose weights neither ship nor are given is left out.

    Raises:
        InputError: if a file that is given cannot be used.
    """
    makers: Mapping[MethodName, Callable[[], PointFinder]] = {
        "ours": lambda: build_point_finder(choices.finder),
        "paper": lambda: _paper_finder(choices),
        "skeleton": lambda: SkeletonFinder(choices.skeleton),
    }
    needs: Mapping[str, tuple[object, str, str, str]] = {
        "ours": (choices.finder.weights, NETWORK, "", "finder.weights"),
        "paper": (choices.paper_weights, PAPER_NETWORK, " learner.variant=paper", "paper_weights"),
    }
    finders: dict[str, PointFinder] = {}
    left_out: dict[str, str] = {}
    for name in choices.methods:
        given, weights, words, setting = needs.get(name, (True, "", "", ""))
        if given is None and not shipped_weights(weights).is_file():
            trained_by = f"python train.py experiment=polar{words}"
            left_out[name] = f"no weights of it ship; train them by {trained_by}, or give benchmark.{setting}=PATH"
        else:
            finders[name] = makers[name]()
    return PolarMethods(finders, left_out)


def _paper_finder(choices: PolarChoices) -> PointFinder:
    path = Path(choices.paper_weights or shipped_weights(PAPER_NETWORK))
    read_network(path, variant="paper")
    return build_point_finder(
        replace(choices.finder, weights=path, weights_sha256=None, least_end=None, least_junction=None)
    )
