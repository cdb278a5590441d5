"""The result of one image as a page that needs no other file."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

from samiam.formats.writers.exports.regions import Regions
from samiam.formats.writers.pages.rendering import Table, embedded, write_page
from samiam.formats.writers.wording import notes
from samiam.lengths import area_unit, length_unit

if TYPE_CHECKING:
    import pandas as pd


def write_summary(path: Path, regions: Regions) -> Path:
    """Write the page, with the overlay that lies beside it.

    Args:
        path: the file, .html; `overlay.png` is in its folder.
        regions: the result.

    Returns:
        The file written.
    """
    micrograph = regions.micrograph
    height, width = micrograph.shape_hw
    of_image = {"image": micrograph.file_name, "size": f"{width} × {height} px, {micrograph.scale}"}
    return write_page(
        path,
        Path(__file__).with_name("summary.html.jinja"),
        title=micrograph.name,
        facts={**of_image, **regions.facts},
        remarks=[*regions.remarks, *notes(micrograph)],
        charts={"overlay": embedded(path.with_name("overlay.png").read_bytes())},
        tables={title: shown(table) for title, table in regions.tables.items()},
    )


def shown(table: pd.DataFrame) -> Table:
    """The columns that say something, numbers with four digits, each column in the unit of its largest."""
    filled = _in_their_units(table.dropna(axis="columns", how="all"))
    rows = [tuple(map(_cell, row)) for row in filled.itertuples(index=False)]
    return Table([str(name) for name in filled.columns], rows)


def _in_their_units(table: pd.DataFrame) -> pd.DataFrame:
    """Lengths and areas of µm and more as such: `area_nm2` as `area_µm2`."""
    said, names = table.copy(), {}
    for name, column in table.items():
        kind = re.search("_nm(2?)$", str(name))
        if kind is not None and column.dtype.kind in "iuf":
            factor, unit = (area_unit if kind[1] else length_unit)(float(column.abs().max()))
            said[name] = column if factor == 1 else column / factor
            names[name] = f"{str(name)[: kind.start()]}_{unit.rstrip('²')}{kind[1]}"
    return said.rename(columns=names)


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
