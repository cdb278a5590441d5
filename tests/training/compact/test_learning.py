from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import torch
from torch import Tensor

from samiam.compact.network import FieldNetwork, FieldSize
from samiam.compact.sights import Sight, read_sight
from samiam.errors import InputError
from samiam.records import Scene
from samiam.storage.weight_files import seeded, shipped_weights
from samiam.training.compact.learning import (
    FieldLearner,
    FieldRecipe,
    boundaries_of_field,
    chosen_points,
    field_loss,
    labels_of_field,
    sameness_loss,
)
from samiam.training.compact.scores import field_scores
from samiam.training.compact.whole_scenes import orientations_of
from simulate import SceneRanges, procedural_scene

SMALL = FieldSize((8, 8, 16), (1, 1, 2), 2)


def halves() -> tuple[Tensor, Tensor]:
    """Two materials side by side, the right one of two grains."""
    materials, grains = (torch.ones(1, 16, 16, dtype=torch.long) for _ in range(2))
    materials[:, :, 8:], grains[:, :, 8:], grains[:, 8:, 8:] = 2, 2, 3
    return materials, grains


class TestTargets:
    def test_labels(self) -> None:
        materials, _ = halves()
        materials[:, :, 6:8] = 0
        assert labels_of_field(materials)[0, 0].tolist() == [1, 0, 2, 2]  # the second point has both

    def test_boundaries_of_materials_and_of_grains(self) -> None:
        between_materials, between_grains = boundaries_of_field(*halves())[0]
        assert between_materials.tolist() == [[0, 1, 0, 0]] * 4
        assert between_grains.tolist() == [[0, 0, 0, 0], [0, 0, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]]

    def test_points_are_labelled_different_and_balanced(self) -> None:
        materials = torch.zeros(2, 20, 20, dtype=torch.long)
        materials[:, 2:, :] = 1
        materials[:, 2:, :3] = 2
        points = chosen_points(materials, 80, torch.Generator().manual_seed(0))
        of_points = materials.flatten(1).gather(1, points)
        assert (of_points > 0).all()
        assert all(len(row.unique()) == 80 for row in points)
        share = (of_points == 2).float().mean()
        assert share > 2 * 3 / 20

    def test_the_same_generator_chooses_the_same(self) -> None:
        materials = torch.ones(1, 8, 8, dtype=torch.long)
        first, second, other = (chosen_points(materials, 9, torch.Generator().manual_seed(s)) for s in (0, 0, 1))
        assert torch.equal(first, second)
        assert not torch.equal(first, other)


class TestLoss:
    def test_by_hand(self) -> None:
        rng = np.random.default_rng(0)
        vectors = rng.normal(size=(2, 7, 3))
        vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
        materials = np.array([[1, 1, 2, 2, 2, 0, 3], [1, 2, 1, 2, 1, 2, 0]])
        found = []
        for image, labels in zip(vectors, materials, strict=True):
            kept = [i for i in range(7) if labels[i] > 0]
            for i in kept:
                partners = [j for j in kept if j != i and labels[j] == labels[i]]
                if partners:
                    everyone = sum(np.exp(image[i] @ image[j] / 0.2) for j in kept if j != i)
                    shares = [np.log(np.exp(image[i] @ image[j] / 0.2) / everyone) for j in partners]
                    found.append(-np.mean(shares))
        loss = field_loss(torch.tensor(vectors), torch.tensor(materials), 0.2)
        assert float(loss) == pytest.approx(np.mean(found), rel=1e-5)

    def test_distances_are_to_mean_the_same_in_every_image(self) -> None:
        vectors = torch.eye(4)[[0, 0, 1, 2]][None]
        labels = torch.tensor([[1, 1, 2, 0]])
        # Of 3 points (9 ordered pairs with themselves) 5 are of one label and 4 are not.
        odds = {1.0: 10 - 5, 0.0: -5.0}
        expected = (np.log1p(np.exp(-odds[1.0])) + np.log1p(np.exp(odds[0.0]))) / 2
        assert float(sameness_loss(vectors, labels, torch.tensor([10.0, -5.0]))) == pytest.approx(expected, rel=1e-4)

    def test_no_partners_no_loss(self) -> None:
        assert float(field_loss(torch.eye(3)[None], torch.tensor([[1, 2, 0]]), 0.1)) == 0

    def test_points_without_a_label_do_not_matter(self) -> None:
        vectors = torch.randn(1, 6, 4, generator=torch.Generator().manual_seed(0)).requires_grad_()
        field_loss(vectors, torch.tensor([[1, 1, 0, 2, 2, 0]]), 0.1).backward()  # type: ignore[no-untyped-call]
        assert vectors.grad is not None
        assert vectors.grad.any(dim=2).tolist() == [[True, True, False, True, True, False]]

    @pytest.mark.parametrize(
        "changed",
        [
            {"learning_rate": 0},
            {"temperature": 0},
            {"points": 1},
            {"weight_decay": -1},
            {"warm_up_steps": 0},
            {"boundary_weight": -1},
            {"sameness_weight": -1},
            {"boundary_emphasis": 0},
            {"ema_decay": -0.1},
            {"ema_decay": 1.0},
            {"seed": -1},
        ],
    )
    def test_impossible_recipes(self, changed: dict[str, float]) -> None:
        with pytest.raises(InputError, match=next(iter(changed))):
            FieldRecipe(**changed)  # type: ignore[arg-type]


