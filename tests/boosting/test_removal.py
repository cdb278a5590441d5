"""The rules of Algorithm 1 by hand on both sides of every threshold, and against a slow transcription."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from fractions import Fraction
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from samiam.boosting import RemovalRules, remove_masks
from samiam.errors import InputError
from samiam.records import Decision, Masks

Bools = NDArray[np.bool_]
Found = dict[int, dict[str, Fraction]]
OFF = RemovalRules(tiny_child=None, compound_parent=None, redundant=False, tiny_island_px=None)
TINY_CHILD, COMPOUND = replace(OFF, tiny_child=0.05), replace(OFF, tiny_child=0.05, compound_parent=0.70)
REDUNDANT = replace(OFF, redundant=True)
ORDER = ("tiny_child", "compound_parent", "redundant", "tiny_island")
quick = settings(max_examples=120)


def runs(*limits: tuple[int, int], **columns: Any) -> Masks:
    """Masks that are runs [start, stop) of one row of 1200 pixels."""
    pixels = np.arange(1200)[None]
    return Masks.from_arrays([(pixels >= start) & (pixels < stop) for start, stop in limits], (1, 1200), **columns)


def box(top: int, left: int, height: int, width: int, shape_hw: tuple[int, int] = (20, 20)) -> Bools:
    mask = np.zeros(shape_hw, bool)
    mask[top : top + height, left : left + width] = True
    return mask


def removed_by(masks: Masks, rules: RemovalRules) -> dict[int, str]:
    kept, log = remove_masks(masks, rules)
    assert sorted([*kept.tolist(), *(decision.mask for decision in log)]) == list(range(len(masks)))
    return {decision.mask: decision.rule for decision in log}


# --- tiny child: b > 0.90, a < 0.90, and a < 0.05


def test_a_child_below_five_per_cent_goes() -> None:
    # a = 4/100 < 0.05, b = 4/4.
    kept, log = remove_masks(runs((0, 100), (50, 54)), TINY_CHILD)
    assert kept.tolist() == [0]
    assert log == [Decision(1, "removed", "tiny_child", 4 / 100, 0.05, other=0)]


def test_a_child_of_five_per_cent_stays() -> None:
    assert removed_by(runs((0, 100), (50, 55)), TINY_CHILD) == {}  # a = 5/100, not below 0.05


@pytest.mark.parametrize(("start", "expected"), [(982, {}), (981, {1: "tiny_child"})])
def test_a_child_lies_more_than_nine_tenths_inside(start: int, expected: dict[int, str]) -> None:
    # Of 20 pixels 18 lie in [0, 1000): b = 0.90, no child; 19: b = 0.95, a = 19/1000.
    masks = runs((0, 1000), (start, start + 20))
    assert removed_by(masks, TINY_CHILD) == expected
    assert [decision.value for decision in remove_masks(masks, TINY_CHILD)[1]] == [19 / 1000] * len(expected)


def test_a_tiny_child_is_logged_with_the_parent_in_which_it_is_tiniest() -> None:
    # a = 4/100, 4/500, 4/90: the second decides.
    (decision,) = remove_masks(runs((0, 100), (0, 500), (0, 4), (0, 90)), TINY_CHILD)[1]
    assert (decision.mask, decision.other, decision.value) == (2, 1, 4 / 500)


# --- compound parent: the a of its children with a > 0.05 sum to more than 0.70


@pytest.mark.parametrize(("end", "expected"), [(70, {}), (71, {0: "compound_parent"})])
def test_a_parent_covered_to_more_than_seventy_per_cent_goes(end: int, expected: dict[int, str]) -> None:
    # 35/100 + 35/100 = 0.70 is not more; 35/100 + 36/100 = 0.71 is.
    masks = runs((0, 100), (0, 35), (35, end))
    assert removed_by(masks, COMPOUND) == expected
    for decision in remove_masks(masks, COMPOUND)[1]:
        assert decision == Decision(0, "removed", "compound_parent", 0.71, 0.70)


def test_seventy_per_cent_in_three_parts_is_not_more_than_seventy_per_cent() -> None:
    # 0.1 + 0.2 + 0.4 is 0.7000000000000001 in floating point in that order, and 0.7 in another.
    for order in permutations(range(4)):
        assert removed_by(runs((0, 100), (0, 10), (10, 30), (30, 70)).select(order), COMPOUND) == {}


@pytest.mark.parametrize(("end", "expected"), [(71, {}), (72, {0: "compound_parent"})])
def test_a_child_of_five_per_cent_does_not_count(end: int, expected: dict[int, str]) -> None:
    # 66/100 alone where the other is 5/100, not above 0.05; 66/100 + 6/100 = 0.72 where it is 6/100.
    assert removed_by(runs((0, 100), (0, 66), (66, end)), COMPOUND) == expected


@pytest.mark.parametrize(("start", "expected"), [(30, {}), (29, {0: "compound_parent"})])
def test_only_the_part_of_a_child_inside_counts(start: int, expected: dict[int, str]) -> None:
    # [61, 101) has 39 of its 40 pixels inside: 39/100 + 31/100 = 0.70, + 32/100 = 0.71.
    assert removed_by(runs((0, 100), (61, 101), (start, 61)), COMPOUND) == expected


@pytest.mark.parametrize(("size", "expected"), [(89, {0: "compound_parent"}), (90, {}), (91, {1: "redundant"})])
def test_a_child_fills_less_than_nine_tenths(size: int, expected: dict[int, str]) -> None:
    # b = 1.  a = 0.89: a child; 0.90: neither a child nor redundant; 0.91: redundant.
    assert removed_by(runs((0, 100), (0, size)), replace(COMPOUND, redundant=True)) == expected


def test_overlapping_children_count_twice() -> None:
    # [0, 40) and [20, 60) cover 60 pixels, but Algorithm 1 adds their areas: 40/100 + 40/100.
    assert removed_by(runs((0, 100), (0, 40), (20, 60)), COMPOUND) == {0: "compound_parent"}


def test_without_the_rule_of_tiny_children_every_child_counts() -> None:
    # 68/100 + 3/100 = 0.71.
    masks = runs((0, 100), (0, 68), (68, 71))
    assert removed_by(masks, replace(OFF, compound_parent=0.70)) == {0: "compound_parent"}
    assert removed_by(masks, COMPOUND) == {2: "tiny_child"}


# --- redundant: a > 0.90 and b > 0.90


@pytest.mark.parametrize(("size", "expected"), [(90, {}), (91, {1: "redundant"})])
def test_of_a_redundant_pair_the_larger_stays(size: int, expected: dict[int, str]) -> None:
    masks = runs((0, 100), (0, size))  # a = size/100, b = 1
    assert removed_by(masks, REDUNDANT) == expected
    for decision in remove_masks(masks, REDUNDANT)[1]:
        assert decision == Decision(1, "removed", "redundant", 0.91, 0.90, other=0)


def test_both_shares_must_exceed_nine_tenths() -> None:
    # [0, 100) and [9, 110): 91/100 above 0.90, 91/101 = 0.90099 above it; with [9, 111) 91/102 = 0.892 is not.
    assert removed_by(runs((0, 100), (9, 110)), REDUNDANT) == {0: "redundant"}
    assert removed_by(runs((0, 100), (9, 111)), REDUNDANT) == {}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_equal_areas_the_higher_predicted_iou_stays(order: tuple[int, int]) -> None:
    masks = runs((0, 100), (5, 105), predicted_iou=[0.8, 0.9])
    kept, (decision,) = remove_masks(masks.select(order), REDUNDANT)
    assert [order[index] for index in kept] == [1]
    assert (order[decision.mask], decision.value) == (0, 0.95)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_equal_areas_and_qualities_the_pixels_decide(order: tuple[int, int]) -> None:
    kept, _ = remove_masks(runs((0, 100), (5, 105)).select(order), REDUNDANT)
    assert [order[index] for index in kept] == [0]  # the one that comes first in the image


def test_a_set_is_what_one_mask_is_redundant_with() -> None:
    # Areas 100, 100, 102.  The middle has 95/100 in common with the first, 95/100 and 95/102 with the last, which
    # share only 90/100 with each other: Algorithm 1 keeps the largest of [mask, redundant], so the first goes too.
    # It is tied to the last by the middle, as weakly as 95/102; the 90/100 decided nothing.
    kept, log = remove_masks(runs((0, 100), (5, 105), (10, 112)), REDUNDANT)
    assert kept.tolist() == [2]
    expected = [Decision(mask, "removed", "redundant", 95 / 102, 0.90, other=2) for mask in (0, 1)]
    assert log == expected


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_of_identical_masks_one_stays(order: tuple[int, ...]) -> None:
    kept, log = remove_masks(runs((0, 100), (0, 100), (0, 100)).select(order), REDUNDANT)
    assert len(kept) == 1
    assert [(decision.value, decision.other) for decision in log] == [(1.0, kept[0])] * 2
    # The one of the highest predicted IoU, wherever it stands.
    masks = runs((0, 100), (0, 100), (0, 100), predicted_iou=[0.5, 0.9, 0.7]).select(order)
    assert masks.predicted_iou[remove_masks(masks, REDUNDANT)[0]].tolist() == pytest.approx([0.9])


# --- tiny island


def islands(limit: int) -> RemovalRules:
    return replace(OFF, tiny_island_px=limit)


def test_an_island_has_fewer_pixels_than_the_limit() -> None:
    masks = Masks.from_arrays([box(8, 8, 4, 4)])  # 16 pixels in a sea of 384
    kept, log = remove_masks(masks, islands(17))
    assert (kept.tolist(), log) == ([], [Decision(0, "removed", "tiny_island", 16.0, 17.0)])
    assert removed_by(masks, islands(16)) == {}


@pytest.mark.parametrize(("width", "expected"), [(3, {}), (4, {0: "tiny_island"})])
def test_an_island_is_surrounded_by_unsegmented_pixels(width: int, expected: dict[int, str]) -> None:
    # A rectangle h × w touches 2(h + w) pixels, of which another mask has one: of 2 × 3, 9/10 = 0.90 are left, of
    # 2 × 4, 11/12 > 0.90.  The other mask has 16 pixels and is above the limit.
    masks = Masks.from_arrays([box(8, 8, 2, width), box(0, 7, 9, 1) | box(0, 0, 1, 8)])
    assert masks.areas.tolist() == [2 * width, 16]
    assert removed_by(masks, islands(10)) == expected


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    # The sea between an island h × w and a frame one pixel away has 2(h + w) + 4 pixels.
    [(4, 5, {0: "tiny_island"}), (4, 6, {}), (5, 6, {})],  # 22 > 20, 24 = 24, 26 < 30
)
def test_the_region_around_an_island_is_larger_than_it(height: int, width: int, expected: dict[int, str]) -> None:
    masks = Masks.from_arrays([box(5, 5, height, width), ~box(4, 4, height + 2, width + 2)])
    assert removed_by(masks, islands(100)) == expected


def test_unsegmented_regions_hang_together_along_edges() -> None:
    # The sea of 24 pixels around 24 has one more at its corner, which only touches it diagonally.
    frame = ~box(4, 4, 6, 8)
    frame[3, 3] = False
    assert removed_by(Masks.from_arrays([box(5, 5, 4, 6), frame]), islands(100)) == {}
    frame[3, 4] = False
    assert removed_by(Masks.from_arrays([box(5, 5, 4, 6), frame]), islands(100)) == {0: "tiny_island"}


def test_an_island_may_lie_at_the_image_border() -> None:
    assert removed_by(Masks.from_arrays([box(0, 0, 3, 3)]), islands(10)) == {0: "tiny_island"}
    assert removed_by(Masks.from_arrays([box(17, 17, 3, 3)]), islands(10)) == {0: "tiny_island"}


def test_what_fills_the_image_or_lies_in_a_mask_is_no_island() -> None:
    assert removed_by(Masks.from_arrays([box(0, 0, 20, 20)]), islands(1000)) == {}
    assert removed_by(Masks.from_arrays([box(2, 2, 16, 16), box(8, 8, 2, 2)]), islands(5)) == {}


def test_masks_that_are_removed_themselves_still_cover_the_sea() -> None:
    # The outer mask goes, yet on the original set its 4 further pixels are segmented: of the 16 pixels that touch
    # the inner one, 12 are not, a share of 0.75.
    masks = Masks.from_arrays([box(8, 8, 4, 4), box(8, 8, 4, 5)])
    assert removed_by(masks, islands(100)) == {1: "tiny_island"}


# --- all rules


def test_decisions_are_taken_on_the_original_set() -> None:
    # The parent is compound (0.40 + 0.40 > 0.70); its tiny child (4/100) goes although the parent does.
    masks = runs((0, 100), (0, 40), (40, 80), (80, 84))
    assert removed_by(masks, COMPOUND) == {0: "compound_parent", 3: "tiny_child"}
    # 950/1000 and 900/950 are redundant, 900/1000 is not: the smallest goes although the middle one does.
    assert removed_by(runs((0, 1000), (0, 950), (0, 900)), REDUNDANT) == {1: "redundant", 2: "redundant"}
    # A parent is compound by two children, although one is the other's twin and goes: 0.40 + 0.38 > 0.70.
    masks = runs((0, 100), (0, 40), (0, 38))
    assert removed_by(masks, replace(COMPOUND, redundant=True)) == {0: "compound_parent", 2: "redundant"}


def test_a_mask_is_logged_once_under_the_first_rule() -> None:
    # Both of [0, 4) and its copy are tiny children of [0, 100), and redundant.
    _, log = remove_masks(runs((0, 4), (0, 100), (0, 4)), replace(COMPOUND, redundant=True))
    assert [(decision.mask, decision.rule, decision.other) for decision in log] == [
        (0, "tiny_child", 1),
        (2, "tiny_child", 1),
    ]
    json.dumps([asdict(decision) for decision in log])  # plain numbers


@st.composite
def nests(draw: st.DrawFn) -> Bools:
    """Masks (N, H, W): rectangles, empty ones, copies, and earlier masks with a few pixels changed."""
    height, width = draw(st.integers(3, 12)), draw(st.integers(3, 12))
    masks: list[Bools] = []
    for _ in range(draw(st.integers(0, 7))):
        kind = draw(st.sampled_from(["rectangle", "rectangle", "changed", "trimmed"])) if masks else "rectangle"
        mask = masks[draw(st.integers(0, len(masks) - 1))].copy() if kind != "rectangle" else np.zeros((height, width))
        top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        if kind == "rectangle":
            mask[top : top + draw(st.integers(0, height)), left : left + draw(st.integers(1, width))] = True
        elif kind == "trimmed":
            mask[top:] = False
        else:
            mask[top, left] = draw(st.booleans())
        masks.append(mask.astype(bool))
    return np.array(masks, bool).reshape(-1, height, width)


rule_sets = st.builds(
    RemovalRules,
    contained=st.sampled_from([0.5, 0.75, 0.9]),
    tiny_child=st.none() | st.sampled_from([0.05, 0.2, 0.5]),
    compound_parent=st.none() | st.sampled_from([0.3, 0.5, 0.7, 1.2]),
    redundant=st.booleans(),
    tiny_island_px=st.none() | st.sampled_from([0, 4, 12, 60]),
)


def exact(value: float) -> Fraction:
    return Fraction(str(value))


def share(first: Bools, second: Bools) -> Fraction:
    return Fraction(int((first & second).sum()), int(first.sum())) if first.any() else Fraction(0)


def touching(pixels: set[tuple[int, int]], shape_hw: tuple[int, int]) -> set[tuple[int, int]]:
    """The pixels of the image that share an edge with these and are not of them."""
    near = {(y + dy, x + dx) for y, x in pixels for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0))}
    return {(y, x) for y, x in near if 0 <= y < shape_hw[0] and 0 <= x < shape_hw[1]} - pixels


def sea_around(start: tuple[int, int], sea: Bools) -> int:
    """Pixels of the unsegmented region that holds this pixel, by flooding."""
    flooded = {start}
    while fresh := {pixel for pixel in touching(flooded, sea.shape) if sea[pixel]}:
        flooded |= fresh
    return len(flooded)


def is_island(mask: Bools, masks: Bools, rules: RemovalRules) -> bool:
    if rules.tiny_island_px is None or mask.sum() >= rules.tiny_island_px:
        return False
    sea = ~masks.any(axis=0)
    shore = touching({(int(y), int(x)) for y, x in np.argwhere(mask)}, mask.shape)
    wet = [pixel for pixel in shore if sea[pixel]]
    return bool(
        wet
        and Fraction(len(wet), len(shore)) > exact(rules.contained)
        and max(sea_around(pixel, sea) for pixel in wet) > mask.sum()
    )


def transcribed(masks: Bools, rules: RemovalRules) -> dict[int, tuple[str, Fraction | None]]:
    """Algorithm 1 read literally: mask -> the first rule that removes it, and the value where it is unique."""
    contained = exact(rules.contained)
    found: Found = {}
    for i, parent in enumerate(masks):
        covered, redundant = Fraction(0), [i]
        for j, other in enumerate(masks):
            a, b = share(parent, other), share(other, parent)
            if i != j and b > contained and a < contained:
                if rules.tiny_child is not None and a < exact(rules.tiny_child):
                    found.setdefault(j, {}).setdefault("tiny_child", a)
                    found[j]["tiny_child"] = min(a, found[j]["tiny_child"])
                if a > exact(rules.tiny_child or 0):
                    covered += a
            if i != j and a > contained and b > contained:
                redundant.append(j)
        if rules.compound_parent is not None and covered > exact(rules.compound_parent):
            found.setdefault(i, {})["compound_parent"] = covered
        if rules.redundant:
            largest = max(redundant, key=lambda index: preference(index, masks))
            for index in redundant:
                if index != largest:
                    found.setdefault(index, {})["redundant"] = Fraction(-1)
        if is_island(parent, masks, rules):
            found.setdefault(i, {})["tiny_island"] = Fraction(int(parent.sum()))
    first = {index: next(rule for rule in ORDER if rule in rules_hit) for index, rules_hit in found.items()}
    return {index: (rule, None if rule == "redundant" else found[index][rule]) for index, rule in sorted(first.items())}


def preference(index: int, masks: Bools) -> tuple[int, bytes, int]:
    """By area; then, as Algorithm 1 leaves open which of equal areas stays, by pixels as they are packed."""
    return int(masks[index].sum()), np.packbits(masks[index], axis=1).tobytes(), index


@given(nests(), rule_sets)
@quick
def test_against_a_literal_transcription(masks: Bools, rules: RemovalRules) -> None:
    packed = Masks.from_arrays(masks, masks.shape[1:])
    kept, log = remove_masks(packed, rules)
    expected = transcribed(masks, rules)
    assert {decision.mask: decision.rule for decision in log} == {i: rule for i, (rule, _) in expected.items()}
    assert kept.tolist() == [index for index in range(len(masks)) if index not in expected]
    for decision in log:
        value = expected[decision.mask][1]
        assert value is None or decision.value == pytest.approx(float(value), abs=1e-12)


@given(nests(), rule_sets)
@quick
def test_every_entry_of_the_log_shows_what_decided(masks: Bools, rules: RemovalRules) -> None:
    packed = Masks.from_arrays(masks, masks.shape[1:])
    _, log = remove_masks(packed, rules)
    assert [decision.mask for decision in log] == sorted({decision.mask for decision in log})
    thresholds = {
        "tiny_child": rules.tiny_child,
        "compound_parent": rules.compound_parent,
        "redundant": rules.contained,
        "tiny_island": rules.tiny_island_px,
    }
    for decision in log:
        assert (decision.action, decision.material) == ("removed", None)
        assert decision.threshold == thresholds[decision.rule]
        below = decision.rule in ("tiny_child", "tiny_island")
        assert decision.value < decision.threshold if below else decision.value > decision.threshold
        if decision.rule in ("compound_parent", "tiny_island"):
            assert decision.other is None
        else:
            assert decision.other is not None
            assert decision.other != decision.mask
            assert packed.areas[decision.other] >= packed.areas[decision.mask]
        if decision.rule == "tiny_child":
            assert decision.value == float(share(masks[decision.other], masks[decision.mask]))


@given(nests(), rule_sets, st.data())
@quick
def test_the_order_of_the_masks_does_not_matter(masks: Bools, rules: RemovalRules, data: st.DataObject) -> None:
    predicted_iou = data.draw(st.lists(st.sampled_from([0.5, 0.9]), min_size=len(masks), max_size=len(masks)))
    first = Masks.from_arrays(masks, masks.shape[1:], predicted_iou=predicted_iou)
    second = first.select(data.draw(st.permutations(range(len(masks)))))

    def outcome(masks: Masks) -> tuple[list[Any], list[Any]]:
        names = [
            (rows.tobytes(), float(quality)) for rows, quality in zip(masks.packed, masks.predicted_iou, strict=True)
        ]
        kept, log = remove_masks(masks, rules)
        log_by_name = [(names[d.mask], d.rule, d.value, d.threshold) for d in log]
        return sorted(names[index] for index in kept), sorted(log_by_name)

    assert outcome(first) == outcome(second)


@given(nests())
@quick
def test_without_rules_everything_stays(masks: Bools) -> None:
    kept, log = remove_masks(Masks.from_arrays(masks, masks.shape[1:]), OFF)
    assert (kept.tolist(), log) == (list(range(len(masks))), [])


def test_no_masks_and_one_mask() -> None:
    kept, log = remove_masks(Masks.empty((4, 5)))
    assert (kept.tolist(), log) == ([], [])
    assert len(Masks.empty((4, 5)).select(kept)) == 0
    assert removed_by(Masks.from_arrays([box(0, 0, 61, 61, (100, 100))]), RemovalRules()) == {}
    # The default limit is the area of a crop: 3600 = 60² pixels stay, 59 · 61 = 3599 are an island.
    assert removed_by(Masks.from_arrays([box(0, 0, 60, 60, (100, 100))]), RemovalRules()) == {}
    assert removed_by(Masks.from_arrays([box(0, 0, 59, 61, (100, 100))]), RemovalRules()) == {0: "tiny_island"}


def test_a_mask_without_pixels_is_related_to_none() -> None:
    empty = np.zeros((20, 20))
    masks = Masks.from_arrays([empty, box(0, 0, 20, 20), box(2, 2, 2, 2), empty, box(0, 0, 20, 19)])
    _, log = remove_masks(masks)
    assert [(decision.mask, decision.rule, decision.other) for decision in log] == [
        (2, "tiny_child", 1),  # a = 4/400; in the last, 4/380
        (4, "redundant", 1),  # a = 380/400
    ]
    assert removed_by(Masks.from_arrays([empty, empty]), RemovalRules()) == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"contained": 0.0}, "contained=0.0"),
        ({"contained": 1.0}, "contained=1.0"),
        ({"contained": -0.9}, "contained=-0.9"),
        ({"contained": 90}, "contained=90"),
        ({"contained": float("nan")}, "contained=nan"),
        ({"tiny_child": -0.05}, "tiny_child=-0.05"),
        ({"tiny_child": float("nan")}, "tiny_child=nan"),
        ({"compound_parent": -0.7}, "compound_parent=-0.7"),
        ({"tiny_island_px": -1}, "tiny_island_px=-1"),
    ],
)
def test_bad_thresholds(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        RemovalRules(**options)
    assert "\n" not in str(caught.value)
