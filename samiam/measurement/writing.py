"""Measurements to files."""

from __future__ import annotations

from pathlib import Path

from samiam.formats.writers.csv_table import write_table
from samiam.formats.writers.png import write_png
from samiam.measurement.record import Measurements


def write_measured(folder: str | Path, measured: Measurements) -> list[Path]:
    """Write `regions.csv`, `layers.csv`, `lattices.csv` and `layers.png` into a folder.

    Returns:
        The files written, in that order.
    """
    folder = Path(folder)
    tables = {"regions": measured.regions, "layers": measured.layers, "lattices": measured.lattices}
    written = [write_table(folder / f"{name}.csv", table) for name, table in tables.items()]
    return [*written, write_png(folder / "layers.png", measured.picture())]
