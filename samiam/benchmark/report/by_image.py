"""How well each image was segmented, methods side by side: for sets of images that are as unlike as real ones are."""

from __future__ import annotations

import numpy as np
import pandas as pd

ONE, SEVERAL = "one material", "several"
"""Kinds of truth: one region is the right answer, or more than one is."""
_MEANS = "mean of "


def image_by_image(found: pd.DataFrame) -> pd.DataFrame:
    """The one-to-one IoU and the number of regions of each booster and baseline on each image, and their means.

    Args:
        found: as `everything` makes it; of its rows those under the run's first condition count.

    Returns:
        A row for each image, in their order, then one for the means over the images of each kind of truth. Columns:
        `image`, `truth` (`ONE` or `SEVERAL`), `materials` (how many there are), and for each method `<method> IoU`
        (over the seeds the mean), `<method> found` (regions; in the rows of means NaN) and `<method> right` (the share
        of seeds, or of images and seeds, with as many regions as there are). Empty where nothing was boosted.
    """
    first = found[found["condition"].isin(found["condition"].cat.categories[:1]) & ~found["is_alone"]]
    if first.empty:
        return pd.DataFrame()
    of_each = first.assign(
        image=first["scene"],
        truth=np.where(first["materials"] == 1, ONE, SEVERAL),
        IoU=first["matched_iou"],
        found=first["masks"].astype(float),
        right=(first["masks"] == first["materials"]).astype(float),
    )
    images = _side_by_side(of_each, "image")
    means = _side_by_side(of_each.assign(image=_MEANS + of_each["truth"], materials=np.nan, found=np.nan), "truth")
    return pd.concat([images, means], ignore_index=True)


def _side_by_side(of_each: pd.DataFrame, by: str) -> pd.DataFrame:
    """Means over the rows of each group, the methods' beside each other."""
    about = of_each.groupby(by, sort=False)[["image", "truth", "materials"]].first()
    columns = [about]
    for method, rows in of_each.groupby("method", sort=False):
        means = rows.groupby(by, sort=False)[["IoU", "found", "right"]].mean()
        columns.append(means.add_prefix(f"{method} "))
    return pd.concat(columns, axis=1).reset_index(drop=True)


def with_numbers(table: pd.DataFrame) -> pd.DataFrame:
    """The same as a reader wants it: a cell for each method, `0.953 (2)`, of means `0.953 (67 %)`."""
    shown = table[["image", "truth"]].copy()
    shown["materials"] = table["materials"].map("{:.0f}".format).where(table["materials"].notna(), "")
    for method in (str(name).removesuffix(" IoU") for name in table if str(name).endswith(" IoU")):
        numbers = table[f"{method} found"].map("{:.3g}".format)
        shares = table[f"{method} right"].map("{:.0%}".format)
        ious = table[f"{method} IoU"]
        cells = ious.map("{:.3f}".format) + " (" + numbers.where(table[f"{method} found"].notna(), shares) + ")"
        shown[method] = cells.where(ious.notna(), "")
    return shown
