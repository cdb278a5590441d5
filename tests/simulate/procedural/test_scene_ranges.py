"""What scenes of wider ranges show beside those of the three classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from samiam.records import Scene
from simulate import DIFFICULTIES, SceneRanges, procedural_scene

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


@pytest.mark.parametrize("difficulty", [1, 2, 3])
def test_what_is_left_out_draws_nothing(difficulty: int) -> None:
    without = replace(DIFFICULTIES[difficulty], p_multilayer=0.0, p_tilted=0.0, p_two_films=0.0, mottles=("spots",))
    for seed in range(4):
        first = procedural_scene(seed, shape_hw=(96, 96), difficulty=difficulty)
        second = procedural_scene(seed, shape_hw=(96, 96), difficulty=difficulty, ranges=without)
        np.testing.assert_array_equal(first.micrograph.pixels, second.micrograph.pixels)
