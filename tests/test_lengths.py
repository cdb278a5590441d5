from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from samiam.formats.writers.exports.summary import shown
from samiam.lengths import area_texts, area_unit, length_text, length_unit
from samiam.records import Micrograph


@pytest.mark.parametrize(
    ("nm", "text"),
    [
        (0.0, "0 nm"),
        (0.0204, "0.0204 nm"),
        (999.0, "999 nm"),
        (1000.0, "1 µm"),
        (2614.514, "2.615 µm"),
        (3.2e6, "3.2 mm"),
        (float("nan"), "nan nm"),
    ],
)
def test_lengths(nm: float, text: str) -> None:
    assert length_text(nm) == text
    assert length_unit(nm)[1] == text.split()[1]


@pytest.mark.parametrize(
    ("areas", "texts"),
    [
        ([], []),
        ([0.0], ["0.00 nm²"]),
        ([1234.5, 0.25], ["1,234.50 nm²", "0.25 nm²"]),
        ([999_999.0], ["999,999.00 nm²"]),
        ([1e6, 2e5], ["1.000 µm²", "0.2000 µm²"]),
        ([640_160_433_375.0], ["640,160 µm²"]),
        ([3_693_920_248_075.0, 640_160_433_375.0, 0.0], ["3.694 mm²", "0.6402 mm²", "0 mm²"]),
        ([12_419_965.97, 11_901_506.03], ["12.42 µm²", "11.90 µm²"]),
    ],
)
def test_areas_are_said_in_the_unit_of_the_largest(areas: list[float], texts: list[str]) -> None:
    assert area_texts(areas) == texts


def test_an_area_is_that_of_a_square_of_such_a_side() -> None:
    for nm in (1.0, 999.0, 1e3, 1e6):
        factor, unit = length_unit(nm)
        assert area_unit(nm**2) == (factor**2, f"{unit}²")


@pytest.mark.parametrize(
    ("sides", "text"),
    [
        ((0.02, 1.0), "0.02 nm/px"),
        ((2614.5, 1.0), "2.615 µm/px"),
        ((2e3, 2.0), "2 × 4 µm/px"),
        ((0.5, 2), "0.5 × 1 nm/px"),
    ],
)
def test_the_size_of_a_pixel(sides: tuple[float, float], text: str) -> None:
    assert Micrograph(np.zeros((20, 20), np.float32), sides[0], pixel_aspect=sides[1]).scale == text


def test_a_table_on_a_page() -> None:
    table = pd.DataFrame(
        {
            "name": ["Ge", "STO"],
            "area_nm2": [3.69e12, 6.4e11],
            "x_nm": [-2500.0, 12.0],
            "width_nm": [15.0, np.nan],
            "path_nm": ["a", "b"],
            "area_px": [4, 5],
        }
    )
    found = shown(table)
    assert found.columns == ["name", "area_mm2", "x_µm", "width_nm", "path_nm", "area_px"]
    assert found.rows[0] == ("Ge", "3.69", "-2.5", "15", "a", "4")
    assert found.rows[1] == ("STO", "0.64", "0.012", "", "b", "5")
    assert shown(table[["area_px"]].head(0)).rows == []
