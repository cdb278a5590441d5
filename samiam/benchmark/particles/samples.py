"""Pictures of particles that are known, made or read when they are called for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.records.particle_scene import ParticleScene

CARBON = "carbon"
"""The set of supports without particles."""


@dataclass(frozen=True, eq=False)
class Sample:
    """A picture with its truth.

    Attributes:
        scene: the picture, whose pixel size is known; of a labelled micrograph of materials each mask is a connected
            part of particles.
        regions: whose class is known, for classifiers of faults to tell.
        looked_at: bool (H, W), what of the picture is labelled; all where None.
        are_single: whether each mask is one particle, so that they can be counted and measured.
    """

    scene: ParticleScene
    regions: Sequence[NDArray[np.bool_]] = ()
    looked_at: NDArray[np.bool_] | None = None
    are_single: bool = True


@dataclass(frozen=True)
class SampleSource:
    """Where a sample comes from.

    Attributes:
        set_name: what it belongs to.
        specimen: what it shows; samples of one specimen are alike.
        name: of the sample; no two of a set have one name.
        make: gives the sample; it can be sent to another process.
        made_from: all that decides it (JSON-serialisable).
        made_by: the module of what makes it, dotted.
        is_shown: whether there is a picture of it in the report.
    """

    set_name: str
    specimen: str
    name: str
    make: Callable[[], Sample]
    made_from: Mapping[str, Any] = field(default_factory=dict)
    made_by: str = __name__
    is_shown: bool = False
