"""An annotator's folder in the paper's layout: images, a PNG for each material, grains, and a manifest of them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from samiam.datasets.annotator_folders import GRAINS, IMAGES, LABELS, MANIFEST, label_name
from samiam.errors import InputError
from samiam.formats import read_micrograph
from samiam.formats.writers.strict_json import write_json
from samiam.records import Micrograph, Scene
from samiam.storage.files import sha256_of

_MOST_GRAINS = np.iinfo(np.uint16).max  # a PNG has no more bits


def write_labelled(root: Path, name: str, scene: Scene) -> dict[str, Any]:
    """Write a micrograph and its labels into an annotator's folder.

    The file of the micrograph is copied where a copy is read as the same image; of a frame of a stack, a channel, or a
    file that needs others beside it, the scaled pixels become a TIFF of float32.

    Args:
        root: the folder.
        name: what the image is to be called.
        scene: read from files.

    Returns:
        Its record for `write_manifest`.

    Raises:
        InputError: if a material cannot be the name of a file, or the grains are too many.
    """
    image = _write_image(root / IMAGES, name, scene.micrograph)
    labels = _write_masks(root / LABELS / name, scene)
    if (n_grains := int(scene.grains.max())) > _MOST_GRAINS:
        raise InputError(f"{scene.micrograph.name}: {n_grains} grains, a PNG holds {_MOST_GRAINS}; remove its specks.")
    grains = _write_png(root / GRAINS / f"{name}.png", scene.grains.astype(np.uint16))
    files = [image, *labels, grains]
    return {
        "name": name,
        "difficulty": scene.difficulty,
        "materials": list(scene.materials),
        "weights": list(scene.weights),
        "pixel_size_nm": _sides(scene.micrograph),
        "shape_hw": scene.micrograph.shape_hw,
        "parameters": {key: value for key, value in scene.parameters.items() if key != "overlapping_px"},
        "files": {file.relative_to(root).as_posix(): sha256_of(file) for file in files},
    }


def write_manifest(root: Path, records: Sequence[Mapping[str, Any]]) -> Path:
    """Write the records of an annotator's images, which `find_annotator_images` reads, in the order of their names."""
    ordered = sorted(records, key=lambda record: str(record["name"]))
    return write_json(root / MANIFEST, {"format": "samiam labelled scenes", "scenes": ordered})


def _write_image(folder: Path, name: str, micrograph: Micrograph) -> Path:
    source = Path(micrograph.metadata["path"])
    path = folder / f"{name}{source.suffix}"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, path)
    if not _shows(path, micrograph):
        path.unlink()
        path = path.with_name(f"{name}.tif")
        tifffile.imwrite(path, micrograph.pixels, photometric="minisblack", metadata=None)
    return path


def _shows(path: Path, micrograph: Micrograph) -> bool:
    """Whether a file is read as an image when nothing is said of how to."""
    try:
        found = read_micrograph(path, pixel_size_nm=_sides(micrograph))
    except InputError:
        return False
    return np.array_equal(found.pixels, micrograph.pixels)


def _sides(micrograph: Micrograph) -> float | tuple[float, float] | None:
    """The size of a pixel as `read_micrograph` takes it."""
    width, height = micrograph.pixel_size_nm, micrograph.pixel_height_nm
    return width if width is None or height is None or micrograph.pixel_aspect == 1 else (width, height)


def _write_masks(folder: Path, scene: Scene) -> list[Path]:
    paths = []
    for label, material in enumerate(scene.materials, start=1):
        file = f"{material}-merged-{label}.png"
        if label_name(Path(file)) != material or material.startswith(".") or not material.isprintable():
            raise InputError(
                f"{scene.micrograph.name}: material {material!r} cannot be the name of a file; rename it, without "
                "/, -tag- and a point at the beginning."
            )
        paths.append(_write_png(folder / file, np.where(scene.labels == label, 255, 0).astype(np.uint8)))
    return paths


def _write_png(path: Path, pixels: NDArray[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path
