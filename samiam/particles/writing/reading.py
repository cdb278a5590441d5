"""Reading back what runs have written on the particles of images."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

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
_MOST_RATIO = 1.05  # of a disc of a few pixels circularity comes to a little more than 1
_ROUNDING = 1.01  # spreadsheets may leave three digits of a number
_SOURCES: Mapping[str, PixelSizeSource] = {"given": "given", "file": "file", "fringes": "fringes"}


class _Frame(NamedTuple):
    """The sides of a whole image, of which a part may show nothing, and the longest extent of a particle in it."""

    width_nm: float
    height_nm: float
    diagonal_nm: float

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> _Frame:
        """That of an image of which provenance tells."""
        (height, width), sides_nm = found["shape_hw"], (float(found["pixel_size_nm"]), float(found["pixel_height_nm"]))
        width_nm, height_nm = width * sides_nm[0], height * sides_nm[1]
        # The outline is finer than pixels and may reach over them at both ends.
        return cls(width_nm, height_nm, math.hypot(width_nm, height_nm) + 2 * max(sides_nm))


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
            table=_left_out(
                _read_table(folder / _TABLE, _Frame.of(found)), (width_nm, height_nm), dict(noted.get("left_out", {}))
            ),
            window_xy_nm=(width_nm, height_nm),
            pixel_size_nm=float(found["pixel_size_nm"]),
            pixel_size_from=_SOURCES[noted["pixel_size_from"]],
            dropped={str(rule): int(n) for rule, n in noted["dropped"].items()},
            identity=str(noted["identity"]),
            pixels_sha256=str(noted.get("pixels_sha256", "")),
            detection=None if detection is None else FaultDetection(**detection),
            remark=None if noted["remark"] is None else str(noted["remark"]),
            way=_way(noted),
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


def _way(noted: Mapping[str, Any]) -> str:
    """In which way particles were found: by which version, weights and settings, the size of a pixel among them."""
    given = (noted.get("settings") or {}).get("pixel_size_nm")
    return json.dumps([noted.get("samiam"), noted.get("config"), given], sort_keys=True)


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


def _read_table(path: Path, frame: _Frame) -> pd.DataFrame:
    """The table of the particles as it is in a file, checked, with the same numbers."""
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
    table["left_out"] = pd.Series(_cells(text, "left_out", lambda cell: read_back(cell).strip() or None), dtype=object)
    _check_possible(table, frame)
    _check_named(table["class"], path)
    return table[list(COLUMNS)]


def _left_out(table: pd.DataFrame, window_xy_nm: tuple[float, float], written: Mapping[str, str]) -> pd.DataFrame:
    """The same table with why particles are left out as its rows say now; what somebody has left out stays so.

    Args:
        table: as it was read.
        window_xy_nm: width and height of what the image shows.
        written: by number why the program left particles out when it wrote the table.
    """
    own, reasons = why_left_out(table, window_xy_nm).astype(object), table["left_out"]
    kept = reasons.mask(_is_outdated(reasons, table["particle"], written), None)
    return table.assign(left_out=own.where(own.notna(), kept))


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


def _check_possible(table: pd.DataFrame, frame: _Frame) -> None:
    """Refuse numbers that no particle of the image can have."""
    for name, is_wrong in _impossible(table, frame).items():
        if is_wrong.any():
            row = int(np.flatnonzero(is_wrong)[0])
            raise ValueError(f"{name} in row {row + 1} of {_TABLE} is {table[name][row]}, which cannot be")
    for (name, other), is_wrong in _impossible_together(table).items():
        if is_wrong.any():
            row = int(np.flatnonzero(is_wrong)[0])
            beside = f"{other} {table[other][row]}"
            raise ValueError(
                f"{name} in row {row + 1} of {_TABLE} is {table[name][row]}, which cannot be beside {beside}"
            )
    known = table[list(PROBABILITIES)].notna()
    if (known.any(axis=1) & ~known.all(axis=1)).any():
        raise ValueError(f"{_TABLE} has a particle with probabilities of some classes only")


def _check_named(classes: pd.Series[Any], path: Path) -> None:
    """Refuse an empty class beside named ones: for want of one, faults would be counted in no image."""
    lacking = np.flatnonzero(classes.isna())
    if 0 < len(lacking) < len(classes):
        raise InputError(
            f"{path}: class in row {lacking[0] + 1} is nothing, beside others that are named; give one, as {UNSURE}."
        )


def _impossible(table: pd.DataFrame, frame: _Frame) -> dict[str, pd.Series[bool]]:
    """By column which of its numbers are impossible, whatever stands beside them."""
    largest = {
        "diameter_nm": frame.diagonal_nm,
        "feret_max_nm": frame.diagonal_nm,
        "feret_min_nm": frame.diagonal_nm,
        "area_nm2": _ROUNDING * frame.width_nm * frame.height_nm,
        "width_nm": _ROUNDING * frame.width_nm,
        "height_nm": _ROUNDING * frame.height_nm,
        "perimeter_nm": math.inf,
        **dict.fromkeys(("aspect_ratio", "circularity", "solidity"), _MOST_RATIO),
    }
    return {
        "particle": table["particle"].duplicated(),
        **{
            name: ~np.isfinite(table[name]) | ~table[name].between(0, most, inclusive="right")
            for name, most in largest.items()
        },
        "x_nm": ~table["x_nm"].between(0, frame.width_nm),
        "y_nm": ~table["y_nm"].between(0, frame.height_nm),
        **{name: table[name].notna() & ~table[name].between(0, 1) for name in ("score", *PROBABILITIES)},
    }


def _impossible_together(table: pd.DataFrame) -> dict[tuple[str, str], pd.Series[bool]]:
    """By two columns which numbers of the first are impossible beside those of the second."""
    of_disc = np.pi / 4 * table["diameter_nm"] ** 2
    return {
        ("area_nm2", "diameter_nm"): (table["area_nm2"] / of_disc - 1).abs() > 2 * (_ROUNDING - 1),
        ("feret_min_nm", "feret_max_nm"): table["feret_min_nm"] > _ROUNDING * table["feret_max_nm"],
    }


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
