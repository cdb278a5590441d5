"""The report of a run: its tables as files, charts, and one page that explains them, in Markdown and HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from samiam.benchmark.report.by_image import image_by_image
from samiam.benchmark.report.charts import write_charts
from samiam.benchmark.report.columns import meanings, titled_table
from samiam.benchmark.report.gains import gains
from samiam.benchmark.report.page import literal, picture, plain, write_pages
from samiam.benchmark.report.robustness import robustness
from samiam.benchmark.report.table_sections import (
    changes_section,
    costs_section,
    gains_section,
    image_by_image_section,
    joined,
    means_section,
    numbers_section,
    robustness_section,
    section,
)
from samiam.benchmark.report.tables import (
    BOUNDARY_SCORES,
    COSTS,
    SCORES,
    everything,
    numbers_of_materials,
    per_image,
    stages,
    summarise,
)
from samiam.benchmark.report.variants import against_first, scores
from samiam.benchmark.report.worst import caption, log_path, log_table, worst_images, worst_scenes
from samiam.benchmark.rows import Row
from samiam.records import Decision
from samiam.storage.csv_cells import inert_table
from samiam.storage.files import replacing

_TITLE = "Benchmark"
_NONE: Mapping[str, Path] = {}


def write_report(
    folder: str | Path,
    rows: Sequence[Row],
    facts: Mapping[str, str],
    pictures: Mapping[str, Path],
    logs: Mapping[str, Sequence[Decision]] | None = None,
    agreement: pd.DataFrame | None = None,
    failures: Sequence[tuple[str, str]] = (),
    *,
    variants: Mapping[str, Path] = _NONE,
    by_image: bool = False,
) -> str:
    """Write everything there is to say of a run into a folder.

    The files: `report.md`, and `report.html` that needs no other file; `summary`, `scores`, `images`, `gains` and
    `stages`, each as CSV and Parquet, and `variants`, `robustness` and `by_image` likewise where there is such a table;
    `agreement.csv` where there is any; charts in `figures`; the decision logs in `logs`.

    Args:
        folder: the report's own, made if missing.
        rows: all rows of the run, of each generator the one alone first; there may be none. Scenes have one name under
            all conditions, and the condition of the first row is what the others are compared with.
        facts: what the reader of the report has to know of the run, as plain text.
        pictures: by scene, for the first booster under the first condition; in any folder, preferably `figures`.
        logs: by scene the decisions behind its picture.
        agreement: how well annotators agree, as the report is to show it.
        failures: scenes without rows, or what of them failed under a condition, and the line that says why.
        variants: by scene a picture of what all methods made of it, of those scenes on which they differ most.
        by_image: whether there is a table of the one-to-one IoU, image by image.

    Returns:
        The report's main tables, to print.
    """
    folder, logs = Path(folder), logs or {}
    found = everything(rows)
    means, gain, change = scores(found), gains(found, [*SCORES, *BOUNDARY_SCORES]), robustness(found)
    changes = against_first(found)
    each = image_by_image(found) if by_image else pd.DataFrame()
    of_run = {"scores": means, "gains": gain, "variants": changes, "robustness": change, "by_image": each}
    _write_tables(folder, rows, of_run, agreement)
    _write_logs(folder, logs)
    main = joined(
        means_section(means), changes_section(changes, found), gains_section(gain, found), image_by_image_section(each)
    )
    robust, failed = robustness_section(change, found), _failures(found, failures)
    charts = write_charts(folder / "figures", found)
    text = joined(
        section("What the columns say", "" if found.empty else meanings(list(dict.fromkeys([*means, *COSTS])))),
        main,
        costs_section(found, stages(rows)),
        numbers_section(numbers_of_materials(found)),
        section("Agreement of the annotators", "" if agreement is None else titled_table(agreement)),
        robust,
        section("Charts", *(joined(picture(path, folder, path.stem), said) for said, path in charts.items())),
        section("Where methods differ most", *_pictures(variants, folder, _of_variants)),
        section("Worst images", *worst_images(found, folder, pictures, logs)),
        section("Other images", *_others(found, folder, pictures)),
        failed,
    )
    whole = {**facts, **({"failed": f"{_share_failed(found, failures)}, see Failures"} if failures else {})}
    write_pages(folder, _TITLE, whole, text)
    return joined(main, robust, failed)


def _pictures(pictures: Mapping[str, Path], folder: Path, caption_of: Callable[[str], str]) -> list[str]:
    return [joined(picture(path, folder, scene), caption_of(scene)) for scene, path in pictures.items()]


def _others(found: pd.DataFrame, folder: Path, pictures: Mapping[str, Path]) -> list[str]:
    """The pictures that do not stand among the worst."""
    worst = worst_scenes(found)
    others = {scene: path for scene, path in pictures.items() if scene not in worst}
    return _pictures(others, folder, partial(caption, found))


def _of_variants(scene: str) -> str:
    return (
        f"*{plain(scene)}*: the micrograph, its truth, and the regions of each method with its mIoU. Regions wear the "
        "colour of the material that they overlap most."
    )


def _write_tables(
    folder: Path, rows: Sequence[Row], others: Mapping[str, pd.DataFrame], agreement: pd.DataFrame | None
) -> None:
    tables = {"summary": summarise(rows), "images": per_image(rows), "stages": stages(rows), **others}
    for name, found in tables.items():
        if name in ("variants", "robustness", "by_image") and found.empty:
            continue
        with replacing(folder / f"{name}.csv") as partial:
            inert_table(found).to_csv(partial, index=False, float_format="%.6g")
        with replacing(folder / f"{name}.parquet") as partial:
            found.to_parquet(partial, index=False)
    if agreement is not None:
        with replacing(folder / "agreement.csv") as partial:
            inert_table(agreement).to_csv(partial, index=False, float_format="%.6g")


def _write_logs(folder: Path, logs: Mapping[str, Sequence[Decision]]) -> None:
    for scene, log in logs.items():
        with replacing(log_path(folder, scene)) as partial:
            log_table(log).to_csv(partial, index=False)


def _failures(found: pd.DataFrame, failures: Sequence[tuple[str, str]]) -> str:
    if not failures:
        return ""
    lines = "\n".join(f"- {plain(scene)}: {literal(line)}" for scene, line in failures)
    return section("Failures", f"{_share_failed(found, failures)} failed:", lines)


def _share_failed(found: pd.DataFrame, failures: Sequence[tuple[str, str]]) -> str:
    n_images = len(failures) + len(found[["condition", "scene"]].drop_duplicates())
    return f"{len(failures)} of {n_images} images"
