"""What results are called and said to be, wherever that is written for people."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from samiam.records import Micrograph, Segmentation

IN_DOUBT_BELOW = 0.95
"""A name that is less probable than this has a question mark: one of twenty such names, or more, is wrong."""

_NOTED = {
    "n_datasets": "data set {dataset} of the {n_datasets} in the file",
    "beside": "--dataset chooses another: {beside}",
    "not_images": "beside images the file holds {not_images}",
    "unwritten": "{unwritten}",
    "diffraction": "{diffraction}",
    "orientation": "{orientation}, as the file asks for",
    "pixel_size_remark": "{pixel_size_remark}",
    "left_out": "left out: {left_out}",
    "evened": "evened before segmenting: {evened}",
}


def notes(micrograph: Micrograph) -> list[str]:
    """What an image is that its pixels do not show: "left out: a scale bar in a box of 90 x 20 px"."""
    facts = micrograph.metadata
    said = [text.format_map(facts) for name, text in _NOTED.items() if name in facts]
    if micrograph.pixel_aspect != 1:
        said.append(f"pixels are not square ({micrograph.scale}); lengths are true along both axes")
    return said


def region_names(segmentation: Segmentation) -> list[str]:
    """What each label is called: what its material is, "grain 2 of SrTiO3", or "part 2 of material 1" of several."""
    return _regions(segmentation, material_names(segmentation))


def called(segmentation: Segmentation) -> list[str]:
    """Likewise, with how sure a name is: "Ge 98 %", "grain 2 of Ge? 90 %" in doubt, "Ge" where nobody has said so.

    Percentages are rounded down, so that no name seems surer than it is.
    """
    each = zip(material_names(segmentation), segmentation.name_confidence, strict=True)
    return _regions(segmentation, [name + _how_sure(confidence) for name, confidence in each])


def _how_sure(confidence: float | None) -> str:
    if confidence is None:
        return ""
    whole = math.floor(round(100 * confidence, 3))  # 0.9 in single precision is a little less
    return f"{'?' if confidence < IN_DOUBT_BELOW else ''} {whole} %"


def _regions(segmentation: Segmentation, materials: Sequence[str]) -> list[str]:
    times = Counter(segmentation.material_of)
    part = "grain" if segmentation.labels_are_grains else "part"
    return [
        material if times[number] == 1 and part == "part" else f"{part} {label} of {material}"
        for label, (material, number) in enumerate(zip(materials, segmentation.material_of, strict=True), start=1)
    ]


def material_names(segmentation: Segmentation) -> list[str]:
    """What the material of each label is called: its name, or "material 1"."""
    named = zip(segmentation.names, segmentation.material_of, strict=True)
    return [name or f"material {number}" for name, number in named]


def percent(fraction: float) -> str:
    """A share of the image, `45.2 %`; what is there but rounds to nothing is `<0.1 %`."""
    return "<0.1 %" if 0 < fraction < 0.0005 else f"{100 * fraction:.1f} %"


def legend_texts(segmentation: Segmentation) -> list[str]:
    """One text for each label, as `material 1  45.2 % · 3 grains · confidence 0.93`: what there is of it.

    Behind a name with its probability stands what the share is of: `Ge? 90 % · area 45.2 %`.
    """
    shares = np.bincount(segmentation.labels.ravel())[1:] / segmentation.n_shown
    return [
        " · ".join([f"{name}{'  ' if sure is None else ' · area '}{percent(share)}", *facts])
        for name, sure, share, facts in zip(
            called(segmentation), segmentation.name_confidence, shares, _facts(segmentation), strict=True
        )
    ]


def report_lines(segmentation: Segmentation, areas: Sequence[str]) -> list[str]:
    """One line for each label, then what is not segmented, then the remark.

    Args:
        segmentation: M labels.
        areas: M, in words.
    """
    shares = np.bincount(segmentation.labels.ravel())[1:] / segmentation.n_shown
    each = zip(_report_names(segmentation), shares, areas, _facts(segmentation), strict=True)
    lines = [", ".join([f"{name}{percent(share):>8}", area, *facts]) for name, share, area, facts in each]
    if segmentation.segmented_fraction < 1:
        lines.append(f"not segmented: {percent(1 - segmentation.segmented_fraction)}")
    return lines if segmentation.remark is None else [*lines, segmentation.remark]


def _report_names(segmentation: Segmentation) -> list[str]:
    """Those of whole materials with their numbers."""
    names = zip(region_names(segmentation), segmentation.names, strict=True)
    each = zip(called(segmentation), names, segmentation.material_of, strict=True)
    return [f"material {number}: {text}," if whole == name else f"{text}:" for text, (whole, name), number in each]


def _facts(segmentation: Segmentation) -> list[list[str]]:
    """Of each label what is known beside its area: several grains, a confidence."""
    return [
        [f"{n_grains} grains"] * (n_grains > 1) + ([] if confidence is None else [f"confidence {confidence:.2f}"])
        for n_grains, confidence in zip(segmentation.grain_counts, segmentation.confidences, strict=True)
    ]
