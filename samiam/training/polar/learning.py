"""A network that learns where stripes end and where they meet."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from samiam.networks.unet import PaddedNetwork
from samiam.polar.linking.linker import KINDS
from samiam.polar.settings import Places
from samiam.records.polar_scene import PolarScene
from samiam.training.polar.fitting import best_of, peaks_in
from samiam.training.polar.scenes import Batch
from samiam.training.polar.scoring import Peaks
from samiam.training.polar.settings import PolarRecipe
from samiam.training.polar.targets import counted_px
from samiam.training.schedule import WarmedUpLearner


def heat_loss(logits: Tensor, heat: Tensor, counted: Tensor, peak_weight: float) -> Tensor:
    """How far logits (B, H, W) are from heat, as the divergence of Bernoulli distributions, 0 where they agree.

    It is summed over a frame and divided by what its points weigh, so that it does not matter how many there are.

    Args:
        logits: of one map.
        heat: likewise, in [0, 1].
        counted: bool (H, W), where it counts.
        peak_weight: how much more a pixel of heat 1 counts than one of 0.
    """
    weights = (1 + peak_weight * heat) * counted
    return (binary_divergence(logits, heat) * weights).sum() / (heat * counted).sum().clamp(min=1)


def binary_divergence(logits: Tensor, shares: Tensor) -> Tensor:
    """How far logits are from shares in [0, 1], pixel by pixel, as the divergence of Bernoulli distributions."""
    entropy = -(torch.special.xlogy(shares, shares) + torch.special.xlogy(1 - shares, 1 - shares))
    found: Tensor = functional.binary_cross_entropy_with_logits(logits, shares, reduction="none") - entropy
    return found


class PolarLearner(WarmedUpLearner[PaddedNetwork, PolarRecipe]):
    """Trains a network on batches of frames (B, 1, H, W), as it sees them, and their maps (B, 2 or 3, H, W).

    These are heat of ends and of junctions, and which pixels are stripes. Nothing is learnt of stripes where a network
    has no map of them or nobody says where they are.

    Logs `train/loss` and its parts; and of the frames to validate on `val/f_end` and `val/f_junction`, F of what is
    found within half a period at the best threshold, and `val/f`, the mean of both.

    Args:
        network: what is trained.
        recipe: how it learns.
        border_px: of the frames to train on, where nothing is learnt of points.
        looked_at: where points are looked for in validation: not at stripes of which nothing is learnt.
    """

    monitor = ("val/f", "max")

    def __init__(
        self, network: PaddedNetwork, recipe: PolarRecipe, border_px: float, looked_at: Sequence[Places]
    ) -> None:
        super().__init__()
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.recipe, self.border_px, self.looked_at = recipe, border_px, looked_at
        self._found: list[dict[Places, tuple[Peaks, Peaks]]] = []

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Logits of images (B, 1, H, W)."""
        found: dict[str, Tensor] = self.network(images.contiguous(memory_format=torch.channels_last))
        return found

    def training_step(self, batch: Batch) -> Tensor:
        """Loss of one batch."""
        images, maps = batch
        outputs = self(images)
        counted = torch.from_numpy(counted_px((maps.shape[-2], maps.shape[-1]), self.border_px)).to(maps.device)
        losses: dict[str, Tensor] = {
            kind: heat_loss(outputs[kind][:, 0], maps[:, number], counted, self.recipe.peak_weight)
            for number, kind in enumerate(KINDS)
        }
        if maps.shape[1] > len(KINDS) and "stripe" in outputs:
            stripes = binary_divergence(outputs["stripe"][:, 0], maps[:, len(KINDS)])
            losses["stripe"] = self.recipe.stripe_weight * stripes.mean()
        loss = torch.stack(list(losses.values())).sum()
        shown = {"train/loss": loss, **{f"train/{kind}": value for kind, value in losses.items()}}
        self.log_dict(shown, prog_bar=True, batch_size=len(images))
        return loss

    def on_validation_epoch_start(self) -> None:
        """Forget what was found in the epoch before."""
        self._found = []

    def validation_step(self, scene: PolarScene) -> None:
        """What is found in one frame."""
        self._found.append(peaks_in(self.network, scene, self.looked_at))

    def on_validation_epoch_end(self) -> None:
        """F over all frames."""
        _, scores = best_of(self._found)
        shown = {f"val/f_{kind}": score for kind, score in zip(KINDS, scores, strict=True)}
        self.log_dict({**shown, "val/f": sum(scores) / len(scores)}, prog_bar=True, sync_dist=True)
