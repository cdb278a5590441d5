"""A report in sections: its tables as files to read on and to paste, and one page with all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from samiam.benchmark.estimates import as_cells, with_columns
from samiam.benchmark.report.page import literal, picture, plain, table, write_pages
from samiam.storage.csv_cells import inert_table
from samiam.storage.files import replacing

_FORMS = {"diameter_error": "+.1f"}
_WHOLE = ("specimens", "pictures", "left_out", "with_any", "particles", "regions", "n", "n_faulty", "videos", "frames")


@dataclass(frozen=True, eq=False)
class Section:
    """A table of the report.

    Attributes:
        name: of its files.
        title: over it.
        table: may hold estimates.
        about: what its reader has to know.
    """

    name: str
    title: str
    table: pd.DataFrame
    about: str = ""

    def as_markdown(self) -> str:
        """The table as it is read and pasted."""
        return table(as_cells(self.table, _FORMS), dict.fromkeys(_whole(self.table), 0))


def _whole(shown: pd.DataFrame) -> list[str]:
    """Columns of whole numbers."""
    return [str(name) for name in shown if name in _WHOLE or str(name).startswith("n ")]


@dataclass(frozen=True)
class Heading:
    """What a report begins with.

    Attributes:
        title: over it.
        facts: what the reader has to know of the run, as plain text.
        about: what the reader has to know of all tables.
    """

    title: str
    facts: Mapping[str, str]
    about: str


def write_sections(
    folder: Path,
    heading: Heading,
    sections: Sequence[Section],
    pictures: Mapping[str, bytes],
    failures: Sequence[tuple[str, str]],
) -> str:
    """Write the report into its folder.

    The files: `report.md`, `report.html`; of each table `<name>.csv`, `<name>.parquet` and `<name>.md`, the latter to
    be pasted; `figures/<sample>.png`.

    Args:
        folder: the report's own, made if missing.
        heading: of the report.
        sections: its tables; those without a row are left out.
        pictures: PNGs by sample.
        failures: samples that could not be examined, and why.

    Returns:
        The tables, to print.
    """
    shown = [section for section in sections if not section.table.empty]
    for section in shown:
        _write_table(folder, section)
    for name, png in pictures.items():
        with replacing(folder / "figures" / f"{name}.png") as partial:
            partial.write_bytes(png)
    parts = [f"## {section.title}\n\n{section.as_markdown()}\n\n{section.about}".rstrip() for section in shown]
    failed = "\n".join(f"- {plain(name)}: {literal(line)}" for name, line in failures)
    whole = [heading.about, *parts]
    whole += [f"## Failures\n\n{failed}"] if failed else []
    if pictures:
        images = (picture(folder / "figures" / f"{name}.png", folder, name) for name in pictures)
        whole.append("## Pictures\n\n" + "\n\n".join(images))
    write_pages(folder, heading.title, heading.facts, "\n\n".join(whole))
    return "\n\n".join([*parts, *([f"## Failures\n\n{failed}"] if failed else [])])


def _write_table(folder: Path, section: Section) -> None:
    numbers = with_columns(section.table)
    with replacing(folder / f"{section.name}.csv") as partial:
        inert_table(numbers).to_csv(partial, index=False, float_format="%.6g")
    with replacing(folder / f"{section.name}.parquet") as partial:
        numbers.to_parquet(partial, index=False)
    with replacing(folder / f"{section.name}.md") as partial:
        partial.write_text(f"{section.as_markdown()}\n", encoding="utf-8")
