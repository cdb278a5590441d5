"""What results are called and said to be, wherever that is written for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from samiam.records import Segmentation


def region_names(segmentation: Segmentation) -> list[str]:
    """What each label is called: what its material is, "grain 2 of SrTiO3", or "part 2 of material 1" of several."""
    materials, times = material_names(segmentation), Counter(segmentation.material_of)
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
    """One text for each label, as `material 1  45.2 % · 3 grains · confidence 0.93`: what there is of it."""
    shares = np.bincount(segmentation.labels.ravel())[1:] / segmentation.n_shown
    return [
        " · ".join([f"{name}  {percent(share)}", *facts])
        for name, share, facts in zip(region_names(segmentation), shares, _facts(segmentation), strict=True)
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
    each = zip(region_names(segmentation), segmentation.names, segmentation.material_of, strict=True)
    return [f"material {number}: {name}," if called == name else f"{called}:" for called, name, number in each]


def _facts(segmentation: Segmentation) -> list[list[str]]:
    """Of each label what is known beside its area: several grains, a confidence."""
    return [
        [f"{n_grains} grains"] * (n_grains > 1) + ([] if confidence is None else [f"confidence {confidence:.2f}"])
        for n_grains, confidence in zip(segmentation.grain_counts, segmentation.confidences, strict=True)
    ]
