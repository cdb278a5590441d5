"""How far apart the lattice planes of materials lie that show as fringes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot, sqrt

from samiam.errors import InputError

# Lattice constants in nm at room temperature (Wyckoff, Crystal Structures, vol. 1, 1963).
_FACE_CENTRED: Mapping[str, float] = {
    "Au": 0.40786, "Ag": 0.40862, "Pt": 0.39231, "Pd": 0.38898, "Cu": 0.36150, "Ni": 0.35238, "Al": 0.40496,
}  # fmt: skip
_WURTZITE: Mapping[str, tuple[float, float]] = {
    "CdSe": (0.430, 0.702),
    "CdS": (0.41348, 0.67490),
    "ZnO": (0.32495, 0.52069),
}
# Shares of the fringes that planes show as: the widest show most, by their multiplicity and because lenses pass them
# best; narrower ones are seldom seen without them.
_SHARES_OF_CUBIC = {(1, 1, 1): 0.62, (2, 0, 0): 0.26, (2, 2, 0): 0.09, (3, 1, 1): 0.03}
_SHARES_OF_HEXAGONAL = {(1, 0, 0): 0.28, (0, 0, 2): 0.22, (1, 0, 1): 0.28, (1, 0, 2): 0.07, (1, 1, 0): 0.15}


@dataclass(frozen=True)
class Reflection:
    """A set of lattice planes.

    Attributes:
        spacing_nm: from one plane to the next.
        share: of the fringes that are seen of its material, how many are of it.
    """

    spacing_nm: float
    share: float


def reflections_of(material: str) -> tuple[Reflection, ...]:
    """The planes of a material that show as fringes, the widest first.

    Raises:
        InputError: if the material is not known.

    Example:
        >>> [round(planes.spacing_nm, 4) for planes in reflections_of("Au")]
        [0.2355, 0.2039, 0.1442, 0.123]
    """
    if material in _FACE_CENTRED:
        a = _FACE_CENTRED[material]
        return tuple(Reflection(a / hypot(*plane), share) for plane, share in _SHARES_OF_CUBIC.items())
    if material in _WURTZITE:
        a, c = _WURTZITE[material]
        planes = (
            Reflection(1 / sqrt(4 / 3 * (h * h + h * k + k * k) / a**2 + (i / c) ** 2), share)
            for (h, k, i), share in _SHARES_OF_HEXAGONAL.items()
        )
        return tuple(sorted(planes, key=lambda one: -one.spacing_nm))
    known = ", ".join([*_FACE_CENTRED, *_WURTZITE])
    raise InputError(f"material={material!r}: its lattice is not known here; give {known}, or pixel_size_nm.")
