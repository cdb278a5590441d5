"""A result on disk, as the viewer or `samiam segment` has written it, to go on with."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import tifffile

from samiam.errors import InputError
from samiam.formats.writers.earlier import PROVENANCE, other_result_in
from samiam.formats.writers.strict_json import plain
from samiam.records import Action, Decision, Micrograph, Rule, Segmentation
from samiam.storage.csv_cells import read_back
from samiam.storage.strict_json import parse_json
from samiam.viewer.history import Step, Verdict
from samiam.viewer.seeing.sight import Sees


@dataclass(frozen=True)
class Earlier:
    """What an earlier session has left.

    Attributes:
        segmentation: the regions.
        steps: what was done to them by hand.
        verdict: what somebody thought of them; None where nobody said, or pixels were of another size.
    """

    segmentation: Segmentation
    steps: list[Step]
    verdict: Verdict | None


def read_earlier(folder: Path, sight: Sees) -> Earlier | None:
    """What was corrected by hand in a folder of results; None where nothing was, or another image.

    Args:
        folder: which need not be there.
        sight: of the image.

    Raises:
        InputError: if it is damaged, or was made by another method, so that its log is of other masks.
    """
    try:
        noted: Any = parse_json((folder / PROVENANCE).read_text(encoding="utf-8"))
        by_hand = noted.get("by_hand")
    except (OSError, ValueError, AttributeError):
        return None
    if by_hand is None or other_result_in(folder, sight.micrograph) is not None:
        return None
    try:
        steps = [Step(**step) for step in by_hand["steps"]]
        return Earlier(_segmentation(folder, noted, sight), steps, _verdict(noted, sight.micrograph))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{folder}: its results are damaged ({error}); choose another folder with -o.") from None


def _verdict(noted: Mapping[str, Any], micrograph: Micrograph) -> Verdict | None:
    """What somebody thought, unless pixels were of another size: of these lengths and areas they have said nothing."""
    given, sides = noted["by_hand"]["verdict"], (micrograph.pixel_size_nm, micrograph.pixel_height_nm)
    is_as_measured = all(map(_alike, _sides(noted["input"]), sides))
    return Verdict(**given) if given is not None and is_as_measured else None


def _segmentation(folder: Path, noted: Mapping[str, Any], sight: Sees) -> Segmentation:
    generated = sight.result(sight.method.n_materials).generated
    decisions = _rows(folder / "decisions.csv")
    if len(decisions) != len(generated) or noted["config"]["generator"] != plain(sight.config["generator"]):
        raise InputError(
            f"{folder}: was corrected over the result of another generator or other settings; open it with "
            f"--like {folder}, or choose another folder with -o."
        )
    width, height = _sides(noted["input"])
    if not _alike(1.0 if not width or not height else height / width, sight.micrograph.pixel_aspect):
        raise InputError(
            f"{folder}: was corrected over pixels of {width} × {height} nm; give that pixel size, or choose another "
            "folder with -o."
        )
    labels, grains = (np.asarray(tifffile.imread(folder / name)) for name in ("labels.tif", "grains.tif"))
    if not labels.shape == grains.shape == sight.micrograph.shape_hw:
        raise ValueError(f"labels of {labels.shape} pixels, the image {sight.micrograph.shape_hw}")
    regions = _rows(folder / "materials.csv")
    return Segmentation(
        labels,
        [_decision(row) for row in decisions],
        noted["n_materials"],
        noted["n_materials_given"],
        generated,
        [read_back(row["name"]) or None for row in regions],
        sight.micrograph,
        grains,
        [int(row["material"]) for row in regions],
        [_number(row["confidence"]) for row in regions],
        [_number(row["name_confidence"]) for row in regions],
        noted["remark"],
        bool(noted["config"].get("grains")),
    )


def _sides(noted: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Width and height of a pixel in nm, as provenance says."""
    return noted["pixel_size_nm"], noted["pixel_height_nm"]


def _alike(length: float | None, other: float | None) -> bool:
    return length == other if length is None or other is None else math.isclose(length, other, rel_tol=1e-6)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _number(cell: str) -> float | None:
    return float(cell) if cell else None


def _decision(row: dict[str, str]) -> Decision:
    material, other = (int(float(row[name])) if row[name] else None for name in ("material", "other"))
    action, rule = cast("Action", row["action"]), cast("Rule", row["rule"])
    return Decision(int(row["mask"]), action, rule, float(row["value"]), float(row["threshold"]), material, other)
