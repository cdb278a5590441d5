"""How far apart the lattice planes of materials lie that show as fringes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from samiam.errors import InputError

Plane = tuple[int, int, int]

# Shares of the fringes that planes show as, by structure: the widest show most, by their multiplicity, by what they
# scatter and because lenses pass them best; narrower ones are seldom seen without them.
_FACE_CENTRED: Mapping[Plane, float] = {(1, 1, 1): 0.62, (2, 0, 0): 0.26, (2, 2, 0): 0.09, (3, 1, 1): 0.03}
_ZINC_BLENDE: Mapping[Plane, float] = {(1, 1, 1): 0.66, (2, 0, 0): 0.04, (2, 2, 0): 0.22, (3, 1, 1): 0.08}
_ROCK_SALT: Mapping[Plane, float] = {(1, 1, 1): 0.15, (2, 0, 0): 0.6, (2, 2, 0): 0.22, (3, 1, 1): 0.03}
_FLUORITE: Mapping[Plane, float] = {(1, 1, 1): 0.6, (2, 0, 0): 0.2, (2, 2, 0): 0.15, (3, 1, 1): 0.05}
_BODY_CENTRED: Mapping[Plane, float] = {(1, 1, 0): 0.75, (2, 0, 0): 0.15, (2, 1, 1): 0.1}
_SPINEL: Mapping[Plane, float] = {(1, 1, 1): 0.3, (2, 2, 0): 0.25, (3, 1, 1): 0.25, (4, 0, 0): 0.15, (4, 4, 0): 0.05}
_HEXAGONAL: Mapping[Plane, float] = {
    (1, 0, 0): 0.28, (0, 0, 2): 0.22, (1, 0, 1): 0.28, (1, 0, 2): 0.07, (1, 1, 0): 0.15,
}  # fmt: skip
_ANATASE: Mapping[Plane, float] = {
    (1, 0, 1): 0.6, (1, 0, 3): 0.08, (0, 0, 4): 0.08, (1, 1, 2): 0.08, (2, 0, 0): 0.16,
}  # fmt: skip
# Edges of the cells in nm at room temperature (Wyckoff, Crystal Structures, vol. 1, 1963; of PbS and CeO2 Swanson and
# Tatge, NBS Circular 539, 1953), by structure.
_CUBIC: tuple[tuple[Mapping[Plane, float], Mapping[str, float]], ...] = (
    (_FACE_CENTRED, {"Au": 0.40786, "Ag": 0.40862, "Pt": 0.39231, "Pd": 0.38898, "Cu": 0.36150, "Ni": 0.35238}),
    (_FACE_CENTRED, {"Al": 0.40496, "Rh": 0.38031, "Pb": 0.49505}),
    (_ZINC_BLENDE, {"CdTe": 0.6480, "ZnS": 0.5409, "InP": 0.58688, "GaAs": 0.56537, "Si": 0.54307}),
    (_ROCK_SALT, {"PbS": 0.5936, "PbSe": 0.61243, "MgO": 0.42112, "NiO": 0.41769}),
    (_FLUORITE, {"CeO2": 0.5411, "ZrO2": 0.507}),
    (_BODY_CENTRED, {"Fe": 0.28664}),
    (_SPINEL, {"Fe3O4": 0.8394}),
)
_OTHERS: Mapping[str, tuple[float, float, Mapping[Plane, float]]] = {
    "CdSe": (0.430, 0.702, _HEXAGONAL),
    "CdS": (0.41348, 0.67490, _HEXAGONAL),
    "ZnO": (0.32495, 0.52069, _HEXAGONAL),
    "Co": (0.2507, 0.4069, _HEXAGONAL),
    "TiO2": (0.3785, 0.9514, _ANATASE),
}


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
        InputError: if the material is not known, or no name.

    Example:
        >>> [round(planes.spacing_nm, 4) for planes in reflections_of("Au")]
        [0.2355, 0.2039, 0.1442, 0.123]
    """
    if not isinstance(material, str):
        raise InputError(f"material={material!r}: give the name of one, as 'Au'.")
    for shares, edges in _CUBIC:
        if material in edges:
            return tuple(
                Reflection(edges[material] / sqrt(h * h + k * k + i * i), share) for (h, k, i), share in shares.items()
            )
    if material not in _OTHERS:
        known = [*(name for _, edges in _CUBIC for name in edges), *_OTHERS]
        meant = next((f"; did you mean {name!r}?" for name in known if name.lower() == material.lower()), ".")
        raise InputError(
            f"material={material!r}: its lattice is not known here{meant} Known are {', '.join(known)}; of another "
            "material leave it out, and give pixel_size_nm where the file does not say it."
        )
    a, c, shares = _OTHERS[material]
    is_hexagonal = shares is _HEXAGONAL
    found = [
        Reflection(1 / sqrt(_in_plane(h, k, is_hexagonal=is_hexagonal) / a**2 + (i / c) ** 2), share)
        for (h, k, i), share in shares.items()
    ]
    return tuple(sorted(found, key=lambda one: -one.spacing_nm))


def _in_plane(h: int, k: int, *, is_hexagonal: bool) -> float:
    """What the first two indices add to the inverse square of a spacing, in units of that of a."""
    return 4 / 3 * (h * h + h * k + k * k) if is_hexagonal else float(h * h + k * k)
