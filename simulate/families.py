"""Families of samples as in the paper's data set, each a recipe for specimens and how they were imaged.

Cross-sections of oxide films, prepared by focused ion beam: 10 to 45 nm thick, in a probe-corrected microscope at
200 or 300 kV. Every family draws layers, defects, thickness and the settings of the microscope from ranges that are
met at such instruments. Lengths in Å.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from samiam.errors import InputError
from simulate.instrument import Optics, Scan
from simulate.materials import Dopant, Material, View, material
from simulate.scene import Acquisition
from simulate.specimen import Boundary, Interface, Layer, Specimen
from simulate.stack import plane_cell

Family = Callable[[np.random.Generator], tuple[Specimen, Acquisition]]

_PIXEL_A = (0.1, 0.7)
_LARGE_SHARE = 0.12  # of the images have 2048² pixels
_LARGE_PIXEL_A = 0.35  # at most, where there are so many
_THICKNESS_A = (110.0, 440.0)
_THINNEST_A, _THICKEST_A = 60.0, 460.0  # anywhere in view; the library ends at 480
_BENDING_PEAK = 2.9  # largest of a few waves over their root mean square
_REACH = 0.85  # of the field's side: half its diagonal, drift and margins
_ELECTRONS_PER_PA_US = 6.242
_DOSE_E_PER_A2 = (1e3, 5e4)

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
    film_A = float(rng.choice([300.0, 500.0])) * _about(rng, 0.04)
    above = _above(rng)
    frame = _frame(rng, film_A + _inner_A(above), (0.45, 0.72))
    film = Layer(
        "LaMnO3",
        film_A,
        _interface(rng, 4.0),
        _defects(rng, frame, antiphase=0.3, grains=0.35),
        relaxed=_up_to(rng, 1.0),
    )
    return _imaged(rng, frame, (_substrate(rng, "SrTiO3", mixing_A=3.0), film, *above))


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
        frame = _frame(rng, _inner_A(stack), (0.12, 0.4), pixel_A=(0.1, 0.3))
    else:
        stack.append(Layer("SrTiO3", int(rng.integers(8, 20)) * _cell_A("SrTiO3"), _interface(rng, 4.0)))
        stack.extend(_above(rng))
        frame = _frame(rng, _inner_A(stack), (0.4, 0.65), pixel_A=(0.1, 0.35))
    return _imaged(rng, frame, tuple(stack))


def lanthanum_ferrite_film(rng: np.random.Generator) -> tuple[Specimen, Acquisition]:
    """LaFeO3 of 10 nm on SrTiO3, some under SrTiO3."""
    film_A = 100.0 * _about(rng, 0.1)
    is_buried = rng.uniform() < 0.25
    cover_A = float(rng.uniform(30, 100)) if is_buried else 0.0
    above = _above(rng)
    frame = _frame(rng, film_A + cover_A + _inner_A(above), (0.3, 0.6))
    film = Layer(
        "LaFeO3",
        film_A,
        _interface(rng, 4.0, mixing_A=2.0 if is_buried else 0.0),
        _defects(rng, frame, antiphase=0.35, grains=0.2),
    )
    cover = (Layer("SrTiO3", cover_A, _interface(rng, 4.0)),) if is_buried else ()
    return _imaged(rng, frame, (_substrate(rng, "SrTiO3", mixing_A=3.0), film, *cover, *above))


def tungsten_trioxide_film(rng: np.random.Generator) -> tuple[Specimen, Acquisition]:
    """WO3 on Nb:SrTiO3: a film of grains, or islands."""
    film_A = float(rng.uniform(120, 400))
    is_islands = rng.uniform() < 0.25
    if is_islands:
        film_A = float(rng.uniform(50, 120))
    buried_in = Layer(_platinum_carbon(_uniform(rng, _PT_SHARE)) if rng.uniform() < 0.6 else "C")
    above = (buried_in,) if is_islands else _above(rng)
    frame = _frame(rng, film_A + _inner_A(above), (0.3, 0.45) if is_islands else (0.4, 0.68))
    film = Layer(
        "WO3",
        film_A,
        _interface(rng, 6.0, terrace_A=(60, 250)),
        () if is_islands else _defects(rng, frame, antiphase=0.1, grains=0.6),
        coverage=float(rng.uniform(0.45, 0.75)) if is_islands else 1.0,
        island_A=float(rng.uniform(0.25, 0.5)) * _side_A(frame),
        relaxed=1.0,
    )
    substrate = Layer("Nb-SrTiO3", top=_interface(rng, 3.0))
    return _imaged(rng, frame, (substrate, film, *above))


def lanthanum_doped_titanate(rng: np.random.Generator) -> tuple[Specimen, Acquisition]:
    """La:SrTiO3 on or between SrTiO3: one lattice, 3 to 25 % of another ion on one site."""
    doped = Material("La-SrTiO3", "SrTiO3", (Dopant("A", "LaFeO3", float(rng.uniform(0.03, 0.25))),))
    film_A = float(rng.uniform(60, 240))
    is_buried = rng.uniform() < 0.5
    cover_A = float(rng.uniform(40, 120)) if is_buried else 0.0
    above = _above(rng)
    frame = _frame(rng, film_A + cover_A + _inner_A(above), (0.4, 0.7))
    film = Layer(doped, film_A, _interface(rng, 4.0, mixing_A=4.0 if is_buried else 0.0))
    cover = (Layer("SrTiO3", cover_A, _interface(rng, 4.0)),) if is_buried else ()
    substrate = Layer("SrTiO3", top=_interface(rng, 3.0, mixing_A=5.0))
    return _imaged(rng, frame, (substrate, film, *cover, *above))


def strontium_doped_ferrite(rng: np.random.Generator) -> tuple[Specimen, Acquisition]:
    """La0.8Sr0.2FeO3 on SrTiO3, some with LaFeO3 below; antiphase boundaries from the substrate's steps."""
    film_A = float(rng.uniform(80, 300))
    below_A = float(rng.uniform(25, 120)) if rng.uniform() < 0.45 else 0.0
    above = _above(rng, most_labels=1 if below_A else 2)
    frame = _frame(rng, film_A + below_A + _inner_A(above), (0.35, 0.65))
    below = (Layer("LaFeO3", below_A, _interface(rng, 3.0, mixing_A=3.0)),) if below_A else ()
    film = Layer(
        "La0.8Sr0.2FeO3",
        film_A,
        _interface(rng, 5.0),
        _defects(rng, frame, antiphase=0.5, grains=0.25),
        relaxed=_up_to(rng, 0.5),
    )
    return _imaged(rng, frame, (_substrate(rng, "SrTiO3", mixing_A=3.0), *below, film, *above))


