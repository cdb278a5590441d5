from __future__ import annotations

from made_rows import alone, boosted

from samiam.benchmark.report.shortfall import shortfalls
from samiam.benchmark.report.tables import everything
from samiam.benchmark.rows import Row

ENOUGH = {1: 0.25, 2: 0.25, 3: 0.125}
"""More mIoU than was published."""


def pair(difficulty: int, scene: str, before: float, after: float, **options: object) -> list[Row]:
    """The generator's row and the booster's, whose mFPR falls more than any published one."""
    shared = {name: options.pop(name) for name in ("generator", "condition") if name in options}
    return [
        alone(difficulty, scene, before, mfpr=0.5, **shared),
        boosted(difficulty, scene, after, **{"mfpr": 0.125, "masks": 3, **shared, **options}),
    ]


def test_what_reaches_the_published_gain_needs_no_reason() -> None:
    rows = [row for level, gain in ENOUGH.items() for row in pair(level, f"{level}", 0.25, 0.25 + gain)]
    assert shortfalls(everything(rows)) == []


def test_scenes_that_lose_are_named_the_worst_first() -> None:
    rows = [*pair(3, "a", 0.75, 0.7), *pair(3, "b", 0.5, 0.375, masks=2), *pair(3, "c", 0.25, 0.375)]
    (line,) = shortfalls(everything(rows))
    assert line == (
        "difficulty 3, mIoU: -1.67 against +5.27: the generator alone already has mIoU 0.50, 50.0 points from the "
        "best; the scenes that lose: b (-12.5; 2 regions for 3 materials), a (-5.0)."
    )


def test_no_more_than_five_are_named() -> None:
    rows = [row for place in range(8) for row in pair(3, f"scene-{place}", 0.5, 0.5 - (place + 1) / 100)]
    (line,) = shortfalls(everything(rows))
    assert "scene-3 (-4.0) and 3 more." in line
    assert "scene-2" not in line


def test_a_generator_that_leaves_too_little() -> None:
    (line,) = shortfalls(everything([*pair(1, "a", 0.875, 1.0), *pair(1, "b", 0.875, 0.9)]))
    assert "already has mIoU 0.88 and leaves 12.5 points, fewer than were published; " in line
    assert line.endswith("no scene loses, least gains b (+2.5).")


def test_of_false_positives_less_is_better() -> None:
    rows = [alone(3, "a", 0.5, mfpr=0.02), boosted(3, "a", 0.625, mfpr=0.05, masks=3)]
    rows += [alone(3, "b", 0.5, mfpr=0.04), boosted(3, "b", 0.625, mfpr=0.0, masks=3)]
    (line,) = shortfalls(everything(rows))
    assert line == (
        "difficulty 3, mFPR: -0.50 against -4.06: the generator alone already has mFPR 0.03 and leaves 3.0 points, "
        "fewer than were published; the scenes that lose: a (+3.0)."
    )


def test_the_first_booster_of_each_generator_under_the_first_condition() -> None:
    rows = [*pair(3, "a", 0.5, 0.5, generator="one", condition="whole")]
    rows.append(boosted(3, "a", 0.0, "variant", generator="one", condition="whole"))
    rows += pair(3, "a", 0.5, 0.51, generator="two", condition="whole")
    rows += pair(3, "a", 0.5, 0.0, generator="one", condition="half")
    lines = shortfalls(everything(rows))
    assert [line.partition(":")[0] for line in lines] == ["one, difficulty 3, mIoU", "two, difficulty 3, mIoU"]
    assert [line.split(" against")[0].split(": ")[1] for line in lines] == ["+0.00", "+1.00"]


def test_no_rows() -> None:
    assert shortfalls(everything([])) == []
