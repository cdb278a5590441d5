"""The FENet that the paper's authors publish, `FENet_DTD.pth`, under this package's names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from samiam.errors import InputError
from samiam.storage.checkpoints import read_state_dict
from samiam.storage.files import verify

SUFFIXES = (".pth", ".pt", ".tar")
"""Of files that `torch.save` wrote; those of this package end in `.safetensors`."""
_PARALLEL = "module."  # what torch's DataParallel puts before every name
_OURS = {
    "backbone.": "backbone.",
    "UP.": "upsample.",
    "conv_before_mfs.": "reduce.",
    "mfs.deepmfs.0.conv.": "fractal.density.kernels.",
    "mfs.deepmfs.1.": "fractal.density_norm.",
    "mfs.deephist.0.codewords": "fractal.histogram.centres",
    "mfs.deephist.0.scale": "fractal.histogram.scales",
    "mfs.deephist.1.": "fractal.histogram_norm.",
    "pool.2.": "average.0.",
    "pool.3.": "average.1.",
    "fc.1.": "embedding.",
    "fc.3.": "classifier.",
}
"""What names begin with: in their state dict, here."""


def read_published(path: Path, sha256: str | None = None) -> dict[str, Tensor]:
    """The tensors of a published FENet.

    Args:
        path: the file, a state dict; read as weights only, so that nothing in it is run.
        sha256: the hash that it must have; not checked where None.

    Raises:
        InputError: if the file is missing, damaged, of another hash, or holds another network.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file of weights.")
    if sha256 is not None:
        verify(path, sha256)
    return renamed(read_state_dict(path), path)


def renamed(state: Mapping[str, Tensor], source: str | Path) -> dict[str, Tensor]:
    """Tensors under the names and shapes of `FENet`.

    Args:
        state: tensors by the authors' names, each perhaps with `module.` before it.
        source: where they come from, for the message.

    Raises:
        InputError: if a name is not of their network.
    """
    found = {}
    for theirs, tensor in state.items():
        name = theirs.removeprefix(_PARALLEL)
        prefix = next((prefix for prefix in _OURS if name.startswith(prefix)), None)
        if prefix is None:
            raise InputError(f"{source}: {theirs!r} is no tensor of the published FENet; it is of another model.")
        ours = _OURS[prefix] + name.removeprefix(prefix)
        if prefix == "mfs.deepmfs.0.conv.":
            ours = ours.removesuffix(".weight")
        found[ours] = tensor.flatten() if prefix.startswith("mfs.deephist.0.") else tensor
    return found
