"""What the samples of each family consist of: layers, interfaces, defects, caps. Lengths in Å."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from samiam.errors import InputError
from simulate.draws import about, log_uniform, uniform, up_to
from simulate.library.materials import Dopant, Material, View, material
from simulate.scenes.acquisition import Acquisition
from simulate.scenes.families.imaging import Frame, frame_for, imaged, thickness_of_A, width_of_A
from simulate.specimen.layers import Boundary, Interface, Layer, Specimen
from simulate.specimen.stack import plane_cell

Family = Callable[[np.random.Generator], tuple[Specimen, Acquisition]]


# Milled edges carry a few nanometres of damaged material that nobody labels.
_DAMAGE = Material("damage", films=(("amorphous C", 0.9),), is_labelled=False)
_PT_SHARE = (0.35, 0.6)  # of the volume of a beam-deposited cap, by its deposition current
_PT_SHARE_BELOW = (0.03, 0.1)  # where the deposition has just begun; labelled as the cap it belongs to


def draw(family: str, seed: int) -> tuple[Specimen, Acquisition]:
    """A specimen of a family and how it is imaged; the same seed draws the same.

    Raises:
        InputError: if there is no such family.
    """
    if family not in FAMILIES:
        raise InputError(f"unknown family {family!r}; there are {', '.join(FAMILIES)}.")
    return FAMILIES[family](np.random.default_rng([seed, list(FAMILIES).index(family)]))


def lanthanum_manganite_film(rng: np.random.Generator) -> tuple[Specimen, Acquisition]:
    """LaMnO3 of 30 or 50 nm on SrTiO3, capped or at the edge to vacuum."""
    film_A = float(rng.choice([300.0, 500.0])) * about(rng, 0.04)
    above = _above(rng)
    frame = frame_for(rng, film_A + thickness_of_A(above), (0.45, 0.72))
    film = Layer(
        "LaMnO3",
        film_A,
        _interface(rng, 4.0),
        _defects(rng, frame, antiphase=0.3, grains=0.35),
        relaxed=up_to(rng, 1.0),
    )
    return imaged(rng, frame, (_substrate(rng, "SrTiO3", mixing_A=3.0), film, *above))


def lanthanum_manganite_buried(rng: np.random.Generator) -> tuple[Specimen, Acquisition]:
    """LaMnO3 of 2 or 4 unit cells in SrTiO3: one layer, or a few of them."""
    cells = int(rng.choice([2, 4]))
    n = int(rng.choice([1, 1, 2, 3]))
    cell_A = _cell_A("LaMnO3")
    spacer_cells = int(rng.integers(5, 13))
    stack: list[Layer] = [_substrate(rng, "SrTiO3", mixing_A=1.5)]
    for index in range(n):
        is_last = index == n - 1
        stack.append(Layer("LaMnO3", cells * cell_A, _interface(rng, 2.0, mixing_A=1.5)))
        if not is_last:
            stack.append(Layer("SrTiO3", spacer_cells * _cell_A("SrTiO3"), _interface(rng, 2.0, mixing_A=1.5)))
    if rng.uniform() < 0.5:
        stack.append(Layer("SrTiO3"))
        frame = frame_for(rng, thickness_of_A(stack), (0.12, 0.4), pixel_A=(0.1, 0.3))
    else:
        stack.append(Layer("SrTiO3", int(rng.integers(8, 20)) * _cell_A("SrTiO3"), _interface(rng, 4.0)))
        stack.extend(_above(rng))
        frame = frame_for(rng, thickness_of_A(stack), (0.4, 0.65), pixel_A=(0.1, 0.35))
    return imaged(rng, frame, tuple(stack))


def lanthanum_ferrite_film(rng: np.random.Generator) -> tuple[Specimen, Acquisition]:
    """LaFeO3 of 10 nm on SrTiO3, some under SrTiO3."""
    film_A = 100.0 * about(rng, 0.1)
    is_buried = rng.uniform() < 0.25
    cover_A = float(rng.uniform(30, 100)) if is_buried else 0.0
    above = _above(rng)
    frame = frame_for(rng, film_A + cover_A + thickness_of_A(above), (0.3, 0.6))
    film = Layer(
        "LaFeO3",
        film_A,
        _interface(rng, 4.0, mixing_A=2.0 if is_buried else 0.0),
        _defects(rng, frame, antiphase=0.35, grains=0.2),
    )
    cover = (Layer("SrTiO3", cover_A, _interface(rng, 4.0)),) if is_buried else ()
    return imaged(rng, frame, (_substrate(rng, "SrTiO3", mixing_A=3.0), film, *cover, *above))


def tungsten_trioxide_film(rng: np.random.Generator) -> tuple[Specimen, Acquisition]:
    """WO3 on Nb:SrTiO3: a film of grains, or islands."""
    film_A = float(rng.uniform(120, 400))
    is_islands = rng.uniform() < 0.25
    if is_islands:
        film_A = float(rng.uniform(50, 120))
    buried_in = Layer(_platinum_carbon(uniform(rng, _PT_SHARE)) if rng.uniform() < 0.6 else "C")
    above = (buried_in,) if is_islands else _above(rng)
    frame = frame_for(rng, film_A + thickness_of_A(above), (0.3, 0.45) if is_islands else (0.4, 0.68))
    film = Layer(
        "WO3",
        film_A,
        _interface(rng, 6.0, terrace_A=(60, 250)),
        () if is_islands else _defects(rng, frame, antiphase=0.1, grains=0.6),
        coverage=float(rng.uniform(0.45, 0.75)) if is_islands else 1.0,
        island_A=float(rng.uniform(0.25, 0.5)) * width_of_A(frame),
        relaxed=1.0,
    )
    substrate = Layer("Nb-SrTiO3", top=_interface(rng, 3.0))
    return imaged(rng, frame, (substrate, film, *above))


def lanthanum_doped_titanate(rng: np.random.Generator) -> tuple[Specimen, Acquisition]:
    """La:SrTiO3 on or between SrTiO3: one lattice, 3 to 25 % of another ion on one site."""
    doped = Material("La-SrTiO3", "SrTiO3", (Dopant("A", "LaFeO3", float(rng.uniform(0.03, 0.25))),))
    film_A = float(rng.uniform(60, 240))
    is_buried = rng.uniform() < 0.5
    cover_A = float(rng.uniform(40, 120)) if is_buried else 0.0
    above = _above(rng)
    frame = frame_for(rng, film_A + cover_A + thickness_of_A(above), (0.4, 0.7))
    film = Layer(doped, film_A, _interface(rng, 4.0, mixing_A=4.0 if is_buried else 0.0))
    cover = (Layer("SrTiO3", cover_A, _interface(rng, 4.0)),) if is_buried else ()
    substrate = Layer("SrTiO3", top=_interface(rng, 3.0, mixing_A=5.0))
    return imaged(rng, frame, (substrate, film, *cover, *above))


def strontium_doped_ferrite(rng: np.random.Generator) -> tuple[Specimen, Acquisition]:
    """La0.8Sr0.2FeO3 on SrTiO3, some with LaFeO3 below; antiphase boundaries from the substrate's steps."""
    film_A = float(rng.uniform(80, 300))
    below_A = float(rng.uniform(25, 120)) if rng.uniform() < 0.45 else 0.0
    above = _above(rng, most_labels=1 if below_A else 2)
    frame = frame_for(rng, film_A + below_A + thickness_of_A(above), (0.35, 0.65))
    below = (Layer("LaFeO3", below_A, _interface(rng, 3.0, mixing_A=3.0)),) if below_A else ()
    film = Layer(
        "La0.8Sr0.2FeO3",
        film_A,
        _interface(rng, 5.0),
        _defects(rng, frame, antiphase=0.5, grains=0.25),
        relaxed=up_to(rng, 0.5),
    )
    return imaged(rng, frame, (_substrate(rng, "SrTiO3", mixing_A=3.0), *below, film, *above))


