"""The report of a run: its tables as files, charts, and one page that explains them, in Markdown and HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from samiam.benchmark.report.by_image import image_by_image, with_numbers
from samiam.benchmark.report.charts import write_charts
from samiam.benchmark.report.gains import gains, with_intervals
from samiam.benchmark.report.intervals import as_text, mean_intervals
from samiam.benchmark.report.page import as_html, literal, picture, plain, table
from samiam.benchmark.report.robustness import robustness, with_changes
from samiam.benchmark.report.shortfall import shortfalls
from samiam.benchmark.report.tables import (
    BOUNDARY_SCORES,
    COSTS,
    SCORES,
    classes,
    everything,
    leading,
    numbers_of_materials,
    per_image,
    per_scene,
    stages,
    summarise,
)
from samiam.benchmark.report.worst import log_path, log_table, worst_images
from samiam.benchmark.rows import Row
from samiam.records import Decision
from samiam.storage.csv_cells import inert_table
from samiam.storage.files import replacing

_ABOUT_PUBLISHED = """\
Intervals are of a paired bootstrap over the images. *Published*: the paper's change over SAM+ with ViT-L on its own
micrographs; with other micrographs and another generator alone, the sizes cannot be compared one to one."""
_ABOUT_INTERVALS = "Intervals are 95 % of a bootstrap of the mean over the images."
_DECIMALS = {"difficulty": 0, "images": 0, "masks": 1, "materials": 1, "seconds": 2, "peak_mb": 0}
"""Digits that are shown; other columns have three."""
_TITLE = "Benchmark"


def write_report(
    folder: str | Path,
    rows: Sequence[Row],
    facts: Mapping[str, Any],
    pictures: Mapping[str, Path],
    logs: Mapping[str, Sequence[Decision]] | None = None,
    agreement: pd.DataFrame | None = None,
    failures: Sequence[tuple[str, str]] = (),
    *,
    by_image: bool = False,
) -> str:
    """Write everything there is to say of a run into a folder.

    The files: `report.md` and `report.html`; `summary`, `images`, `gains` and `stages`, each as CSV and Parquet, and
    `robustness` and `by_image` likewise where there is such a table; `agreement.csv` where there is any; charts in
    `figures`; the decision logs in `logs`.

    Args:
        folder: the report's own, made if missing.
        rows: all rows of the run, of each generator the one alone first; there may be none. Scenes have one name under
            all conditions, and the condition of the first row is what the others are compared with.
        facts: what the reader of the report has to know of the run; one line each, which may use Markdown.
        pictures: by scene, for the first booster under the first condition; in any folder, preferably `figures`.
        logs: by scene the decisions behind its picture.
        agreement: how well annotators agree, as the report is to show it.
        failures: scenes without rows, or what of them failed under a condition, and the line that says why.
        by_image: whether there is a table of the one-to-one IoU, image by image.

    Returns:
        The report's main tables, to print.
    """
    folder, logs = Path(folder), logs or {}
    found = everything(rows)
    gain = gains(found, [*SCORES, *BOUNDARY_SCORES])
    change = robustness(found)
    each = image_by_image(found) if by_image else pd.DataFrame()
    _write_tables(folder, rows, {"gains": gain, "robustness": change, "by_image": each}, agreement)
    _write_logs(folder, logs)
    main = _joined(_scores(rows), _gains(gain, found), _image_by_image(each))
    robust, failed = _robustness(change, found), _failures(found, failures)
    charts = write_charts(folder / "figures", found)
    text = _joined(
        _heading(facts, found, failures),
        main,
        _own_scores(found),
        _stages(stages(rows)),
        _numbers(numbers_of_materials(found)),
        _section("Agreement of the annotators", "" if agreement is None else table(agreement, _DECIMALS)),
        robust,
        _section("Charts", *(_joined(caption, picture(path, folder, path.stem)) for caption, path in charts.items())),
        _section("Worst images", *worst_images(found, folder, pictures, logs)),
        _section("All images", *(picture(path, folder, scene) for scene, path in pictures.items())),
        failed,
    )
    for name, content in (("report.md", f"{text}\n"), ("report.html", as_html(text, _TITLE))):
        with replacing(folder / name) as partial:
            partial.write_text(content, encoding="utf-8")
    return _joined(main, robust, failed)


def _write_tables(
    folder: Path, rows: Sequence[Row], others: Mapping[str, pd.DataFrame], agreement: pd.DataFrame | None
) -> None:
    tables = {"summary": summarise(rows), "images": per_image(rows), "stages": stages(rows), **others}
    for name, found in tables.items():
        if name in ("robustness", "by_image") and found.empty:
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


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _section(title: str, *parts: str) -> str:
    """A section, or nothing where there is nothing in it."""
    return _joined(f"## {title}", *parts) if any(parts) else ""


def _heading(facts: Mapping[str, Any], found: pd.DataFrame, failures: Sequence[tuple[str, str]]) -> str:
    lines = [f"- {key}: {value}" for key, value in facts.items()]
    lines += [f"- failed: {_share_failed(found, failures)}, see [Failures](#failures)"] if failures else []
    return _joined(f"# {_TITLE}", "\n".join(lines))


def _scores(rows: Sequence[Row]) -> str:
    """The two tables of means, on whole masks and on boundaries."""
    if not rows:
        return ""
    summary = summarise(rows)
    first = [name for name in ("condition", "difficulty", "method") if name in summary]
    last = [name for name in ("crop_accuracy",) if name in summary]
    whole = table(summary[[*first, *SCORES, *last, "images", *COSTS]], _DECIMALS)
    edges = table(summary[[*first, *BOUNDARY_SCORES]], _DECIMALS)
    return _joined(_section("Whole masks", whole), _section("Boundaries", edges))


def _gains(gain: pd.DataFrame, found: pd.DataFrame) -> str:
    if gain.empty:
        return ""
    shown = with_intervals(gain)
    first = [name for name in ("condition", "generator", "difficulty", "method") if name in shown]
    scores = [name for score in SCORES for name in (score, f"{score} 95 %", f"{score} published") if name in shown]
    points = table(
        shown[[*first, *scores, *BOUNDARY_SCORES]], {**dict.fromkeys([*scores, *BOUNDARY_SCORES], 1), **_DECIMALS}
    )
    behind = "\n".join(f"- {plain(text)}" for text in shortfalls(found))
    intro = "Where a gain is smaller than the published one:" if behind else ""
    return _section("Gain of the booster (points)", points, _ABOUT_PUBLISHED, intro, behind)


def _image_by_image(each: pd.DataFrame) -> str:
    if each.empty:
        return ""
    about = (
        "One-to-one IoU: the mean over the truth's labels of the IoU with one region each, paired best; in brackets "
        "the number of regions found.\nAt the end means, and in brackets the share of the images with as many regions "
        "as the truth."
    )
    return _section("Image by image", table(with_numbers(each), _DECIMALS), about)


def _own_scores(found: pd.DataFrame) -> str:
    """The first boosters' own scores, and how sure they are."""
    scenes = per_scene(found)
    scenes = scenes[scenes["method"].isin(leading(found).values())]
    if scenes.empty:
        return ""
    by = [*classes(found), "method"]
    means = mean_intervals(scenes, by, ["miou", "mfpr"]).sort_values(by[:-1], kind="stable")
    shown = means[[*by, "images"]].copy()
    for score in ("miou", "mfpr"):
        shown[score] = means[score]
        shown[f"{score} 95 %"] = as_text(means, score, ".3f")
    return _section("Scores of the booster", table(shown, _DECIMALS), _ABOUT_INTERVALS)


