from __future__ import annotations

from typing import Any

import pytest

from samiam.benchmark import Contender, build_contenders
from samiam.boosting import CropRules, GroupingRules, SemanticBooster
from samiam.errors import InputError
from samiam.texture import build_encoder
from samiam.texture.memory import RememberingEncoder
from samiam.texture.spectrum import SpectrumEncoder

OWN: dict[str, Any] = {
    "encoder": {"name": "spectrum", "options": {"n_rings": 8}},
    "booster": {"crops": {"n_crops": 3, "crop_px": 40}, "grouping": {}},
    "n_materials": "given",
}


def built(variants: Any, seed: int = 0, **own: Any) -> dict[str, Contender]:
    contenders = build_contenders({**OWN, **own}, variants, seed)
    return {contender.name: contender for contender in contenders}


def test_without_variants_there_is_the_run_s_own() -> None:
    (contender,) = build_contenders(OWN, {}, seed=7)
    expected = SemanticBooster(
        SpectrumEncoder(n_rings=8), crops=CropRules(n_crops=3, crop_px=40, seed=7), grouping=GroupingRules(seed=7)
    )
    assert contender == Contender("booster", expected, give_n_materials=True)
    assert built({}, n_materials="estimated")["booster"].give_n_materials is False


def test_a_variant_changes_what_it_names_and_no_more() -> None:
    found = built(
        {
            "own": {},
            "n7": {"booster": {"crops": {"n_crops": 7}}},
            "estimated": {"n_materials": "estimated"},
        },
        seed=5,
    )
    assert list(found) == ["own", "n7", "estimated"]
    assert found["own"].booster.crops == CropRules(n_crops=3, crop_px=40, seed=5)
    assert found["n7"].booster.crops == CropRules(n_crops=7, crop_px=40, seed=5)
    assert found["n7"].booster.grouping == found["own"].booster.grouping == GroupingRules(seed=5)
    assert [contender.give_n_materials for contender in found.values()] == [True, True, False]
    assert all(contender.booster.encoder.options["n_rings"] == 8 for contender in found.values())


def test_an_encoder_with_a_name_takes_the_place_of_the_run_s() -> None:
    found = built(
        {
            "replaced": {"encoder": {"name": "spectrum"}},
            "changed": {"encoder": {"options": {"symmetry_weight": 0.25}}},
        }
    )
    assert found["replaced"].booster.encoder == SpectrumEncoder()
    assert found["changed"].booster.encoder == SpectrumEncoder(n_rings=8, symmetry_weight=0.25)


def test_variants_of_one_encoder_share_what_it_remembers() -> None:
    found = built(
        {
            "n5": {"booster": {"crops": {"n_crops": 5}}},
            "other": {"encoder": {"name": "spectrum"}},
            "n9": {"booster": {"crops": {"n_crops": 9}}},
        }
    )
    shared = found["n5"].booster.encoder
    assert isinstance(shared, RememberingEncoder)
    assert found["n9"].booster.encoder is shared
    assert isinstance(found["other"].booster.encoder, SpectrumEncoder)


def test_nothing_of_what_was_given_is_altered() -> None:
    build_contenders(OWN, {"a": {"booster": {"crops": {"n_crops": 7}}, "encoder": {"options": {"n_rings": 4}}}}, seed=0)
    assert OWN["booster"] == {"crops": {"n_crops": 3, "crop_px": 40}, "grouping": {}}
    assert OWN["encoder"] == {"name": "spectrum", "options": {"n_rings": 8}}


def test_a_booster_without_any_setting() -> None:
    (contender,) = build_contenders({**OWN, "booster": {"removal": None, "smallest_region_px": 9}}, {}, seed=0)
    assert contender.booster == SemanticBooster(build_encoder("spectrum", n_rings=8), smallest_region_px=9)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"n_materials": 3}, "n_materials=3: give given or estimated."),
        ({"encoder": {"name": "nope"}}, "unknown encoder 'nope'; known are "),
        ({"encoder": {"options": {"rings": 3}}}, "the spectrum encoder has no option rings"),
        ({"encoder": {"weights": "random"}}, "encoder has no setting weights; it has name, options."),
        ({"encoder": "spectrum"}, "encoder=spectrum: give any of name, options."),
        ({"encoder": {"options": 3}}, "encoder.options=3: give settings by name, as {name: value}."),
        ({"booster": {"crop": {}}}, "booster has no setting crop; it has removal, crops, grouping, smallest_region_px"),
        ({"booster": {"encoder": {}}}, "booster has no setting encoder"),
        ({"booster": {"seed": 1}}, "booster has no setting seed"),
        ({"booster": {"crops": {"crop_px": 0}}}, "crop_px=0"),
        ({"booster": {"crops": 60}}, "booster.crops=60: give settings by name, as {name: value}."),
        ({"booster": {"smallest_region_px": "few"}}, "booster.smallest_region_px=few: give a whole number, 0 or more."),
        ({"booster": {"smallest_region_px": -1}}, "booster.smallest_region_px=-1"),
        ({"booster": None}, "booster=None: give any of removal, crops, "),
        ({"crops": {"n_crops": 5}}, "a variant has no setting crops; it has encoder, booster, n_materials."),
        (None, "a variant=None: give any of encoder, booster, n_materials."),
    ],
)
def test_one_line_names_the_variant_that_cannot_be_used(changes: Any, part: str) -> None:
    with pytest.raises(InputError) as caught:
        built({"good": {}, "bad one": changes})
    assert str(caught.value).startswith("variants.bad one: ")
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_variants_no_variant_is_blamed() -> None:
    with pytest.raises(InputError, match=r"^booster has no setting nope; it has removal"):
        built({}, booster={"nope": 1})


@pytest.mark.parametrize("variants", [3, None, ["a"]])
def test_variants_have_names(variants: Any) -> None:
    with pytest.raises(InputError, match=r"variants=.*: give for each name what it changes"):
        built(variants)