@lru_cache
def batch() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    made = [procedural_scene(seed, difficulty=1, shape_hw=(64, 64)) for seed in range(3)]
    pixels = torch.from_numpy(np.stack([scene.micrograph.pixels for scene in made]))[:, None]
    labels, grains, orientations = (
        torch.from_numpy(np.stack(images).astype(np.int64))
        for images in zip(*((scene.labels, scene.grains, orientations_of(scene)) for scene in made), strict=True)
    )
    return pixels, labels, grains, orientations


def trained(steps: int, seed: int = 0) -> tuple[FieldLearner, list[float]]:
    learner = FieldLearner(seeded(0, lambda: FieldNetwork(SMALL)), FieldRecipe(points=64, seed=seed))
    learner.log_dict = lambda *_, **__: None  # type: ignore[method-assign]
    optimizer = torch.optim.AdamW(learner.parameters(), 3e-3)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = learner.training_step(batch())
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(float(loss.detach()))
    return learner, losses


def test_it_learns() -> None:
    _, losses = trained(25)
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.3


def test_the_same_seed_gives_the_same_weights() -> None:
    (first, _), (second, _) = trained(3), trained(3)
    for own, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(own, other)


def test_another_seed_compares_other_points() -> None:
    (_, losses), (_, others) = trained(1), trained(1, seed=1)
    assert losses != others


@lru_cache
def easy_scene() -> Scene:
    ranges = SceneRanges(n_materials=(3, 3), period_px=(9, 16), thinnest_layer=0.25, p_islands=0, p_similar=0)
    return procedural_scene(2**35 + 3, shape_hw=(256, 256), ranges=ranges)


def scores_of(network: Sight) -> dict[str, float]:
    scene = easy_scene()
    return field_scores(network, scene.micrograph.pixels, scene.labels, scene.grains, orientations_of(scene))


@pytest.mark.slow
def test_scores_of_the_network_that_ships() -> None:
    scores = scores_of(read_sight(shipped_weights("compact")).eval())
    single = {"kmeans_iou", "grain_iou", "boundary_f", "recall_50", "recall_75", "recall_90", "click_1", "click_3"}
    assert set(scores) == single | {"score"}
    assert all(0 <= value <= 1 for value in scores.values())
    assert scores["score"] == pytest.approx(sum(scores[name] for name in single) / len(single))
    assert scores["recall_50"] >= scores["recall_75"] >= scores["recall_90"]
    assert scores["kmeans_iou"] > 0.8
    untrained = scores_of(seeded(0, lambda: FieldNetwork(SMALL)).eval())
    assert set(untrained) == set(scores)
    assert all(0 <= value <= 1 for value in untrained.values())
    for name in ("kmeans_iou", "boundary_f", "click_1"):
        assert untrained[name] < scores[name] - 0.1
