"""A ribbon along the boundary of two grains, where a network sees both, is no grain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam.boosting.regions.division.dividing import divided
from samiam.boosting.regions.division.ribbons import divided_into_whole
from samiam.records.arrays import areas_in
from samiam.texture import Sameness, TextureField
from tests.made_fields import field_of, in_pixels

WHOLE = in_pixels(np.ones((40, 40), np.int64))


def grains(ribbon: int, *, blended: float = 1.0, materials: int = 0) -> TextureField:
    """Two grains and a ribbon of so many points between them, more or less a blend of both."""
    points = np.repeat([0, 2, 1], [20 - ribbon // 2, ribbon, 20 - ribbon + ribbon // 2])[None].repeat(40, axis=0)
    found = field_of(np.full_like(points, materials), points)
    vectors = found.grains.copy()
    first, second, own = np.eye(16)[[0, 1, 2]]
    mixed = blended * (first + second) / 2**0.5 + (1 - blended) * own
    vectors[points == 2] += (mixed / np.linalg.norm(mixed) - own).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    return replace(found, grains=vectors, same_grain=Sameness(40.0, -32.0))  # a blend is none of either


def shares(labels: NDArray[np.uint32]) -> list[float]:
    return [round(area / labels.size, 2) for area in areas_in(labels)[1:].tolist()]


@pytest.mark.parametrize("ribbon", [6, 8])
def test_a_ribbon_goes_to_the_grains_beside_it(ribbon: int) -> None:
    field = grains(ribbon)
    assert len(divided(WHOLE, field, by_materials=False).material_of) == 3
    found = divided_into_whole(WHOLE, field, by_materials=False)
    assert found.material_of == [1, 1]
    assert min(shares(found.labels)) > 0.4


@pytest.mark.parametrize(("ribbon", "blended"), [(16, 1.0), (8, 0.4)], ids=["wide", "of its own"])
def test_what_is_wide_or_no_blend_is_a_grain(ribbon: int, blended: float) -> None:
    assert len(divided_into_whole(WHOLE, grains(ribbon, blended=blended), by_materials=False).material_of) == 3


def test_a_number_is_met_by_grains_in_place_of_ribbons_and_else_by_these() -> None:
    field = grains(8)
    assert len(divided_into_whole(WHOLE, field, 3).material_of) == 3
    lower = np.repeat([0, 3], [34, 6])[:, None].repeat(40, axis=1)
    vectors = np.where((lower == 3)[..., None], field_of(0 * lower, lower).grains, field.grains)
    found = divided_into_whole(WHOLE, replace(field, grains=vectors), 3)
    assert sorted(shares(found.labels))[0] == pytest.approx(0.15, abs=0.01)
    assert sorted(shares(found.labels))[1] >= 0.34
