"""The parts of a page in Markdown, and the same page in HTML that can be mailed."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, unquote

import pandas as pd
from markdown import Markdown
from markupsafe import Markup
from pandas.api.types import is_numeric_dtype

from samiam.formats.writers.pages.rendering import framed, write_page
from samiam.storage.files import replacing

_TEMPLATE = Path(__file__).parent / "benchmark.html.jinja"
_PICTURE = re.compile(r'<p><img alt="(?P<title>[^"]*)" src="(?P<place>[^"]*)"></p>')
_NONE: Mapping[str, Sequence[bool]] = {}
_MARKS = re.compile(r"([\\`*\[\]|]|(?<!\w)_|_(?!\w))")


def plain(text: object) -> str:
    """Text of somebody else, such as a message, on one line and without a meaning in Markdown or HTML."""
    return _MARKS.sub(r"\\\1", html.escape(" ".join(str(text).split()), quote=False))


def literal(text: object) -> str:
    """Such text as it stands, marked as code."""
    line = " ".join(str(text).split()).replace("`", "'")
    return f"`{line}`"


def table(
    found: pd.DataFrame,
    decimals: Mapping[str, int],
    bold: Mapping[str, Sequence[bool]] = _NONE,
    right: Collection[str] = (),
) -> str:
    """A table, numbers to the right.

    Args:
        found: what to show; missing values leave a cell empty.
        decimals: of the columns of numbers that are not to have three.
        bold: by column whether each of its cells stands out.
        right: columns of text that stand to the right as well: of numbers with their intervals.
    """
    cells = {str(name): _cells(found[name], decimals.get(str(name), 3)) for name in found}
    for name, chosen in bold.items():
        cells[name] = [
            f"**{cell}**" if is_bold and cell else cell for cell, is_bold in zip(cells[name], chosen, strict=True)
        ]
    sides = ["right" if is_numeric_dtype(found[name]) or name in right else "left" for name in found]
    return str(pd.DataFrame(cells).to_markdown(index=False, disable_numparse=True, colalign=sides))


def _cells(column: pd.Series, decimals: int) -> list[str]:
    shown = (lambda number: f"{number:.{decimals}f}") if is_numeric_dtype(column) else plain
    return ["" if is_missing else shown(value) for value, is_missing in zip(column, column.isna(), strict=True)]


def picture(path: Path, folder: Path, title: str) -> str:
    """A picture, by its place as seen from the page's folder."""
    return f"!{link(path, folder, title)}"


def link(path: Path, folder: Path, title: str) -> str:
    """A link to a file, likewise."""
    return f"[{plain(title)}]({quote(Path(os.path.relpath(path, folder)).as_posix())})"


def write_pages(folder: Path, title: str, facts: Mapping[str, str], text: str) -> None:
    """Write `report.md`, and `report.html` that says the same and needs no other file.

    Args:
        folder: of both, and of the pictures that they show.
        title: of the page.
        facts: what stands at its head, as plain text; the one named "command" as code.
        text: the rest, in Markdown: sections with headings of the second level.
    """
    said = "\n".join(f"- {plain(name)}: {(literal if name == 'command' else plain)(of)}" for name, of in facts.items())
    with replacing(folder / "report.md") as partial:
        partial.write_text("\n\n".join(filter(None, (f"# {title}", said, text))) + "\n", encoding="utf-8")
    contents, body = as_html(text, folder)
    write_page(
        folder / "report.html", _TEMPLATE, title=title, facts=facts, remarks=[], charts={}, contents=contents, body=body
    )


def as_html(text: str, folder: Path) -> tuple[Markup, Markup]:
    """Markdown as HTML: links to its sections, and the sections.

    Wide tables and pictures scroll by themselves; pictures are within it.

    Args:
        text: Markdown of `plain` and `literal` parts: nothing in it is another's HTML.
        folder: from which the places of pictures are seen.
    """
    converter = Markdown(
        extensions=["tables", "sane_lists", "toc"],
        extension_configs={"toc": {"toc_depth": "2-2"}},
        output_format="html",
    )
    body = converter.convert(text)
    body = body.replace("<table>", '<div class="table"><table>').replace("</table>", "</table></div>")
    body = _PICTURE.sub(lambda found: framed(folder / unquote(html.unescape(found["place"])), found["title"]), body)
    return Markup(converter.toc), Markup(body)
