from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_stripes import waves
from numpy.typing import ArrayLike, NDArray

from samiam.errors import InputError
from samiam.polar import Linker, LinkingOptions, Tracks
from samiam.polar.linking.assignment import nearest_pairs
from samiam.polar.linking.drift import Registration
from samiam.records.polar_scene import Points

SHAPE, PERIOD = (100, 120), 10.0
Places = list[tuple[float, float]]


def linked(frames: dict[int, tuple[Places, Places]], **options: float) -> Tracks:
    """The tracks of ends and junctions, by the number of each frame."""
    linker = Linker(SHAPE, PERIOD, options=LinkingOptions(**options))  # type: ignore[arg-type]
    for number, (ends, junctions) in frames.items():
        linker.add(Points([*ends, *junctions], [False] * len(ends) + [True] * len(junctions)), frame=number)
    return linker.tracks()


def events(tracks: Tracks) -> list[tuple[int, str]]:
    return list(zip(tracks.events["frame"], tracks.events["event"], strict=True))


def test_of_two_sets_those_are_pairs_whose_distances_add_up_to_least() -> None:
    first, second = np.array([[0.0, 0.0], [0.0, 2.0]]), np.array([[0.0, 1.6], [0.0, 3.0]])
    # The nearest of all, 1 with 0, would leave 0 alone: 0.4 and twice the reach, against 1.6 and 1.
    assert [own.tolist() for own in nearest_pairs(first, second, 2.5)] == [[0, 1], [0, 1]]
    assert [own.tolist() for own in nearest_pairs(first, second, 1.5)] == [[1], [0]]
    assert [own.tolist() for own in nearest_pairs(first, second, np.array([0.1, 1.5]))] == [[1], [0]]
    assert len(nearest_pairs(np.empty((0, 2)), second, 1.0)[0]) == 0


def test_points_that_move_keep_their_tracks_and_an_end_is_never_a_junction() -> None:
    tracks = linked({n: ([(50.0 + 2 * n, 40)], [(52.0 + 2 * n, 40)]) for n in range(5)})
    assert [list(tracks.points[column][:4]) for column in ("frame", "track")] == [[0, 0, 1, 1], [1, 2, 1, 2]]
    assert list(tracks.lifetimes["kind"]) == ["end", "junction"]
    assert list(tracks.points["row"]) == [50 + 2 * n + 2 * junction for n in range(5) for junction in (0, 1)]
    assert list(tracks.lifetimes["frames_seen"]) == [5, 5]
    assert tracks.lifetimes[["begins_with", "ends_with"]].isna().all(axis=None)
    assert (tracks.counts[["ends", "junctions"]] == 1).all(axis=None)
    assert events(tracks) == []
    swapped = linked({0: ([(50, 40)], []), 1: ([], [(50, 40)])})
    assert list(swapped.points["track"]) == [1, 2]


def test_a_track_goes_on_after_two_frames_without_it_and_no_more() -> None:
    there, gone = ([(50, 40)], []), ([], [])
    bridged = linked({0: there, 1: gone, 2: gone, 3: there, 4: there})
    assert list(bridged.points["track"]) == [1, 1, 1]
    assert events(bridged) == []
    lost = linked({0: there, 1: there, 2: gone, 3: gone, 4: gone, 5: there, 6: there})
    assert list(lost.points["track"]) == [1, 1, 2, 2]
    assert events(lost) == [(2, "death"), (5, "birth")]
    missing = linked({0: there, 3: there})
    assert list(missing.points["track"]) == [1, 1]
    assert list(linked({0: there, 4: there}).points["track"]) == [1, 2]


def test_what_happens_in_a_pause_is_not_known() -> None:
    there, also = ([(50, 40), (20, 80)], []), ([(50, 40), (70, 30)], [])
    frames = {0: there, 1: there, 4: there, 8: also, 9: also, 10: ([(50, 40)], []), 11: ([(50, 40)], [])}
    tracks = linked({**frames, 12: ([(50, 40)], [])})
    assert events(tracks) == [(10, "death")]
    assert tracks.lifetimes["first_frame"].tolist() == [0, 0, 8, 8]
    whole = Linker(SHAPE, PERIOD)
    for number in frames:
        whole.add(Points([], []), frame=number)
    assert whole.pauses == [(4, 8)]


def test_after_a_gap_a_point_may_be_farther_by_the_root_of_the_frames() -> None:
    def frames(moved: float) -> dict[int, tuple[Places, Places]]:
        before, after = [(50.0, 40.0)], [(50 + moved, 40.0)]
        return {0: (before, []), 1: (before, []), 2: ([], []), 3: (after, []), 4: (after, [])}

    assert len(linked(frames(7.0)).lifetimes) == 1  # half a period times √2 is 7.07
    assert len(linked(frames(7.1)).lifetimes) == 2


