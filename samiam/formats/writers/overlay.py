"""Pictures for people: the micrograph with its materials tinted, a scale bar and a legend."""

from __future__ import annotations

from pathlib import Path

from samiam.colours import colour_of, colour_overlay
from samiam.formats.writers.captions import Entry, ScaleBar, captioned, enlarged, enlarging, hatch, scale_bar
from samiam.formats.writers.wording import legend_texts, notes, percent
from samiam.records import Micrograph, Segmentation
from samiam.storage.files import replacing


def write_overlay(path: str | Path, micrograph: Micrograph, segmentation: Segmentation) -> Path:
    """Write an RGB PNG: the tinted micrograph, dashes between grains, a scale bar, legend and remark in a strip below.

    Small images are enlarged by a whole factor, so that the writing can be read. What is not shown is hatched.

    Args:
        path: the file, .png.
        micrograph: the image.
        segmentation: its materials; there may be none.

    Returns:
        The file written.

    Raises:
        InputError: if the two are of different shapes.
    """
    factor = enlarging(micrograph.shape_hw)
    # Enlarged before the lines are drawn, so that they stay thin.
    pixels, labels, grains = (
        enlarged(array, factor) for array in (micrograph.pixels, segmentation.labels, segmentation.each_grain)
    )
    tinted = colour_overlay(pixels, labels, grains)
    if micrograph.shown is not None:
        hatch(tinted, ~enlarged(micrograph.shown, factor))
    bar = scale_bar(micrograph.shape_hw[1], micrograph.pixel_size_nm)
    bar = ScaleBar(bar.length_px * factor, bar.text)
    remarks = [*filter(None, [segmentation.remark]), *notes(micrograph)]
    with replacing(path) as partial:
        captioned(tinted, bar, _entries(segmentation), remarks).save(partial, format="PNG", compress_level=1)
    return Path(path)


def _entries(segmentation: Segmentation) -> list[Entry]:
    """Each label, and what is not segmented."""
    entries: list[Entry] = [(text, colour_of(label)) for label, text in enumerate(legend_texts(segmentation), start=1)]
    if not entries:
        return [("no material found", None)]
    if segmentation.segmented_fraction < 1:
        entries.append((f"not segmented  {percent(1 - segmentation.segmented_fraction)}", None))
    return entries
