"""Settings of the trainings of FENet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import Field

from samiam.errors import InputError
from samiam.settings import Count, NotNegative, Positive, RunSeed, settings
from samiam.training.settings import BelowOne

# Batch normalisation needs two images, and a contrast two crops.
Several = Annotated[int, Field(ge=2)]


@settings
class ContrastiveRecipe:
    """How the encoder learns.

    Attributes:
        learning_rate: the highest, of AdamW, reached after `warm_up_steps` and falling to 0 as a cosine.
        weight_decay: of AdamW.
        warm_up_steps: batches during which the learning rate rises.
        temperature: of the loss.
    """

    learning_rate: Positive = 2e-3
    weight_decay: NotNegative = 0.02
    warm_up_steps: Count = 120
    temperature: Positive = 0.1


@settings
class SceneCropRules:
    """How many scenes and crops there are, and how crops are varied.

    Attributes:
        batches: batches in an epoch; all its scenes are new ones.
        val_batches: batches to validate on, the same in every epoch.
        scenes: scenes in a batch.
        crops: crops of each material.
        sides_px: sides of a crop to choose from, one for each batch; smaller where a material is thin.
        least_px: crops smaller than this are mirror-padded.
        turn_deg: crops are turned by up to this, and by multiples of 90°, and mirrored.
        zoom: crops are magnified by up to 1 ± this.
        gain: brightness is multiplied by up to 1 ± this, as by another thickness.
        noise: standard deviation of noise added to a crop, up to this share of the full scale, as by a lower dose.
        seed: of all draws.
    """

    batches: Count = 150
    val_batches: Count = 8
    scenes: Count = 8
    crops: Several = 6
    sides_px: Annotated[tuple[Count, ...], Field(min_length=1)] = (48, 64, 96)
    least_px: Annotated[Count, Field(le=4096)] = 64
    turn_deg: NotNegative = 8.0
    zoom: BelowOne = 0.06
    gain: BelowOne = 0.06
    noise: BelowOne = 0.03
    seed: RunSeed = 0


@settings
class DTDRules:
    """Which images there are and how they are shown.

    Attributes:
        root: folder that holds, or will hold, `dtd/dtd/images`; null for one in the user's cache.
        partition: the published division into train, val and test.
        download: whether the images are fetched (625 MB) where they are missing.
        classes: how many there are; another number than 47 is for a tree of your own in the same layout.
        batch_size: images in a batch, of each process.
        resize_px: shorter side that an image is brought to first.
        side_px: side of what the network sees, at most `resize_px`.
        least_share: of a training image's area that is seen at least.
        seed: of order and variation.
    """

    root: str | None = None
    partition: Annotated[int, Field(ge=1, le=10)] = 1
    download: bool = True
    classes: Several = 47
    batch_size: Several = 16
    resize_px: Annotated[int, Field(ge=65)] = 256
    side_px: Annotated[int, Field(ge=65)] = 224
    least_share: Annotated[float, Field(gt=0, le=1)] = 0.8
    seed: RunSeed = 0

    def __post_init__(self) -> None:
        if self.side_px > self.resize_px:
            raise InputError(f"side_px={self.side_px}: give resize_px={self.resize_px} at most.")

    @property
    def folder(self) -> Path:
        """Where torchvision looks for `dtd/dtd/images`."""
        if self.root is None:
            return Path(platformdirs.user_cache_dir("samiam")) / "datasets"
        return Path(self.root).expanduser().absolute()


@settings
class DTDStart:
    """Which FENet learns, and where its backbone's weights come from.

    Attributes:
        backbone: "resnet18" or "resnet50".
        init: "imagenet", the backbone's published weights; or "random".
        checkpoint: a file of ImageNet weights instead of the published one.
        checkpoint_sha256: its hash, if it is not the published file.
    """

    backbone: Literal["resnet18", "resnet50"] = "resnet18"
    init: Literal["imagenet", "random"] = "imagenet"
    checkpoint: str | None = None
    checkpoint_sha256: str | None = None

    def __post_init__(self) -> None:
        if self.init == "random" and (self.checkpoint or self.checkpoint_sha256):
            raise InputError("checkpoint goes with init='imagenet', not with init='random'.")
