"""Scenes on disk, as a labelled data set in the layout of the paper's."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from shutil import rmtree
from typing import Any

import numpy as np
import tifffile
from distributed import as_completed
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from samiam.cluster import dask_client
from samiam.errors import InputError
from samiam.storage.files import made_folder, replacing, sha256_of
from simulate.scenes.benchmark import PUBLISHED_SEED, Recipe, benchmark, recipe

MANIFEST = "manifest.json"
NOTES = "notes.csv"


def write_benchmark(
    folder: str | Path,
    names: Sequence[int | str] | None = None,
    *,
    seed: int = PUBLISHED_SEED,
    scheduler: str | None = None,
    workers: int | None = None,
) -> Path:
    """Write scenes of a benchmark as a labelled data set, in the layout that `write_scenes` describes.

    Args:
        folder: made if missing.
        names: names or numbers of the scenes; all where not given.
        seed: of the benchmark, see `benchmark`.
        scheduler: address of a Dask scheduler; a local cluster where not given.
        workers: processes of the local cluster; one for each core where not given.

    Returns:
        The manifest.
    """
    recipes = benchmark(seed) if names is None else tuple(recipe(name, seed) for name in names)
    return write_scenes(folder, recipes, scheduler=scheduler, workers=workers)


def write_scenes(
    folder: str | Path, recipes: Sequence[Recipe], *, scheduler: str | None = None, workers: int | None = None
) -> Path:
    """Make scenes in parallel and write them in the layout of the paper's data set.

    There are `dataset/<name>.tiff` (what the detector counted, with the pixel size), `labels_merged/<name>/
    <material>-merged-<label>.png` (0 and 255), `grains/<name>.png` (16 bits), `notes.csv` (number, file, difficulty 1
    to 5, seconds of labelling, which is 0) and `manifest.json` (everything else, and the SHA-256 of every file).
    Scenes whose files are all there, unchanged and made by this version of the simulation, are kept. Others that the
    manifest lists are made again if asked for, and deleted if not.

    Args:
        folder: made if missing. Only this process writes, so workers need not see it.
        recipes: what to make, with different names.
        scheduler: address of a Dask scheduler; a local cluster where not given.
        workers: processes of the local cluster; one for each core where not given.

    Returns:
        The manifest.

    Raises:
        InputError: if a scene cannot be made, two have one name, or folder or scheduler cannot be reached.
    """
    names = [found.name for found in recipes]
    if len(set(names)) < len(names):
        raise InputError("two scenes have the same name; name each once.")
    folder = made_folder(folder)
    wanted = {found.name: found for found in recipes}
    is_current, written = _written(folder)
    kept = {name: record for name, record in written.items() if is_current and _is_intact(folder, record)}
    for name in written.keys() - kept.keys() - wanted.keys():
        _remove(folder, written[name])
    missing = [found for name, found in wanted.items() if not (name in kept and _is_of(kept[name], found))]
    with tqdm(total=len(recipes), initial=len(recipes) - len(missing), unit="scene") as progress:
        for record, files in _made(missing, scheduler, workers):
            _write(folder, record, files)
            kept[record["name"]] = record
            _write_lists(folder, kept)
            progress.update()
    _write_lists(folder, kept)
    return folder / MANIFEST


def encode(made: Recipe) -> tuple[dict[str, Any], dict[str, bytes]]:
    """A scene as its record in the manifest, and its files by their path in the folder."""
    exposure = made.expose()
    scene = exposure.scene(made.name)
    pixel_size_nm = scene.micrograph.pixel_size_nm
    assert pixel_size_nm is not None
    files = {f"dataset/{made.name}.tiff": _tiff(exposure.counts, pixel_size_nm)}
    for label, material in enumerate(scene.materials, start=1):
        mask = np.where(scene.labels == label, 255, 0).astype(np.uint8)
        files[f"labels_merged/{made.name}/{material}-merged-{label}.png"] = _png(mask)
    files[f"grains/{made.name}.png"] = _png(scene.grains.astype(np.uint16))
    record = {
        "name": made.name,
        "family": made.family,
        "seed": made.seed,
        "side_px": made.side_px,
        "difficulty": scene.difficulty,
        "level": scene.parameters["difficulty"]["level"],
        "materials": list(scene.materials),
        "weights": list(scene.weights),
        "pixel_size_nm": pixel_size_nm,
        "shape_hw": list(scene.micrograph.shape_hw),
        "parameters": dict(scene.parameters),
        "files": {path: hashlib.sha256(content).hexdigest() for path, content in files.items()},
    }
    return json.loads(_json(record)), files


def _made(
    recipes: Sequence[Recipe], scheduler: str | None, workers: int | None
) -> Iterator[tuple[dict[str, Any], dict[str, bytes]]]:
    """Each scene encoded, as they finish."""
    if not recipes:
        return
    with dask_client(scheduler, workers) as client:
        largest_first = sorted(recipes, key=lambda made: -made.drawn()[1].scan.shape_hw[0])
        futures = [client.submit(encode, made, pure=False) for made in largest_first]
        for future, result in as_completed(futures, with_results=True):
            yield result
            future.release()  # what is written need not stay in memory


def _write(folder: Path, record: dict[str, Any], files: dict[str, bytes]) -> None:
    rmtree(folder / "labels_merged" / record["name"], ignore_errors=True)  # other labels than these
    for path, content in files.items():
        with replacing(folder / PurePosixPath(path)) as partial:
            partial.write_bytes(content)


def _write_lists(folder: Path, records: dict[str, dict[str, Any]]) -> None:
    ordered = [records[name] for name in sorted(records)]
    content = {
        "format": "samiam labelled scenes",
        "package_version": version("samiam"),
        "simulation_sha256": simulation_sha256(),
        "scenes": ordered,
    }
    with replacing(folder / NOTES) as partial, open(partial, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["number", "file", "difficulty", "labelling seconds"])
        rows.writerows([n, f"{record['name']}.tiff", record["level"], 0] for n, record in enumerate(ordered, start=1))
    with replacing(folder / MANIFEST) as partial:
        partial.write_text(_json(content), encoding="utf-8")


def _written(folder: Path) -> tuple[bool, dict[str, dict[str, Any]]]:
    """Whether a folder's manifest is of this version of the simulation, and its records."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        records = {record["name"]: record for record in content["scenes"] if all(map(_is_inside, record["files"]))}
        return content["simulation_sha256"] == simulation_sha256(), records
    except (OSError, ValueError, KeyError, TypeError):
        return False, {}


