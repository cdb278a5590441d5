"""One material that brightness parts is two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam.boosting.regions.division.alone import in_two
from samiam.boosting.regions.levels import levels_of
from samiam.texture import TextureField
from samiam.texture.confidence import EVIDENCE_OF_REGION
from tests.made_fields import field_of

HALVES = np.repeat([[0, 1]], 20, axis=1).repeat(40, axis=0)
WHOLE = np.ones((160, 160), np.uint32)
HALF = np.kron(HALVES, np.ones((4, 4))).astype(np.float32)


def alike(shared: float = 1.2) -> TextureField:
    """Of an image of two halves whose textures hardly differ, and no boundary between them.

    Args:
        shared: how much of both there is in the vectors of either, over what is its own.
    """
    field = field_of(HALVES, np.zeros_like(HALVES))
    nearly = field.materials + shared * field.materials.mean(axis=(0, 1))
    nearly /= np.linalg.norm(nearly, axis=-1, keepdims=True)
    return replace(field, materials=nearly, boundaries=np.zeros_like(field.boundaries))


def image(step: float) -> NDArray[np.float32]:
    noise = 0.05 * np.random.default_rng(0).normal(size=WHOLE.shape)
    return (0.5 + step * np.kron(HALVES, np.ones((4, 4))) + noise).astype(np.float32)


def test_a_step_of_brightness_between_textures_that_differ_a_little_tells() -> None:
    even, stepped = (in_two(WHOLE, alike(), image(step)) for step in (0.0, 0.4))
    assert even is not None
    assert stepped is not None
    assert even.log_odds < 0 < stepped.log_odds
    assert 0 < even.probability < 0.5 < stepped.probability < 1
    assert (stepped.labels == 1 + np.kron(HALVES, np.ones((4, 4)))).mean() in (
        pytest.approx(1, abs=0.03),
        pytest.approx(0, abs=0.03),
    )


def test_a_lattice_in_one_of_such_textures_alone_tells() -> None:
    y, x = np.mgrid[: WHOLE.shape[0], : WHOLE.shape[1]]
    waves = 0.05 * (np.cos((2 * x + y) * 0.4) + np.cos((x - 2 * y) * 0.4)).astype(np.float32)
    over_both, over_one = (in_two(WHOLE, alike(1.0), image(0.0) + waves * where) for where in (1, HALF))
    assert over_both is not None
    assert over_one is not None
    assert over_both.log_odds < 0 < over_one.log_odds


def test_a_step_within_one_texture_tells_nothing() -> None:
    field = field_of(np.zeros_like(HALVES))
    found = in_two(WHOLE, field, image(0.4))
    assert found is None or found.log_odds < 0


def test_nothing_is_in_two_where_no_two_parts_are_large_enough() -> None:
    assert in_two(WHOLE, alike(), image(0.4), smallest=0.6) is None


def test_the_regions_are_two_where_no_number_is_given_and_one_that_may_be_two_is_less_sure() -> None:
    coefficients = dict.fromkeys(EVIDENCE_OF_REGION, 0.0) | {"constant": 3.0}
    field = replace(alike(), confidence=coefficients)
    assert levels_of(WHOLE, field, pixels=image(0.4)).material_of == [1, 2]
    assert levels_of(WHOLE, field, 1, pixels=image(0.4)).material_of == [1]
    sure, doubtful = levels_of(WHOLE, field).confidences[0], levels_of(WHOLE, field, pixels=image(0.0)).confidences[0]
    assert sure is not None
    assert doubtful is not None
    assert doubtful < sure
