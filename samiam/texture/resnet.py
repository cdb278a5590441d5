"""ResNet-18 as an encoder of crops: an alternative to FENet in the paper's released code."""

from __future__ import annotations

from functools import partial

from torch import nn
from torchvision.models import resnet18

from samiam.device import pick_device
from samiam.storage.checkpoints import accepted_sha256, fit_state_dict, load_state_dict
from samiam.storage.weight_files import seeded
from samiam.texture.inputs import resized
from samiam.texture.network import NetworkEncoder
from samiam.texture.settings import ResNet18Options

_IMAGENET = "resnet18_imagenet"
_INPUT_PX = 224  # what ImageNet's networks are trained on
# For each kind of features, the network's last layer and the length of a vector.
_FEATURES = {"pooled": ("avgpool", 512), "layer3": ("layer3", 256 * 14 * 14)}


def build_resnet18(options: ResNet18Options) -> NetworkEncoder:
    """A ResNet-18 encoder; crops are stretched to 224 × 224 px.

    Args:
        options: its settings; the published ImageNet weights are fetched into the cache if need be.

    Raises:
        InputError: if the device is unusable, or the weights are missing, of another hash or of another network.
    """
    place = pick_device(options.device)
    network, sha256 = seeded(options.seed, resnet18), None
    if options.weights == "imagenet":
        state = load_state_dict(_IMAGENET, path=options.checkpoint, sha256=options.checkpoint_sha256)
        fit_state_dict(network, state, options.checkpoint or f"checkpoint {_IMAGENET}")
        sha256 = accepted_sha256(_IMAGENET, options.checkpoint_sha256)
    last_layer, length = _FEATURES[options.features]
    layers = dict(network.named_children())
    names = list(layers)[: list(layers).index(last_layer) + 1]
    trunk = nn.Sequential(*(layers[name] for name in names), nn.Flatten()).to(place)
    facts = {**options.decisive, "checkpoint_sha256": sha256}
    return NetworkEncoder("resnet18", trunk, length, partial(resized, side=_INPUT_PX), options.batch_size, facts)
