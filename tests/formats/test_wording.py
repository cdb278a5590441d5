from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from samiam.formats.writers.wording import called, legend_texts, material_names, percent, region_names, report_lines
from samiam.records import Masks, Segmentation


def made() -> Segmentation:
    """Two materials in three grains, a quarter of the image, and a quarter that is not segmented."""
    labels = np.repeat([[1, 1, 2, 0]], 4, axis=0)
    grains = np.repeat([[1, 2, 3, 0]], 4, axis=0)
    return Segmentation(
        labels, [], 2, True, Masks.empty((4, 4)), ["SrTiO3", None], grains=grains, confidences=[0.934, None]
    )


@pytest.mark.parametrize(
    ("fraction", "words"), [(0, "0.0 %"), (1e-6, "<0.1 %"), (0.0005, "0.1 %"), (0.031, "3.1 %"), (1, "100.0 %")]
)
def test_percent(fraction: float, words: str) -> None:
    assert percent(fraction) == words


def test_materials() -> None:
    assert region_names(made()) == material_names(made()) == ["SrTiO3", "material 2"]
    assert legend_texts(made()) == ["SrTiO3  50.0 % · 2 grains · confidence 0.93", "material 2  25.0 %"]
    assert report_lines(made(), ["8 px", "4 px"]) == [
        "material 1: SrTiO3,  50.0 %, 8 px, 2 grains, confidence 0.93",
        "material 2:  25.0 %, 4 px",
        "not segmented: 25.0 %",
    ]


@pytest.mark.parametrize(
    ("confidence", "words"),
    [(0.95, "SrTiO3 95 %"), (0.9499, "SrTiO3? 94 %"), (1.0, "SrTiO3 100 %"), (float(np.float32(0.9)), "SrTiO3? 90 %")],
)
def test_how_sure_a_name_is(confidence: float, words: str) -> None:
    sure = replace(made(), name_confidence=[confidence, None])
    assert called(sure) == [words, "material 2"]
    assert region_names(sure) == ["SrTiO3", "material 2"]
    assert called(sure.by_grains())[1] == f"grain 2 of {words}"
    assert legend_texts(sure)[0] == f"{words} · area 50.0 % · 2 grains · confidence 0.93"
    assert report_lines(sure, ["8 px", "4 px"])[0] == f"material 1: {words},  50.0 %, 8 px, 2 grains, confidence 0.93"


def test_grains() -> None:
    grains = made().by_grains()
    assert region_names(grains) == ["grain 1 of SrTiO3", "grain 2 of SrTiO3", "grain 3 of material 2"]
    assert material_names(grains) == ["SrTiO3", "SrTiO3", "material 2"]
    assert legend_texts(grains)[1:] == ["grain 2 of SrTiO3  25.0 % · confidence 0.93", "grain 3 of material 2  25.0 %"]
    assert report_lines(grains, ["4 px"] * 3)[2:] == ["grain 3 of material 2:  25.0 %, 4 px", "not segmented: 25.0 %"]


def test_parts_of_a_material() -> None:
    """The third region is a material by itself, although another has the number of its label."""
    labels = np.array([[1, 2, 3, 3]])
    parts = Segmentation(labels, [], 3, True, Masks.empty((1, 4)), material_of=[1, 1, 2])
    assert region_names(parts) == ["part 1 of material 1", "part 2 of material 1", "material 2"]
    assert report_lines(parts, ["1 px"] * 3)[1:] == ["part 2 of material 1:  25.0 %, 1 px", "material 2:  50.0 %, 1 px"]


def test_a_remark_has_a_line_of_its_own() -> None:
    whole = Segmentation(np.ones((4, 4)), [], 1, True, Masks.empty((4, 4)), remark="one crystal")
    assert report_lines(whole, ["16 px"]) == ["material 1: 100.0 %, 16 px", "one crystal"]


def test_nothing() -> None:
    nothing = Segmentation(np.zeros((4, 4)), [], 0, False, Masks.empty((4, 4)), remark="no structure stands out")
    assert legend_texts(nothing) == []
    assert report_lines(nothing, []) == ["not segmented: 100.0 %", "no structure stands out"]
