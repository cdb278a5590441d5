"""The results of all images of a folder, as files beside theirs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from samiam.formats.writers.earlier import OVERVIEW, PROVENANCE, results_below
from samiam.formats.writers.exports.summary import shown
from samiam.formats.writers.overview.tables import write_below_one_another
from samiam.formats.writers.pages.rendering import MOST_PICTURES, Table, reduced, write_page
from samiam.formats.writers.wording import percent
from samiam.records.showing import counted
from samiam.storage.files import replacing_together
from samiam.storage.strict_json import parse_json

_MATERIALS, _REGIONS, _PAGE = OVERVIEW


def write_overview(output: Path) -> Path | None:
    """Write `materials.csv`, `regions.csv` and `summary.html` of all images whose results are in folders of `output`.

    All three are replaced, or none; `summary.html` is missing where that was interrupted.

    Returns:
        The page; None where there is no result, and nothing is written.
    """
    folders = results_below(output, "segment")
    if not folders:
        return None
    with replacing_together(output, _PAGE) as partial:
        materials = write_below_one_another(partial / _MATERIALS, folders)
        write_below_one_another(partial / _REGIONS, folders)
        _write_page(partial / _PAGE, folders, pd.read_csv(materials))
    return output / _PAGE


def _write_page(path: Path, folders: Sequence[Path], materials: pd.DataFrame) -> None:
    noted = {folder.name: parse_json((folder / PROVENANCE).read_text(encoding="utf-8")) for folder in folders}
    pictures = [folder / "overlay.png" for folder in folders]
    write_page(
        path,
        Path(__file__).with_name("overview.html.jinja"),
        title="Materials",
        facts={"images": str(len(folders))},
        remarks=_remarks(list(noted.values())),
        charts={},
        images=_images(noted),
        overlays={picture.parent.name: reduced(picture) for picture in pictures[:MOST_PICTURES]},
        n_not_shown=len(pictures[MOST_PICTURES:]),
        materials=shown(materials),
    )


def _remarks(noted: Sequence[Mapping[str, Any]]) -> list[str]:
    """That images were not all segmented alike, which numbers beside each other hide."""
    ways = {json.dumps([one["samiam"], one["settings"]], sort_keys=True) for one in noted}
    if len(ways) == 1:
        return []
    several = f"The images were segmented in {len(ways)} ways, by other settings or versions"
    return [f"{several}: see provenance.json in their folders."]


def _images(noted: Mapping[str, Mapping[str, Any]]) -> Table:
    columns = ("image", "size", "pixel size", "found", "not segmented", "remark")
    return Table(columns, [(name, *_row(one)) for name, one in noted.items()])


def _row(noted: Mapping[str, Any]) -> tuple[str, ...]:
    (height, width), size = noted["input"]["shape_hw"], noted["input"]["pixel_size_nm"]
    found = [counted(noted["materials_found"], "material"), counted(noted["grains_found"], "grain")]
    said = [noted["input"]["left_out"] and f"left out: {noted['input']['left_out']}", noted["remark"]]
    return (
        f"{width} × {height} px",
        "unknown" if size is None else f"{size:.4g} nm",
        ", ".join(found),
        percent(noted["not_segmented_fraction"]),
        "; ".join(filter(None, said)),
    )
