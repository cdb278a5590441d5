from __future__ import annotations

import pytest

from samiam.training.guard import Guard


def verdict(
    guard: Guard, before: float, after: float, mode: str = "max", old: tuple[float, float] = (0.9, 0.9)
) -> bool:
    scores = ({"val/score": value, "old/score": kept} for value, kept in zip((before, after), old, strict=True))
    return guard.verdict("val/score", mode, *scores).is_better  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "is_better"), [(0.5, 0.52, True), (0.5, 0.505, False), (0.5, 0.5, False), (0.5, 0.4, False)]
)
def test_a_gain_has_to_be_large_enough(before: float, after: float, is_better: bool) -> None:
    assert verdict(Guard("1 image held out", 0.01), before, after) is is_better


def test_the_same_is_not_better() -> None:
    assert not verdict(Guard("1 image held out"), 0.5, 0.5)
    assert verdict(Guard("1 image held out"), 0.5, 0.51)


def test_of_losses_less_is_better() -> None:
    assert verdict(Guard("1 image held out", 0.1), 0.5, 0.3, "min")
    assert not verdict(Guard("1 image held out", 0.1), 0.3, 0.5, "min")


@pytest.mark.parametrize(("old", "is_better"), [((0.9, 0.89), True), ((0.9, 0.8), False), ((0.9, 0.95), True)])
def test_the_old_world_must_not_be_lost(old: tuple[float, float], is_better: bool) -> None:
    assert verdict(Guard("a third", 0.0, most_lost={"old/score": 0.02}), 0.5, 0.9, old=old) is is_better


@pytest.mark.parametrize(
    ("given", "is_better"),
    [((0.5, 0.56), True), ((0.5, 0.54), False), ((0.98, 0.99), True), ((0.98, 0.985), False), ((1.0, 1.0), True)],
)
def test_what_rises_alone_has_risen_by_chance(given: tuple[float, float], is_better: bool) -> None:
    guard = Guard("1 image held out", 0.1, also=("val/iou_given",))
    before, after = ({"val/score": score, "val/iou_given": iou} for score, iou in zip((0.5, 0.7), given, strict=True))
    assert guard.verdict("val/score", "max", before, after).is_better is is_better


def test_in_words() -> None:
    guard = Guard("2 images held out", 0.01, most_lost={"old/score": 0.02})
    said = [
        guard.verdict("val/score", "max", {"val/score": 0.5, "old/score": 0.9}, after).words
        for after in ({"val/score": 0.6, "old/score": 0.9}, {"val/score": 0.6, "old/score": 0.8}, {"val/score": 0.5})
    ]
    assert said == [
        "took the learnt weights: val/score 0.500 → 0.600 on 2 images held out",
        "kept the starting weights: val/score 0.500 → 0.600 on 2 images held out, but old/score fell from 0.900 to "
        "0.800, by more than 0.02",
        "kept the starting weights: val/score 0.500 → 0.500 on 2 images held out, which is not better by 0.01 at least",
    ]