ARM: dict[int, Places] = {0: [(50, 40), (50, 46)], 1: [(50, 41), (50, 45)]}


@pytest.mark.parametrize(
    ("kinds", "vanish", "appear"),
    [
        (("end", "junction"), "annihilation", "pair creation"),
        (("end", "end"), "joining", "breaking"),
        (("junction", "junction"), "bridge breaking", "bridging"),
    ],
)
def test_two_points_that_vanish_or_appear_together_are_one_event(
    kinds: tuple[str, str], vanish: str, appear: str
) -> None:
    def frame(places: Places) -> tuple[Places, Places]:
        ends, junctions = (
            [place for place, kind in zip(places, kinds, strict=False) if kind == wanted]
            for wanted in ("end", "junction")
        )
        return ends, junctions

    gone = {n: frame(ARM[n] if n < 2 else []) for n in range(6)}
    tracks = linked(gone)
    assert events(tracks) == [(2, vanish)]
    assert tracks.events.loc[0, ["row", "column", "track", "other_track"]].tolist() == [50, 43, 1, 2]
    assert list(tracks.lifetimes["ends_with"]) == [vanish, vanish]
    come = {n: frame(ARM[5 - n] if n > 3 else []) for n in range(6)}
    assert events(linked(come)) == [(4, appear)]


def test_an_end_that_becomes_a_junction_is_attached() -> None:
    end, junction = ([(50, 40)], []), ([], [(50, 43)])
    frames = [end, end, end, junction, junction, junction, junction]
    assert events(linked(dict(enumerate(frames)))) == [(3, "attachment")]
    assert events(linked(dict(enumerate(reversed(frames))))) == [(4, "detachment")]


def test_points_that_are_far_apart_in_place_or_time_do_not_meet() -> None:
    apart = {n: ([(50, 40)], [(50, 56)]) if n < 2 else ([], []) for n in range(6)}
    assert events(linked(apart)) == [(2, "death"), (2, "death")]
    assert events(linked(apart, meeting=1.7)) == [(2, "annihilation")]
    later: dict[int, tuple[Places, Places]] = {
        n: ([(50, 40)] if n < 2 else [], [(50, 45)] if n < 4 else []) for n in range(8)
    }
    assert events(linked(later)) == [(2, "death"), (4, "death")]
    assert events(linked(later, together=2)) == [(4, "annihilation")]


def test_of_four_points_that_vanish_those_are_pairs_that_leave_none_alone() -> None:
    # The nearest, both junctions, would leave two ends that are too far apart.
    row: dict[int, tuple[Places, Places]] = {
        n: ([(50, 30), (50, 57)], [(50, 41), (50, 46)]) if n < 2 else ([], []) for n in range(6)
    }
    tracks = linked(row)
    assert events(tracks) == [(2, "annihilation"), (2, "annihilation")]
    assert sorted(tracks.events["column"]) == [35.5, 51.5]


def test_what_lasts_for_a_frame_is_left_out_of_what_happens() -> None:
    two, one, none = ([(50, 40), (50, 54)], []), ([(50, 54)], [(50, 46)]), ([], [])
    assert events(linked(dict(enumerate([two, two, one, none, none, none])))) == [(3, "joining")]
    end, junction = ([(50, 40)], []), ([], [(50, 43)])
    back = linked(dict(enumerate([end, end, junction, end, end, end])))
    assert events(back) == []
    assert list(back.points["track"]) == [1, 1, 2, 1, 1, 1]
    assert list(back.lifetimes["frames_seen"]) == [5, 1]


def test_flicker_takes_no_partner_from_what_lasts() -> None:
    """For a frame there is a junction beside the end that vanishes, and an end beside the junction."""
    pair, moment, none = ([(50, 40)], [(50, 54)]), ([(50, 56)], [(50, 38)]), ([], [])
    assert events(linked(dict(enumerate([pair, pair, pair, moment, none, none, none])))) == [(3, "annihilation")]


def test_what_may_last_after_the_video_is_no_death() -> None:
    end, junction = ([(50, 40)], []), ([], [(50, 43)])
    assert events(linked(dict(enumerate([end, end, end, junction])))) == []
    assert events(linked(dict(enumerate([junction, end, end, end])))) == []
    assert events(linked(dict(enumerate([end, end, junction, junction])))) == [(2, "attachment")]


