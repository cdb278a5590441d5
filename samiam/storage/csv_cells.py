"""Cells of CSV files that spreadsheets show as they are, whatever somebody called a material."""

from __future__ import annotations

import re

import pandas as pd

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""What a spreadsheet takes for a formula, perhaps with apostrophes before it."""
_NUMBER = re.compile(r"[-+]?[0-9.]+(e[-+]?[0-9]+)?", re.IGNORECASE)


def inert(cell: object) -> object:
    """A cell that no spreadsheet runs: an apostrophe stands before what would be a formula; numbers stay as they are.

    Example:
        >>> inert("=1+1"), inert("-3.5"), inert(-3.5), inert("Ge")
        ("'=1+1", '-3.5', -3.5, 'Ge')
    """
    is_formula = isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if is_formula else cell


def read_back(cell: str) -> str:
    """The text that `inert` made a cell of.

    Example:
        >>> read_back("'=1+1"), read_back("'n'"), read_back("''-x")
        ('=1+1', "'n'", "'-x")
    """
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def inert_table(table: pd.DataFrame) -> pd.DataFrame:
    """A table with inert names of columns and texts; numbers stay numbers."""
    made = table.rename(columns=inert)
    for name in made:
        if not pd.api.types.is_numeric_dtype(made[name]):
            made[name] = made[name].astype(object).map(inert, na_action="ignore")
    return made
