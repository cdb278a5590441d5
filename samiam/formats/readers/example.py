"""The micrograph that ships with the package."""

from __future__ import annotations

from pathlib import Path

from samiam.formats.readers.read import read_micrograph
from samiam.records import Micrograph

EXAMPLE = Path(__file__).parents[2] / "data" / "sto_on_ge.tif"
"""A simulated HAADF micrograph of SrTiO3 on Ge under a cap of Pt and C; `scripts/example_micrograph.py` draws it."""


def example() -> Micrograph:
    """A simulated HAADF micrograph, 512 × 512 px: Ge below, SrTiO3 on it, a cap of Pt and C on top."""
    return read_micrograph(EXAMPLE)
