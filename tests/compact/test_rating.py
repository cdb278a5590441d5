"""Regions beside those that they fall apart into."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from samiam.compact.regions.rating import Rated, rated_regions

CALIBRATION: Any = SimpleNamespace(predicted_iou=lambda evidence: evidence)


def texture(*parts: Any) -> Any:
    return SimpleNamespace(parts=parts)


def region(of: Any, quality: float, granularity: str = "whole") -> Any:
    return SimpleNamespace(texture=of, granularity=granularity, evidence=quality)


def rated(whole_image: float | None, deep: tuple[float, float]) -> dict[float, Rated]:
    """By quality the regions of a texture of two parts, the second of which falls apart again."""
    left, deeper = texture(), (texture(), texture())
    right = texture(*deeper)
    root = texture(left, right)
    regions = {
        id(root): [region(left, 0.5), region(right, 0.4), region(left, 0.95, "part")],
        id(right): [region(one, quality) for one, quality in zip(deeper, deep, strict=True)],
    }
    whole = None if whole_image is None else region(root, whole_image)
    candidates: Any = SimpleNamespace(root=root, regions=regions, whole_image=whole)
    found = rated_regions(candidates, CALIBRATION, split_thresh=0.6)
    assert [one.quality for one in found] == sorted((one.quality for one in found), reverse=True)
    return {one.quality: one for one in found}


def test_every_region_is_there() -> None:
    assert set(rated(0.3, (0.2, 0.1))) == {0.5, 0.4, 0.95, 0.3, 0.2, 0.1}
    assert set(rated(None, (0.2, 0.1))) == {0.5, 0.4, 0.95, 0.2, 0.1}


@pytest.mark.parametrize(("deep", "is_doubtful"), [((0.2, 0.1), True), ((0.2, 0.7), False)])
def test_a_split_is_real_where_a_whole_part_or_a_part_of_it_is_good(
    deep: tuple[float, float], is_doubtful: bool
) -> None:
    found = rated(0.3, deep)
    assert found[0.5].is_doubtful is found[0.4].is_doubtful is is_doubtful
    assert found[deep[0]].is_doubtful is is_doubtful
    assert found[0.3].is_doubtful is False  # no split made the whole image


def test_each_knows_the_best_whole_part_of_its_own() -> None:
    found = rated(0.3, (0.2, 0.1))
    assert found[0.3].quality_of_parts == 0.5
    assert found[0.4].quality_of_parts == 0.2
    assert found[0.5].quality_of_parts == found[0.95].quality_of_parts == 0


def test_nothing_to_split() -> None:
    candidates: Any = SimpleNamespace(root=None, regions={}, whole_image=None)
    assert rated_regions(candidates, CALIBRATION, split_thresh=0.6) == []
