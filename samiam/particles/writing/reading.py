"""Reading back what runs have written on the particles of images."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from samiam.errors import InputError, printable
from samiam.formats.writers.earlier import PROVENANCE
from samiam.particles.measured import MeasuredImage
from samiam.particles.measures import COLUMNS, NUMBERS, PROBABILITIES, why_left_out
from samiam.particles.result import FAULT_CLASSES, UNSURE, FaultDetection, PixelSizeSource
from samiam.particles.writing.results import KIND
from samiam.storage.csv_cells import read_back
from samiam.storage.strict_json import parse_json

_TABLE = "particles.csv"
_SOURCES: Mapping[str, PixelSizeSource] = {"given": "given", "file": "file", "fringes": "fringes"}


def image_folders(run: Path) -> list[Path]:
    """The folders with the particles of one image each: a run's own, in order, or the folder itself if it is one.

    Raises:
        InputError: if there is none, or one was interrupted while it was written.
    """
    if _is_of_image(run):
        return [run]
    try:
        below = sorted(folder for folder in run.iterdir() if folder.is_dir() and not folder.name.startswith("."))
    except OSError as error:
        raise InputError(f"{run}: cannot be looked at ({error.strerror}); give a folder of samiam particles.") from None
    for folder in below:
        if (folder / _TABLE).is_file() and not (folder / PROVENANCE).is_file():
            raise InputError(
                f"{folder}: was interrupted while it was written; run samiam particles on its image again."
            )
    found = [folder for folder in below if _is_of_image(folder)]
    if not found:
        raise InputError(f"{run}: holds no results of samiam particles; give the folder that was its -o.")
    return found


def read_measured(folder: Path) -> MeasuredImage:
    """What was measured on the image of a folder.

    Raises:
        InputError: if a file is missing, damaged or not as it was written.
    """
    noted = _noted(folder)
    try:
        found = noted["input"]
        width_nm, height_nm = (float(side) for side in noted["window_xy_nm"])
        detection = noted["detection"]
        image = MeasuredImage(
            name=str(found["name"]),
            table=_read_table(folder / _TABLE, (width_nm, height_nm)),
            window_xy_nm=(width_nm, height_nm),
            pixel_size_nm=float(found["pixel_size_nm"]),
            pixel_size_from=_SOURCES[noted["pixel_size_from"]],
            dropped={str(rule): int(n) for rule, n in noted["dropped"].items()},
            identity=str(noted["identity"]),
            detection=None if detection is None else FaultDetection(**detection),
            remark=None if noted["remark"] is None else str(noted["remark"]),
            way=json.dumps([noted.get("samiam"), noted.get("config")], sort_keys=True),
        )
        if not (0 < width_nm < math.inf and 0 < height_nm < math.inf):
            raise ValueError(f"a window of {width_nm} × {height_nm} nm")
        if len(image.table) != noted["n_particles"]:
            raise ValueError(f"{len(image.table)} particles in {_TABLE}, {noted['n_particles']} in {PROVENANCE}")
    except InputError:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise InputError(f"{folder}: not as samiam particles wrote it ({_reason(error)}); run it again.") from None
    return image


def _is_of_image(folder: Path) -> bool:
    return (folder / PROVENANCE).is_file() and _kind(folder) == KIND


def _kind(folder: Path) -> object:
    noted = _noted(folder)
    return noted.get("kind") if isinstance(noted, dict) else None


def _noted(folder: Path) -> Any:  # noqa: ANN401
    try:
        return parse_json((folder / PROVENANCE).read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{folder / PROVENANCE}: cannot be read ({_reason(error)}); run it again.") from None


def _read_table(path: Path, window_xy_nm: tuple[float, float]) -> pd.DataFrame:
    """The table of the particles as it was written, with the same numbers."""
    try:
        text = pd.read_csv(path, dtype=str, keep_default_na=False, na_filter=False)
    except (OSError, UnicodeError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({_reason(error)}); run samiam particles again.") from None
    if missing := [name for name in COLUMNS if name not in text]:
        raise ValueError(f"{_TABLE} lacks {', '.join(missing)}")
    table = pd.DataFrame({"particle": [int(cell) for cell in text["particle"]]}, dtype=np.int64)
    for name in (*NUMBERS, "score", *PROBABILITIES):
        table[name] = np.array([float(cell or "nan") for cell in text[name]], np.float64)
    if not np.isfinite(table[list(NUMBERS)]).all(axis=None) or (table[["diameter_nm", "area_nm2"]] <= 0).any(axis=None):
        raise ValueError(f"{_TABLE} has sizes that are none")
    table["touches_edge"] = np.array([_truth(cell) for cell in text["touches_edge"]], np.bool_)
    table["class"] = pd.Series([_class(read_back(cell)) for cell in text["class"]], dtype=object)
    table["left_out"] = why_left_out(table, window_xy_nm)
    return table[list(COLUMNS)]


def _truth(cell: str) -> bool:
    return {"True": True, "False": False}[cell]


def _class(cell: str) -> str | None:
    if cell and cell not in (*FAULT_CLASSES, UNSURE):
        raise ValueError(f"no class is called {printable(cell):.40}")
    return cell or None


def _reason(error: BaseException) -> str:
    """What libraries say, on one line of bearable length."""
    return f"{printable(str(error)) or type(error).__name__:.200}"
