"""What the columns of a report's tables are called, what they say, and which way is good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd
from pandas.api.types import is_integer_dtype

from samiam.benchmark.report.intervals import as_text
from samiam.benchmark.report.page import table


@dataclass(frozen=True)
class Column:
    """One of them.

    Attributes:
        title: over it, without the arrow that says which way is good.
        meaning: of a score, in a sentence.
        best: whether its largest or its smallest value is the best; "" where none is.
        decimals: that are shown.
    """

    title: str
    meaning: str = ""
    best: Literal["max", "min", ""] = ""
    decimals: int = 3

    @property
    def heading(self) -> str:
        """The title, and which way is good."""
        return " ".join(filter(None, (self.title, {"max": "↑", "min": "↓", "": ""}[self.best])))


_USUAL: Mapping[str, str] = {}
_ON_BOUNDARIES = "the same on boundaries, 2 % of the diagonal thick"
COLUMNS = {
    "miou": Column(
        "mIoU", "mean over the truth's regions of the mean IoU of all masks that match one (IoU ≥ 0.05)", "max"
    ),
    "mrecall": Column("recall", "share of the truth's regions that matching masks cover", "max"),
    "mprecision": Column("precision", "share of the matching masks that lies in the region they match", "max"),
    "mfpr": Column("mFPR", "mean IoU of the matches other than the best one: what is said more than once", "min"),
    "boundary_miou": Column("boundary mIoU", _ON_BOUNDARIES, "max"),
    "boundary_mrecall": Column("boundary recall", _ON_BOUNDARIES, "max"),
    "boundary_mprecision": Column("boundary precision", _ON_BOUNDARIES, "max"),
    "boundary_mfpr": Column("boundary mFPR", _ON_BOUNDARIES, "min"),
    "matched_iou": Column(
        "one-to-one IoU", "mean over the truth's regions of the IoU with one mask each, paired best", "max"
    ),
    "crop_accuracy": Column(
        "crop accuracy",
        "share of crops of the true regions that the encoder's vectors put into the right cluster",
        "max",
    ),
    "masks": Column("masks", "that a generator proposed, or regions that a booster left", decimals=1),
    "materials": Column("true regions", "that the truth has", decimals=1),
    "n_materials": Column("materials", "number of them that the booster was told or estimated", decimals=0),
    "images": Column("images", decimals=0),
    "difficulty": Column("difficulty", decimals=0),
    "seconds": Column("time (s)", "from the micrograph to the masks, a mean over the images", decimals=2),
    "peak_mb": Column("peak memory (MB)", "of the process, the largest of the images", decimals=0),
    "pixel_agreement": Column("pixel agreement", best="max"),
}
"""By name as in the files."""


def heading(name: str) -> str:
    """What stands over a column, by its name in the files."""
    return COLUMNS[name].heading if name in COLUMNS else name


def titled_table(found: pd.DataFrame, best_within: Sequence[str] = (), forms: Mapping[str, str] = _USUAL) -> str:
    """A table with readable headings; a number with ends `<name>_low` and `<name>_high` has its interval in brackets.

    Args:
        found: columns by their names in the files.
        best_within: columns that make groups of rows: in each group the best of every score is bold. None for none.
        forms: of numbers with intervals, as in a format string, that are not to have three decimals.
    """
    names = [str(name) for name in found if not str(name).endswith(("_low", "_high"))]
    rated = [name for name in names if best_within and name in COLUMNS and COLUMNS[name].best]
    bold = {heading(name): _are_best(found, name, best_within) for name in rated}
    decimals = {heading(name): _decimals(found, name) for name in names}
    shown = pd.DataFrame({heading(name): _with_interval(found, name, forms.get(name, ".3f")) for name in names})
    intervals = [heading(name) for name in names if f"{name}_low" in found]
    return table(shown, decimals, bold, intervals)


def _decimals(found: pd.DataFrame, name: str) -> int:
    if is_integer_dtype(found[name]):
        return 0
    return COLUMNS[name].decimals if name in COLUMNS else 3


def _are_best(found: pd.DataFrame, name: str, within: Sequence[str]) -> list[bool]:
    """Whether each is the best of its group, to the digits that are shown; none is where all are alike."""
    shown = found[name].astype(float).round(COLUMNS[name].decimals)
    groups = shown.groupby([found[by] for by in within], observed=True)
    best = groups.transform("max" if COLUMNS[name].best == "max" else "min")
    return list((shown == best) & (groups.transform("nunique") > 1))


def _with_interval(found: pd.DataFrame, name: str, form: str) -> pd.Series:
    if f"{name}_low" not in found:
        column: pd.Series = found[name]
        return column
    ends = as_text(found, name, form)
    numbers = found[name].map(f"{{:{form}}}".format).where(found[name].notna(), "")
    return pd.Series([f"{number} ({end})" if end else number for number, end in zip(numbers, ends, strict=True)])


def meanings(names: Sequence[str]) -> str:
    """What scores say, and which way is good, as a table.

    Args:
        names: of the scores in the files; those that need no word are left out.
    """
    good = {"max": "the most", "min": "the least", "": ""}
    rows = [
        {"column": column.heading, "meaning": column.meaning, "best is": good[column.best], "in the files": name}
        for name in names
        if (column := COLUMNS.get(name)) and column.meaning
    ]
    return table(pd.DataFrame(rows), {}) if rows else ""
