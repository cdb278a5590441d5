"""A network that learns where particles are, how deep each pixel lies in one, and where two lie over each other."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from samiam.metrics.instances import score_instances
from samiam.networks.unet import PaddedNetwork
from samiam.particles.finder.calibration import ParticleCalibration
from samiam.particles.finder.finder import particles_among
from samiam.particles.finder.instances import candidates_of
from samiam.particles.finder.network import look_at
from samiam.records import Masks
from samiam.training.particles.scenes import Batch
from samiam.training.particles.settings import ParticleRecipe
from samiam.training.schedule import WarmedUpLearner

LEAST_PX = 40  # area of a candidate that counts, on the pixels of the maps: 0.3 nm across where fringes show


def dice_loss(probability: Tensor, truth: Tensor) -> Tensor:
    """1 − Dice over a whole batch, soft (Milletarì et al., 3DV 2016); one pixel more on each side for empty ones."""
    shared = (probability * truth).sum()
    return 1 - (2 * shared + 1) / (probability.sum() + truth.sum() + 1)


def losses_of(outputs: dict[str, Tensor], targets: Tensor, recipe: ParticleRecipe) -> dict[str, Tensor]:
    """Weighted losses, by what they are of.

    Args:
        outputs: of either variant of the network, (B, channels, H, W).
        targets: (B, 3, H, W), see `targets_of`.
        recipe: has the weights.
    """
    particle, depth, overlap = targets.unbind(dim=1)
    scores = outputs["particle"]
    # Of two class scores the difference is the logit.
    logits = scores[:, 0] if scores.shape[1] == 1 else scores[:, 1] - scores[:, 0]
    losses = {
        "particle": functional.binary_cross_entropy_with_logits(logits, particle),
        "dice": recipe.dice_weight * dice_loss(logits.sigmoid(), particle),
    }
    if "depth" in outputs:
        losses["depth"] = recipe.depth_weight * _mostly_inside(outputs["depth"][:, 0], depth, particle)
        losses["overlap"] = recipe.overlap_weight * _mostly_inside(outputs["overlap"][:, 0], overlap, particle)
    return losses


def _mostly_inside(logits: Tensor, shares: Tensor, particle: Tensor) -> Tensor:
    """How far logits are from shares, as the divergence of Bernoulli distributions, 0 where they agree.

    Particles count once more, on their own, so that it does not matter how little of the image they cover. (Squares of
    the difference of shares would be minimal at the same place, but a wrong logit would hardly move.)
    """
    entropy = -(torch.special.xlogy(shares, shares) + torch.special.xlogy(1 - shares, 1 - shares))
    of_pixel: Tensor = functional.binary_cross_entropy_with_logits(logits, shares, reduction="none") - entropy
    of_particles: Tensor = (of_pixel * particle).sum() / particle.sum().clamp(min=1)
    return of_particles + of_pixel.mean()


class ParticleLearner(WarmedUpLearner[PaddedNetwork, ParticleRecipe]):
    """Trains a network of the finder on batches of images (B, C, H, W), as it sees them, and targets (B, 3, H, W).

    Logs `train/loss` and its parts; and of the scenes to validate on `val/dice` and `val/f1`, means over those with
    particles, `val/false_area`, the mean over those without, and `val/score`, the mean of the first two less the last.

    Args:
        network: what is trained.
        recipe: how it learns.
    """

    monitor = ("val/score", "max")

    def __init__(self, network: PaddedNetwork, recipe: ParticleRecipe) -> None:
        super().__init__()
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.recipe = recipe
        self._scores: list[tuple[float, float, float]] = []

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Outputs of images (B, C, H, W)."""
        found: dict[str, Tensor] = self.network(images.contiguous(memory_format=torch.channels_last))
        return found

    def training_step(self, batch: Batch) -> Tensor:
        """Loss of one batch."""
        images, targets = batch
        losses = losses_of(self(images), targets, self.recipe)
        loss = torch.stack(list(losses.values())).sum()
        shown = {"train/loss": loss, **{f"train/{name}": value for name, value in losses.items()}}
        self.log_dict(shown, prog_bar=True, batch_size=len(images))
        return loss

    def on_validation_epoch_start(self) -> None:
        """Forget the scores of the epoch before."""
        self._scores = []

    def validation_step(self, batch: Batch) -> None:
        """Scores of one scene, by the thresholds that nothing has been fitted to yet."""
        pixels, masks = batch
        maps = look_at(self.network, pixels.cpu().numpy())
        usual = ParticleCalibration()
        candidates = candidates_of(maps, usual.threshold, usual.valley)
        found = particles_among(candidates, maps.particle.shape, usual.least_score, LEAST_PX)
        scores = score_instances(found, Masks.from_arrays(masks.cpu().numpy(), found.shape_hw))
        self._scores.append((scores.dice, scores.f1, scores.false_area if not len(masks) else np.nan))

    def on_validation_epoch_end(self) -> None:
        """Means over the scenes."""
        scores = torch.tensor(self._scores, device=self.device)
        dice, f1, false_area = (values.nanmean().nan_to_num(0) for values in scores.unbind(dim=1))
        shown = {"val/dice": dice, "val/f1": f1, "val/false_area": false_area}
        self.log_dict({**shown, "val/score": (dice + f1) / 2 - false_area}, prog_bar=True, sync_dist=True)
