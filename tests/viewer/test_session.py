"""Laws of correcting: whatever is done can be taken back, done again, saved and read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from samiam.errors import InputError
from samiam.viewer.actions import perform
from samiam.viewer.canvas import Canvas
from samiam.viewer.keeping.outcome import segmentation_of
from samiam.viewer.session import Session
from tests.made_records import assert_same
from tests.made_sights import MadeSight

HEIGHT, WIDTH = 12, 18
FEW = settings(max_examples=30)
places = st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1))
boxes = st.tuples(places, places).map(lambda two: [*two[0], *two[1]])
lines = st.lists(places, min_size=3, max_size=6)
into = st.one_of(st.none(), st.integers(1, 4))
radii = st.floats(0.5, 4)


def of(action: str, **arguments: Any) -> Any:
    return st.fixed_dictionaries({"action": st.just(action), **arguments})


steps = st.one_of(
    of("boost", n_materials=st.one_of(st.none(), st.integers(1, 4))),
    of("point", x=st.integers(0, WIDTH - 1), y=st.integers(0, HEIGHT - 1), inside=st.booleans(), into=into),
    of("box", box_xyxy=boxes, into=into),
    of("paint", points_xy=lines, radius_px=radii, into=into),
    of("erase", points_xy=lines, radius_px=radii, only=into),
    of("fill", points_xy=lines, into=into),
    of("grow", points_xy=lines, into=into),
    of("find_all", box_xyxy=boxes, into=into),
    of("merge", numbers=st.lists(st.integers(1, 4), max_size=3)),
    of("split", number=st.integers(1, 4)),
    of("cut", number=st.integers(1, 4), points_xy=lines),
    of("part", number=st.integers(1, 4), x=st.integers(0, WIDTH - 1), y=st.integers(0, HEIGHT - 1)),
    of("rename", number=st.integers(1, 4), name=st.sampled_from(["Ge", "SrTiO3", "=1+1", "", None])),
    of("delete", number=st.integers(1, 4)),
    of("settle"),
)


def begun(**options: Any) -> Session:
    return Session(MadeSight((HEIGHT, WIDTH), **options), "Ann", now=lambda: "2026-01-01T00:00:00+00:00")


def after(asked: list[dict[str, Any]], session: Session | None = None) -> Session:
    """A session after some steps; those that it refuses must have left it as it was."""
    session = session or begun()
    for one in asked:
        before = session.canvas, len(session.steps), session.version
        try:
            perform(session, one)
        except InputError:
            assert (session.canvas, len(session.steps), session.version) == before
    return session


def ends_with_a_boost(session: Session) -> bool:
    return bool(session.steps) and session.steps[-1].what == "boost"


def assert_same_canvas(found: Canvas, expected: Canvas) -> None:
    np.testing.assert_array_equal(found.labels, expected.labels)
    assert (found.regions, found.areas) == (expected.regions, expected.areas)
    assert found.result is expected.result


def assert_sound(canvas: Canvas) -> None:
    """Every number among the labels is of a region, and each region has the pixels that it says."""
    numbers, areas = np.unique(canvas.labels[canvas.labels > 0], return_counts=True)
    assert dict(zip(numbers.tolist(), areas.tolist(), strict=True)) == dict(canvas.areas)
    assert set(canvas.regions) == set(canvas.areas)
    assert canvas.next_number > max(canvas.regions, default=0)


@FEW
@given(st.lists(steps, max_size=6))
def test_undoing_all_gives_what_was_begun_with_and_redoing_what_was_reached(asked: list[dict[str, Any]]) -> None:
    session, start = after(asked), begun().canvas
    reached, n_steps = session.canvas, len(session.steps)
    for _ in range(n_steps):
        session.undo()
    np.testing.assert_array_equal(session.canvas.labels, start.labels)
    assert (session.canvas.regions, session.canvas.areas, session.steps) == (start.regions, start.areas, [])
    for _ in range(n_steps):
        session.redo()
    assert_same_canvas(session.canvas, reached)


@FEW
@given(st.lists(steps, max_size=5), steps)
def test_a_step_and_its_undoing_change_nothing(asked: list[dict[str, Any]], last: dict[str, Any]) -> None:
    session = after(asked)
    session.settle()
    assume(not (last["action"] == "boost" and ends_with_a_boost(session)))  # those become one step
    before, n_before = session.canvas, len(session.steps)
    after([last], session)
    if len(session.steps) > n_before:
        session.undo()
    assert_same_canvas(session.canvas, before)


@FEW
@given(st.lists(steps, max_size=8))
def test_regions_never_overlap_and_are_what_they_say(asked: list[dict[str, Any]]) -> None:
    session = after(asked)
    assert_sound(session.canvas)
    found = segmentation_of(session.canvas, session.sight.micrograph)  # which refuses labels with gaps, and overlaps
    assert len(found.masks) == len(session.canvas.regions)
    assert sorted(found.masks.areas.tolist()) == sorted(session.canvas.areas.values())
    np.testing.assert_array_equal(found.labels > 0, session.canvas.labels > 0)
    pairs = np.unique(np.stack([found.labels, session.canvas.labels]).reshape(2, -1), axis=1)
    assert len(pairs[0]) == len(np.unique(pairs[0])) == len(np.unique(pairs[1]))  # the same regions, renumbered
    names = {region.name for region in session.canvas.regions.values()}
    assert set(found.names) == names


@FEW
@given(st.lists(steps, max_size=4), steps)
def test_a_new_step_forgets_what_was_taken_back(asked: list[dict[str, Any]], last: dict[str, Any]) -> None:
    session = after(asked)
    session.undo()
    session.settle()
    n_before = len(session.steps)
    after([last], session)
    if len(session.steps) > n_before:
        reached = session.canvas
        session.redo()
        assert session.canvas is reached


@FEW
@given(st.lists(steps, max_size=6))
def test_what_is_not_shown_is_of_no_region(asked: list[dict[str, Any]]) -> None:
    shown = np.ones((HEIGHT, WIDTH), np.bool_)
    shown[:, :2] = False
    assert not after(asked, begun(shown=shown)).canvas.labels[~shown].any()


@FEW
@given(lines)
def test_cutting_and_merging_again_changes_nothing(points: list[tuple[int, int]]) -> None:
    session = begun()
    before = session.canvas.labels
    try:
        session.cut(1, points)
    except InputError:
        return
    session.merge([1, session.canvas.next_number - 1])
    np.testing.assert_array_equal(session.canvas.labels, before)


def test_merging_and_splitting_again_makes_two() -> None:
    session = begun()
    session.merge([2, 1])
    assert session.canvas.areas == {2: HEIGHT * WIDTH * 2 // 3}
    session.split(2)
    assert session.canvas.areas == {2: (HEIGHT - 1) * 12, 3: 12}


def test_clicks_correct_one_answer_in_one_step() -> None:
    session = begun()
    session.point(15, 3)
    assert session.canvas.areas == {1: 72, 2: 72, 3: 72}
    session.point(8, 3)
    assert session.canvas.areas == {1: 72, 3: 144}
    session.point(9, 9, inside=False)
    assert session.canvas.areas == {1: 72, 2: 72, 3: 72}
    assert [(step.what, len(step.details["points"])) for step in session.steps] == [("point", 3)]
    session.settle()
    session.point(8, 3, into=1)
    assert session.canvas.areas == {1: 144, 3: 72}
    session.undo()
    session.undo()
    assert session.canvas.areas == {1: 72, 2: 72}


def test_another_number_of_materials_is_a_step_that_can_be_taken_back() -> None:
    session = begun()
    session.erase([(1, 1)], 2)
    before = session.canvas
    session.boost(3)
    assert (len(session.canvas.regions), session.canvas.result.n_materials_given) == (3, True)
    assert session.steps[-1].details == {"n_materials": 3, "steps_replaced": 1}
    session.undo()
    assert_same_canvas(session.canvas, before)


def test_several_numbers_one_after_the_other_are_one_step() -> None:
    session = begun()
    session.boost(4)
    session.erase([(1, 1)], 2)
    session.delete(2)
    before = session.canvas
    session.boost(3)
    session.boost(None)
    assert [step.what for step in session.steps] == ["boost", "erase", "delete", "boost"]
    assert session.steps[-1].details == {"n_materials": None, "steps_replaced": 2}
    session.undo()
    assert_same_canvas(session.canvas, before)
    session.redo()
    assert (len(session.canvas.regions), session.canvas.result.n_materials_given) == (2, False)


def test_a_verdict_is_of_the_regions_as_they_are() -> None:
    session = begun()
    session.judge(True)
    assert session.verdict is not None
    assert (session.verdict.accepted, session.verdict.who) == (True, "Ann")
    session.rename(1, "Ge")
    assert session.verdict is None


def test_who_did_what_and_when() -> None:
    session = begun()
    session.delete(2)
    assert [(s.what, s.who, s.when_utc, s.n_pixels) for s in session.steps] == [
        ("delete", "Ann", "2026-01-01T00:00:00+00:00", 72)
    ]


def test_masks_of_a_deleted_region_are_removed_by_hand() -> None:
    session = begun()
    session.delete(1)
    found = segmentation_of(session.canvas, session.sight.micrograph)
    decided = [(decision.action, decision.rule, decision.material) for decision in found.decisions]
    assert decided == [("removed", "by_hand", None), ("kept", "majority_vote", 1), ("removed", "tiny_child", None)]


def test_a_result_that_nobody_touched_is_the_automatic_one() -> None:
    session = begun()
    assert_same(segmentation_of(session.canvas, session.sight.micrograph), session.sight.result(None))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"action": "merge", "numbers": [1]}, "one region alone cannot be merged"),
        ({"action": "merge", "numbers": [1, 7]}, "there is no region 7; there are 1, 2"),
        ({"action": "rename", "number": 9, "name": "Ge"}, "there is no region 9"),
        ({"action": "paint", "points_xy": [[1, 1]], "radius_px": -1}, "a brush of -1 px"),
        ({"action": "paint", "points_xy": [], "radius_px": 1}, "0 points"),
        ({"action": "paint", "points_xy": [["a", 1]], "radius_px": 1}, "paint: points_xy: "),
        ({"action": "fill", "points_xy": [[float("nan"), 1]] * 3}, "no place near the image"),
        ({"action": "fill", "points_xy": [[1, 1]] * 3, "into": 8}, "there is no region 8"),
        ({"action": "boost", "n_materials": 0}, "0 materials"),
        ({"action": "box", "box_xyxy": [50, 50, 60, 60]}, "outside of the image"),
        ({"action": "cut", "number": 1, "points_xy": [[17, 1], [17, 2], [16, 2]]}, "leave region 1 as it is"),
        ({"action": "part", "number": 1, "x": 17, "y": 3}, "not in region 1"),
        ({"action": "split"}, "number is missing; split takes number"),
        ({"action": "undo", "far": 1}, "far is unknown; undo takes nothing"),
        ({"action": "go_on"}, "there is no such action"),
        ({"action": ["undo"]}, "there is no such action"),
        ([], "there is no such action"),
    ],
)
def test_what_is_refused(asked: Any, said: str) -> None:
    session = begun()
    with pytest.raises(InputError, match=said):
        perform(session, asked)
    assert session.version == 0


def test_two_materials_cannot_have_one_name() -> None:
    session = begun()
    session.rename(1, "Ge")
    with pytest.raises(InputError, match="Ge is the name of region 1; merge the two"):
        session.rename(2, " Ge ")
