"""What results are called and said to be, wherever that is written for people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from samiam.records import Segmentation


def region_names(segmentation: Segmentation) -> list[str]:
    """What each label is called: its name, or "material 1"; of grains "grain 1 of SrTiO3", "grain 2 of material 1"."""
    materials = material_names(segmentation)
    if not segmentation.labels_are_grains:
        return materials
    return [f"grain {number} of {material}" for number, material in enumerate(materials, start=1)]


def material_names(segmentation: Segmentation) -> list[str]:
    """What the material of each label is called: its name, or "material 1"."""
    named = zip(segmentation.names, segmentation.material_of, strict=True)
    return [name or f"material {number}" for name, number in named]


def percent(fraction: float) -> str:
    """A share of the image, `45.2 %`; what is there but rounds to nothing is `<0.1 %`."""
    return "<0.1 %" if 0 < fraction < 0.0005 else f"{100 * fraction:.1f} %"


def legend_texts(segmentation: Segmentation) -> list[str]:
    """One text for each label, as `material 1  45.2 % · 3 grains · confidence 0.93`: what there is of it."""
    shares = np.bincount(segmentation.labels.ravel())[1:] / segmentation.labels.size
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
    shares = np.bincount(segmentation.labels.ravel())[1:] / segmentation.labels.size
    each = zip(_report_names(segmentation), shares, areas, _facts(segmentation), strict=True)
    lines = [", ".join([f"{name}{percent(share):>8}", area, *facts]) for name, share, area, facts in each]
    if segmentation.segmented_fraction < 1:
        lines.append(f"not segmented: {percent(1 - segmentation.segmented_fraction)}")
    return lines if segmentation.remark is None else [*lines, segmentation.remark]


def _report_names(segmentation: Segmentation) -> list[str]:
    if segmentation.labels_are_grains:
        return [f"{name}:" for name in region_names(segmentation)]
    return [
        f"material {number}:" if name is None else f"material {number}: {name},"
        for number, name in enumerate(segmentation.names, start=1)
    ]


def _facts(segmentation: Segmentation) -> list[list[str]]:
    """Of each label what is known beside its area: several grains, a confidence."""
    return [
        [f"{n_grains} grains"] * (n_grains > 1) + ([] if confidence is None else [f"confidence {confidence:.2f}"])
        for n_grains, confidence in zip(segmentation.grain_counts, segmentation.confidences, strict=True)
    ]
