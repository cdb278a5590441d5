"""Reading back what runs have written on the particles of images."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from samiam.errors import InputError, printable
from samiam.formats.writers.earlier import PROVENANCE
from samiam.particles.measured import MeasuredImage
from samiam.particles.measures import COLUMNS, NO_PARTICLE, NUMBERS, PROBABILITIES, why_left_out
from samiam.particles.result import FAULT_CLASSES, UNSURE, FaultDetection, PixelSizeSource
from samiam.particles.writing.results import KIND
from samiam.storage.csv_cells import read_back
from samiam.storage.strict_json import parse_json

_TABLE = "particles.csv"
T = TypeVar("T")
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
            table=_read_table(folder / _TABLE, (width_nm, height_nm), dict(noted.get("left_out", {}))),
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


def _read_table(path: Path, window_xy_nm: tuple[float, float], written: Mapping[str, str]) -> pd.DataFrame:
    """The table of the particles as it was written, with the same numbers; what somebody has left out stays so.

    Args:
        path: the file.
        window_xy_nm: width and height of what the image shows.
        written: by number why the program left particles out when it wrote the table.
    """
    try:
        is_whole = path.read_bytes().endswith(b"\n")
        text = pd.read_csv(path, dtype=str, keep_default_na=False, na_filter=False)
    except (OSError, UnicodeError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({_reason(error)}); run samiam particles again.") from None
    if missing := [name for name in COLUMNS if name not in text]:
        raise ValueError(f"{_TABLE} lacks {', '.join(missing)}")
    if not is_whole:
        raise ValueError(f"{_TABLE} is cut short in its last line")
    table = pd.DataFrame({"particle": _cells(text, "particle", int)}, dtype=np.int64)
    for name in NUMBERS:
        table[name] = np.array(_cells(text, name, float), np.float64)
    for name in ("score", *PROBABILITIES):
        table[name] = np.array(_cells(text, name, lambda cell: float(cell or "nan")), np.float64)
    table["touches_edge"] = np.array(_cells(text, "touches_edge", _truth), np.bool_)
    table["class"] = pd.Series(_cells(text, "class", _class), dtype=object)
    _check_possible(table, window_xy_nm)
    own = pd.Series(why_left_out(table, window_xy_nm), dtype=object)
    reasons = pd.Series(_cells(text, "left_out", lambda cell: read_back(cell).strip() or None), dtype=object)
    table["left_out"] = own.where(own.notna(), reasons.mask(_is_outdated(reasons, table["particle"], written), None))
    return table[list(COLUMNS)]


def _cells(text: pd.DataFrame, name: str, read: Callable[[str], T]) -> list[T]:
    """The cells of a column, read one by one."""
    found = []
    for row, cell in enumerate(text[name], start=1):
        try:
            found.append(read(cell))
        except (LookupError, ValueError):
            shown = f"{printable(cell):.40}" if cell else "nothing"
            raise ValueError(f"{name} in row {row} of {_TABLE} is {shown}") from None
    return found


def _check_possible(table: pd.DataFrame, window_xy_nm: tuple[float, float]) -> None:
    """Refuse numbers that no particle of the image can have."""
    width_nm, height_nm = window_xy_nm
    impossible = {
        "particle": table["particle"].duplicated(),
        **{name: ~np.isfinite(table[name]) for name in NUMBERS},
        "diameter_nm": ~table["diameter_nm"].between(0, math.hypot(width_nm, height_nm), inclusive="right"),
        "area_nm2": ~table["area_nm2"].between(0, 1.001 * width_nm * height_nm, inclusive="right"),
        **{name: table[name].notna() & ~table[name].between(0, 1) for name in ("score", *PROBABILITIES)},
    }
    for name, is_wrong in impossible.items():
        if is_wrong.any():
            row = int(np.flatnonzero(is_wrong)[0])
            raise ValueError(f"{name} in row {row + 1} of {_TABLE} is {table[name][row]}, which cannot be")
    known = table[list(PROBABILITIES)].notna()
    if (known.any(axis=1) & ~known.all(axis=1)).any():
        raise ValueError(f"{_TABLE} has a particle with probabilities of some classes only")


def _is_outdated(reasons: pd.Series[Any], numbers: pd.Series[Any], written: Mapping[str, str]) -> NDArray[np.bool_]:
    """Whether a reason is what the program wrote of a class, which somebody has put right since where it stands alone.

    All else that the numbers and the class of a particle do not explain is by hand, also in the program's words.
    """
    each = zip(reasons, numbers, strict=True)
    return np.array([reason in NO_PARTICLE and written.get(str(number)) == reason for reason, number in each], np.bool_)


def _truth(cell: str) -> bool:
    return {"true": True, "false": False}[cell.lower()]


def _class(cell: str) -> str | None:
    name = read_back(cell)
    if name and name not in (*FAULT_CLASSES, UNSURE):
        raise ValueError
    return name or None


def _reason(error: BaseException) -> str:
    """What libraries say, on one line of bearable length."""
    return f"{printable(str(error)) or type(error).__name__:.200}"
