"""What finds particles and what tells faults, made once in each process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from samiam.benchmark.particles.keras_finder import KerasFinder
from samiam.benchmark.particles.settings import MethodChoices, MethodName
from samiam.benchmark.particles.thresholds import ThresholdFinder, dark_by_otsu, dark_by_watershed, uneven_by_otsu
from samiam.particles.faults.classifier import NAMES, FaultClassifier, build_fault_classifier
from samiam.particles.finder.finder import build_finder
from samiam.particles.finder.protocol import ParticleFinder
from samiam.particles.finder.weights import read_network
from samiam.particles.finding import find_particles
from samiam.particles.result import Particles
from samiam.records import Micrograph
from samiam.storage.weight_files import shipped_weights

OURS = "ours"
PAPER_NETWORK = "particles_paper"
"""Of the file of weights of the paper's network that may ship."""
_TRAINED_BY: Mapping[str, str] = {
    PAPER_NETWORK: "python train.py experiment=particles_segmentation learner.variant=paper",
    NAMES["ours"]: "python train.py experiment=particles_faults",
    NAMES["paper"]: "python train.py experiment=particles_faults learner.variant=paper",
}


@dataclass(frozen=True, eq=False)
class ParticleMethods:
    """All that is compared.

    Attributes:
        finders: by what tables call them.
        tellers: of faults, likewise.
        left_out: why others do not take part, by their names.
    """

    finders: Mapping[str, ParticleFinder]
    tellers: Mapping[str, FaultClassifier]
    left_out: Mapping[str, str]

    def makers(self, method: str) -> tuple[ParticleFinder, FaultClassifier | None]:
        """What a method goes by: "ours" is the finder and the classifier of what it has found."""
        return self.finders[method], self.tellers.get(OURS) if method == OURS else None

    def find(self, method: str, micrograph: Micrograph) -> Particles:
        """The particles that a method finds."""
        finder, teller = self.makers(method)
        invert = None if method in (OURS, "finder") else False  # only what ships is sure enough of itself to choose
        return find_particles(micrograph, finder=finder, classifier=teller, faults=teller is not None, invert=invert)


@lru_cache(maxsize=2)
def build_particle_methods(choices: MethodChoices) -> ParticleMethods:
    """Build what is compared; whose weights neither ship nor are given is left out.

    Raises:
        InputError: if a file that is given cannot be used.
    """
    tellers, left_out = _tellers(choices)
    finders: dict[str, ParticleFinder] = {}
    makers: Mapping[MethodName, Callable[[], ParticleFinder]] = {
        "ours": lambda: build_finder(choices.finder),
        "finder": lambda: finders.get(OURS) or build_finder(choices.finder),
        "paper": lambda: _paper_finder(choices),
        "otsu": lambda: ThresholdFinder("otsu", dark_by_otsu),
        "variance": lambda: ThresholdFinder("variance", uneven_by_otsu),
        "watershed": lambda: ThresholdFinder("watershed", dark_by_watershed),
    }
    for name in choices.methods:
        if name == "paper" and (reason := _not_there(choices.paper_weights, PAPER_NETWORK)):
            left_out["paper"] = f"{reason}, or give benchmark.paper_weights=PATH"
        elif name == "finder" and OURS in choices.methods and OURS not in tellers:
            left_out["finder"] = "is the same as ours, where nothing tells faults"
        else:
            finders[name] = makers[name]()
    if choices.keras_weights is not None:
        finders["keras"] = KerasFinder(choices.keras_weights, choices.keras_threshold)
    return ParticleMethods(finders, tellers, left_out)


def _tellers(choices: MethodChoices) -> tuple[dict[str, FaultClassifier], dict[str, str]]:
    """What tells faults, and why others do not take part."""
    tellers: dict[str, FaultClassifier] = {}
    left_out: dict[str, str] = {}
    for name, options in ((OURS, choices.faults), ("paper", choices.paper_faults)):
        if reason := _not_there(options.weights, NAMES[options.variant]):
            setting = "paper_faults" if name == "paper" else "faults.weights"
            left_out[f"faults by {name}"] = f"{reason}, or give benchmark.{setting}=PATH"
        else:
            tellers[name] = build_fault_classifier(options)
    return tellers, left_out


def _not_there(given: object, name: str) -> str | None:
    """Why weights are missing, None where they are given or ship."""
    if given is not None or shipped_weights(name).is_file():
        return None
    return f"no weights of it ship; train them by {_TRAINED_BY[name]}"


def _paper_finder(choices: MethodChoices) -> ParticleFinder:
    """The paper's network in the finder that ships, which brings the image to its pixels and leaves small parts out."""
    path = Path(choices.paper_weights or shipped_weights(PAPER_NETWORK))
    read_network(path, variant="paper")
    return build_finder(replace(choices.finder, weights=path, weights_sha256=None, threshold=None, least_score=None))
