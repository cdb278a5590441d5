"""The network of Groschner et al. (2021) with the authors' own weights: a Keras file, read by h5py, run in torch.

The file is the user's; nothing of it is kept. Layers are told by the shapes of their arrays, in the order in which
Keras lists them: `layer_names` of the file, `weight_names` of each layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from samiam.errors import InputError
from samiam.formats.readers.signals.heaps import opened
from samiam.networks.unet import PaperUNet

Arrays = list[NDArray[np.float32]]
_MOST_NUMBERS = 5_000_000  # a hundred times those of the authors'; a file that declares more is another network's
_N_CLASSES = 2


def read_keras_unet(path: str | Path) -> PaperUNet:
    """The authors' network in evaluation mode; its second class is a particle.

    Args:
        path: of the weights of a whole model, or of its weights alone.

    Raises:
        InputError: if the file is missing, no such file, or of another network.
    """
    try:
        with opened(Path(path)) as file:
            layers = list(_layers(file.get("model_weights", file)))
        return _network(layers)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, MemoryError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"{path}: no Keras weights of the network of Groschner et al. ({reason:.150}); give an .h5 of the authors'."
        ) from error


def _layers(group: h5py.Group) -> Iterator[Arrays]:
    """The arrays of each layer that has any."""
    total = 0
    for layer in _names(group, "layer_names"):
        arrays = []
        for name in _names(group[layer], "weight_names"):
            data = group[layer][name]
            if not isinstance(data, h5py.Dataset) or data.dtype.kind != "f":
                raise ValueError(f"{name} holds no real numbers")
            total += data.size
            if total > _MOST_NUMBERS:
                raise ValueError(f"more than {_MOST_NUMBERS} numbers")
            array = np.asarray(data[()], np.float32)
            if not np.isfinite(array).all():
                raise ValueError(f"{name} has numbers that are not finite")
            arrays.append(array)
        if arrays:
            yield arrays


def _names(group: h5py.Group, key: str) -> list[str]:
    if key not in group.attrs:
        raise ValueError(f"no {key}")
    return [name.decode() if isinstance(name, bytes) else str(name) for name in np.atleast_1d(group.attrs[key])]


def _network(layers: Sequence[Arrays]) -> PaperUNet:
    """A network of as many levels as there are layers for, with their numbers."""
    convolutions = [arrays for arrays in layers if arrays[0].ndim == 4]
    norms = [arrays for arrays in layers if arrays[0].ndim == 1]
    levels, left = divmod(len(convolutions) - 3, 3)  # one a level on the way down, two on the way up; centre, head
    if levels < 1 or left or len(norms) != len(convolutions) - 1 or len(convolutions) + len(norms) != len(layers):
        raise ValueError(f"{len(convolutions)} convolutions and {len(norms)} norms")
    widths = tuple(int(arrays[0].shape[3]) for arrays in convolutions[:levels])
    network = PaperUNet({"particle": _N_CLASSES}, widths)
    blocks = [network.down, network.centre, *reversed(network.up)]
    modules = [module for block in blocks for module in block.modules()] + [network.head]
    with torch.no_grad():
        for own, arrays in zip([m for m in modules if isinstance(m, nn.Conv2d)], convolutions, strict=True):
            _fill([own.weight, own.bias], [arrays[0].transpose(3, 2, 0, 1), *arrays[1:]])
        for norm, arrays in zip([m for m in modules if isinstance(m, nn.BatchNorm2d)], norms, strict=True):
            _fill([norm.weight, norm.bias, norm.running_mean, norm.running_var], arrays)
            if (arrays[3] < 0).any():
                raise ValueError("a variance below 0")
    return network.eval()


def _fill(tensors: Sequence[Tensor | None], arrays: Arrays) -> None:
    """Copy arrays into the tensors of a layer, which must be of their shapes."""
    for tensor, array in zip(tensors, arrays, strict=True):
        if tensor is None or tuple(tensor.shape) != array.shape:
            raise ValueError(
                f"an array of shape {array.shape} where {None if tensor is None else tuple(tensor.shape)} is"
            )
        tensor.copy_(torch.from_numpy(np.ascontiguousarray(array)))
