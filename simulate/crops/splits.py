"""Splits of crops in files, with what made them.

A folder holds `<split>.npz` for each split and `crops.json`: materials (their places are the labels), size, the
library's hashes, and for each split its file, SHA-256, length, seed, epoch and conditions. A split has uint8 `pixels`
(N, size, size), 255 for 1; int64 `labels` (N,); and `parameters`, a JSON list of `CropParameters`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from samiam.errors import InputError
from samiam.storage.files import made_folder, replacing, sha256_of
from simulate.crops.datasets import CropDataset
from simulate.crops.ranges import CropConditions
from simulate.library.entries import entry_paths

_INDEX = "crops.json"
_BATCH = 64  # crops that a worker hands over at a time; chosen by hand


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
    """Draw splits and write them; the same splits give the same bytes.

    Args:
        folder: where to; made if it is not there.
        splits: data sets by name, such as train, val and test. They share materials and size, no two have the same
            seed and epoch, and conditions may differ, for a test under conditions held out.
        n_workers: processes that draw.

    Returns:
        The path of `crops.json`, which is written last.

    Raises:
        InputError: if the splits do not go together, or the folder cannot be made.
    """
    _check_together(splits)
    folder = made_folder(folder)
    written = {name: _write_split(folder / f"{name}.npz", name, split, n_workers) for name, split in splits.items()}
    first = next(iter(splits.values()))
    provenance = {
        "kind": "crops",
        "samiam": _version(),
        "materials": first.materials,
        "size_px": first.size_px,
        "library": {path.name: sha256_of(path) for _, path in sorted(entry_paths().items())},
        "splits": written,
    }
    with replacing(folder / _INDEX) as partial:
        partial.write_text(json.dumps(provenance, indent=1) + "\n", encoding="utf-8")
    return folder / _INDEX


def read_crops(folder: str | Path, split: str) -> MaterialisedCrops:
    """Read a split that `write_crops` wrote.

    Raises:
        InputError: if folder, split or file are missing, or the file is not the one that was written.
    """
    provenance = _read_index(Path(folder) / _INDEX)
    if split not in provenance["splits"]:
        raise InputError(f"{folder}: no split {split!r}; it has {', '.join(provenance['splits'])}.")
    of_split = provenance["splits"][split]
    path = Path(folder) / of_split["file"]
    if not path.is_file():
        raise InputError(f"{path}: missing, though {_INDEX} lists it; write the crops again.")
    if sha256_of(path) != of_split["sha256"]:
        raise InputError(f"{path}: not the file that {_INDEX} was written with; write the crops again.")
    with np.load(path, allow_pickle=False) as arrays:
        return MaterialisedCrops(
            arrays["pixels"],
            arrays["labels"],
            tuple(provenance["materials"]),
            tuple(json.loads(str(arrays["parameters"]))),
            CropConditions(**of_split["conditions"]),
            {name: value for name, value in provenance.items() if name != "splits"} | of_split,
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
    loader = DataLoader(split, batch_size=_BATCH, num_workers=n_workers)
    batches = [
        (torch.round(crops[:, 0] * 255).to(torch.uint8).numpy(), labels.numpy())
        for crops, labels in tqdm(loader, desc=name, unit="batch", disable=None)
    ]
    pixels, labels = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    parameters = json.dumps([asdict(split.parameters(index)) for index in range(len(split))])
    with replacing(path) as partial:
        np.savez_compressed(partial, pixels=pixels, labels=labels.astype(np.int64), parameters=np.array(parameters))
    return {
        "file": path.name,
        "sha256": sha256_of(path),
        "n": len(split),
        "seed": split.seed,
        "epoch": split.epoch,
        "conditions": asdict(split.conditions),
    }


def _read_index(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"{path}: no such file; simulate.crops.write_crops makes it.")
    try:
        provenance = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}); write the crops again.") from error
    if not isinstance(provenance, dict) or provenance.get("kind") != "crops" or "splits" not in provenance:
        raise InputError(f"{path}: does not describe crops; write them again.")
    return provenance


def _version() -> str:
    try:
        return version("samiam")
    except PackageNotFoundError:
        return "not installed"