def _is_inside(path: str) -> bool:
    """Whether a path of a manifest stays in the manifest's folder."""
    return not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts


def _remove(folder: Path, record: dict[str, Any]) -> None:
    for path in record["files"]:
        (folder / PurePosixPath(path)).unlink(missing_ok=True)
    with suppress(OSError):  # what else is in there is not ours
        (folder / "labels_merged" / record["name"]).rmdir()


def _is_intact(folder: Path, record: dict[str, Any]) -> bool:
    paths = {path: folder / PurePosixPath(path) for path in record["files"]}
    labels = {path for path in paths.values() if path.parent.parent.name == "labels_merged"}
    there = set((folder / "labels_merged" / record["name"]).glob("*"))
    return labels == there and all(
        path.is_file() and sha256_of(path) == record["files"][name] for name, path in paths.items()
    )


def _is_of(record: dict[str, Any], made: Recipe) -> bool:
    return (record["family"], record["seed"], record["side_px"]) == (made.family, made.seed, made.side_px)


@lru_cache(maxsize=1)
def simulation_sha256() -> str:
    """A hash of the simulation's source and library: scenes of equal hash and recipe are equal."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.npz")]):
        digest.update(f"{path.relative_to(root).as_posix()}\n{sha256_of(path)}\n".encode())
    return digest.hexdigest()


def _json(content: object) -> str:
    return json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False)


def _tiff(counts: NDArray[Any], pixel_size_nm: float) -> bytes:
    """Counts as they are, uncompressed: noise hardly shrinks, and other versions of zlib give other bytes."""
    file = io.BytesIO()
    per_cm = 1e7 / pixel_size_nm
    tifffile.imwrite(
        file,
        counts,
        photometric="minisblack",
        description=json.dumps({"pixel_size_nm": pixel_size_nm}),
        metadata=None,
        resolution=(per_cm, per_cm),
        resolutionunit="CENTIMETER",
        software="samiam",
    )
    return file.getvalue()


def _png(image: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="PNG")
    return file.getvalue()
