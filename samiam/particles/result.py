"""The particles that were found in one image, and why other candidates are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.records import Masks, Micrograph
from samiam.records.showing import counted

FaultClass = Literal["no fault", "stacking fault", "no fringe", "agglomeration", "empty"]
FAULT_CLASSES: tuple[FaultClass, ...] = ("no fault", "stacking fault", "no fringe", "agglomeration", "empty")
"""What a region of an image of particles may show (Groschner et al. 2021)."""
UNSURE = "unsure"
"""Said of a region whose class is not probable enough to be named."""
PixelSizeSource = Literal["given", "file", "fringes"]


NOTHING = "no particle is found"
"""The remark of a result without particles where there is nothing else to say."""


@dataclass(frozen=True)
class Dropped:
    """A candidate that is not among the particles.

    Attributes:
        rule: what decided it, in words: "too small", "low score".
        value: the measured quantity the rule looked at.
        threshold: what the value was compared with.
        box_xywh: where it lay, left, top, width and height in pixels.
    """

    rule: str
    value: float
    threshold: float
    box_xywh: tuple[int, int, int, int]


@dataclass(frozen=True)
class FaultDetection:
    """How often faults are told rightly, as counted on particles that are known.

    Attributes:
        faulty: particles with a fault that were looked at.
        found: those of them that were said to be faulty.
        faultless: particles without a fault that were looked at.
        cleared: those of them that were said to have none.

    Raises:
        InputError: if a count is impossible, or what is told is no better than chance.

    Example:
        >>> FaultDetection(faulty=50, found=45, faultless=100, cleared=96).sensitivity
        0.9
    """

    faulty: int
    found: int
    faultless: int
    cleared: int

    def __post_init__(self) -> None:
        for name, right, of in (("found", self.found, self.faulty), ("cleared", self.cleared, self.faultless)):
            if not 0 <= right <= of or of < 1:
                raise InputError(f"{name} {right} of {of} is impossible; give counts, as 45 of 50.")
        if self.sensitivity + self.specificity <= 1:
            raise InputError(
                f"a sensitivity of {self.sensitivity:.3g} with a specificity of {self.specificity:.3g} is no better "
                "than chance; nothing can be corrected by it."
            )

    @property
    def sensitivity(self) -> float:
        """Share of the faulty that are found."""
        return self.found / self.faulty

    @property
    def specificity(self) -> float:
        """Share of the faultless that are cleared."""
        return self.cleared / self.faultless

    def __str__(self) -> str:
        return (
            f"sensitivity {self.sensitivity:.2f} ({self.found} of {self.faulty}) and "
            f"specificity {self.specificity:.2f} ({self.cleared} of {self.faultless})"
        )


@dataclass(frozen=True, eq=False)
class Particles:
    """The particles of one image.

    Attributes:
        micrograph: the image, with the size of its pixels.
        masks: N masks, which may overlap; `predicted_iou` is how sure the network is of each, [0, 1].
        touches_edge: bool (N,), whether the edge of the image, or of what is shown of it, may cut the particle.
        classes: N names of `FAULT_CLASSES`, or "unsure"; empty where nobody has asked for them.
        probabilities: float32 (N, 5), calibrated, of each of `FAULT_CLASSES`; None where nobody has asked.
        dropped: candidates that are none, and why.
        pixel_size_from: who says how large a pixel is.
        remark: what there is to say of the result in words, such as why nothing was found; None for nothing.
        detection: how often whoever named the classes tells faults rightly; None where that is not known.
        is_inverted: whether the image was looked at inverted, bright for dark, as dark field is.

    Raises:
        InputError: if numbers or shapes differ, or the pixel size is not known.
    """

    micrograph: Micrograph
    masks: Masks
    touches_edge: NDArray[np.bool_]
    pixel_size_from: PixelSizeSource
    classes: Sequence[FaultClass | Literal["unsure"]] = ()
    probabilities: NDArray[np.float32] | None = None
    dropped: Sequence[Dropped] = ()
    remark: str | None = None
    detection: FaultDetection | None = None
    is_inverted: bool = False

    def __post_init__(self) -> None:
        n, name = len(self.masks), self.micrograph.name
        if self.masks.shape_hw != self.micrograph.shape_hw:
            raise InputError(f"{name}: masks of {self.masks.shape_hw} do not fit {self.micrograph.shape_hw}.")
        if self.micrograph.pixel_size_nm is None:
            raise InputError(f"{name}: particles need a pixel size; give pixel_size_nm.")
        if self.touches_edge.shape != (n,) or len(self.classes) not in (0, n):
            raise InputError(f"{name}: give one flag and one class for each of {counted(n, 'particle')}.")
        if self.probabilities is not None and self.probabilities.shape != (n, len(FAULT_CLASSES)):
            raise InputError(f"{name}: probabilities of shape {self.probabilities.shape} are not ({n}, 5).")

    def __repr__(self) -> str:
        return f"Particles({self.micrograph.name}, {counted(len(self.masks), 'particle')})"
