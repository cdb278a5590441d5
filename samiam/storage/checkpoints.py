"""Weights of the networks: where they come from, and what proves them whole.

Nothing here falls back: a file whose SHA-256 is not the expected one is refused, whoever made it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from samiam.errors import InputError
from samiam.storage.downloads import DOWNLOAD_ERRORS, download, locked, reason_of, user_cache
from samiam.storage.files import sha256_of, verify

# Listing and fetching checkpoints must not cost the seconds that importing torch takes.
if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Checkpoint:
    """A published file of weights.

    Attributes:
        name: the name it is asked for by.
        url: where it is downloaded from.
        sha256: what its bytes must hash to, 64 lower-case hexadecimal digits.
        size_bytes: its size, or None where unknown.
        filename: its name in the cache folder.
    """

    name: str
    url: str
    sha256: str
    size_bytes: int | None
    filename: str


def _sam(name: str, suffix: str, size_bytes: int, sha256: str) -> Checkpoint:
    filename = f"sam_{name}_{suffix}.pth"
    return Checkpoint(name, f"https://dl.fbaipublicfiles.com/segment_anything/{filename}", sha256, size_bytes, filename)


#: Every checkpoint the package can fetch, by name. The paper's main tables use vit_l, its size ablation all three.
CHECKPOINTS: dict[str, Checkpoint] = {
    checkpoint.name: checkpoint
    for checkpoint in (
        _sam("vit_b", "01ec64", 375_042_383, "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912"),
        _sam("vit_l", "0b3195", 1_249_524_607, "3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622"),
        _sam("vit_h", "4b8939", 2_564_550_879, "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e"),
        Checkpoint(
            "resnet18_imagenet",
            "https://download.pytorch.org/models/resnet18-f37072fd.pth",
            "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
            46_830_571,
            "resnet18-f37072fd.pth",
        ),
        Checkpoint(
            "resnet50_imagenet",
            "https://download.pytorch.org/models/resnet50-0676ba61.pth",
            "0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a",
            102_530_333,
            "resnet50-0676ba61.pth",
        ),
    )
}


def cache_folder() -> Path:
    """The folder of downloaded checkpoints: `SAMIAM_CACHE` if set, else one below the user's cache folder."""
    return user_cache("checkpoints")


def list_checkpoints() -> list[tuple[Checkpoint, Path, bool]]:
    """Each checkpoint with its place in the cache and whether a file lies there (its hash is not checked)."""
    placed = ((checkpoint, _place(checkpoint, None)) for checkpoint in CHECKPOINTS.values())
    return [(checkpoint, path, path.is_file()) for checkpoint, path in placed]


def verify_cached(name: str) -> Path:
    """The path of a checkpoint in the cache, once its hash has been found right; nothing is downloaded.

    Raises:
        InputError: if the name is unknown, or the file is missing or not the published one.
    """
    checkpoint = _known(name)
    path = _place(checkpoint, None)
    if not path.is_file():
        raise InputError(f"{checkpoint.name}: not in the cache; {_by_hand(checkpoint, path)}.")
    verify(path, checkpoint.sha256)
    return path


def fetch(checkpoint: Checkpoint | str, folder: str | Path | None = None) -> Path:
    """The path of a checkpoint's file, downloaded first unless it is already there.

    Several processes on a machine bring it once. The bytes go to `<file>.part` and the file gets its name only when
    size and hash are right, so an interrupted download is never taken for a checkpoint, and the next call goes on where
    it stopped.

    Args:
        checkpoint: a checkpoint, or the name of one in `CHECKPOINTS`.
        folder: where to keep it; `cache_folder()` by default.

    Raises:
        InputError: if the name is unknown, the download fails or delivers something else, or the file that is
            already there is not the published one (it is left alone).
    """
    checkpoint = _known(checkpoint) if isinstance(checkpoint, str) else checkpoint
    path = _place(checkpoint, folder)
    if path.exists():
        verify(path, checkpoint.sha256)
        return path
    partial = path.with_name(f"{path.name}.part")
    try:
        with locked(path):
            if not path.exists():  # another process may have brought it meanwhile
                download(checkpoint.url, partial, size_bytes=checkpoint.size_bytes, title=checkpoint.filename)
                _accept(checkpoint, partial, path)
    except DOWNLOAD_ERRORS as error:
        raise InputError(
            f"{checkpoint.name}: cannot be downloaded from {checkpoint.url} ({reason_of(error)}); "
            f"run again to resume, or {_by_hand(checkpoint, path)}."
        ) from error
    return path


