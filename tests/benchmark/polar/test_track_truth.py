from __future__ import annotations

import numpy as np

from samiam.benchmark.polar.truth import OF_TWO, TrueTracks, counts_of, events_found, lasting
from samiam.metrics.tracks import TrackCounts
from samiam.polar import Linker, LinkingOptions, Tracks
from samiam.records import Micrograph
from samiam.records.polar_scene import Points, PolarScene

SHAPE, PERIOD, BETWEEN = (100, 120), 10.0, 4


def scene(points: Points) -> PolarScene:
    still = {"offset_px": (0.0, 0.0)}
    return PolarScene(
        Micrograph(np.zeros(SHAPE)), points, "bright", PERIOD, np.zeros(SHAPE, bool), "made", parameters=still
    )


def at(time: float) -> Points:
    """A point that moves by 3.5 px a unit of time, and two that are 4 px apart until they vanish at 2.5."""
    pair = [[60.0, 40.0], [60.0, 44.0]] if time < 2.5 else []
    return Points([[20.0, 20.0 + 3.5 * time], *pair], [False, False, True][: 1 + len(pair)])


def true_tracks() -> Tracks:
    tracks = TrueTracks(scene(at(0)), BETWEEN, LinkingOptions())
    for step in range(6 * BETWEEN + 1):
        tracks.add(scene(at(step / BETWEEN)))
    return tracks.seen()["lasting"]


def found_tracks(**options: float) -> Tracks:
    linker = Linker(SHAPE, PERIOD, options=LinkingOptions(**options))  # type: ignore[arg-type]
    for time in range(7):
        linker.add(at(time))
    return linker.tracks()


def test_truth_is_told_of_the_frames_that_methods_see() -> None:
    truth = true_tracks()
    assert truth.points["frame"].unique().tolist() == list(range(7))
    assert truth.events[["frame", "event"]].to_numpy().tolist() == [[3, "annihilation"]]


def test_what_no_frame_shows_is_no_event() -> None:
    tracks = TrueTracks(scene(at(0)), BETWEEN, LinkingOptions())
    for step in range(6 * BETWEEN + 1):
        brief = [[50.0, 60.0], [50.0, 64.0]] if 9 <= step < 14 else []  # in five steps, and in one frame
        tracks.add(scene(Points([[20.0, 20.0], *brief], [False, False, True][: 1 + len(brief)])))
    for seen in tracks.seen().values():
        assert len(seen.lifetimes) == 3
        assert len(seen.events) == 0


def test_a_pair_that_is_away_in_one_frame_has_gone_to_the_strict_truth_alone() -> None:
    tracks = TrueTracks(scene(at(0)), BETWEEN, LinkingOptions())
    for step in range(6 * BETWEEN + 1):
        pair = [] if 10 <= step < 15 else [[50.0, 60.0], [50.0, 64.0]]  # away in frame 3
        tracks.add(scene(Points([[20.0, 20.0], *pair], [False, False, True][: 1 + len(pair)])))
    seen = tracks.seen()
    assert len(seen["lasting"].lifetimes) == 3
    assert len(seen["lasting"].events) == 0
    told = seen["strict"].events[["frame", "event"]].to_numpy().tolist()
    assert told == [[3, "annihilation"], [4, "pair creation"]]


def test_tracks_that_are_short_or_never_sure_do_not_last() -> None:
    linker = Linker(SHAPE, PERIOD)
    scores = {0: [0.9, 0.3, 0.9], 1: [0.4, 0.5, 0.9], 2: [0.4, 0.5]}  # the third is seen in one frame
    for number, own in scores.items():
        places = [[20.0, 20.0], [50.0, 20.0], [80.0, 20.0 + 40 * number]]
        linker.add(Points(places[: len(own)], [False] * len(own), own))
    whole = linker.tracks()
    assert len(whole.points) == 8
    kept = lasting(whole, LinkingOptions(least_seen=2, sure=0.6)).points
    assert kept["row"].tolist() == [20.0] * 3


def test_the_same_points_linked_in_large_steps_are_right() -> None:
    truth, found = true_tracks(), found_tracks()
    assert counts_of(truth, found, "end") == TrackCounts(10, 10, 10)
    assert counts_of(truth, found, "junction") == TrackCounts(3, 3, 3)
    assert events_found(truth, found, OF_TWO) == (1, 1, 1)


def test_a_linker_that_reaches_less_far_breaks_a_track() -> None:
    assert counts_of(true_tracks(), found_tracks(reach=0.3), "end") == TrackCounts(4, 10, 10)


def test_events_are_the_same_within_a_period_and_two_frames() -> None:
    truth = true_tracks()
    for moved, late, same in ((0, 2, 1), (0, 3, 0), (9, 0, 1), (11, 0, 0)):
        events = truth.events.assign(row=truth.events["row"] + moved, frame=truth.events["frame"] + late)
        other = Tracks(truth.points, events, truth.lifetimes, truth.counts, "bright", PERIOD)
        assert events_found(truth, other, ("annihilation",)) == (1, 1, same)
        assert events_found(truth, other, ("joining",)) == (0, 0, 0)
