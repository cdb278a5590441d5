"""Rows of scores to tables: one row per image, one per difficulty class and method, and a report to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from samiam.benchmark.compare import Row
from samiam.benchmark.gains import gains, with_intervals
from samiam.files import replacing

_SCORES = ["miou", "mrecall", "mprecision", "mfpr"]
_BOUNDARY_SCORES = [f"boundary_{score}" for score in _SCORES]
_COSTS = ["masks", "materials", "seconds", "peak_mb"]
_SHARED = ["images", *_SCORES, *_BOUNDARY_SCORES, *_COSTS]
_ONE_TO_ONE = ["matched_iou", "f1", "panoptic_quality", "objective_1"]
_GAINS = [
    *("miou", "miou 95 %", "miou published", "mrecall", "mprecision", "mfpr", "mfpr 95 %", "mfpr published"),
    *_BOUNDARY_SCORES,
]
_ABOUT_PUBLISHED = """\
Intervals are of a paired bootstrap over the images. *Published*: the paper's change over SAM+ with ViT-L on its own
micrographs; with other micrographs and another generator alone, the sizes cannot be compared one to one."""
SUMMARY_COLUMNS = ["difficulty", "method", *_SHARED]
"""Columns of `summary.csv`, followed by `crop_accuracy` where that was asked for; scores in 0 to 1."""
IMAGE_COLUMNS = ["difficulty", "method", "scene", *_SHARED, *_ONE_TO_ONE, "n_materials", "n_materials_given"]
"""Columns of `images.csv`, likewise; `n_materials` is what the booster used."""


def per_image(rows: Sequence[Row]) -> pd.DataFrame:
    """One table row for each method on each image, with the columns `IMAGE_COLUMNS`."""
    flat = [{**asdict(row), **asdict(row.scores), "method": row.method, "images": 1} for row in rows]
    table = pd.DataFrame(flat, columns=[*IMAGE_COLUMNS, *_measured(rows)])
    types: dict[str, Any] = {"masks": int, "materials": int, "n_materials": "Int64", "n_materials_given": "boolean"}
    return table.astype({**types, **dict.fromkeys(_measured(rows), float)})


def summarise(rows: Sequence[Row]) -> pd.DataFrame:
    """Means over the images of each difficulty class and method, with the columns `SUMMARY_COLUMNS`.

    `images` is the number of images, `peak_mb` the largest of the class, everything else a mean. The methods of a
    class come in the order of their first rows.
    """
    how = dict.fromkeys([*_SHARED, *_measured(rows)], "mean") | {"images": "sum", "peak_mb": "max"}
    means = per_image(rows).groupby(["difficulty", "method"], sort=False).agg(how).reset_index()
    ordered = means.sort_values("difficulty", kind="stable", ignore_index=True)
    return ordered[[*SUMMARY_COLUMNS, *_measured(rows)]]


def _measured(rows: Sequence[Row]) -> list[str]:
    """The columns that only some runs have."""
    return ["crop_accuracy"] if any(row.crop_accuracy is not None for row in rows) else []


def write_tables(folder: str | Path, rows: Sequence[Row], facts: Mapping[str, Any], figures: Sequence[Path]) -> str:
    """Write `summary.csv`, `images.csv`, `gains.csv` and `report.md` into a folder.

    Args:
        folder: made if missing.
        rows: all rows of the run, the generator alone first.
        facts: what the reader of the report has to know of the run; one line each.
        figures: pictures to show in the report.

    Returns:
        The report's tables, to print.
    """
    folder = Path(folder)
    summary, images = summarise(rows), per_image(rows)
    boosters = {row.method: row.booster for row in rows if row.booster is not None}
    gain = gains(images, rows[0].method, boosters, [*_SCORES, *_BOUNDARY_SCORES])
    for name, table in (("summary.csv", summary), ("images.csv", images), ("gains.csv", gain)):
        with replacing(folder / name) as partial:
            table.to_csv(partial, index=False, float_format="%.6g")
    tables = "\n\n".join(
        [
            _markdown("Whole masks", summary, [*_SCORES, *_measured(rows), "images", *_COSTS]),
            _markdown("Boundaries", summary, _BOUNDARY_SCORES),
            _markdown("Gain of the booster (points)", with_intervals(gain), _GAINS),
            _ABOUT_PUBLISHED,
        ]
    )
    lines = ["# Benchmark", "", *(f"- {key}: {value}" for key, value in facts.items()), "", tables, ""]
    pictures = [f"![{figure.stem}]({figure.relative_to(folder).as_posix()})\n" for figure in figures]
    with replacing(folder / "report.md") as partial:
        partial.write_text("\n".join([*lines, *pictures]), encoding="utf-8")
    return tables


def _markdown(title: str, table: pd.DataFrame, columns: list[str]) -> str:
    decimals = {"seconds": 2, "peak_mb": 0, "masks": 1, "materials": 1, "images": 0}
    chosen = table[["difficulty", "method", *columns]]
    chosen = chosen.astype(object).where(chosen.notna(), None)
    places = [0, 0, *(decimals.get(column, 1 if "points" in title else 3) for column in columns)]
    return f"## {title}\n\n" + str(chosen.to_markdown(index=False, floatfmt=tuple(f".{n}f" for n in places)))
