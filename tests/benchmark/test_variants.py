from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

import pytest

from samiam.benchmark import Method, build_methods
from samiam.boosting import CropRules, GroupingRules, SemanticBooster
from samiam.errors import InputError
from samiam.generation.texture.generator import TextureGenerator
from samiam.registry import build_encoder
from samiam.texture.memory import RememberingEncoder
from samiam.texture.spectrum import SpectrumEncoder

OWN: dict[str, Any] = {
    "generator": {"name": "texture", "options": {"n_superpixels": 300}},
    "encoder": {"name": "spectrum", "options": {"n_rings": 8}},
    "booster": {"crops": {"n_crops": 3, "crop_px": 40}, "grouping": {}},
    "n_materials": "given",
}


def built(variants: Any, seed: int = 0, **own: Any) -> dict[str, Method]:
    methods = build_methods({**OWN, **own}, variants, [seed])
    assert not methods.left_out
    return {method.name: method for method in methods.present}


def test_without_variants_there_is_the_run_s_own() -> None:
    (method,) = build_methods(OWN, {}, [7]).present
    expected = SemanticBooster(
        SpectrumEncoder(n_rings=8), crops=CropRules(n_crops=3, crop_px=40, seed=7), grouping=GroupingRules(seed=7)
    )
    assert method == Method("booster", expected, TextureGenerator(n_superpixels=300), "given", "texture", 7)
    assert built({}, n_materials="estimated")["booster"].number == "estimated"


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
    assert [method.number for method in found.values()] == ["given", "given", "estimated"]
    assert all(method.booster.encoder.options["n_rings"] == 8 for method in found.values())


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


def test_each_variant_takes_part_with_every_seed() -> None:
    found = build_methods(OWN, {"a": {}, "b": {"n_materials": "estimated"}}, [3, 4]).present
    assert [(method.name, method.seed, method.booster.crops.seed) for method in found] == [
        ("a", 3, 3),
        ("a", 4, 4),
        ("b", 3, 3),
        ("b", 4, 4),
    ]
    assert len({id(method.generator) for method in found}) == 1


def test_generators_of_one_name_are_told_apart() -> None:
    found = built(
        {
            "own": {},
            "few": {"generator": {"options": {"n_superpixels": 100}}},
            "few again": {"generator": {"options": {"n_superpixels": 100}}, "n_materials": "estimated"},
            "another": {"generator": {"name": "compact"}},
        }
    )
    assert {name: method.label for name, method in found.items()} == {
        "own": "texture",
        "few": "texture (few)",
        "few again": "texture (few)",
        "another": "compact",
    }
    assert found["few"].generator is found["few again"].generator
    assert found["few"].generator == TextureGenerator(n_superpixels=100)
    assert found["another"].generator.name == "compact"


class TestOptional:
    SAM: ClassVar[dict[str, Any]] = {"generator": {"name": "vit_b"}, "optional": True}

    @pytest.fixture(autouse=True)
    def empty_cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SAMIAM_CACHE", str(tmp_path))

    def test_what_needs_a_checkpoint_is_left_out_without_it(self) -> None:
        imagenet = {"encoder": {"name": "resnet18", "options": {"weights": "imagenet"}}, "optional": True}
        found = build_methods(OWN, {"own": {}, "sam": self.SAM, "imagenet": imagenet}, [0])
        assert [method.name for method in found.present] == ["own"]
        assert found.left_out == {
            "sam": "vit_b is not in the cache; `samiam models fetch vit_b` gets it",
            "imagenet": "resnet18_imagenet is not in the cache; `samiam models fetch resnet18_imagenet` gets it",
        }

    def test_what_needs_none_takes_part(self) -> None:
        assert list(built({"own": {"optional": True}})) == ["own"]

    def test_a_file_that_was_named_must_be_good(self) -> None:
        named = {**self.SAM, "generator": {"name": "vit_b", "options": {"checkpoint": "nowhere.pth"}}}
        with pytest.raises(InputError, match=r"variants\.sam: nowhere\.pth"):
            build_methods(OWN, {"own": {}, "sam": named}, [0])

    def test_nobody_is_left(self) -> None:
        with pytest.raises(InputError, match="none can take part; vit_b is not in the cache"):
            build_methods(OWN, {"sam": self.SAM}, [0])


