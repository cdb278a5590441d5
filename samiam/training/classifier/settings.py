"""Settings of the classifiers of crops that are trained."""

from __future__ import annotations

from typing import Literal

from samiam.errors import InputError
from samiam.settings import settings
from samiam.texture.settings import NetworkName


@settings
class NetworkOptions:
    """A network and what it starts from.

    Attributes:
        name: "fenet" (three stages of a ResNet-18), "resnet18" or "efficientnet_lite0".
        init: "random"; "imagenet", torchvision's first weights of ResNet-18, or those that a package brings for
            EfficientNet-Lite0; "dtd", the ResNet within a FENet trained on the Describable Textures Dataset;
            "lattices", the FENet trained on random lattices, or of a ResNet-18 its first three stages; or "crops", all
            but the last layer of a classifier of crops, which may know other materials.
        weights: a file to start from. "dtd" needs one; the others have their own, which it replaces.
        weights_sha256: the hash that this file must have.
    """

    name: NetworkName = "fenet"
    init: Literal["random", "imagenet", "dtd", "lattices", "crops"] = "random"
    weights: str | None = None
    weights_sha256: str | None = None

    def __post_init__(self) -> None:
        if self.weights is None and self.weights_sha256 is not None:
            raise InputError(f"weights_sha256={self.weights_sha256}: give the file that has this hash as weights=.")
        if self.init == "random" and self.weights is not None:
            raise InputError(f"weights={self.weights}: a file goes with another init than random; give imagenet, …")
        if self.init == "dtd" and self.weights is None:
            raise InputError(
                "init=dtd: train weights with `python train.py experiment=fenet_dtd` and give their path as weights=."
            )
        own = self.init == "imagenet" and self.weights is not None
        if self.name == "efficientnet_lite0" and (own or self.init in ("dtd", "lattices")):
            raise InputError(
                f"name=efficientnet_lite0 cannot start from init={self.init}, weights={self.weights}; "
                "give init=random, or init=imagenet without weights (a package brings them)."
            )
