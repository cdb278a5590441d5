"""The tree of an image's textures, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from samiam.compact.looks import Look
from samiam.compact.regions.textures import Texture, texture_tree


def look_of(angles_deg: list[list[float]]) -> Look:
    """Points whose vectors lie in a plane, in these directions; no boundaries."""
    angles = np.deg2rad(np.asarray(angles_deg, np.float32))
    vectors = np.stack([np.cos(angles), np.sin(angles)])
    nothing = np.zeros(angles.shape, np.float32)
    return Look(vectors, vectors, nothing, nothing, (8, 8))


def direction(texture: Texture) -> float:
    """In degrees."""
    return float(np.rad2deg(np.arctan2(texture.mean[1], texture.mean[0])))


def test_halves_of_just_enough_points_are_two_textures() -> None:
    root = texture_tree(look_of([[0, 60], [0, 60]]), least_share=0.5)
    assert root is not None
    assert (root.share, root.apart) == (1, 0)
    assert (direction(root), root.spread) == pytest.approx((30, 1 - np.cos(np.pi / 3)))
    parts = sorted(root.parts, key=direction)
    assert [direction(part) for part in parts] == pytest.approx([0, 60], abs=1e-4)
    for part in parts:
        assert (part.share, part.parts) == (0.5, ())
        assert (part.apart, part.spread) == pytest.approx((root.spread, 0), abs=1e-6)


def test_what_is_too_small_for_a_texture_is_left_out() -> None:
    root = texture_tree(look_of([[0, 0, 40, 40, 150]]), least_share=0.4)
    assert root is not None
    assert root.share == 0.8
    assert direction(root) == pytest.approx(20)
    assert [direction(part) for part in sorted(root.parts, key=direction)] == pytest.approx([0, 40], abs=1e-4)


def test_one_point_has_no_textures() -> None:
    assert texture_tree(look_of([[0]]), least_share=0.1) is None