def titanate_on_germanium(rng: np.random.Generator) -> tuple[Specimen, Acquisition]:
    """SrTiO3 on p-Ge in HAADF, along Ge [110] or [100]: a dark gap or none between them, antiphase boundaries."""
    view: View = "100" if rng.uniform() < 0.75 else "110"
    film_A = float(rng.uniform(60, 320))
    above = (Layer("a-Ge"),) if rng.uniform() < 0.2 else _above(rng)
    frame = _frame(rng, film_A + _inner_A(above), (0.35, 0.62))
    gap = (Layer("gap", float(rng.uniform(3.0, 9.0)), Interface(_up_to(rng, 1.0))),) if rng.uniform() < 0.5 else ()
    film = Layer("SrTiO3", film_A, _interface(rng, 5.0), _defects(rng, frame, antiphase=0.45, grains=0.3))
    layers = (Layer("Ge", top=_interface(rng, 3.0)), *gap, film, *above)
    return _imaged(rng, frame, layers, view=view, detectors=("HAADF",))


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

Frame = tuple[int, float]
"""Side of a square image in pixels, and of a pixel in Å."""


def _uniform(rng: np.random.Generator, within: tuple[float, float]) -> float:
    return float(rng.uniform(*within))


def _up_to(rng: np.random.Generator, most: float) -> float:
    return float(rng.uniform(0, most))


