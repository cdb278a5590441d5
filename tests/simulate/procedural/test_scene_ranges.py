"""What scenes of wider ranges show beside those of the three classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from samiam.records import Scene
from simulate import DIFFICULTIES, SceneRanges, procedural_scene
from simulate.procedural.lattices import fringes, named_lattice
from simulate.procedural.layout import Layout
from simulate.procedural.rendering import Fill, _crystals

PLAIN = SceneRanges(
    n_materials=(3, 4), p_islands=0, p_grains=0, p_antiphase=0, p_gap=0, p_similar=0, roughness_px=(0, 0)
)
SEEDS = range(12)


def drawn(seed: int, **changed: object) -> Scene:
    return procedural_scene(seed, shape_hw=(160, 160), ranges=replace(PLAIN, **changed))  # type: ignore[arg-type]


def parts(scene: Scene) -> list[int]:
    """Connected parts of each material."""
    return [int(ndimage.label(mask)[1]) for mask in scene.truth]


def test_a_multilayer_has_a_material_in_several_layers() -> None:
    found = [max(parts(drawn(seed, p_multilayer=1.0, period_px=(5, 8)))) for seed in SEEDS]
    assert max(found) >= 3
    assert np.mean(found) > 1.5
    assert max(max(parts(drawn(seed))) for seed in SEEDS) == 1


def test_two_amorphous_films() -> None:
    def films(seed: int, **changed: object) -> int:
        kinds = [material["kind"] for material in drawn(seed, p_capped=1.0, **changed).parameters["materials"]]
        return kinds.count("amorphous")

    assert {films(seed) for seed in SEEDS} == {1}
    assert 2 in {films(seed, p_two_films=1.0) for seed in SEEDS}


@pytest.mark.parametrize("mottle", ["bright", "even", "spots"])
def test_each_kind_of_mottle(mottle: str) -> None:
    scene = drawn(1, p_capped=1.0, p_mottled=1.0, mottles=(mottle,))
    (film,) = (place for place, m in enumerate(scene.parameters["materials"]) if m["kind"] == "amorphous")
    assert scene.parameters["materials"][film]["mottle"] == mottle
    assert scene.micrograph.pixels[scene.truth[film]].std() > 0.02


def test_all_kinds_of_mottle_occur() -> None:
    found = {
        material["mottle"]
        for seed in SEEDS
        for material in drawn(seed, p_capped=1.0, p_mottled=1.0, mottles=("bright", "even", "spots")).parameters[
            "materials"
        ]
        if material["kind"] == "amorphous"
    }
    assert found == {"bright", "even", "spots"}


def test_tilted_grains_look_different() -> None:
    first, second = (drawn(3, p_grains=1.0, p_tilted=tilted) for tilted in (0.0, 1.0))
    assert any(material["has_tilted_grains"] for material in second.parameters["materials"])
    assert not any(material["has_tilted_grains"] for material in first.parameters["materials"])


def test_grains_after_the_first_are_tilted() -> None:
    lattice = named_lattice("rectangular", 8.0, rotation_deg=10.0)
    image = np.ones((64, 64), np.uint32)
    grains = Layout(image, image, (1, 1, 1), {})
    straight, tilted = (
        _crystals(np.random.default_rng(0), grains, [Fill("lattice", 0.2, 1.0, lattice, has_tilted_grains=is_tilted)])
        for is_tilted in (False, True)
    )
    assert straight[0] == tilted[0]
    for one, other in zip(straight[1:], tilted[1:], strict=True):
        assert one is not None
        assert other == (fringes(one[0]), one[1])
        assert other[0].b_px < one[0].b_px


@pytest.mark.parametrize("changed", [{"p_multilayer": 0.0}, {"p_tilted": 0.0}, {"p_two_films": 0.0}])
def test_a_probability_of_0_draws_nothing_where_everything_else_is_drawn(changed: dict[str, float]) -> None:
    everything = {"p_grains": 0.7, "p_capped": 1.0, "p_mottled": 1.0}
    for seed in range(4):
        plain, same = drawn(seed, **everything), drawn(seed, **everything, **changed, mottles=("bright",))
        assert plain.micrograph.pixels.tobytes() == same.micrograph.pixels.tobytes()
    (name,) = changed
    others = [drawn(seed, **everything, **{name: 1.0}).micrograph.pixels for seed in range(4)]
    plains = [drawn(seed, **everything).micrograph.pixels for seed in range(4)]
    assert any((one != other).any() for one, other in zip(plains, others, strict=True))


def test_kinds_of_mottle_look_different() -> None:
    looks = [
        drawn(1, p_capped=1.0, p_mottled=1.0, mottles=(mottle,)).micrograph.pixels.tobytes()
        for mottle in ("bright", "even", "spots")
    ]
    assert len(set(looks)) == 3


@pytest.mark.parametrize("difficulty", [1, 2, 3])
def test_what_is_left_out_draws_nothing(difficulty: int) -> None:
    without = replace(DIFFICULTIES[difficulty], p_multilayer=0.0, p_tilted=0.0, p_two_films=0.0, mottles=("spots",))
    for seed in range(4):
        first = procedural_scene(seed, shape_hw=(96, 96), difficulty=difficulty)
        second = procedural_scene(seed, shape_hw=(96, 96), difficulty=difficulty, ranges=without)
        np.testing.assert_array_equal(first.micrograph.pixels, second.micrograph.pixels)
