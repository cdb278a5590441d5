from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from samiam.errors import InputError
from samiam.records import Micrograph, Scene
from samiam.training.fenet.scene_crops import SceneCropRules, SceneCrops, SceneCropsData
from samiam.training.sampling import FreshIndices

DRAWN: list[int] = []


def striped_scene(seed: int) -> Scene:
    """Two materials, one of vertical and one of horizontal stripes, of a brightness that tells the seed."""
    DRAWN.append(seed)
    y, x = np.mgrid[:128, :128]
    labels = np.where(y < 64, 1, 2).astype(np.uint32)
    stripes = np.where(labels == 1, x % 8 < 4, y % 8 < 4)
    pixels = (0.3 + 0.1 * (seed % 7) / 7 + 0.3 * stripes).astype(np.float32)
    return Scene(Micrograph(pixels, name="striped"), labels, ["a", "b"], 1, [1.0, 1.0], labels)


RULES = SceneCropRules(batches=4, val_batches=2, scenes=2, crops=3, sides_px=(32,), least_px=48)


def test_a_batch() -> None:
    crops, materials, scenes = SceneCrops(striped_scene, RULES, 0)[0]
    assert crops.shape == (12, 1, 48, 48)
    assert crops.dtype == torch.float32
    assert 0 <= float(crops.min()) <= float(crops.max()) <= 1
    assert materials.tolist() == [0, 0, 0, 1, 1, 1] * 2
    assert scenes.tolist() == [0] * 6 + [1] * 6


def test_a_batch_depends_on_seed_stream_and_index_alone() -> None:
    batches = SceneCrops(striped_scene, RULES, 0)
    first = batches[1][0]
    batches[3]
    assert torch.equal(batches[1][0], first)
    assert torch.equal(SceneCrops(striped_scene, RULES, 0)[1][0], first)
    others = [
        SceneCrops(striped_scene, RULES, 1)[1][0],
        batches[2][0],
        SceneCrops(striped_scene, SceneCropRules(**{**RULES.__dict__, "seed": 1}), 0)[1][0],
    ]
    assert not any(torch.equal(other, first) for other in others)


def test_crops_vary_by_no_more_than_they_may() -> None:
    still = SceneCropRules(1, 1, 1, 4, (48,), least_px=48, turn_deg=0, zoom=0, gain=0, noise=0)
    crops, _, _ = SceneCrops(striped_scene, still, 0)[0]
    whole = striped_scene(0).micrograph.pixels
    spread = float(whole.max() - whole.min())
    assert all(float(crop.max() - crop.min()) == pytest.approx(spread, abs=1e-5) for crop in crops)
    gained = SceneCrops(striped_scene, SceneCropRules(1, 1, 1, 4, (48,), 48, 0, 0, 0.5, 0), 0)[0][0]
    assert len({round(float(crop.max()), 3) for crop in gained}) > 1


def test_training_and_validation_share_no_scene() -> None:
    DRAWN.clear()
    training = SceneCrops(striped_scene, RULES, 0)
    for index in range(12):
        training[index]
    trained = set(DRAWN)
    DRAWN.clear()
    validation = SceneCrops(striped_scene, RULES, 1)
    for index in range(len(validation)):
        validation[index]
    assert len(trained) == 24
    assert len(set(DRAWN)) == 4
    assert trained.isdisjoint(DRAWN)


@pytest.mark.parametrize("world_size", [1, 2, 3])
def test_each_process_takes_its_share_and_each_epoch_new_indices(world_size: int) -> None:
    seen: list[int] = []
    for epoch in range(3):
        for rank in range(world_size):
            sampler = FreshIndices(6, rank, world_size, lambda: epoch)  # noqa: B023
            assert len(list(sampler)) == len(sampler) == 6 // world_size
            seen += list(sampler)
    assert sorted(seen) == list(range(18))


def test_batches_do_not_depend_on_the_workers() -> None:
    alone, helped = (list(SceneCropsData(striped_scene, RULES, n).train_dataloader()) for n in (0, 2))
    assert len(alone) == 4
    assert all(
        torch.equal(a, b) for one, other in zip(alone, helped, strict=True) for a, b in zip(one, other, strict=True)
    )


def test_every_process_needs_a_batch() -> None:
    data = SceneCropsData(striped_scene, RULES)
    data.trainer = SimpleNamespace(global_rank=0, world_size=3)  # type: ignore[assignment]
    with pytest.raises(InputError, match="2 draws for 3 processes"):
        data.val_dataloader()


def test_a_scene_in_which_nothing_fits_gives_no_crops() -> None:
    def thin(seed: int) -> Scene:
        scene = striped_scene(seed)
        labels = np.zeros((128, 128), np.uint32)
        labels[:4], labels[-4:] = 1, 2
        return Scene(scene.micrograph, labels, ["a", "b"], 1, [1.0, 1.0], labels)

    crops, materials, scenes = SceneCrops(thin, RULES, 0)[0]
    assert crops.shape == (0, 1, 48, 48)
    assert len(materials) == len(scenes) == 0


@pytest.mark.parametrize(
    "options",
    [{"batches": 0}, {"crops": 1}, {"sides_px": ()}, {"zoom": 1.0}, {"gain": 1.5}, {"noise": -0.1}, {"seed": -1}],
)
def test_impossible_rules(options: dict[str, object]) -> None:
    with pytest.raises(InputError):
        SceneCropRules(**options)
