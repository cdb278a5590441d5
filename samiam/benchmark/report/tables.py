"""Rows of scores to tables: one row per image, one per difficulty class and method, one per stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from samiam.benchmark.rows import Row

ALL = "all"
"""The difficulty of a row that is of images of all classes."""
SCORES = ["miou", "mrecall", "mprecision", "mfpr"]
BOUNDARY_SCORES = [f"boundary_{score}" for score in SCORES]
COSTS = ["masks", "materials", "seconds", "peak_mb"]
_SHARED = ["images", *SCORES, *BOUNDARY_SCORES, *COSTS]
_ONE_TO_ONE = ["matched_iou", "f1", "panoptic_quality", "objective_1"]
_MEANS = [*SCORES, *BOUNDARY_SCORES, *_ONE_TO_ONE, *COSTS, "crop_accuracy", "labelling_s"]
SUMMARY_COLUMNS = ["difficulty", "method", *_SHARED]
"""Columns of `summary.csv`: after `condition` where a run has conditions, before `crop_accuracy` where that was asked
for; scores in 0 to 1."""
IMAGE_COLUMNS = ["difficulty", "method", "scene", *_SHARED, *_ONE_TO_ONE, "n_materials", "n_materials_given"]
"""Columns of `images.csv`, likewise, and after them `seed`, `labelling_s` and `image` where a run has several or any;
`n_materials` is what the booster used."""
STAGE_COLUMNS = ["method", "stage", "images", "seconds", "peak_mb"]
"""Columns of `stages.csv`: the mean of the seconds, the largest of the memory."""
_EVERYTHING = [*("condition", "difficulty", "generator", "booster", "method", "is_alone", "scene", "seed", "image")]
_TYPES: dict[str, Any] = {
    **dict.fromkeys(("difficulty", "seed", "masks", "materials"), int),
    **dict.fromkeys(("crop_accuracy", "labelling_s"), float),
    "is_alone": bool,
    "n_materials": "Int64",
    "n_materials_given": "boolean",
}


def everything(rows: Sequence[Row]) -> pd.DataFrame:
    """All that is known of each row, whether or not the run makes use of it.

    Beside the fields of `Row` and `Scores`: `method`, `images` (1) and `is_alone`, true for a generator's own masks,
    not for a baseline's. `booster` is "" where there is none; `condition` is categorical, in the order of the run.
    """
    flat = [
        {
            **vars(row),
            **vars(row.scores),
            "booster": row.booster or "",
            "method": row.method,
            "images": 1,
            "is_alone": row.booster is None and row.n_materials is None,
        }
        for row in rows
    ]
    table = pd.DataFrame(flat, columns=[*_EVERYTHING, "images", *_MEANS, "n_materials", "n_materials_given"])
    conditions = list(dict.fromkeys(row.condition for row in rows))
    return table.astype({**_TYPES, "condition": pd.CategoricalDtype(conditions, ordered=True)})


def classes(table: pd.DataFrame) -> list[str]:
    """The columns whose values images share: the difficulty, after the condition where a run has conditions."""
    return ["condition", "difficulty"] if (table["condition"] != "").any() else ["difficulty"]


def per_scene(table: pd.DataFrame) -> pd.DataFrame:
    """Means over the seeds: of `everything`, one row for each method on each scene under each condition."""
    by = ["condition", "difficulty", "generator", "booster", "method", "is_alone", "scene"]
    how = dict.fromkeys(_MEANS, "mean") | {"images": "first", "peak_mb": "max"}
    return table.groupby(by, sort=False, observed=True).agg(how).reset_index()


def with_all(table: pd.DataFrame) -> pd.DataFrame:
    """The same rows, and where they are of several classes once more under `ALL`; the difficulty becomes text."""
    levels = sorted(table["difficulty"].unique())
    kind = pd.CategoricalDtype([*map(str, levels), ALL], ordered=True)
    in_class = table.assign(difficulty=table["difficulty"].astype(str).astype(kind))
    if len(levels) < 2:
        return in_class
    return pd.concat([in_class, table.assign(difficulty=pd.Series(ALL, table.index, dtype=kind))], ignore_index=True)


def leading(table: pd.DataFrame) -> dict[str, str]:
    """By generator the method with its first booster: what a run is mainly about, its variants left aside."""
    boosted = table[table["booster"] != ""].drop_duplicates("generator")
    return dict(zip(boosted["generator"], boosted["method"], strict=True))


def per_image(rows: Sequence[Row]) -> pd.DataFrame:
    """One table row for each method on each image, with the columns `IMAGE_COLUMNS`."""
    table = everything(rows)
    extra = _measured(rows)
    extra += ["seed"] if table["seed"].nunique() > 1 else []
    extra += [name for name in ("labelling_s",) if table[name].notna().any()]
    extra += ["image"] if (table["image"] != "").any() else []
    return table[[*classes(table)[:-1], *IMAGE_COLUMNS, *extra]]


def summarise(rows: Sequence[Row]) -> pd.DataFrame:
    """Means over the images of each condition, difficulty class and method, with the columns `SUMMARY_COLUMNS`.

    `images` is the number of images, `peak_mb` the largest of the class, everything else a mean, over the seeds first.
    The methods of a class come in the order of their first rows.
    """
    table = everything(rows)
    by = classes(table)
    how = dict.fromkeys([*_SHARED, *_measured(rows)], "mean") | {"images": "sum", "peak_mb": "max"}
    means = per_scene(table).groupby([*by, "method"], sort=False, observed=True).agg(how).reset_index()
    return means.sort_values(by, kind="stable", ignore_index=True)


def _measured(rows: Sequence[Row]) -> list[str]:
    """The columns that only some runs have."""
    return ["crop_accuracy"] if any(row.crop_accuracy is not None for row in rows) else []


def stages(rows: Sequence[Row]) -> pd.DataFrame:
    """What each stage of each method costs over all images, with the columns `STAGE_COLUMNS`."""
    flat = [
        {"method": row.method, "stage": stage, "images": row.scene, "seconds": seconds, "peak_mb": peak_mb}
        for row in rows
        for stage, (seconds, peak_mb) in row.stages.items()
    ]
    by = pd.DataFrame(flat, columns=STAGE_COLUMNS).groupby(["method", "stage"], sort=False)
    return by.agg({"images": "nunique", "seconds": "mean", "peak_mb": "max"}).reset_index()


def numbers_of_materials(table: pd.DataFrame) -> pd.DataFrame:
    """Whether each method was given the number of materials, and how often it was right where it was not.

    Args:
        table: as `everything` makes it.

    Returns:
        One row for each class and method that uses the number: the class, `method`, `images` (and seeds), `number`
        ("given" or "estimated"), and of those estimated the shares `right`, `too few` and `too many`, 0 to 1.
    """
    used = table[table["n_materials"].notna()]
    surplus = used["n_materials"].astype(int) - used["materials"]
    shares = pd.DataFrame({"right": surplus == 0, "too few": surplus < 0, "too many": surplus > 0}).astype(float)
    is_given = used["n_materials_given"].fillna(value=True).astype(bool)
    number = is_given.map({True: "given", False: "estimated"}).astype(str)
    found = used[[*classes(table), "method", "images"]].assign(number=number, **shares.mask(is_given))
    by = [*classes(table), "method", "number"]
    how = {"images": "sum", **dict.fromkeys(shares, "mean")}
    return found.groupby(by, sort=False, observed=True).agg(how).reset_index().sort_values(by[:-2], kind="stable")
