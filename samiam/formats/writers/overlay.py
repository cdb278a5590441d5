"""Pictures for people: the micrograph with its materials outlined, a scale bar and a legend."""

from __future__ import annotations

from pathlib import Path

from samiam.colours import TINTS, Tint, colour_of, colour_overlay
from samiam.formats.writers.captions import Entry, ScaleBar, captioned, enlarged, enlarging, hatch, numbered, scale_bar
from samiam.formats.writers.numbering import label_places
from samiam.formats.writers.png import write_png
from samiam.formats.writers.wording import legend_texts, notes, percent, region_names
from samiam.records import Micrograph, Segmentation


def write_overlay(
    path: str | Path, micrograph: Micrograph, segmentation: Segmentation, tint: Tint = TINTS["outline"]
) -> Path:
    """Write an RGB PNG: the micrograph with its materials outlined and numbered, dashes between grains, a scale bar.

    Legend and remark are in a strip below.

    Small images are enlarged by a whole factor, so that the writing can be read. What is not shown is hatched.

    Args:
        path: the file, .png.
        micrograph: the image.
        segmentation: its materials; there may be none.
        tint: how much of their colours there is within them and around them.

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
    tinted = numbered(colour_overlay(pixels, labels, grains, tint), label_places(labels))
    if micrograph.shown is not None:
        hatch(tinted, ~enlarged(micrograph.shown, factor))
    bar = scale_bar(micrograph.shape_hw[1], micrograph.pixel_size_nm)
    bar = ScaleBar(bar.length_px * factor, bar.text)
    remarks = [*filter(None, [segmentation.remark]), *notes(micrograph)]
    return write_png(path, captioned(tinted, bar, _entries(segmentation), remarks))


def _entries(segmentation: Segmentation) -> list[Entry]:
    """Each label, and what is not segmented."""
    texts = enumerate(zip(region_names(segmentation), legend_texts(segmentation), strict=True), start=1)
    entries: list[Entry] = [(_with_number(label, name, text), colour_of(label)) for label, (name, text) in texts]
    if not entries:
        return [("no material found", None)]
    if segmentation.segmented_fraction < 1:
        entries.append((f"not segmented  {percent(1 - segmentation.segmented_fraction)}", None))
    return entries


def _with_number(label: int, name: str, text: str) -> str:
    """A text of the legend that tells the number on the picture, where the name does not."""
    return text if str(label) in name.split() else f"{label}: {text}"