def _about(rng: np.random.Generator, spread: float) -> float:
    return 1 + float(rng.uniform(-spread, spread))


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _cell_A(name: str) -> float:
    cell = plane_cell(material(name), "100")
    assert cell is not None
    return cell.c_A


def _inner_A(layers: Sequence[Layer]) -> float:
    return sum(layer.thickness_A or 0.0 for layer in layers)


def _side_A(frame: Frame) -> float:
    return frame[0] * frame[1]


def _frame(
    rng: np.random.Generator, film_A: float, share: tuple[float, float], pixel_A: tuple[float, float] = _PIXEL_A
) -> Frame:
    """A frame in which layers of this thickness take a share of the height."""
    is_large = rng.uniform() < _LARGE_SHARE
    side_px = 2048 if is_large else 1024
    wanted_A = film_A / float(rng.uniform(*share)) / side_px
    return side_px, float(np.clip(wanted_A, pixel_A[0], _LARGE_PIXEL_A if is_large else pixel_A[1]))


def _interface(
    rng: np.random.Generator,
    roughness_A: float,
    *,
    mixing_A: float = 0.0,
    terrace_A: tuple[float, float] = (40.0, 200.0),
) -> Interface:
    """An interface of up to this roughness and mixing."""
    return Interface(_up_to(rng, roughness_A), float(rng.uniform(*terrace_A)), _up_to(rng, mixing_A))


def _substrate(rng: np.random.Generator, name: str, *, mixing_A: float) -> Layer:
    return Layer(name, top=_interface(rng, 3.0, mixing_A=mixing_A))


def _above(rng: np.random.Generator, most_labels: int = 2) -> tuple[Layer, ...]:
    """What is above the film: a Pt/C cap, at once or over carbon; carbon; vacuum behind a damaged edge."""
    cap = _platinum_carbon(_uniform(rng, _PT_SHARE))
    kind = rng.choice(["cap", "carbon and cap", "carbon-rich cap", "carbon", "vacuum"], p=[0.35, 0.15, 0.15, 0.1, 0.25])
    wavy = Interface(_up_to(rng, 6.0), float(rng.uniform(60, 200)))
    if kind == "carbon and cap" and most_labels > 1:
        return Layer("C", float(rng.uniform(30, 90)), wavy), Layer(cap)
    if kind == "carbon-rich cap":
        return Layer(_platinum_carbon(_uniform(rng, _PT_SHARE_BELOW)), _uniform(rng, (20, 60)), wavy), Layer(cap)
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
    kind = kinds[int(rng.choice(3, p=[antiphase, grains, 1 - antiphase - grains] if antiphase + grains <= 1 else None))]
    if kind is None:
        return ()
    n = int(rng.choice([1, 2, 3, 4], p=[0.4, 0.3, 0.2, 0.1]))
    side_A = _side_A(frame)
    places = (np.arange(n) + rng.uniform(0.25, 0.75, n)) / n - 0.5
    return tuple(_boundary(rng, kind, float(place) * 0.85 * side_A) for place in places)


def _boundary(rng: np.random.Generator, kind: Literal["antiphase", "grain"], x_A: float) -> Boundary:
    if kind == "antiphase":
        return Boundary("antiphase", x_A, lean_deg=float(rng.normal(0, 5)))
    rotation_deg = float(rng.choice([-1, 1]) * _log_uniform(rng, 0.7, 12.0))
    tilt_mrad = (float(rng.normal(0, 8)), float(rng.normal(0, 8)))
    return Boundary("grain", x_A, float(rng.normal(0, 12)), rotation_deg, tilt_mrad)


