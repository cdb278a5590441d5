"""The results of an image: what they are of, and how napari opens their folder."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tifffile

from samiam.errors import InputError
from samiam.formats.readers.read import read_micrograph
from samiam.records import Micrograph
from samiam.records.layers import Layer, image_layer, labels_layer, scale_of
from samiam.storage.strict_json import parse_json

_PROVENANCE = "provenance.json"
# Labels with their table, of the materials, their grains, and of particles.
_LABELS = {"labels.tif": ("materials.csv", "particles.csv"), "grains.tif": ("grains.csv",)}


def napari_reader(path: str | list[str]) -> Callable[[str], list[Layer]] | None:
    """What reads a folder of results, or its provenance.json; None for anything else, as napari wants it."""
    if isinstance(path, list):
        return None
    return read_layers if (_folder(path) / _PROVENANCE).is_file() else None


def read_layers(path: str | Path) -> list[Layer]:
    """The micrograph, where its file is still there and the same, and its labels with what was measured.

    Args:
        path: of the folder, or of its provenance.json.

    Raises:
        InputError: if the provenance is damaged, or there are no labels in the folder.
    """
    folder = _folder(path)
    about = about_image(folder)
    height, width = about["shape_hw"]
    micrograph = None
    with suppress(InputError):
        micrograph = image_of_result(about)
    size, pixel_height = about.get("pixel_size_nm"), about.get("pixel_height_nm")
    aspect = 1.0 if size is None or pixel_height is None else pixel_height / size
    scale = scale_of(Micrograph(np.zeros((height, width), np.float32), size, pixel_aspect=aspect))
    layers = [] if micrograph is None else [image_layer(micrograph)]
    for file, tables in _LABELS.items():
        if (folder / file).is_file():
            is_first = file == "labels.tif"
            name = next((table for table in tables if (folder / table).is_file()), file)
            features = _features(folder / name) if name != file else None
            labels = np.asarray(tifffile.imread(folder / file))
            layers.append(labels_layer(Path(name).stem, labels, scale, features, visible=is_first))
    if not layers:
        raise InputError(f"{folder}: has no labels; give the folder of one image.")
    return layers


def _folder(path: str | Path) -> Path:
    return Path(path) if Path(path).is_dir() else Path(path).parent


def about_image(folder: Path) -> dict[str, Any]:
    """What the provenance in a folder of results says of the image.

    Raises:
        InputError: if it is missing or damaged.
    """
    try:
        about: dict[str, Any] = parse_json((folder / _PROVENANCE).read_text(encoding="utf-8"))["input"]
        _height, _width = about["shape_hw"]
    except (OSError, ValueError, LookupError, TypeError):
        raise InputError(f"{folder}: {_PROVENANCE} is none of a result; segment the image again.") from None
    return about


def image_of_result(about: dict[str, Any]) -> Micrograph:
    """The micrograph that results are of, read as it was for them.

    Args:
        about: what `about_image` gives.

    Raises:
        InputError: if it came from no file, or its file is missing, cannot be read or has changed.
    """
    sides = None if about.get("pixel_size_nm") is None else (about["pixel_size_nm"], about["pixel_height_nm"])
    choice: dict[str, Any] = {name: about.get(name) for name in ("frame", "channel", "dataset")}
    try:
        found = read_micrograph(about["path"], pixel_size_nm=sides, **choice)
    except (KeyError, TypeError, OSError):
        raise InputError("the image came from no file that can be read; write it to one, and segment that.") from None
    if found.metadata["sha256"] != about.get("sha256"):
        raise InputError(f"{about['path']}: changed since it was segmented (its SHA-256 is another); segment it again.")
    return found


def _features(path: Path) -> dict[str, list[Any]]:
    table = pd.read_csv(path)
    return {str(name): table[name].tolist() for name in table.columns}