def _stages(found: pd.DataFrame) -> str:
    """Seconds and memory side by side: one line for each method, one column for each stage."""
    if found.empty:
        return ""
    cells = found["seconds"].map("{:.2f} s, ".format) + found["peak_mb"].map("{:.0f} MB".format)
    wide = found.assign(cells=cells).pivot_table("cells", "method", "stage", aggfunc="first", sort=False)
    return _section("Stages", table(wide.reset_index(), {}), "Seconds are means over the images, memory is the peak.")


def _numbers(found: pd.DataFrame) -> str:
    is_estimated = found["number"] == "estimated"
    if found.empty or not is_estimated.any():
        return _section("Number of materials", "" if found.empty else "It was given for every image.")
    about = "*right*, *too few*, *too many*: shares of the images for which the number was estimated."
    return _section("Number of materials", table(found, _DECIMALS), about)


def _robustness(change: pd.DataFrame, found: pd.DataFrame) -> str:
    if change.empty:
        return ""
    about = (
        f"Changes are in points against *{plain(found['condition'].cat.categories[0])}*, on the same scenes, with the "
        "interval of a paired bootstrap."
    )
    return _section("Robustness", table(with_changes(change), _DECIMALS), about)


def _failures(found: pd.DataFrame, failures: Sequence[tuple[str, str]]) -> str:
    if not failures:
        return ""
    lines = "\n".join(f"- {plain(scene)}: {literal(line)}" for scene, line in failures)
    return _section("Failures", f"{_share_failed(found, failures)} failed:", lines)


def _share_failed(found: pd.DataFrame, failures: Sequence[tuple[str, str]]) -> str:
    n_images = len(failures) + len(found[["condition", "scene"]].drop_duplicates())
    return f"{len(failures)} of {n_images} images"
