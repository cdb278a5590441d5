from __future__ import annotations

import numpy as np
import pytest

from samiam.benchmark.polar.rows import PointRow, TrackRow
from samiam.benchmark.polar.tables import beside_the_paper, by_noise, by_radius, linked, point_frame, track_frame

RADII = (0.5, 0.25)
POINTS = point_frame(
    [
        PointRow("a", 1.0, "ours", "end", 2, n_true=10, n_found=8, matched=[6, 4], places=100.0),
        PointRow("b", 1.0, "ours", "end", 2, n_true=10, n_found=12, matched=[9, 8], places=140.0),
        PointRow("a", 1.0, "ours", "junction", 2, n_true=4, n_found=0, matched=[0, 0], places=100.0),
        PointRow("b", 1.0, "ours", "junction", 2, n_true=6, n_found=5, matched=[5, 5], places=140.0),
    ]
)


def test_points_are_counted_over_all_videos() -> None:
    (row,) = by_noise(POINTS, RADII[0]).to_dict("records")
    assert (row["videos"], row["frames"]) == (2, 4)
    assert row["f_ends_within_half_period"].value == pytest.approx(2 * 15 / 40)
    assert row["precision_ends_within_half_period"].value == pytest.approx(15 / 20)
    assert row["recall_junctions_within_half_period"].value == pytest.approx(5 / 10)


def test_the_radius_stands_in_the_name_the_smallest_first() -> None:
    table = by_radius(POINTS, RADII)
    assert list(table)[3:] == ["f_within_quarter_period", "f_within_half_period"]
    assert [one.value for one in table["f_within_quarter_period"]] == pytest.approx([24 / 40, 10 / 15])


def test_rates_have_the_denominators_that_they_name() -> None:
    ends = beside_the_paper(POINTS, 0.5).set_index("points").loc["ends"]
    assert ends["missed_of_true_within_half_period"].value == pytest.approx(5 / 20)
    assert ends["false_of_found_within_half_period"].value == pytest.approx(5 / 20)
    assert ends["false_of_empty_places_within_half_period"].value == pytest.approx(5 / 240)
    assert ends["recall_within_half_period"].value + ends["missed_of_true_within_half_period"].value == 1


def test_intervals_come_of_five_videos() -> None:
    rows = [PointRow(str(n), 1.0, "ours", "end", 1, 10, 10, [5 + n, 5], 50.0) for n in range(5)]
    few, enough = (by_noise(point_frame(rows[:n]), 0.5)["f_ends_within_half_period"][0] for n in (4, 5))
    assert np.isnan(few.low)
    assert 0.5 <= enough.low < enough.value < enough.high <= 0.9


def test_tracks_and_events() -> None:
    rows = [
        TrackRow("a", 1.0, "ours", "lasting", 5, [8, 2], [10, 4], [10, 4], [2, 1, 1], [6, 4, 3]),
        TrackRow("b", 1.0, "ours", "lasting", 5, [9, 3], [10, 4], [10, 4], [0, 1, 0], [4, 4, 4]),
        TrackRow("b", 1.0, "ours", "strict", 5, [4, 3], [10, 4], [10, 4], [0, 1, 0], [8, 4, 4]),
    ]
    (row,) = linked(track_frame(rows), "lasting").to_dict("records")
    assert row["idf1_ends"].value == pytest.approx(34 / 40)
    assert row["idf1_junctions"].value == pytest.approx(10 / 16)
    assert (row["annihilations"], row["events"], row["frames"]) == (2, 10, 10)
    assert row["annihilations_found"].value == pytest.approx(1 / 2)
    assert row["annihilations_true"].value == pytest.approx(1 / 2)
    assert row["events_found"].value == pytest.approx(7 / 10)
    assert row["events_true"].value == pytest.approx(7 / 8)
    (strict,) = linked(track_frame(rows), "strict").to_dict("records")
    assert strict["idf1_ends"].value == pytest.approx(8 / 20)
    assert (strict["videos"], strict["events"]) == (1, 8)
