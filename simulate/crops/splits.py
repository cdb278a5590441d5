"""Splits of crops in files, with what made them.

Drawing that is interrupted goes on where it was: crops are kept in parts, `.drawn-<hash>/<first>.npz`, until all are
drawn.

A folder holds `<split>.npz` for each split and `crops.json`: materials (their places are the labels), size, the
library's hashes, and for each split its file, SHA-256, length, seed, epoch and conditions. A split has uint8 `pixels`
(N, size, size), 255 for 1; int64 `labels` (N,); and `parameters`, a JSON list of `CropParameters`.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset, Subset
from tqdm import tqdm

from samiam.errors import InputError
from samiam.storage.files import made_folder, replacing, sha256_of
from samiam.storage.strict_json import parse_json
from simulate.crops.datasets import CropDataset
from simulate.crops.ranges import CropConditions
from simulate.library.entries import entry_paths

INDEX = "crops.json"
"""The file that is written last: a folder without it is not complete."""
_BATCH = 64  # crops that a worker hands over at a time; chosen by hand
_BATCHES_A_PART = 32  # what an interruption can lose: 2048 crops, which take some 10 s
_UNREADABLE = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error)
_Drawn = tuple[NDArray[np.uint8], NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class MaterialisedCrops(Dataset[tuple[torch.Tensor, int]]):
    """A split of crops in memory; it gives what `CropDataset` gives, to 1/255.

    Attributes:
        pixels: uint8 (N, size, size), 255 for 1.
        labels: int64 (N,).
        materials: names of the labels.
        parameters: N dictionaries of `CropParameters`.
        conditions: from which these were drawn.
        provenance: what `crops.json` says of the split.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    materials: tuple[str, ...]
    parameters: tuple[dict[str, Any], ...]
    conditions: CropConditions
    provenance: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        """Crop float32 (1, size, size) in [0, 1], and its label."""
        if not 0 <= index < len(self):
            raise IndexError(f"crop {index} of {len(self)}")
        return torch.from_numpy(self.pixels[index][None].astype(np.float32) / 255), int(self.labels[index])


def write_crops(folder: str | Path, splits: Mapping[str, CropDataset], *, n_workers: int = 0) -> Path:
    """Draw splits and write them; the same splits give the same bytes, at once or after an interruption.

    Args:
        folder: where to; made if it is not there.
        splits: data sets by name, such as train, val and test. They share materials and size, no two have the same
            seed and epoch, and conditions may differ, for a test under conditions held out.
        n_workers: processes that draw.

    Returns:
        The path of `crops.json`, which is written last.

    Raises:
        InputError: if the splits do not go together, the folder cannot be made, or it holds crops drawn otherwise.
    """
    _check_together(splits)
    folder, drawn_as = made_folder(folder), hash_of(splits)
    if (folder / INDEX).is_file() and _read_index(folder / INDEX).get("drawn_as") != drawn_as:
        raise InputError(f"{folder}: holds crops that were drawn otherwise; choose another folder, or remove it.")
    written = {name: _write_split(folder / f"{name}.npz", name, split, n_workers) for name, split in splits.items()}
    first = next(iter(splits.values()))
    provenance = {
        "kind": "crops",
        "drawn_as": drawn_as,
        "samiam": _version(),
        "materials": first.materials,
        "size_px": first.size_px,
        "library": {path.name: sha256_of(path) for _, path in sorted(entry_paths().items())},
        "splits": written,
    }
    with replacing(folder / INDEX) as partial:
        partial.write_text(json.dumps(provenance, indent=1) + "\n", encoding="utf-8")
    for parts in folder.glob(".drawn-*"):
        shutil.rmtree(parts, ignore_errors=True)
    return folder / INDEX


def hash_of(splits: Mapping[str, CropDataset]) -> str:
    """What tells splits from others: 16 hexadecimal digits of all that decides them, the library included."""
    described = {
        name: [
            type(split).__name__,
            split.materials,
            split.n,
            split.size_px,
            split.seed,
            split.epoch,
            asdict(split.conditions),
        ]
        for name, split in splits.items()
    }
    libraries = {path.name: sha256_of(path) for _, path in sorted(entry_paths().items())}
    return hashlib.sha256(json.dumps([described, libraries]).encode()).hexdigest()[:16]