def test_nothing_of_what_was_given_is_altered() -> None:
    build_methods(OWN, {"a": {"booster": {"crops": {"n_crops": 7}}, "encoder": {"options": {"n_rings": 4}}}}, [0])
    assert OWN["booster"] == {"crops": {"n_crops": 3, "crop_px": 40}, "grouping": {}}
    assert OWN["encoder"] == {"name": "spectrum", "options": {"n_rings": 8}}


def test_a_booster_without_any_setting() -> None:
    (method,) = build_methods({**OWN, "booster": {"removal": None, "smallest_region_px": 9}}, {}, [0]).present
    assert method.booster == SemanticBooster(build_encoder("spectrum", n_rings=8), smallest_region_px=9)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"n_materials": 3}, "n_materials=3: give given or one_fewer or one_more or estimated."),
        ({"grains": True}, "grains: the encoder spectrum does not see them; use compact."),
        ({"encoder": {"name": "nope"}}, "encoder.name: unknown encoder 'nope'. Known are "),
        ({"encoder": {"options": {"rings": 3}}}, "encoder.options has no setting 'rings'; did you mean 'n_rings'?"),
        ({"encoder": {"weights": "random"}}, "encoder has no setting 'weights'. It has name, options."),
        ({"encoder": "spectrum"}, "encoder='spectrum': give settings by name"),
        ({"encoder": {"options": 3}}, "encoder.options=3: give settings by name, as {name: value}."),
        (
            {"booster": {"crop": {}}},
            "booster has no setting 'crop'; did you mean 'crops'? It has removal, crops, ",
        ),
        ({"booster": {"encoder": {}}}, "booster has no setting 'encoder'"),
        ({"booster": {"seed": 1}}, "booster has no setting 'seed'"),
        ({"booster": {"crops": {"crop_px": 0}}}, "crop_px=0"),
        ({"booster": {"crops": 60}}, "booster.crops=60: give settings by name, as {name: value}."),
        (
            {"booster": {"smallest_region_px": "few"}},
            "booster.smallest_region_px='few': give a whole number, 0",
        ),
        ({"booster": {"smallest_region_px": -1}}, "booster.smallest_region_px=-1"),
        ({"booster": None}, "bad one.booster=None: give settings by name"),
        ({"crops": {"n_crops": 5}}, "has no setting 'crops'. It has generator, encoder, booster, "),
        (None, "bad one=None: give what it changes"),
        ({"generator": {"name": "nope"}}, "generator.name: unknown generator 'nope'. Known are "),
        ({"generator": {"options": {"n_superpixels": 0}}}, "n_superpixels=0"),
        ({"generator": {"weights": "random"}}, "generator has no setting 'weights'. It has name, options."),
        ({"generator": {"options": 3}}, "generator.options=3: give settings by name"),
        ({"optional": "yes"}, "optional='yes': give true or false."),
    ],
)
def test_one_line_names_the_variant_that_cannot_be_used(changes: Any, part: str) -> None:
    with pytest.raises(InputError) as caught:
        built({"good": {}, "bad one": changes})
    assert re.match(r"variants\.bad one\b", str(caught.value))
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_variants_no_variant_is_blamed() -> None:
    with pytest.raises(InputError, match=r"^booster has no setting 'nope'. It has removal"):
        built({}, booster={"nope": 1})


@pytest.mark.parametrize("variants", [3, None, ["a"]])
def test_variants_have_names(variants: Any) -> None:
    with pytest.raises(InputError, match=r"variants=.*: give for each name what it changes"):
        built(variants)