@pytest.mark.parametrize(("score", "happened"), [(0.5, []), (0.9, [(2, "annihilation")])])
def test_what_is_never_sure_is_flicker(score: float, happened: list[tuple[int, str]]) -> None:
    linker = Linker(SHAPE, PERIOD, options=LinkingOptions(sure=0.6))
    for number in range(6):
        scores = [0.5, 0.9] if number else [score, 0.9]  # sure once is enough
        linker.add(Points([[50, 40], [50, 46]], [False, True], scores) if number < 2 else Points([], []))
    tracks = linker.tracks()
    told = [event for event in events(tracks) if event[1] == "annihilation"]
    assert told == happened
    assert len(tracks.points) == 4


@pytest.mark.parametrize(("away", "n_tracks"), [(11, 1), (12, 2)])
def test_how_long_a_track_may_be_unseen_counts_in_frames_that_are_told_of(away: int, n_tracks: int) -> None:
    linker = Linker(SHAPE, PERIOD, options=LinkingOptions(most_missed=2))
    for number in range(33):
        linker.add(Points([], []) if 5 <= number < 5 + away else Points([[50, 60]], [False]))
    assert len(linker.tracks(every=4).lifetimes) == n_tracks


def test_frames_that_are_not_told_of_help_to_pair() -> None:
    pair = {n: ([(50, 40)], [(50, 45)]) if n < 9 else ([], []) for n in range(25)}
    linker = Linker(SHAPE, PERIOD)
    for ends, junctions in pair.values():
        linker.add(Points([*ends, *junctions], [False] * len(ends) + [True] * len(junctions)))
    tracks = linker.tracks(every=4)
    assert list(tracks.counts["frame"]) == list(range(7))
    assert events(tracks) == [(3, "annihilation")]
    assert list(tracks.lifetimes["frames_seen"]) == [3, 3]


def test_what_comes_and_goes_at_the_border_enters_and_leaves() -> None:
    frames: dict[int, tuple[Places, Places]] = {n: ([(12, 60)] if 2 <= n < 5 else [], []) for n in range(9)}
    assert events(linked(frames)) == [(2, "entry"), (5, "exit")]


def test_a_point_that_is_seen_once_is_flicker() -> None:
    frames: dict[int, tuple[Places, Places]] = {n: ([(50, 60)] if n == 3 else [], []) for n in range(8)}
    tracks = linked(frames)
    assert (len(tracks.points), len(tracks.events)) == (1, 0)
    assert events(linked(frames, least_seen=1)) == [(3, "birth"), (4, "death")]


def test_frames_out_of_order_or_of_another_size_are_refused_and_the_next_one_goes_on() -> None:
    linker = Linker(SHAPE, PERIOD)
    points = Points([[50, 40]], [False])
    linker.add(points, np.random.default_rng(0).random(SHAPE))
    with pytest.raises(InputError, match="frame 0 comes after frame 0; link frames in their order"):
        linker.add(points, frame=0)
    with pytest.raises(InputError, match="frame 1: 120 × 90 px, and the frames before have 120 × 100"):
        linker.add(points, np.zeros((90, 120)))
    linker.add(points)
    assert list(linker.tracks().points["track"]) == [1, 1]


def shifted(field: NDArray[np.float64], by_px: tuple[int, int]) -> NDArray[np.float64]:
    return np.roll(field, by_px, axis=(0, 1))[20:-20, 20:-20]


@pytest.mark.parametrize("noise", [0.0, 2.0])
def test_drift_is_measured_and_taken_out(noise: float) -> None:
    field, rng = waves((200, 220), 12.0, seed=1), np.random.default_rng(0)
    registration = Registration(12.0)
    for drift in [(0, 0), (3, -2), (8, -5), (8, 4)]:
        seen = shifted(field, drift)
        assert registration.drift_of(seen + noise * rng.normal(size=seen.shape)) == pytest.approx(drift, abs=0.4)
    assert registration.drift_of(np.full(seen.shape, 0.5)) == pytest.approx((8, 4), abs=0.4)  # a blank frame


def test_points_of_a_specimen_that_drifts_far_keep_their_tracks() -> None:
    field = waves((200, 220), 12.0, seed=1)
    linker = Linker((160, 180), 12.0)
    for n in range(5):
        drift = linker.add(Points([[60 + 9 * n, 80 - 7 * n]], [True]), shifted(field, (9 * n, -7 * n)))
    assert drift == pytest.approx((36, -28), abs=0.5)
    tracks = linker.tracks()
    assert list(tracks.points["track"]) == [1] * 5
    assert (tracks.points["row"] - tracks.points["drift_row"]).to_numpy() == pytest.approx(60, abs=0.5)