def accepted_sha256(name: str, sha256: str | None = None) -> str:
    """The hash that a checkpoint's file must have: the user's own if given, else the published one.

    Raises:
        InputError: if the name is unknown.
    """
    return (sha256 or _known(name).sha256).strip().lower()


def load_state_dict(name: str, *, path: str | Path | None = None, sha256: str | None = None) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint, on the CPU.

    Args:
        name: a name in `CHECKPOINTS`.
        path: a file to read instead of the published one (which is fetched if need be).
        sha256: the hash of the file at `path`, for a checkpoint of one's own; the published one's by default.

    Raises:
        InputError: if the name is unknown, the file is missing or has another hash, or it is not a state dict
            that `torch.load` reads with `weights_only=True`.
    """
    checkpoint = _known(name)
    if path is not None:
        own = "if it is a checkpoint of your own, accept it by passing checkpoint_sha256={found}"
        verify(path, accepted_sha256(name, sha256), own)
        return read_state_dict(Path(path))
    if accepted_sha256(name, sha256) != checkpoint.sha256:
        raise InputError(
            f"checkpoint_sha256={sha256} is not that of the published {name} ({checkpoint.sha256}); "
            "give the path of your own file as checkpoint=, or leave the hash out."
        )
    return read_state_dict(fetch(checkpoint))


def fit_state_dict(model: torch.nn.Module, state: Mapping[str, torch.Tensor], source: str | Path) -> None:
    """Copy tensors into a network that must take exactly these.

    Args:
        model: the network; changed in place.
        state: its tensors by name.
        source: where they come from, for the message.

    Raises:
        InputError: if a tensor is missing, unknown or of another shape; the network is then of no use.
    """
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        wanted = model.state_dict()
        reshaped = sum(state[key].shape != wanted[key].shape for key in wanted.keys() & state.keys())
        raise InputError(
            f"{source}: does not fit the network ({len(wanted.keys() - state.keys())} tensors missing, "
            f"{len(state.keys() - wanted.keys())} unknown, {reshaped} of another shape); "
            "it is the checkpoint of another model."
        ) from error


def _known(name: str) -> Checkpoint:
    if name not in CHECKPOINTS:
        raise InputError(f"no checkpoint is called {name!r}; there are {', '.join(CHECKPOINTS)}.")
    return CHECKPOINTS[name]


def _place(checkpoint: Checkpoint, folder: str | Path | None) -> Path:
    return (cache_folder() if folder is None else Path(folder).absolute()) / checkpoint.filename


def _by_hand(checkpoint: Checkpoint, path: Path) -> str:
    return f"get {checkpoint.url} by other means (sha256 {checkpoint.sha256}) and put it at {path}"


def _accept(checkpoint: Checkpoint, partial: Path, path: Path) -> None:
    """Give a complete download its name, or delete it if it is not what was asked for."""
    size, sha256 = partial.stat().st_size, sha256_of(partial)
    if sha256 == checkpoint.sha256 and checkpoint.size_bytes in (None, size):
        partial.replace(path)
        return
    partial.unlink()
    raise InputError(
        f"{checkpoint.name}: {checkpoint.url} delivered something else ({size} bytes, sha256 {sha256}), "
        f"which was deleted; run again, or {_by_hand(checkpoint, path)}."
    )


def read_state_dict(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file that `torch.save` wrote, on the CPU; nothing in it is run.

    Raises:
        InputError: if it is no state dict that `torch.load` reads with `weights_only=True`.
    """
    import torch

    try:
        # Mapped, a checkpoint of 2.6 GB is not held in memory beside the network; the old format cannot be.
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except Exception as error:  # a damaged pickle can raise nearly anything
        raise InputError(f"{path}: torch.load cannot read it as plain weights ({type(error).__name__}).") from error
    if not isinstance(state, dict) or not state or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise InputError(
            f"{path}: holds no state dict (tensors by name); save one with torch.save(model.state_dict())."
        )
    return state
