"""Settings of the encoders that are networks, and of the classifier."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from samiam.errors import InputError
from samiam.settings import Count, Share, settings
from samiam.storage.settings import CheckpointOptions

NetworkName = Literal["fenet", "resnet18", "efficientnet_lite0"]
"""A network that tells the material of a crop."""
NetworkSeed = Annotated[int, Field(ge=0, lt=2**63)]
"""What torch takes as a seed of weights."""


@settings
class FENetOptions(CheckpointOptions):
    """The encoder "fenet", trained on random lattices.

    Attributes:
        weights: "lattices", trained on crops of random lattices; or "random", the same network untrained.
        seed: of the random weights.
        batch_size: crops that pass the network at once; decides memory, not vectors.
    """

    weights: Literal["lattices", "random"] = "lattices"
    seed: NetworkSeed = 0
    batch_size: Count = 64

    def __post_init__(self) -> None:
        if self.weights == "random" and (self.checkpoint or self.checkpoint_sha256):
            raise InputError("checkpoint goes with weights='lattices', not with weights='random'.")


@settings
class FENetDTDOptions(CheckpointOptions):
    """The encoder "fenet_dtd", the paper's: weights of `train.py experiment=fenet_dtd`, or its FENet_DTD.pth.

    Attributes:
        batch_size: crops that pass the network at once; decides memory, not vectors.
    """

    batch_size: Count = 32


@settings
class ResNet18Options(CheckpointOptions):
    """The encoder "resnet18".

    Attributes:
        weights: "random" (initialised from `seed`) or "imagenet" (torchvision's first ImageNet weights).
        features: "pooled" (512-d, after the global average pool) or "layer3" (256×14×14 flattened, 50176-d, as in
            the released code).
        seed: of the random weights.
        batch_size: crops that pass the network at once; decides memory, not vectors.
    """

    weights: Literal["random", "imagenet"] = "random"
    features: Literal["pooled", "layer3"] = "pooled"
    seed: NetworkSeed = 0
    batch_size: Count = 32

    def __post_init__(self) -> None:
        if self.weights == "random" and (self.checkpoint or self.checkpoint_sha256):
            raise InputError("checkpoint goes with weights='imagenet', not with weights='random'.")


@settings
class ClassifierOptions(CheckpointOptions):
    """The classifier of crops.

    Attributes:
        confidence: least probability that the likeliest material must have, or the crop is left open; that of the card,
            at which 95 % of the right names stay, where null; 0 to name a material for everything.
        batch_size: crops that pass the network at once; decides memory, not answers.
    """

    confidence: Share | None = None
    batch_size: Count = 64
