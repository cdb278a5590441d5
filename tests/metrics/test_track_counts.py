from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from samiam.metrics.tracks import TrackCounts, count_right


def tracks(*rows: tuple[int, int, float]) -> Any:
    """Frame, track and column of each point, all in row 0."""
    frames, numbers, columns = zip(*rows, strict=True) if rows else ((), (), ())
    places = np.stack([np.zeros(len(columns)), np.array(columns, float)], axis=1)
    return np.array(frames, int), np.array(numbers, int), places


TRUE = tracks(*((frame, 1, 0.0) for frame in range(4)), *((frame, 2, 10.0) for frame in range(4)))


def test_the_same_tracks_under_other_names_are_right() -> None:
    other = tracks(*((frame, 7, 10.4) for frame in range(4)), *((frame, 3, 0.3) for frame in range(4)))
    assert count_right(TRUE, other, 0.5) == TrackCounts(8, 8, 8)
    assert count_right(TRUE, other, 0.5).idf1 == 1
    assert count_right(TRUE, other, 0.35) == TrackCounts(4, 8, 8)


def test_a_broken_track_counts_as_its_longer_part() -> None:
    broken = tracks((0, 1, 0.0), (1, 1, 0.0), (2, 1, 0.0), (3, 5, 0.0), *((frame, 2, 10.0) for frame in range(4)))
    assert count_right(TRUE, broken, 0.5) == TrackCounts(7, 8, 8)


def test_swapped_tracks_count_where_they_are_theirs_longest() -> None:
    swapped = tracks(
        *((frame, 1, 0.0 if frame < 3 else 10.0) for frame in range(4)),
        *((frame, 2, 10.0 if frame < 3 else 0.0) for frame in range(4)),
    )
    assert count_right(TRUE, swapped, 0.5) == TrackCounts(6, 8, 8)


def test_missed_and_false_points_count_against_it() -> None:
    fewer = tracks(*((frame, 1, 0.0) for frame in range(3)), (0, 9, 50.0))
    found = count_right(TRUE, fewer, 0.5)
    assert found == TrackCounts(3, 8, 4)
    assert found.idf1 == pytest.approx(6 / 12)


def test_nothing() -> None:
    assert count_right(TRUE, tracks(), 1.0) == TrackCounts(0, 8, 0)
    assert np.isnan(count_right(tracks(), tracks(), 1.0).idf1)
