"""Tables of finders, worked out by hand from a few rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from samiam.benchmark.particles.finder_tables import by_condition, by_fringes, by_set, by_size, finder_frame, on_carbon
from samiam.benchmark.particles.rows import FinderRow, Taken

NAN = float("nan")


def row(specimen: str, dice: float, *, set_name: str = "test", method: str = "ours", **given: Any) -> FinderRow:
    usual = {"name": f"{specimen}_0", "pixel_size_nm": 0.04, "dose": 100.0, "defocus_nm": 5.0}
    taken = Taken(set_name, specimen, **{name: given.pop(name, value) for name, value in usual.items()})
    known = {"f1": dice, "false_area": 0.01, "n_true": 0 if np.isnan(dice) else 1, "n_found": 1, **given}
    return FinderRow(taken, method, dice, **known)


def test_pictures_without_particles_are_left_out_and_counted() -> None:
    rows = [
        row("a", 0.8, f1=1.0, true_nm=[4.0], found_nm=[4.4]),
        row("b", 0.6, f1=0.5, true_nm=[3.0, 5.0], found_nm=[4.0, 4.0, 3.4]),
        row("b", NAN, f1=NAN, found_nm=[9.0], name="b_1"),
    ]
    (found,) = by_set(finder_frame(rows)).to_dict("records")
    assert (found["specimens"], found["pictures"], found["left_out"]) == (2, 2, 1)
    assert (found["dice"].value, found["f1"].value) == (pytest.approx(0.7), 0.75)
    # found 15.8 nm over 4, true 12 nm over 3
    assert found["diameter_error"].value == pytest.approx(100 * (15.8 / 4 / 4 - 1))
    assert np.isnan(found["dice"].low)


def test_what_was_never_defined_stays_so() -> None:
    (found,) = by_set(finder_frame([row("a", 0.8, f1=NAN)])).to_dict("records")
    assert found["dice"].value == 0.8
    assert np.isnan([found["f1"].value, found["diameter_error"].value]).all()
    (none,) = by_set(finder_frame([row("a", NAN)])).to_dict("records")
    assert (none["pictures"], none["left_out"]) == (0, 1)
    assert np.isnan(none["dice"].value)


def test_empty_supports() -> None:
    rows = [
        row("a", NAN, set_name="carbon", false_area=0.02),
        row("b", NAN, set_name="carbon", false_area=0.0, n_found=0),
    ]
    (found,) = on_carbon(finder_frame(rows)).to_dict("records")
    assert (found["false_area"].value, found["largest"], found["with_any"]) == (1.0, 2.0, 1)
    assert by_set(finder_frame(rows)).empty


def test_bins_methods_side_by_side() -> None:
    rows = [
        row("a", 0.9, dose=900.0),
        row("b", 0.5, dose=100.0),
        row("b", 0.3, dose=100.0, method="otsu"),
        row("c", 0.7, dose=None, defocus_nm=None),
    ]
    found = by_condition(finder_frame(rows), "dice")
    doses = found[found["quantity"] == "dose (e/Å²)"]
    assert doses["bin"].tolist() == ["below 200", "from 800"]
    assert doses["pictures"].tolist() == [1, 1]
    assert [one.value for one in doses["ours"]] == [0.5, 0.9]
    assert doses["otsu"].iloc[0].value == 0.3
    sizes = found[found["quantity"] == "pixel size (nm)"]
    assert sizes[["bin", "pictures"]].to_numpy().tolist() == [["0.03 to 0.042", 3]]


def test_found_by_size() -> None:
    rows = [row("a", 0.9, sizes_nm=[2.5, 6.0, 2.9], are_found=[True, False, False]), row("b", 0.5)]
    found = by_size(finder_frame(rows))
    assert found["diameter (nm)"].tolist() == ["below 3", "from 5"]
    assert found["particles"].tolist() == [2, 1]
    assert [one.value for one in found["ours"]] == [0.5, 0.0]


def test_found_by_fringes() -> None:
    rows = [
        row(
            "a", 0.9, sizes_nm=[2.5, 6.0, 2.9, 3.0], fringes=[30.0, 0.0, 4.9, NAN], are_found=[True, True, False, False]
        )
    ]
    found = by_fringes(finder_frame(rows))
    assert found["d′ of fringes"].tolist() == ["below 5", "from 20"]
    assert (found["particles"].tolist(), [one.value for one in found["ours"]]) == ([2, 1], [0.5, 1.0])
