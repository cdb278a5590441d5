"""A crystal and what is not crystalline beside it are two materials, however alike a network sees them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam.boosting.regions.division.crystalline import crystals_apart
from samiam.texture import TextureField
from tests.made_crystals import crystal, unexplained
from tests.made_fields import field_of, in_pixels

THIRDS = np.repeat([0, 1, 2], 24)[:, None].repeat(72, axis=1)
PARTS = in_pixels(THIRDS)
LABELS = np.where(PARTS == 2, 2, 1).astype(np.uint32)


def nearly_alike(*, as_grains: bool = False) -> TextureField:
    """The first two thirds differ a little, or plainly in how their lattices lie."""
    field = field_of(THIRDS, THIRDS if as_grains else np.where(THIRDS == 2, 1, 0))
    vectors = field.materials.copy()
    vectors[THIRDS < 2] += 1.5 * vectors[THIRDS < 2].mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    return replace(field, materials=vectors, boundaries=np.zeros_like(field.boundaries))


def image(*periods_px: float) -> NDArray[np.float32]:
    """Thirds with a square lattice of such a period each, 0 for none."""
    noise = 0.25 + 0.02 * np.random.default_rng(0).normal(size=PARTS.shape).astype(np.float32)
    return np.choose(PARTS, [crystal(0 * noise, period_px=own) if own else noise for own in periods_px])


def test_what_has_no_lattice_goes_from_a_crystal() -> None:
    found = crystals_apart(LABELS, nearly_alike(), image(8, 0, 0))
    of_thirds = [set(found[third == PARTS].tolist()) for third in (0, 1, 2)]
    assert of_thirds in ([{1}, {3}, {2}], [{3}, {1}, {2}])


@pytest.mark.parametrize("periods_px", [(8, 8, 0), (8, 11, 0), (0, 0, 8)])
def test_two_crystals_and_none_stay_one(periods_px: tuple[float, ...]) -> None:
    np.testing.assert_array_equal(crystals_apart(LABELS, nearly_alike(), image(*periods_px)), LABELS)


def test_a_crystal_whose_waves_no_lattice_explains_stays_with_the_other() -> None:
    pixels = image(8, 0, 0) + np.where(PARTS == 1, 0.2 * unexplained(PARTS.shape), 0).astype(np.float32)
    np.testing.assert_array_equal(crystals_apart(LABELS, nearly_alike(), pixels), LABELS)


def test_a_grain_off_its_zone_axis_stays_with_its_crystal() -> None:
    np.testing.assert_array_equal(crystals_apart(LABELS, nearly_alike(as_grains=True), image(8, 0, 0)), LABELS)
