"""The sections of a report that are tables, in Markdown; one that has nothing to say is empty."""

from __future__ import annotations

import pandas as pd

from samiam.benchmark.report.by_image import with_numbers
from samiam.benchmark.report.columns import COLUMNS, titled_table
from samiam.benchmark.report.gains import PUBLISHED, with_published
from samiam.benchmark.report.page import plain, table
from samiam.benchmark.report.robustness import with_changes
from samiam.benchmark.report.shortfall import shortfalls
from samiam.benchmark.report.tables import BOUNDARY_SCORES, SCORES
from samiam.benchmark.report.variants import COMPARED, reference

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


def joined(*parts: str) -> str:
    """Parts that are not empty, as paragraphs."""
    return "\n\n".join(part for part in parts if part)


def section(title: str, *parts: str) -> str:
    """A section, or nothing where there is nothing in it."""
    return joined(f"## {title}", *parts) if any(parts) else ""


def means_section(said: pd.DataFrame) -> str:
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
    return joined(
        *(
            section(title, titled_table(said[["method", *by, *names, *more]], by), _ABOUT_SCORES)
            for (title, names), more in zip(shown.items(), (last, []), strict=True)
        )
    )


def changes_section(changes: pd.DataFrame, found: pd.DataFrame) -> str:
    """How each method differs from the first, where there are several."""
    if changes.empty:
        return ""
    shown = changes.rename(columns={f"{score}_p": f"{COLUMNS[score].title} p (Holm)" for score in COMPARED})
    by = [name for name in ("condition", "difficulty") if name in shown]
    columns = ["method", *by, *(name for name in shown if name not in ("method", *by, "images")), "images"]
    title = f"Against {plain(reference(found))} (points)"
    return section(title, titled_table(shown[columns], forms=dict.fromkeys(COMPARED, "+.1f")), _ABOUT_CHANGES)


def gains_section(gain: pd.DataFrame, found: pd.DataFrame) -> str:
    """What each booster gains over its generator alone, and why some gains are smaller than the published ones."""
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
    return section("Gain over the generator alone (points)", points, _ABOUT_PUBLISHED, intro, behind)


def image_by_image_section(each: pd.DataFrame) -> str:
    """The one-to-one IoU of each image, where it was asked for."""
    if each.empty:
        return ""
    about = (
        "One-to-one IoU: the mean over the truth's labels of the IoU with one region each, paired best; in brackets "
        "the number of regions found.\nAt the end means, and in brackets the share of the images with as many regions "
        "as the truth."
    )
    return section("Image by image", table(with_numbers(each), {}), about)


def costs_section(found: pd.DataFrame, of_stages: pd.DataFrame) -> str:
    """Time and memory of each method over all images, and beside them of its stages: seconds and MB."""
    if found.empty:
        return ""
    whole = found.groupby("method", sort=False).agg({"seconds": "mean", "peak_mb": "max"})
    cells = of_stages["seconds"].map("{:.2f} s, ".format) + of_stages["peak_mb"].map("{:.0f} MB".format)
    wide = of_stages.assign(cells=cells).pivot(index="method", columns="stage", values="cells")
    order = list(dict.fromkeys(of_stages["stage"]))
    about = "Seconds are means over the images, memory is the peak of the process."
    return section("Cost", titled_table(whole.join(wide[order]).fillna("").reset_index()), about)


def numbers_section(found: pd.DataFrame) -> str:
    """How often an estimated number of materials is right."""
    is_estimated = found["number"] == "estimated"
    if found.empty or not is_estimated.any():
        return section("Number of materials", "" if found.empty else "It was given for every image.")
    about = "*right*, *too few*, *too many*: shares of the images for which the number was estimated."
    return section("Number of materials", titled_table(found[["method", *found.columns.drop("method")]]), about)


def robustness_section(change: pd.DataFrame, found: pd.DataFrame) -> str:
    """What other conditions change, where a run has several."""
    if change.empty:
        return ""
    about = (
        f"Changes are in points against *{plain(found['condition'].cat.categories[0])}*, on the same scenes, with the "
        "interval of a paired bootstrap."
    )
    return section("Robustness", titled_table(with_changes(change)), about)