def replayed(tracks: Tracks, drifts: ArrayLike, frames: int) -> Linker:
    linker = Linker(SHAPE, PERIOD)
    for number in range(frames):
        rows = tracks.points[tracks.points["frame"] == number]
        points = Points(rows[["row", "column"]], rows["kind"] == "junction", rows["score"])
        linker.add(points, frame=number, drift_px=np.asarray(drifts)[number])
    return linker


def test_a_table_of_points_replayed_gives_the_same_tracks() -> None:
    rng = np.random.default_rng(0)
    places = rng.uniform(15, 85, (12, 2))
    drifts = np.cumsum(rng.normal(size=(6, 2)), axis=0) - 1
    linker = Linker(SHAPE, PERIOD)
    for number in range(6):
        seen = rng.random(12) < 0.8
        points = Points(places[seen] + drifts[number] + rng.normal(size=(seen.sum(), 2)), np.arange(12)[seen] % 2)
        linker.add(points, drift_px=drifts[number])
    whole = linker.tracks()
    again = replayed(whole, drifts, 6).tracks()
    for name in ("points", "events", "lifetimes", "counts"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(whole, name))


@pytest.mark.parametrize("aspect", [1 / 3, 3.0])
def test_the_same_points_on_other_pixels_have_the_same_tracks_and_events(aspect: float) -> None:
    """Points that move, come and go, seen with rows of other heights."""
    rng = np.random.default_rng(3)
    places = rng.uniform(10, 90, (80, 2))
    square, other = Linker((100, 100), PERIOD), Linker((round(99 / aspect) + 1, 100), PERIOD, pixel_aspect=aspect)
    to_other = np.array([1 / aspect, 1.0])
    for number in range(8):
        seen, drift = rng.random(80) < 0.7, np.array([1.5, -0.5]) * number
        places = places + rng.normal(scale=2.0, size=(80, 2))
        points = Points(places[seen] + drift, np.arange(80)[seen] % 2)
        square.add(points, frame=number, drift_px=drift)
        there = Points(points.positions_px * to_other, points.is_junction)
        assert other.add(there, frame=number, drift_px=drift * to_other) == pytest.approx(drift * to_other)
    expected, found = square.tracks(), other.tracks()
    assert len(expected.events) > 20
    for table, names in (("points", ("row", "drift_row")), ("events", ("row",))):
        for name in names:
            getattr(found, table)[name] *= aspect
    for name in ("points", "events", "lifetimes", "counts"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(expected, name))


@pytest.mark.parametrize("per_px", [(3, 1), (1, 2)])
def test_drift_on_pixels_that_are_not_square(per_px: tuple[int, int]) -> None:
    """Each pixel split into some, along rows or columns; the period counts in widths."""
    field, (rows, columns) = waves((200, 220), 12.0, seed=1), per_px
    registration = Registration(12.0 * columns, columns / rows)
    for drift in [(0, 0), (3, -2), (8, -5)]:
        seen = shifted(field, drift).repeat(rows, axis=0).repeat(columns, axis=1)
        assert registration.drift_of(seen) == pytest.approx(np.multiply(drift, per_px), abs=0.4 * max(per_px))


def test_no_frames_make_empty_tables() -> None:
    tracks = Linker(SHAPE, PERIOD).tracks()
    assert repr(tracks) == "Tracks(0 frames, 0 tracks, 0 events)"
    empty = Linker(SHAPE, PERIOD)
    empty.add(Points([], []))
    assert empty.tracks().counts.to_dict("list") == {"frame": [0], "ends": [0], "junctions": [0]}


@pytest.mark.parametrize("jump", [1, 4, 7])
def test_a_jump_is_told_and_what_follows_is_sure_again(jump: int) -> None:
    pixels, none = waves((200, 200), PERIOD, 0), Points([], [])
    noisy = [pixels + 0.5 * np.random.default_rng(seed).normal(size=pixels.shape) for seed in range(8)]
    linker = Linker((200, 200), PERIOD)
    for number, frame in enumerate(noisy):
        linker.add(none, np.roll(frame, (100, 31), (0, 1)) if number >= jump else frame)
    linker.add(none)
    assert linker.jumps == [jump]


def test_frames_that_become_noisier_are_no_jumps() -> None:
    pixels, none = waves((200, 200), PERIOD, 0), Points([], [])
    linker = Linker((200, 200), PERIOD)
    for number in range(12):
        noise = np.random.default_rng(number).normal(size=pixels.shape)
        linker.add(none, pixels + (0.1 if number < 6 else 2.0) * noise)
    assert linker.jumps == []
