"""The report of a run: its tables as files, charts, and one page that explains them, in Markdown and HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from samiam.benchmark.report.by_image import image_by_image, with_numbers
from samiam.benchmark.report.charts import write_charts
from samiam.benchmark.report.columns import COLUMNS, meanings, titled_table
from samiam.benchmark.report.gains import PUBLISHED, gains, with_published
from samiam.benchmark.report.page import literal, picture, plain, table, write_pages
from samiam.benchmark.report.robustness import robustness, with_changes
from samiam.benchmark.report.shortfall import shortfalls
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
from samiam.benchmark.report.variants import COMPARED, against_first, reference, scores
from samiam.benchmark.report.worst import caption, log_path, log_table, worst_images, worst_scenes
from samiam.benchmark.rows import Row
from samiam.records import Decision
from samiam.storage.csv_cells import inert_table
from samiam.storage.files import replacing

_ABOUT_SCORES = """\
In brackets 95 % intervals of a bootstrap of the mean over the images; fewer than two have none. The best of each class
is bold."""
_ABOUT_CHANGES = """\
Mean differences in points, hundredths of a score, with 95 % intervals of a paired bootstrap over the images. *p*: how
often chance alone would make a difference as large (paired permutation test), by Holm's method corrected for the number
of methods in a class. With four images no *p* is below 0.125."""
_ABOUT_PUBLISHED = """\
Intervals are of a paired bootstrap over the images. *Published*: the paper's change over SAM+ with ViT-L on its own
micrographs; with other micrographs and another generator alone, the sizes cannot be compared one to one."""
_DECIMALS = {"difficulty": 0, "images": 0}
"""Digits that are shown; other columns have three."""
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
    main = _joined(_scores(means), _changes(changes, found), _gains(gain, found), _image_by_image(each))
    robust, failed = _robustness(change, found), _failures(found, failures)
    charts = write_charts(folder / "figures", found)
    worst = worst_scenes(found)
    text = _joined(
        _section("What the columns say", "" if found.empty else meanings(list(dict.fromkeys([*means, *COSTS])))),
        main,
        _costs(found, stages(rows)),
        _numbers(numbers_of_materials(found)),
        _section("Agreement of the annotators", "" if agreement is None else titled_table(agreement)),
        robust,
        _section("Charts", *(_joined(picture(path, folder, path.stem), said) for said, path in charts.items())),
        _section("Where methods differ most", *_pictures(variants, folder, _of_variants)),
        _section("Worst images", *worst_images(found, folder, pictures, logs)),
        _section(
            "Other images",
            *_pictures(
                {scene: path for scene, path in pictures.items() if scene not in worst}, folder, partial(caption, found)
            ),
        ),
        failed,
    )
    whole = {**facts, **({"failed": f"{_share_failed(found, failures)}, see Failures"} if failures else {})}
    write_pages(folder, _TITLE, whole, text)
    return _joined(main, robust, failed)


def _pictures(pictures: Mapping[str, Path], folder: Path, caption_of: Callable[[str], str]) -> list[str]:
    return [_joined(picture(path, folder, scene), caption_of(scene)) for scene, path in pictures.items()]


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


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _section(title: str, *parts: str) -> str:
    """A section, or nothing where there is nothing in it."""
    return _joined(f"## {title}", *parts) if any(parts) else ""


def _scores(said: pd.DataFrame) -> str:
    """The two tables of means, on whole masks and on boundaries."""
    if said.empty:
        return ""
    by = [name for name in ("condition", "difficulty") if name in said]
    ends = [f"{score}_{end}" for score in COMPARED for end in ("low", "high")]
    last = [name for name in ("crop_accuracy", "masks", "materials", "images") if name in said]
    shown = {
        title: [name for name in said if name in (*names, *ends)]
        for title, names in (("Whole masks", SCORES), ("Boundaries", BOUNDARY_SCORES))
    }
    return _joined(
        *(
            _section(title, titled_table(said[["method", *by, *names, *more]], by), _ABOUT_SCORES)
            for (title, names), more in zip(shown.items(), (last, []), strict=True)
        )
    )


def _changes(changes: pd.DataFrame, found: pd.DataFrame) -> str:
    """How each method differs from the first, where there are several."""
    if changes.empty:
        return ""
    shown = changes.rename(columns={f"{score}_p": f"{COLUMNS[score].title} p (Holm)" for score in COMPARED})
    by = [name for name in ("condition", "difficulty") if name in shown]
    columns = ["method", *by, *(name for name in shown if name not in ("method", *by, "images")), "images"]
    title = f"Against {plain(reference(found))} (points)"
    return _section(title, titled_table(shown[columns], forms=dict.fromkeys(COMPARED, "+.1f")), _ABOUT_CHANGES)


def _gains(gain: pd.DataFrame, found: pd.DataFrame) -> str:
    if gain.empty:
        return ""
    shown = with_published(gain)
    by = [name for name in ("condition", "generator", "difficulty") if name in shown]
    names = [
        name
        for score in (*PUBLISHED, "boundary_miou", "boundary_mfpr")
        for name in (score, f"{score}_low", f"{score}_high", f"{COLUMNS[score].title} published")
        if name in shown
    ]
    points = titled_table(shown[["method", *by, *names, "images"]], forms=dict.fromkeys(COMPARED, "+.1f"))
    behind = "\n".join(f"- {plain(text)}" for text in shortfalls(found))
    intro = "Where a gain is smaller than the published one:" if behind else ""
    return _section("Gain over the generator alone (points)", points, _ABOUT_PUBLISHED, intro, behind)


def _image_by_image(each: pd.DataFrame) -> str:
    if each.empty:
        return ""
    about = (
        "One-to-one IoU: the mean over the truth's labels of the IoU with one region each, paired best; in brackets "
        "the number of regions found.\nAt the end means, and in brackets the share of the images with as many regions "
        "as the truth."
    )
    return _section("Image by image", table(with_numbers(each), _DECIMALS), about)


def _costs(found: pd.DataFrame, of_stages: pd.DataFrame) -> str:
    """Time and memory of each method over all images, and beside them of its stages: seconds and MB."""
    if found.empty:
        return ""
    whole = found.groupby("method", sort=False).agg({"seconds": "mean", "peak_mb": "max"})
    cells = of_stages["seconds"].map("{:.2f} s, ".format) + of_stages["peak_mb"].map("{:.0f} MB".format)
    wide = of_stages.assign(cells=cells).pivot(index="method", columns="stage", values="cells")
    order = list(dict.fromkeys(of_stages["stage"]))
    about = "Seconds are means over the images, memory is the peak of the process."
    return _section("Cost", titled_table(whole.join(wide[order]).fillna("").reset_index()), about)


def _numbers(found: pd.DataFrame) -> str:
    is_estimated = found["number"] == "estimated"
    if found.empty or not is_estimated.any():
        return _section("Number of materials", "" if found.empty else "It was given for every image.")
    about = "*right*, *too few*, *too many*: shares of the images for which the number was estimated."
    return _section("Number of materials", titled_table(found), about)


def _robustness(change: pd.DataFrame, found: pd.DataFrame) -> str:
    if change.empty:
        return ""
    about = (
        f"Changes are in points against *{plain(found['condition'].cat.categories[0])}*, on the same scenes, with the "
        "interval of a paired bootstrap."
    )
    return _section("Robustness", titled_table(with_changes(change)), about)


def _failures(found: pd.DataFrame, failures: Sequence[tuple[str, str]]) -> str:
    if not failures:
        return ""
    lines = "\n".join(f"- {plain(scene)}: {literal(line)}" for scene, line in failures)
    return _section("Failures", f"{_share_failed(found, failures)} failed:", lines)


def _share_failed(found: pd.DataFrame, failures: Sequence[tuple[str, str]]) -> str:
    n_images = len(failures) + len(found[["condition", "scene"]].drop_duplicates())
    return f"{len(failures)} of {n_images} images"
