"""Clicks and boxes to SAM: the answers are the library's own, the likeliest first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from segment_anything import SamPredictor
from tiny_sam import generator, tiny_sam

from samiam.errors import InputError
from samiam.generation import PromptableGenerator
from samiam.records import Micrograph


@pytest.fixture
def micrograph() -> Micrograph:
    return Micrograph(np.random.default_rng(0).random((150, 200), dtype=np.float32), name="noise")


@pytest.mark.parametrize(
    "prompt",
    [
        {"points": [(20, 30)]},
        {"points": [(20, 30), (150, 100)], "labels": [1, 0]},
        {"boxes": (10, 20, 120, 90)},
        {"points": [(20, 30)], "boxes": (10, 20, 120, 90)},
    ],
)
def test_answers_are_the_librarys(micrograph: Micrograph, prompt: dict[str, Any]) -> None:
    made = generator()
    made.set_image(micrograph)
    found = made.predict(**prompt)
    predictor = SamPredictor(tiny_sam())
    predictor.set_image(np.dstack([np.rint(micrograph.pixels * 255).astype(np.uint8)] * 3))
    points = np.array(prompt["points"], np.float64) if "points" in prompt else None
    masks, scores, _ = predictor.predict(
        points,
        None if points is None else np.array(prompt.get("labels", [1] * len(points))),
        np.array(prompt["boxes"]) if "boxes" in prompt else None,
    )
    order = np.argsort(-scores)
    assert len(found) == 3
    np.testing.assert_allclose(found.predicted_iou, scores[order], atol=1e-5)
    np.testing.assert_array_equal(np.stack(list(found)), masks[order])
    np.testing.assert_array_equal(np.stack(list(made.predict(**prompt, most=1))), masks[order[:1]])


def test_it_takes_prompts() -> None:
    assert isinstance(generator(), PromptableGenerator)


def test_the_image_has_to_be_set_and_is_forgotten_by_generating(micrograph: Micrograph) -> None:
    made = generator()
    for _ in range(2):
        with pytest.raises(InputError, match="set_image first"):
            made.predict([(20, 30)])
        made.set_image(micrograph)
        made.predict([(20, 30)])
        made.generate(micrograph)


def test_a_click_outside(micrograph: Micrograph) -> None:
    made = generator()
    made.set_image(micrograph)
    with pytest.raises(InputError, match="point 200,30 lies outside of the image of 200 × 150 px"):
        made.predict([(200, 30)])