def _imaged(
    rng: np.random.Generator,
    frame: Frame,
    layers: tuple[Layer, ...],
    *,
    view: View = "100",
    detectors: Sequence[str] = ("HAADF", "HAADF", "ADF"),
) -> tuple[Specimen, Acquisition]:
    """The layers in a specimen of some thickness, about the middle of the frame; the microscope's settings."""
    side_A = _side_A(frame)
    inner_A = _inner_A(layers)
    play_A = max(0.0, min(0.1 * side_A, (side_A - inner_A) / 2 - 0.12 * side_A))
    wedge = rng.normal(0, 0.02, 2).clip(-0.045, 0.045)
    bending_A = _up_to(rng, 12.0)
    deviation_A = float(np.abs(wedge).sum()) * _REACH * side_A + _BENDING_PEAK * bending_A
    thickness_A = float(
        np.clip(rng.uniform(*_THICKNESS_A), _THINNEST_A + deviation_A, max(_THICKEST_A - deviation_A, 200.0))
    )
    specimen = Specimen(
        layers,
        first_interface_A=-inner_A / 2 + float(rng.uniform(-play_A, play_A)),
        view=view,
        thickness_A=thickness_A,
        wedge=(float(wedge[0]), float(wedge[1])),
        bending_A=bending_A,
        tilt_mrad=(float(rng.normal(0, 1.5)), float(rng.normal(0, 1.5))),
        strain=_up_to(rng, 0.003),
        relaxation_A=_up_to(rng, 0.25),
    )
    return specimen, _acquisition(rng, frame, detectors)


def _acquisition(rng: np.random.Generator, frame: Frame, detectors: Sequence[str]) -> Acquisition:
    side_px, pixel_A = frame
    dwell_us = float(rng.choice([1.0, 2.0, 4.0, 8.0, 16.0]))
    current_pA = _log_uniform(rng, 8.0, 60.0)
    dose_e_per_A2 = float(np.clip(current_pA * dwell_us * _ELECTRONS_PER_PA_US / pixel_A**2, *_DOSE_E_PER_A2))
    turned = rng.choice(["little", "quarter", "any"], p=[0.75, 0.15, 0.1])
    base_deg = {"little": 0.0, "quarter": float(rng.choice([-90, 90])), "any": float(rng.uniform(-180, 180))}[turned]
    frame_s = 1e-6 * side_px * (side_px * dwell_us + 100)
    drift_A = min(0.01 * side_px * pixel_A, _log_uniform(rng, 0.05, 0.8) * frame_s)  # within the frame's time
    direction = rng.uniform(0, 2 * np.pi)
    scan = Scan(
        (side_px, side_px),
        pixel_A,
        rotation_deg=base_deg + float(rng.normal(0, 1.5)),
        dwell_us=dwell_us,
        drift_A_per_s=(float(np.cos(direction)) * drift_A / frame_s, float(np.sin(direction)) * drift_A / frame_s),
        wander_A=_up_to(rng, 1.0),
        shear_deg=float(rng.normal(0, 0.4)),
        stretch=1 + float(rng.normal(0, 0.006)),
        jitter_A=_log_uniform(rng, 0.02, 0.3),
        flyback_A=_up_to(rng, 2.5),
        flyback_decay_px=float(rng.uniform(5, 30)),
    )
    optics = Optics(
        energy_kV=float(rng.choice([200.0, 300.0])),
        convergence_mrad=22.0,
        source_fwhm_A=float(rng.uniform(0.7, 1.2)),
        defocus_A=float(rng.normal(0, 15)),
        astigmatism_A=abs(float(rng.normal(0, 8))),
        astigmatism_deg=float(rng.uniform(0, 180)),
        coma_A=abs(float(rng.normal(0, 150))),
        coma_deg=float(rng.uniform(0, 360)),
        spherical_A=float(rng.normal(0, 5000)),
    )
    return Acquisition(
        scan,
        dose_e_per_A2,
        readout_e=float(rng.uniform(0.1, 0.6)),
        bits=8 if rng.uniform() < 0.3 else 16,
        optics=optics,
        detector=str(rng.choice(list(detectors))),
        contamination_A=_up_to(rng, 25.0),
    )
