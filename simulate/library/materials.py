"""What layers are made of: crystals, dopants on their sites, films, vacuum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Literal

from pydantic import Field

from samiam.errors import InputError
from samiam.settings import Positive, Share, settings, unknown_name
from simulate.library.crystals import CRYSTALS, FILMS, Crystal, Direction, crystal

View = Literal["100", "110"]
"""The pseudo-cubic axis of the perovskites that the beam is along."""

_PEROVSKITE_VIEWS: dict[View, tuple[Direction, Direction]] = {
    "100": ((1, 0, 0), (0, 0, 1)),
    "110": ((1, 1, 0), (0, 0, 1)),
}
# SrTiO3 grows on Ge (001) turned by 45° about the growth direction, so that [100] lies along Ge [110].
_GE_VIEWS: dict[View, tuple[Direction, Direction]] = {"100": ((1, 1, 0), (0, 0, 1)), "110": ((1, 0, 0), (0, 0, 1))}


@settings
class Dopant:
    """A random substitution.

    Attributes:
        site: letter of the site, "A" or "B" in a perovskite.
        donor: the crystal that has the dopant on this site; its columns say what the dopant contributes.
        fraction: share of the site that is substituted.
    """

    site: str
    donor: str
    fraction: Share


@settings
class Material:
    """What a layer is made of: a crystal, or films, or nothing.

    Attributes:
        name: the label of its pixels.
        host: its crystal (a name of `crystals.CRYSTALS` or a CIF), None where it is not crystalline.
        dopants: substitutions on the host's sites.
        films: (film of `crystals.FILMS`, share of the volume) of what is not crystalline; empty in vacuum.
        is_labelled: False where the truth leaves it out, as a gap.
        lattice_A: edge of the cubic cell where it is not the host's.
        views: beam and growth direction in the host's axes for each view.

    Raises:
        InputError: if host, donors, sites or films are unknown, or shares of a site or of the volume exceed 1.
    """

    name: str
    host: str | None = None
    dopants: tuple[Dopant, ...] = ()
    films: tuple[tuple[str, Annotated[float, Field(gt=0, le=1)]], ...] = ()
    is_labelled: bool = True
    lattice_A: Positive | None = None
    views: Mapping[View, tuple[Direction, Direction]] = field(default_factory=lambda: _PEROVSKITE_VIEWS)

    @property
    def is_vacuum(self) -> bool:
        """Whether it is nothing."""
        return not (self.host or self.films)

    def __post_init__(self) -> None:
        if self.host is not None and self.films:
            raise InputError(f"films: {self.name} has a host; a layer is a crystal or films, not both.")
        _check_films(self)
        _check_dopants(self)


def _check_films(checked: Material) -> None:
    for film, _ in checked.films:
        if film not in FILMS:
            raise InputError(f"films: {checked.name} has an unknown film {film!r}; known are {', '.join(FILMS)}.")
    total = sum(share for _, share in checked.films)
    if total > 1 + 1e-9:
        raise InputError(f"films: those of {checked.name} fill {total:g} of the volume; give at most 1 in all.")


def _check_dopants(checked: Material) -> None:
    if checked.host is None:
        if checked.dopants:
            raise InputError(f"dopants: {checked.name} is not crystalline; it cannot be doped.")
        return
    host = _crystal("host", checked.host)
    for dopant in checked.dopants:
        for either in (host, _crystal("dopants", dopant.donor)):
            sites = dict.fromkeys(either.sites.values())
            if dopant.site not in sites:
                raise InputError(f"dopants: {either.name} has no site {dopant.site!r}; it has {', '.join(sites)}.")
    for site in {dopant.site for dopant in checked.dopants}:
        total = sum(dopant.fraction for dopant in checked.dopants if dopant.site == site)
        if total > 1 + 1e-9:
            raise InputError(f"dopants: those of {checked.name} take {total:g} of site {site}; give at most 1 in all.")


def _crystal(setting: str, name: str) -> Crystal:
    """A crystal by name; what is wrong with it is told of the setting that names it."""
    try:
        return crystal(name)
    except InputError as error:
        raise InputError(f"{setting}: {error}") from None


def _edge_A(name: str) -> float:
    return float(CRYSTALS[name].atoms.cell.lengths()[0])


MATERIALS: dict[str, Material] = {
    material.name: material
    for material in (
        Material("SrTiO3", "SrTiO3"),
        Material("La-SrTiO3", "SrTiO3", (Dopant("A", "LaFeO3", 0.15),)),
        Material("Nb-SrTiO3", "SrTiO3", (Dopant("B", "SrNbO3", 0.01),)),
        Material("LaFeO3", "LaFeO3"),
        Material("LaMnO3", "LaMnO3"),
        Material("SrNbO3", "SrNbO3"),
        Material(
            "La0.8Sr0.2FeO3",
            "LaFeO3",
            (Dopant("A", "SrTiO3", 0.2),),
            lattice_A=0.8 * _edge_A("LaFeO3") + 0.2 * _edge_A("SrFeO3"),  # Vegard's law
        ),
        Material("WO3", "WO3"),
        Material("Ge", "Ge", views=_GE_VIEWS),
        Material("a-Ge", films=(("amorphous Ge", 1.0),)),
        Material("C", films=(("amorphous C", 1.0),)),
        Material("PtC", films=(("amorphous C", 0.75), ("nanocrystalline Pt", 0.25))),
        Material("Vac"),
        Material("gap", films=(("amorphous C", 0.6),), is_labelled=False),
    )
}


def material(name: str) -> Material:
    """A material by name.

    Raises:
        InputError: if there is none of that name.
    """
    if name not in MATERIALS:
        raise InputError(unknown_name("material", name, MATERIALS))
    return MATERIALS[name]