def read_crops(folder: str | Path, split: str) -> MaterialisedCrops:
    """Read a split that `write_crops` wrote.

    Raises:
        InputError: if folder, split or file are missing, or the file is not the one that was written.
    """
    provenance = _read_index(Path(folder) / INDEX)
    if split not in provenance["splits"]:
        raise InputError(f"{folder}: no split {split!r}; it has {', '.join(provenance['splits'])}.")
    try:
        return _read_split(Path(folder), provenance, provenance["splits"][split])
    except InputError:
        raise
    except (*_UNREADABLE, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{folder}: {split} is not as it was written ({error!s:.200}); write the crops again."
        ) from error


def _read_split(folder: Path, provenance: Mapping[str, Any], of_split: Mapping[str, Any]) -> MaterialisedCrops:
    path = folder / of_split["file"]
    if not path.is_file():
        raise InputError(f"{path}: missing, though {INDEX} lists it; write the crops again.")
    if sha256_of(path) != of_split["sha256"]:
        raise InputError(f"{path}: not the file that {INDEX} was written with; write the crops again.")
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:  # which leaves damaged ones open
        return MaterialisedCrops(
            arrays["pixels"],
            arrays["labels"],
            tuple(provenance["materials"]),
            tuple(json.loads(str(arrays["parameters"]))),
            CropConditions(**of_split["conditions"]),
            {name: value for name, value in provenance.items() if name != "splits"} | dict(of_split),
        )


def _check_together(splits: Mapping[str, CropDataset]) -> None:
    if not splits:
        raise InputError("no splits to write; give at least one.")
    for name in splits:
        if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name):
            raise InputError(f"split {name!r}: its name becomes that of a file; use letters, digits, _ and -.")
    if len({(split.materials, split.size_px) for split in splits.values()}) > 1:
        raise InputError("the splits differ in materials or size; labels would not mean the same. Make them agree.")
    drawn_by: dict[tuple[int, int], str] = {}
    for name, split in splits.items():
        other = drawn_by.setdefault((split.seed, split.epoch), name)
        if other != name:
            raise InputError(f"splits {other} and {name} have the seed {split.seed} in common; give each its own.")


def _write_split(path: Path, name: str, split: CropDataset, n_workers: int) -> dict[str, Any]:
    pixels, labels = _drawn(path.with_name(f".drawn-{hash_of({name: split})}"), name, split, n_workers)
    parameters = json.dumps([asdict(split.parameters(index)) for index in range(len(split))])
    with replacing(path) as partial:
        np.savez_compressed(partial, pixels=pixels, labels=labels, parameters=np.array(parameters))
    return {
        "file": path.name,
        "sha256": sha256_of(path),
        "n": len(split),
        "seed": split.seed,
        "epoch": split.epoch,
        "conditions": asdict(split.conditions),
    }


def _drawn(folder: Path, name: str, split: CropDataset, n_workers: int) -> _Drawn:
    """Pixels and labels of all crops; parts that lie in the folder are not drawn again, others are put there."""
    part = _BATCH * _BATCHES_A_PART
    found = {first: _part_in(folder / f"{first}.npz") for first in range(0, len(split), part)}
    missing = [first for first, drawn in found.items() if drawn is None]
    to_draw = [index for first in missing for index in range(first, min(first + part, len(split)))]
    loader = DataLoader(Subset(split, to_draw), batch_size=_BATCH, num_workers=n_workers)
    batches = iter(tqdm(loader, desc=name, unit="batch", disable=None))
    for first in missing:
        found[first] = pixels, labels = _joined(
            (torch.round(crops[:, 0] * 255).to(torch.uint8).numpy(), of_crops.numpy())
            for crops, of_crops in islice(batches, _BATCHES_A_PART)
        )
        with suppress(FileNotFoundError), replacing(folder / f"{first}.npz") as partial:  # where another is done
            np.savez(partial, pixels=pixels, labels=labels)
    return _joined(drawn for drawn in found.values() if drawn is not None)


def _part_in(path: Path) -> _Drawn | None:
    """The crops in a file; None where there is none, or not a whole one."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:  # which leaves damaged ones open
            return arrays["pixels"], arrays["labels"]
    except (*_UNREADABLE, KeyError):
        return None


def _joined(drawn: Iterable[_Drawn]) -> _Drawn:
    pixels, labels = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    return pixels, labels.astype(np.int64)


def _read_index(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"{path}: no such file; simulate.crops.write_crops makes it.")
    try:
        provenance = parse_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}); write the crops again.") from error
    of_crops = isinstance(provenance, dict) and provenance.get("kind") == "crops"
    if not of_crops or not isinstance(provenance.get("splits"), dict):
        raise InputError(f"{path}: does not describe crops; write them again.")
    return dict(provenance)


def _version() -> str:
    try:
        return version("samiam")
    except PackageNotFoundError:
        return "not installed"
