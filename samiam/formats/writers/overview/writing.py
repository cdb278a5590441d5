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
from samiam.lengths import length_text
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
    noted = {folder: about for folder in results_below(output, "segment") if (about := _about(folder)) is not None}
    if not noted:
        return None
    with replacing_together(output, _PAGE) as partial:
        materials = write_below_one_another(partial / _MATERIALS, list(noted))
        write_below_one_another(partial / _REGIONS, list(noted))
        _write_page(partial / _PAGE, noted, pd.read_csv(materials))
    return output / _PAGE


def _about(folder: Path) -> Mapping[str, Any] | None:
    """The provenance of the results in a folder, None where it does not say of what image."""
    noted: Any = parse_json((folder / PROVENANCE).read_text(encoding="utf-8"))
    return noted if "shape_hw" in noted.get("input", {}) else None


def _write_page(path: Path, noted: Mapping[Path, Mapping[str, Any]], materials: pd.DataFrame) -> None:
    pictures = [picture for folder in noted if (picture := folder / "overlay.png").is_file()]
    write_page(
        path,
        Path(__file__).with_name("overview.html.jinja"),
        title="Materials",
        facts={"images": str(len(noted))},
        remarks=_remarks(list(noted.values())),
        charts={},
        images=_images(noted),
        overlays={picture.parent.name: reduced(picture) for picture in pictures[:MOST_PICTURES]},
        n_not_shown=len(pictures[MOST_PICTURES:]),
        materials=shown(materials),
    )


def _remarks(noted: Sequence[Mapping[str, Any]]) -> list[str]:
    """That images were not all segmented alike, which numbers beside each other hide."""
    ways = {json.dumps([one.get("samiam"), one.get("settings")], sort_keys=True) for one in noted}
    if len(ways) == 1:
        return []
    several = f"The images were segmented in {len(ways)} ways, by other settings or versions"
    return [f"{several}: see provenance.json in their folders."]


def _images(noted: Mapping[Path, Mapping[str, Any]]) -> Table:
    columns = ("image", "size", "pixel size", "found", "not segmented", "remark")
    return Table(columns, [(folder.name, *_row(one)) for folder, one in noted.items()])


def _row(noted: Mapping[str, Any]) -> tuple[str, ...]:
    """What is known: results of earlier versions do not tell all of it."""
    of_image = noted["input"]
    (height, width), size, left_out = of_image["shape_hw"], of_image.get("pixel_size_nm"), of_image.get("left_out")
    numbers = [(noted.get("materials_found"), "material"), (noted.get("grains_found"), "grain")]
    not_segmented = noted.get("not_segmented_fraction")
    return (
        f"{width} × {height} px",
        "unknown" if size is None else length_text(size),
        ", ".join(counted(n, thing) for n, thing in numbers if n is not None),
        "" if not_segmented is None else percent(not_segmented),
        "; ".join(filter(None, [left_out and f"left out: {left_out}", noted.get("remark")])),
    )
