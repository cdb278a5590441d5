"""ResNet-18 as an encoder of crops: an alternative to FENet in the paper's released code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional
from torchvision.models import resnet18

from samiam.checkpoints import accepted_sha256, fit_state_dict, load_state_dict
from samiam.device import pick_device
from samiam.errors import InputError
from samiam.options import from_options

_IMAGENET = "resnet18_imagenet"
_INPUT_SIZE = 224
_MEAN_RGB = (0.485, 0.456, 0.406)
_STD_RGB = (0.229, 0.224, 0.225)
# For each kind of features, the network's last layer and the length of a vector.
_FEATURES = {"pooled": ("avgpool", 512), "layer3": ("layer3", 256 * 14 * 14)}


@dataclass(frozen=True)
class ResNet18Options:
    """Settings of `ResNet18Encoder`.

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


class ResNet18Encoder:
    """Crops to vectors by a frozen ResNet-18; the vector of a crop does not depend on the others.

    Args:
        network: a torchvision ResNet-18, on its device.
        options: which features to take, how many crops at once.
        checkpoint_sha256: the hash of its weights' file; None where they are random.
    """

    name = "resnet18"

    def __init__(self, network: nn.Module, options: ResNet18Options, checkpoint_sha256: str | None = None) -> None:
        last_layer, self._length = _FEATURES[options.features]
        layers = dict(network.named_children())
        names = list(layers)[: list(layers).index(last_layer) + 1]
        self._trunk = nn.Sequential(*(layers[name] for name in names), nn.Flatten()).eval()
        self._device = next(network.parameters()).device
        self._batch_size = options.batch_size
        self.options: Mapping[str, Any] = {**asdict(options), "checkpoint_sha256": checkpoint_sha256}

    def encode(self, crops: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """One vector for each crop.

        A crop is resized to 224×224 (bilinear, antialiased), given three equal channels and normalised by
        ImageNet's mean and standard deviation.

        Args:
            crops: C grey crops (h, w) with values in [0, 1]; their sizes may differ.

        Returns:
            float32 (C, D), D = 512 for pooled and 50176 for layer3 features; (0, D) for no crops.

        Raises:
            InputError: if a crop is not a non-empty 2-D array of values in [0, 1].
        """
        vectors = np.empty((len(crops), self._length), np.float32)
        for start in range(0, len(crops), self._batch_size):
            stop = min(start + self._batch_size, len(crops))
            batch = torch.stack([_prepare(crops[index], index) for index in range(start, stop)])
            with torch.inference_mode():
                vectors[start:stop] = self._trunk(batch.to(self._device)).cpu().numpy()
        return vectors


def build_resnet18(
    *,
    checkpoint: str | Path | None = None,
    checkpoint_sha256: str | None = None,
    device: str = "auto",
    **options: Any,
) -> ResNet18Encoder:
    """A ResNet-18 encoder.

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
    if settings.weights == "random":
        if checkpoint or checkpoint_sha256:
            raise InputError("a checkpoint goes with weights='imagenet', not with weights='random'.")
        return ResNet18Encoder(_random(settings.seed).to(place), settings)
    state = load_state_dict(_IMAGENET, path=checkpoint, sha256=checkpoint_sha256)
    network = _random(settings.seed)
    fit_state_dict(network, state, checkpoint or f"checkpoint {_IMAGENET}")
    return ResNet18Encoder(network.to(place), settings, accepted_sha256(_IMAGENET, checkpoint_sha256))


def _random(seed: int) -> nn.Module:
    """A ResNet-18 initialised from a seed, leaving the global random numbers as they were."""
    with torch.random.fork_rng(devices=[]):
        # torch.manual_seed would also reseed the CUDA generators, which the fork above does not restore.
        torch.default_generator.manual_seed(seed)
        network: nn.Module = resnet18(weights=None)
    return network


def _prepare(crop: NDArray[np.float32], index: int) -> torch.Tensor:
    """The network's input (3, 224, 224) for one crop."""
    # A copy, because torch takes neither read-only nor mirrored arrays.
    pixels = np.array(crop, dtype=np.float32, order="C")
    if pixels.ndim != 2 or not pixels.size or not (pixels.min() >= 0 and pixels.max() <= 1):
        raise InputError(f"crop {index} of shape {pixels.shape} is not a grey image (h, w) with values in [0, 1].")
    size = (_INPUT_SIZE, _INPUT_SIZE)
    grey = functional.interpolate(torch.from_numpy(pixels)[None, None], size, mode="bilinear", antialias=True)[0]
    return (grey - torch.tensor(_MEAN_RGB)[:, None, None]) / torch.tensor(_STD_RGB)[:, None, None]