def titanate_on_germanium(rng: np.random.Generator) -> tuple[Specimen, Acquisition]:
    """SrTiO3 on p-Ge in HAADF, along Ge [110] or [100]: a dark gap or none between them, antiphase boundaries."""
    view: View = "100" if rng.uniform() < 0.75 else "110"
    film_A = float(rng.uniform(60, 320))
    above = (Layer("a-Ge"),) if rng.uniform() < 0.2 else _above(rng)
    frame = frame_for(rng, film_A + thickness_of_A(above), (0.35, 0.62))
    gap = (Layer("gap", float(rng.uniform(3.0, 9.0)), Interface(up_to(rng, 1.0))),) if rng.uniform() < 0.5 else ()
    film = Layer("SrTiO3", film_A, _interface(rng, 5.0), _defects(rng, frame, antiphase=0.45, grains=0.3))
    layers = (Layer("Ge", top=_interface(rng, 3.0)), *gap, film, *above)
    return imaged(rng, frame, layers, view=view, detectors=("HAADF",))


FAMILIES: dict[str, Family] = {
    "LaMnO3-film": lanthanum_manganite_film,
    "LaMnO3-buried": lanthanum_manganite_buried,
    "LaFeO3-film": lanthanum_ferrite_film,
    "WO3-film": tungsten_trioxide_film,
    "La-SrTiO3": lanthanum_doped_titanate,
    "LSFO-film": strontium_doped_ferrite,
    "SrTiO3-Ge": titanate_on_germanium,
}
"""Recipes by name: (rng) → what lies under the beam, and how it is imaged."""


