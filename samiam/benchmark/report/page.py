"""The parts of a page in Markdown, and the same page in HTML."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import pandas as pd
from markdown import Markdown
from pandas.api.types import is_numeric_dtype

_HTML = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ max-width: 75rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; color: #222; background: #fff;
  font: 16px/1.5 system-ui, sans-serif; }}
h1, h2, h3 {{ line-height: 1.2; margin: 2.2em 0 0.6em; }}
h1 {{ margin-top: 0.5em; }}
h2 {{ border-bottom: 1px solid #ccc; padding-bottom: 0.25em; }}
nav ul {{ display: flex; flex-wrap: wrap; gap: 0.2em 1.2em; padding: 0; list-style: none; }}
a {{ color: #0060a8; }}
code {{ background: #f3f3f3; padding: 0.1em 0.3em; border-radius: 3px; overflow-wrap: anywhere; }}
img {{ max-width: 100%; height: auto; }}
.table {{ overflow-x: auto; margin: 1em 0; }}
table {{ border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }}
th, td {{ padding: 0.3em 0.7em; border-bottom: 1px solid #ddd; white-space: nowrap; }}
th {{ border-bottom: 2px solid #888; }}
tbody tr:hover {{ background: #f6f8fa; }}
</style>
</head>
<body>
<nav>{contents}</nav>
{body}
</body>
</html>
"""
_MARKS = re.compile(r"([\\`*\[\]|]|(?<!\w)_|_(?!\w))")


def plain(text: object) -> str:
    """Text of somebody else, such as a message, on one line and without a meaning in Markdown or HTML."""
    return _MARKS.sub(r"\\\1", html.escape(" ".join(str(text).split()), quote=False))


def literal(text: object) -> str:
    """Such text as it stands, marked as code."""
    line = " ".join(str(text).split()).replace("`", "'")
    return f"`{line}`"


def table(found: pd.DataFrame, decimals: Mapping[str, int]) -> str:
    """A table, numbers to the right.

    Args:
        found: what to show; missing values leave a cell empty.
        decimals: of the columns of numbers that are not to have three.
    """
    shown = pd.DataFrame({name: _cells(found[name], decimals.get(str(name), 3)) for name in found})
    sides = ["right" if is_numeric_dtype(found[name]) else "left" for name in found]
    return str(shown.to_markdown(index=False, disable_numparse=True, colalign=sides))


def _cells(column: pd.Series, decimals: int) -> list[str]:
    shown = (lambda number: f"{number:.{decimals}f}") if is_numeric_dtype(column) else plain
    return ["" if is_missing else shown(value) for value, is_missing in zip(column, column.isna(), strict=True)]


def picture(path: Path, folder: Path, title: str) -> str:
    """A picture, by its place as seen from the page's folder."""
    return f"!{link(path, folder, title)}"


def link(path: Path, folder: Path, title: str) -> str:
    """A link to a file, likewise."""
    return f"[{plain(title)}]({quote(Path(os.path.relpath(path, folder)).as_posix())})"


def as_html(text: str, title: str) -> str:
    """A page of Markdown as HTML that needs nothing but the pictures it refers to.

    Wide tables scroll, pictures load when they come into sight, and links to the sections stand at the top.
    """
    converter = Markdown(
        extensions=["tables", "sane_lists", "toc"],
        extension_configs={"toc": {"toc_depth": "2-2"}},
        output_format="html",
    )
    body = converter.convert(text)
    body = body.replace("<table>", '<div class="table"><table>').replace("</table>", "</table></div>")
    body = body.replace("<img ", '<img loading="lazy" ')
    return _HTML.format(title=html.escape(title), contents=converter.toc, body=body)
