"""ResNet-18 as an encoder of crops: an alternative to FENet in the paper's released code."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn
from torchvision.models import resnet18

from samiam.device import pick_device
from samiam.errors import InputError
from samiam.settings import from_options
from samiam.storage.checkpoints import accepted_sha256, fit_state_dict, load_state_dict
from samiam.storage.weight_files import seeded
from samiam.texture.inputs import resized
from samiam.texture.network import NetworkEncoder

_IMAGENET = "resnet18_imagenet"
_INPUT_PX = 224
# For each kind of features, the network's last layer and the length of a vector.
_FEATURES = {"pooled": ("avgpool", 512), "layer3": ("layer3", 256 * 14 * 14)}


@dataclass(frozen=True)
class ResNet18Options:
    """Settings of the encoder "resnet18".

    Attributes:
        weights: "random" (initialised from `seed`) or "imagenet" (torchvision's first ImageNet weights).
        features: "pooled" (512-d, after the global average pool) or "layer3" (256×14×14 flattened, 50176-d, as in
            the released code).
        seed: of the random weights, ≥ 0.
        batch_size: crops that pass the network at once; decides memory, not vectors.

    Raises:
        InputError: if a value is none of these.
    """

    weights: str = "random"
    features: str = "pooled"
    seed: int = 0
    batch_size: int = 32

    def __post_init__(self) -> None:
        for name, known in (("weights", ("random", "imagenet")), ("features", tuple(_FEATURES))):
            if getattr(self, name) not in known:
                raise InputError(f"{name}={getattr(self, name)!r} is unknown; use {' or '.join(known)}.")
        for name, low in (("seed", 0), ("batch_size", 1)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value < 2**63:
                raise InputError(f"{name}={value!r} cannot be used; give a whole number ≥ {low} and below 2⁶³.")


def build_resnet18(
    *,
    checkpoint: str | Path | None = None,
    checkpoint_sha256: str | None = None,
    device: str = "auto",
    **options: Any,
) -> NetworkEncoder:
    """A ResNet-18 encoder; crops are stretched to 224 × 224 px.

    Args:
        checkpoint: a file of ImageNet weights; by default the published one, fetched into the cache if need be.
        checkpoint_sha256: the hash of that file, if it is not the published one.
        device: "auto" (CUDA where there is one, else the CPU), "cpu", "cuda" or "cuda:N".
        **options: any of `ResNet18Options`.

    Raises:
        InputError: if an option or the device is unknown or unusable, or the weights are missing, of another hash
            or of another network.
    """
    settings = from_options(ResNet18Options, "resnet18 (beside checkpoint, checkpoint_sha256, device)", options)
    place = pick_device(device)
    network, sha256 = seeded(settings.seed, resnet18), None
    if settings.weights == "imagenet":
        state = load_state_dict(_IMAGENET, path=checkpoint, sha256=checkpoint_sha256)
        fit_state_dict(network, state, checkpoint or f"checkpoint {_IMAGENET}")
        sha256 = accepted_sha256(_IMAGENET, checkpoint_sha256)
    elif checkpoint or checkpoint_sha256:
        raise InputError("a checkpoint goes with weights='imagenet', not with weights='random'.")
    last_layer, length = _FEATURES[settings.features]
    layers = dict(network.named_children())
    names = list(layers)[: list(layers).index(last_layer) + 1]
    trunk = nn.Sequential(*(layers[name] for name in names), nn.Flatten()).to(place)
    options = {**asdict(settings), "checkpoint_sha256": sha256}
    return NetworkEncoder("resnet18", trunk, length, partial(resized, side=_INPUT_PX), settings.batch_size, options)
