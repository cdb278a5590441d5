"""How images are segmented before anybody corrects them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from samiam.boosting import SemanticBooster
from samiam.generation import MaskGenerator


@dataclass(frozen=True)
class Method:
    """How images are segmented before anybody corrects them.

    Attributes:
        make: makes a generator and a booster; called once for each image, so that each keeps its look.
        n_materials: how many there are, None to estimate it.
        grains: whether grains are the regions.
        seed: of crops and clustering, for provenance.
        measurements: whether regions, layers and lattices are measured when a result is saved.
        settings: what was chosen, as `samiam segment --like` takes it up; None where nobody chose.
    """

    make: Callable[[], tuple[MaskGenerator, SemanticBooster]]
    n_materials: int | None = None
    grains: bool = False
    seed: int = 0
    measurements: bool = True
    settings: Mapping[str, Any] | None = None