def _cell_A(name: str) -> float:
    cell = plane_cell(material(name), "100")
    assert cell is not None
    return cell.c_A


def _interface(
    rng: np.random.Generator,
    roughness_A: float,
    *,
    mixing_A: float = 0.0,
    terrace_A: tuple[float, float] = (40.0, 200.0),
) -> Interface:
    """An interface of up to this roughness and mixing."""
    return Interface(up_to(rng, roughness_A), float(rng.uniform(*terrace_A)), up_to(rng, mixing_A))


def _substrate(rng: np.random.Generator, name: str, *, mixing_A: float) -> Layer:
    return Layer(name, top=_interface(rng, 3.0, mixing_A=mixing_A))


def _above(rng: np.random.Generator, most_labels: int = 2) -> tuple[Layer, ...]:
    """What is above the film: a Pt/C cap, at once or over carbon; carbon; vacuum behind a damaged edge."""
    cap = _platinum_carbon(uniform(rng, _PT_SHARE))
    kind = rng.choice(["cap", "carbon and cap", "carbon-rich cap", "carbon", "vacuum"], p=[0.35, 0.15, 0.15, 0.1, 0.25])
    wavy = Interface(up_to(rng, 6.0), float(rng.uniform(60, 200)))
    if kind == "carbon and cap" and most_labels > 1:
        return Layer("C", float(rng.uniform(30, 90)), wavy), Layer(cap)
    if kind == "carbon-rich cap":
        return Layer(_platinum_carbon(uniform(rng, _PT_SHARE_BELOW)), uniform(rng, (20, 60)), wavy), Layer(cap)
    if kind == "carbon":
        return (Layer("C"),)
    if kind == "vacuum":
        return Layer(_DAMAGE, float(rng.uniform(6, 25)), wavy), Layer("Vac")
    return (Layer(cap),)


def _platinum_carbon(share: float) -> Material:
    """Crystals of platinum in carbon."""
    return Material("PtC", films=(("amorphous C", 1 - share), ("nanocrystalline Pt", share)))


def _defects(rng: np.random.Generator, frame: Frame, *, antiphase: float, grains: float) -> tuple[Boundary, ...]:
    """Boundaries from left to right: of one kind, none with the remaining probability."""
    kinds: tuple[Literal["antiphase", "grain"] | None, ...] = ("antiphase", "grain", None)
    kind = kinds[int(rng.choice(3, p=[antiphase, grains, 1 - antiphase - grains]))]
    if kind is None:
        return ()
    n = int(rng.choice([1, 2, 3, 4], p=[0.4, 0.3, 0.2, 0.1]))
    side_A = width_of_A(frame)
    places = (np.arange(n) + rng.uniform(0.25, 0.75, n)) / n - 0.5
    return tuple(_boundary(rng, kind, float(place) * 0.85 * side_A) for place in places)


def _boundary(rng: np.random.Generator, kind: Literal["antiphase", "grain"], x_A: float) -> Boundary:
    if kind == "antiphase":
        return Boundary("antiphase", x_A, lean_deg=float(rng.normal(0, 5)))
    rotation_deg = float(rng.choice([-1, 1]) * log_uniform(rng, (0.7, 12.0)))
    tilt_mrad = (float(rng.normal(0, 8)), float(rng.normal(0, 8)))
    lean_deg = float(np.clip(rng.normal(0, 12), -60, 60))  # one in two million would lean further
    return Boundary("grain", x_A, lean_deg, rotation_deg, tilt_mrad)
