from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import rankdata

from samiam.errors import InputError
from samiam.records import Scene
from samiam.training.compact.whole_scenes import WholeSceneRules, WholeScenes, WholeScenesData, orientations_of
from simulate import procedural_scene

SHAPE_HW = (64, 96)
RULES = WholeSceneRules(scenes=8, val_scenes=3, batch_size=4)
UNVARIED = replace(RULES, zoom=0, turn_deg=0, p_shaded=0, p_blurred=0, p_noisy=0)


def draw(seed: int, shape_hw: tuple[int, int] = SHAPE_HW) -> Scene:
    return procedural_scene(seed, shape_hw=shape_hw)


def test_a_scene_depends_on_seed_stream_and_index_alone() -> None:
    first, second = (WholeScenes(draw, RULES, 0) for _ in range(2))
    second[0]
    for own, other in zip(first[5], second[5], strict=True):
        assert torch.equal(own, other)
    others = (WholeScenes(draw, replace(RULES, seed=1), 0)[5], WholeScenes(draw, RULES, 1)[5], first[6])
    assert all(not torch.equal(first[5][0], other[0]) for other in others)


def test_kinds_and_ranges() -> None:
    for index in range(4):
        pixels, materials, grains, orientations = WholeScenes(draw, RULES, 0)[index]
        assert pixels.shape in ((1, *SHAPE_HW), (1, *SHAPE_HW[::-1]))
        assert materials.shape == grains.shape == orientations.shape == pixels.shape[1:]
        assert pixels.dtype == torch.float32
        assert materials.dtype == grains.dtype == orientations.dtype == torch.int64
        assert 0 <= float(pixels.min()) < float(pixels.max()) <= 1


@pytest.mark.parametrize("index", range(3))
def test_validation_is_not_varied(index: int) -> None:
    rng = np.random.default_rng([RULES.seed, 1, index])
    scene = draw(int(rng.integers(2**32)))
    pixels, materials, grains, orientations = WholeScenes(draw, RULES, 1)[index]
    np.testing.assert_array_equal(pixels[0], scene.micrograph.pixels)
    np.testing.assert_array_equal(materials, scene.labels)
    np.testing.assert_array_equal(grains, scene.grains)
    np.testing.assert_array_equal(orientations, orientations_of(scene))


def test_orientations_are_of_the_scene_or_of_each_grain() -> None:
    scene = draw(3)
    of_grain = scene.parameters["orientations"]
    np.testing.assert_array_equal(orientations_of(scene), np.array([0, *of_grain])[scene.grains])
    np.testing.assert_array_equal(orientations_of(replace(scene, parameters={})), scene.grains)


def test_materials_stay_on_their_pixels() -> None:
    for index in range(4):
        rng = np.random.default_rng([0, 0, index])
        scene = draw(int(rng.integers(2**32)))
        pixels, materials, _, _ = WholeScenes(draw, UNVARIED, 0)[index]
        # Turns, mirror images and gamma keep the order of brightness.
        before = rankdata(scene.micrograph.pixels).reshape(scene.labels.shape)
        after = rankdata(pixels[0].numpy()).reshape(materials.shape)
        for material in range(1, len(scene.materials) + 1):
            there = after[materials.numpy() == material].mean()
            assert there == pytest.approx(before[scene.labels == material].mean(), rel=1e-3)


@pytest.mark.parametrize(
    "changed",
    [
        *({"scenes": 3}, {"val_scenes": 0}, {"batch_size": 0}, {"seed": -1}),
        *({"zoom": -0.1}, {"turn_deg": -1}, {"p_shaded": 1.5}, {"p_noisy": -0.1}),
    ],
)
def test_impossible_rules(changed: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(changed))):
        replace(RULES, **changed)


def test_batches() -> None:
    data = WholeScenesData(partial(draw, shape_hw=(64, 64)), RULES)
    train, val = list(data.train_dataloader()), list(data.val_dataloader()[0])
    assert [len(batch[0]) for batch in train] == [4, 4]
    assert [len(batch[0]) for batch in val] == [1, 1, 1]
    again = list(data.val_dataloader()[0])
    assert all(torch.equal(first[0], second[0]) for first, second in zip(val, again, strict=True))
    assert train[0][0].shape == (4, 1, 64, 64)
    assert train[0][1].shape == train[0][2].shape == (4, 64, 64)
    assert val[0][0].shape == (1, 1, 64, 64)


def loaded(epoch: int = 0, rank: int = 0, world_size: int = 1) -> WholeScenesData:
    """Data as a process of a run sees it."""
    data = WholeScenesData(partial(draw, shape_hw=(64, 64)), RULES)
    progress = SimpleNamespace(current=SimpleNamespace(processed=epoch))
    data.trainer = SimpleNamespace(  # type: ignore[assignment]
        global_rank=rank, world_size=world_size, fit_loop=SimpleNamespace(epoch_progress=progress)
    )
    return data


def test_every_epoch_has_new_scenes_to_train_on_and_the_same_to_validate_on() -> None:
    scenes = WholeScenes(partial(draw, shape_hw=(64, 64)), RULES, 0)
    for epoch in (0, 2):
        (pixels, *_), _ = loaded(epoch).train_dataloader()
        expected = torch.stack([scenes[8 * epoch + index][0] for index in range(4)])
        assert torch.equal(pixels, expected)
    first, later = (torch.cat([batch[0] for batch in loaded(epoch).val_dataloader()[0]]) for epoch in (0, 2))
    assert torch.equal(first, later)


def test_processes_share_the_scenes() -> None:
    alone = torch.cat([batch[0] for batch in loaded().train_dataloader()])
    shares = [torch.cat([batch[0] for batch in loaded(0, rank, 2).train_dataloader()]) for rank in (0, 1)]
    assert torch.equal(torch.stack(shares, dim=1).flatten(0, 1), alone)


def test_every_process_needs_a_batch() -> None:
    with pytest.raises(InputError, match="8 draws for 3 processes"):
        loaded(world_size=3).train_dataloader()
    with pytest.raises(InputError, match="3 draws for 4 processes"):
        loaded(world_size=4).val_dataloader()
    assert len(loaded(world_size=2).train_dataloader()) == 1
