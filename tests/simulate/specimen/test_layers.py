from __future__ import annotations

from collections.abc import Callable

import pytest

from samiam.errors import InputError
from simulate.library.materials import Material
from simulate.specimen.layers import Boundary, Interface, Layer, Specimen

NAN, INF = float("nan"), float("inf")
OUTER = (Layer("Ge"), Layer("SrTiO3"))


def test_a_material_goes_by_name_or_by_itself() -> None:
    mine = Material("mine", "Ge", views={"100": ((1, 1, 0), (0, 0, 1))})
    assert Layer(mine).made_of is mine
    assert Layer("Ge").made_of.name == "Ge"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Interface(roughness_A=-1), "an interface of roughness -1 Å"),
        (lambda: Interface(roughness_A=NAN), "an interface of roughness nan Å"),
        (lambda: Interface(terrace_A=0), "terraces of 0 Å"),
        (lambda: Interface(mixing_A=-2), "mixing over -2 Å"),
        (lambda: Boundary("crack", 0.0), "unknown boundary 'crack'; there are antiphase and grain"),  # type: ignore[arg-type]
        (lambda: Boundary("grain", 0.0, 70.0), "leans by 70.0° does not split"),
        (lambda: Boundary("grain", NAN), "must be finite numbers"),
        (lambda: Boundary("grain", 0.0, rotation_deg=INF), "must be finite numbers"),
        (lambda: Layer("Unobtainium"), "unknown material 'Unobtainium'"),
        (lambda: Layer("Ge", 0.0), "Ge: a layer of 0.0 Å is impossible"),
        (lambda: Layer("Ge", NAN), "Ge: a layer of nan Å is impossible"),
        (lambda: Layer("Ge", 10.0, coverage=0.0), "a coverage of 0.0 by islands"),
        (lambda: Layer("Ge", 10.0, coverage=1.5), "a coverage of 1.5 by islands"),
        (lambda: Layer("Ge", 10.0, island_A=0.0), "islands of 0.0 Å"),
        (lambda: Layer("Ge", relaxed=2.0), "relaxed=2.0; give 0"),
        (lambda: Layer("C", boundaries=(Boundary("grain", 0.0),)), "C is not crystalline; it cannot have boundaries"),
        (lambda: Specimen(()), "at least one layer"),
        (lambda: Specimen((Layer("Ge", 10.0), Layer("C"))), r"layer 1 of 2 \(Ge\) must have no thickness"),
        (lambda: Specimen((Layer("Ge"), Layer("C"), Layer("Vac"))), r"layer 2 of 3 \(C\) needs a thickness"),
        (lambda: Specimen((Layer("Ge"), Layer("C", coverage=0.5))), r"layer 2 of 2 \(C\) is an outer one"),
        (lambda: Specimen((Layer("gap"),)), "no layer of the specimen is labelled"),
        (lambda: Specimen(OUTER, view="111"), "Ge has no view '111'; it has 100, 110"),  # type: ignore[arg-type]
        (lambda: Specimen(OUTER, thickness_A=0), "a specimen of 0 Å is impossible"),
        (lambda: Specimen(OUTER, thickness_A=INF), "a specimen of inf Å is impossible"),
        (lambda: Specimen(OUTER, strain=-0.1), "strain=-0.1 is no amplitude"),
        (lambda: Specimen(OUTER, bending_A=NAN), "bending_A=nan is no amplitude"),
        (lambda: Specimen(OUTER, relaxation_A=-1), "relaxation_A=-1 is no amplitude"),
        (lambda: Specimen(OUTER, wedge=(NAN, 0)), "must be finite numbers"),
    ],
)
def test_impossible_layouts(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        make()
    assert "\n" not in str(error.value)
