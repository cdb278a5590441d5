from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from samiam.errors import InputError
from samiam.texture.fenet_encoder import LATTICES, new_fenet
from samiam.training.fenet.contrastive import ContrastiveLearner, ContrastiveRecipe, contrastive_loss


def literal_loss(vectors: np.ndarray, materials: np.ndarray, scenes: np.ndarray, temperature: float) -> float:
    """The published formula, one crop after the other."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    losses = []
    for i in range(len(unit)):
        others = [j for j in range(len(unit)) if j != i and scenes[j] == scenes[i]]
        partners = [j for j in others if materials[j] == materials[i]]
        if not partners:
            continue
        total = sum(math.exp(unit[i] @ unit[j] / temperature) for j in others)
        losses.append(-np.mean([math.log(math.exp(unit[i] @ unit[j] / temperature) / total) for j in partners]))
    return float(np.mean(losses)) if losses else 0.0


def random_batch(seed: int, n: int = 20) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    vectors, materials, scenes = rng.normal(size=(n, 5)), rng.integers(0, 3, n), rng.integers(0, 3, n)
    return torch.tensor(vectors), torch.tensor(materials), torch.tensor(scenes)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_the_loss_is_the_published_formula(seed: int, temperature: float) -> None:
    batch = random_batch(seed)
    expected = literal_loss(*(tensor.numpy() for tensor in batch), temperature)
    assert float(contrastive_loss(*batch, temperature)) == pytest.approx(expected, rel=1e-5)


def test_crops_of_other_scenes_do_not_matter() -> None:
    vectors, materials, scenes = random_batch(0)
    alone = [contrastive_loss(vectors[scenes == k], materials[scenes == k], scenes[scenes == k], 0.1) for k in range(3)]
    weights = torch.tensor([float((scenes == k).sum()) for k in range(3)])
    together = contrastive_loss(vectors, materials, scenes, 0.1)
    assert min(alone) <= together <= max(alone)
    moved = vectors.clone()
    moved[scenes == 2] = torch.randn(
        int(weights[2]), 5, dtype=vectors.dtype, generator=torch.Generator().manual_seed(0)
    )
    kept = scenes < 2
    before, after = (contrastive_loss(v[kept], materials[kept], scenes[kept], 0.1) for v in (vectors, moved))
    assert torch.equal(before, after)


def test_no_partners_give_no_loss_and_no_gradient() -> None:
    vectors = torch.randn(3, 4, requires_grad=True)
    loss = contrastive_loss(vectors, torch.tensor([0, 1, 2]), torch.zeros(3), 0.1)
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == 0
    assert vectors.grad is not None
    assert torch.equal(vectors.grad, torch.zeros(3, 4))


def test_a_crop_alone_in_its_scene_does_no_harm() -> None:
    vectors = torch.randn(4, 4, requires_grad=True)
    loss = contrastive_loss(vectors, torch.tensor([0, 0, 1, 0]), torch.tensor([0, 0, 0, 1]), 0.1)
    loss.backward()  # type: ignore[no-untyped-call]
    assert math.isfinite(loss.item())
    assert vectors.grad is not None
    assert torch.isfinite(vectors.grad).all()


def test_an_empty_batch() -> None:
    empty = torch.zeros(0, dtype=torch.int64)
    assert float(contrastive_loss(torch.zeros(0, 4), empty, empty, 0.1)) == 0


def test_parted_materials_lose_less_than_mixed_ones() -> None:
    vectors = functional.one_hot(torch.tensor([0, 0, 1, 1])).float()
    scenes = torch.zeros(4)
    parted = contrastive_loss(vectors, torch.tensor([0, 0, 1, 1]), scenes, 0.1)
    mixed = contrastive_loss(vectors, torch.tensor([0, 1, 0, 1]), scenes, 0.1)
    assert parted < 0.01
    assert mixed > 1


def test_a_learner_gives_unit_vectors_and_learns_everything_but_the_gaussians() -> None:
    learner = ContrastiveLearner(new_fenet(LATTICES, 0), ContrastiveRecipe())
    crops = torch.rand(8, 1, 48, 48, generator=torch.Generator().manual_seed(0))
    vectors = learner(crops)
    assert torch.allclose(vectors.norm(dim=1), torch.ones(8), atol=1e-5)
    contrastive_loss(vectors, torch.tensor([0, 0, 0, 0, 1, 1, 1, 1]), torch.zeros(8), 0.1).backward()  # type: ignore[no-untyped-call]
    idle = [name for name, one in learner.network.named_parameters() if one.requires_grad and one.grad is None]
    assert idle == []


@pytest.mark.parametrize(
    "options", [{"learning_rate": 0}, {"temperature": 0}, {"warm_up_steps": 0}, {"weight_decay": -1}]
)
def test_impossible_recipes(options: dict[str, float]) -> None:
    with pytest.raises(InputError, match=f"^{next(iter(options))}="):
        ContrastiveRecipe(**options)
