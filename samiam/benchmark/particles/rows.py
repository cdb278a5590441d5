"""What is kept of a method on a sample: one line for a finder on a picture, one for a classifier on a region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from samiam.benchmark.caching.plain_rows import PlainRow

KNOWN, FOUND = "known", "found"
"""Whose outlines regions have: the truth's, wandering as those of a finder do, or those of the first finder."""


@dataclass(frozen=True)
class Taken:
    """How a picture was taken.

    Attributes:
        set_name: what it belongs to.
        specimen: what it shows.
        name: of the picture.
        pixel_size_nm: width of a pixel.
        dose: electrons per Å², None where it is not known.
        defocus_nm: its magnitude, likewise.
    """

    set_name: str
    specimen: str
    name: str
    pixel_size_nm: float
    dose: float | None = None
    defocus_nm: float | None = None


@dataclass(frozen=True)
class _OfPicture(PlainRow):
    taken: Taken
    method: str

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        return cls(**{**values, "taken": Taken(**values["taken"])})


@dataclass(frozen=True)
class FinderRow(_OfPicture):
    """A finder on a picture.

    Attributes:
        taken: the picture.
        method: the finder.
        dice: NaN where there is no particle.
        f1: of particles, NaN where there is none and none is found, or they cannot be counted.
        false_area: share of the picture.
        n_true: particles.
        n_found: those found.
        true_nm: diameters of the true particles that the edge does not cut.
        found_nm: likewise of those found.
        sizes_nm: diameters of all true particles as far as they are shown.
        fringes: d′ of the fringes of each of these, NaN where it is not known.
        are_found: whether each of these has an IoU of 0.5 with one that is found.
        dice_seen: Dice where particles that nobody can see do not matter, see `can_be_seen`; NaN where no other is.
        f1_seen: F1, likewise.
    """

    dice: float
    f1: float
    false_area: float
    n_true: int
    n_found: int
    true_nm: Sequence[float] = ()
    found_nm: Sequence[float] = ()
    sizes_nm: Sequence[float] = ()
    fringes: Sequence[float] = ()
    are_found: Sequence[bool] = ()
    dice_seen: float = float("nan")
    f1_seen: float = float("nan")


@dataclass(frozen=True)
class RegionRow(_OfPicture):
    """A classifier of faults on a region.

    Attributes:
        taken: the picture.
        method: the classifier.
        regions: whose outline it is, `KNOWN` or `FOUND`.
        fault_class: place among `FAULT_CLASSES`, None where it is not decided.
        is_faulty: whether it is of one particle whose stacking is faulty, visibly or not.
        is_edge_on: whether it is of one particle that is seen along ⟨110⟩.
        diameter_nm: of the region.
        is_cut_out: whether the paper's cut takes it.
        probabilities: of each of `FAULT_CLASSES`; NaN where the classifier does not look at it.
    """

    regions: str
    fault_class: int | None
    is_faulty: bool
    is_edge_on: bool
    diameter_nm: float
    is_cut_out: bool
    probabilities: Sequence[float]
