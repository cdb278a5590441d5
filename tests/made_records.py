"""One small record of each kind, and what it means for two to be the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.records import Decision, Masks, Micrograph, Scene, Segmentation

SHAPE_HW = (11, 13)
COLUMNS = ["predicted_iou", "stability_score", "points_xy", "crop_boxes_xywh"]
FIELDS = ["packed", "areas", "boxes_xywh", *COLUMNS]


def made_masks(n: int = 4) -> Masks:
    rng = np.random.default_rng(1)
    points_xy = rng.uniform(0, 11, (n, 2))
    points_xy[:1] = np.nan
    return Masks.from_arrays(
        rng.random((n, *SHAPE_HW)) < 0.3,
        predicted_iou=rng.random(n),
        stability_score=rng.random(n),
        points_xy=points_xy,
        crop_boxes_xywh=rng.integers(0, 9, (n, 4)),
    )


def made_micrograph(**options: Any) -> Micrograph:
    pixels = np.random.default_rng(2).random(SHAPE_HW, np.float32)
    return Micrograph(pixels, **{"pixel_size_nm": 0.1, "name": "STO", "metadata": {"kV": 200, "who": "Ω"}, **options})


def made_labels() -> NDArray[np.uint32]:
    return (np.indices(SHAPE_HW).sum(axis=0) % 3).astype(np.uint32)


def made_scene(**options: Any) -> Scene:
    given: dict[str, Any] = {"materials": ["SrTiO3", "Ge"], "difficulty": 3, "weights": [10.0, 1.0]}
    arrays = {"labels": made_labels(), "grains": made_labels() * 70000}
    return Scene(made_micrograph(), **{**arrays, **given, "parameters": {"seed": 7}, **options})


def made_segmentation(**options: Any) -> Segmentation:
    decisions = [
        Decision(0, "kept", "largest", 0.5, 0.1, material=1),
        Decision(1, "merged", "majority_vote", 2.0, 1.0, material=2, other=3),
        Decision(2, "removed", "tiny_child", 0.01, 0.05, other=0),
        Decision(3, "merged", "majority_vote", 2.0, 1.0, material=2, other=1),
    ]
    given: dict[str, Any] = {"labels": made_labels(), "decisions": decisions, "generated": made_masks()}
    given["names"] = [None, "SrTiO3"]
    return Segmentation(**{**given, "n_materials": 2, "n_materials_given": False, **options})


def assert_same_masks(found: Masks, expected: Masks) -> None:
    assert found.shape_hw == expected.shape_hw
    for field in FIELDS:
        first, second = getattr(found, field), getattr(expected, field)
        assert first.dtype == second.dtype, field
        np.testing.assert_array_equal(first, second, err_msg=field)


def assert_same(found: Any, expected: Any) -> None:
    assert type(found) is type(expected)
    if isinstance(expected, Masks):
        assert_same_masks(found, expected)
        return
    for name in expected.__dataclass_fields__:
        first, second = getattr(found, name), getattr(expected, name)
        if isinstance(second, np.ndarray):
            assert first.dtype == second.dtype
            np.testing.assert_array_equal(first, second)
        elif isinstance(second, Masks | Micrograph):
            assert_same(first, second)
        else:
            assert first == second, name
