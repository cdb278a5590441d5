from __future__ import annotations

from collections.abc import Callable

import pytest

from samiam.errors import InputError
from simulate.library.materials import Material
from simulate.specimen.layers import Boundary, Interface, Layer, Specimen

NAN, INF = float("nan"), float("inf")
OUTER = (Layer("Ge"), Layer("SrTiO3"))
MINE = Material("mine", "Ge", views={"100": ((1, 1, 0), (0, 0, 1))})


def test_a_material_goes_by_name_or_by_itself() -> None:
    assert Layer(MINE).made_of is MINE
    assert Layer("Ge").made_of.name == "Ge"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Interface(roughness_A=-1), "roughness_A=-1: give a number, 0 or more"),
        (lambda: Interface(roughness_A=NAN), "roughness_A=nan: give a number"),
        (lambda: Interface(terrace_A=0), "terrace_A=0: give a number above 0"),
        (lambda: Interface(mixing_A=-2), "mixing_A=-2: give a number, 0 or more"),
        (lambda: Boundary("crack", 0.0), "kind='crack': give antiphase or grain"),  # type: ignore[arg-type]
        (lambda: Boundary("grain", 0.0, 70.0), "lean_deg=70.0: give a number from -60 to 60"),
        (lambda: Boundary("grain", NAN), "x_A=nan: give a number"),
        (lambda: Boundary("grain", 0.0, rotation_deg=INF), "rotation_deg=inf: give a number"),
        (lambda: Layer("Unobtainium"), "material: unknown material 'Unobtainium'"),
        (lambda: Layer("Ge", 0.0), "thickness_A=0.0: give a number above 0 or null"),
        (lambda: Layer("Ge", NAN), "thickness_A=nan: give a number above 0 or null"),
        (lambda: Layer("Ge", 10.0, coverage=0.0), "coverage=0.0: give a number above 0 to 1"),
        (lambda: Layer("Ge", 10.0, coverage=1.5), "coverage=1.5: give a number above 0 to 1"),
        (lambda: Layer("Ge", 10.0, island_A=0.0), "island_A=0.0: give a number above 0"),
        (lambda: Layer("Ge", relaxed=2.0), "relaxed=2.0: give a number from 0 to 1"),
        (lambda: Layer("C", boundaries=(Boundary("grain", 0.0),)), "boundaries: C is not crystalline; it cannot have"),
        (lambda: Specimen(()), "layers=(): give a list, each settings by name, as {name: value}, one at least"),
        (lambda: Specimen((Layer("Ge", 10.0), Layer("C"))), "layers: number 1 of 2 (Ge) must have no thickness"),
        (lambda: Specimen((Layer("Ge"), Layer("C"), Layer("Vac"))), "layers: number 2 of 3 (C) needs a thickness"),
        (lambda: Specimen((Layer("Ge"), Layer("C", coverage=0.5))), "layers: number 2 of 2 (C) is an outer one"),
        (lambda: Specimen((Layer("gap"),)), "layers: none of them is labelled"),
        (lambda: Specimen(OUTER, view="111"), "view='111': give 100 or 110"),  # type: ignore[arg-type]
        (lambda: Specimen((Layer(MINE),), view="110"), "view='110': mine has 100"),
        (lambda: Specimen(OUTER, thickness_A=0), "thickness_A=0: give a number above 0"),
        (lambda: Specimen(OUTER, thickness_A=INF), "thickness_A=inf: give a number above 0"),
        (lambda: Specimen(OUTER, strain=-0.1), "strain=-0.1: give a number, 0 or more"),
        (lambda: Specimen(OUTER, bending_A=NAN), "bending_A=nan: give a number, 0 or more"),
        (lambda: Specimen(OUTER, relaxation_A=-1), "relaxation_A=-1: give a number, 0 or more"),
        (lambda: Specimen(OUTER, wedge=(NAN, 0)), "wedge=(nan, 0): give a list of 2, each a number"),
    ],
)
def test_impossible_layouts(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError) as raised:
        make()
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)
