from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from samiam.particles.finder.calibration import read_calibration
from samiam.particles.finder.network import Maps, facts_of, new_network, seen_by
from samiam.records import Masks
from samiam.storage.weight_files import read_card, seeded, write_weights
from samiam.training.particles.fitting import calibrate, fit_calibration
from samiam.training.particles.learning import ParticleLearner, dice_loss, losses_of
from samiam.training.particles.scenes import Batch, ParticleScenesData, TrainingScenes, ValidationScenes
from samiam.training.particles.settings import ParticleRecipe, ParticleSceneRules
from simulate.phase_objects import ParticleRanges, drawn_particles

EASY = ParticleRanges(p_empty=0.2, p_shadows=1, diameter_px=(20, 40), dose_e_per_pixel=(200, 400), contrast=(0.8, 0.9))
draw = partial(drawn_particles, shape_hw=(96, 96), ranges=EASY)
RULES = ParticleSceneRules(scenes=8, val_scenes=3, batch_size=4)


def scenes(variant: str = "ours") -> TrainingScenes:
    return TrainingScenes(draw, partial(seen_by, new_network(variant)), RULES)  # type: ignore[arg-type]


class TestScenes:
    def test_a_scene_depends_on_its_number_alone(self) -> None:
        first, again = scenes(), scenes()
        drawn = [first[i] for i in (0, 1, 0)]
        assert torch.equal(drawn[0][0], drawn[2][0])
        assert torch.equal(drawn[0][1], again[0][1])
        assert not torch.equal(drawn[0][0], drawn[1][0])

    def test_truth_is_varied_with_the_image(self) -> None:
        """Shadows are dark wherever the targets say that a particle is."""
        made = scenes()
        image, targets = next(made[i] for i in range(8) if made[i][1].any())
        inside = targets[0] > 0
        contrast = image[0][inside].mean() - image[0][~inside].mean()
        assert abs(float(contrast)) > 1

    def test_those_to_validate_on_are_as_they_are(self) -> None:
        pixels, masks = ValidationScenes(draw, 3)[2]
        assert np.array_equal(pixels.numpy(), draw(2).micrograph.pixels)
        assert np.array_equal(masks.numpy(), draw(2).masks[:])

    def test_batches(self) -> None:
        data = ParticleScenesData(draw, draw, partial(seen_by, new_network("ours")), RULES)
        images, targets = next(iter(data.train_dataloader()))
        assert (images.shape, targets.shape) == ((4, 3, 96, 96), (4, 3, 96, 96))
        assert len(list(data.val_dataloader())) == 3


class TestLosses:
    def test_dice_by_hand(self) -> None:
        found, truth = torch.tensor([1.0, 0.5, 0.0]), torch.tensor([1.0, 0.0, 1.0])
        assert float(dice_loss(found, truth)) == pytest.approx(1 - (2 * 1 + 1) / (1.5 + 2 + 1))

    def test_what_is_right_costs_nothing(self) -> None:
        targets = torch.zeros(1, 3, 4, 4)
        targets[:, :, :2, :2] = 1
        sure = 40 * (targets - 0.5)
        outputs = {"particle": sure[:, :1], "depth": sure[:, 1:2], "overlap": sure[:, 2:]}
        assert all(float(loss) < 1e-4 for loss in losses_of(outputs, targets, ParticleRecipe()).values())
        wrong = {name: -values for name, values in outputs.items()}
        assert all(float(loss) > 0.3 for loss in losses_of(wrong, targets, ParticleRecipe()).values())

    def test_two_class_scores_are_one_logit(self) -> None:
        targets = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0)).round()
        scores = torch.randn(2, 2, 4, 4, generator=torch.Generator().manual_seed(1))
        found = losses_of({"particle": scores}, targets, ParticleRecipe())
        entropy = torch.nn.functional.cross_entropy(scores, targets[:, 0].long())
        assert set(found) == {"particle", "dice"}
        assert float(found["particle"]) == pytest.approx(float(entropy), rel=1e-5)


@pytest.mark.parametrize("variant", ["ours", "paper"])
def test_it_learns(variant: str) -> None:
    learner = ParticleLearner(seeded(0, partial(new_network, variant)), ParticleRecipe())
    learner.log_dict = lambda *_, **__: None  # type: ignore[method-assign]
    optimizer = torch.optim.AdamW(learner.parameters(), 5e-3)
    losses, batch = [], batch_of(variant)
    for _ in range(12):
        optimizer.zero_grad()
        loss = learner.training_step(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.9 * losses[0]


def batch_of(variant: str) -> Batch:
    made = scenes(variant)
    items = [made[i] for i in range(4)]
    return torch.stack([one[0] for one in items]), torch.stack([one[1] for one in items])


def looks() -> list[tuple[Maps, Masks]]:
    """Maps that are right where they are above 0.6, with a false particle of 0.55 in each image."""
    found = []
    rows, columns = np.ogrid[:80, :80]
    for x in (20, 30):
        truth = (rows - 40) ** 2 + (columns - x) ** 2 < 12**2
        false = (rows - 40) ** 2 + (columns - 66) ** 2 < 8**2
        found.append((Maps((0.9 * truth + 0.55 * false).astype(np.float32)), Masks.from_arrays([truth])))
    return found


def test_thresholds_are_those_that_score_best() -> None:
    found, scores = fit_calibration(looks())
    assert found.threshold > 0.55 or found.least_score > 0.55
    assert scores == {"dice": 1.0, "f1": 1.0, "false_area": 0.0, "score": 1.0}


def test_calibration_goes_on_the_card(tmp_path: Path) -> None:
    weights = tmp_path / "particles.safetensors"
    write_weights(weights, seeded(0, lambda: new_network("ours")).state_dict(), facts_of("ours"), {})
    found = calibrate(weights, draw, 2)
    assert read_calibration(weights) == found
    assert read_card(weights)["calibration"]["scenes"] == 2
