"""Small masks for the tests of the metrics."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray


def drawn(*rows: str) -> NDArray[np.bool_]:
    """A mask from text, one string for each row; # is inside."""
    return np.array([[letter == "#" for letter in row] for row in rows])


@st.composite
def rectangles(draw: st.DrawFn, shape_hw: tuple[int, int]) -> NDArray[np.bool_]:
    """A non-empty mask: one or two rectangles, so that there are insides as well as edges."""
    mask = np.zeros(shape_hw, bool)
    for _ in range(draw(st.integers(1, 2))):
        (top, bottom), (left, right) = (
            sorted((draw(st.integers(0, size - 1)), draw(st.integers(0, size - 1)))) for size in shape_hw
        )
        mask[top : bottom + 1, left : right + 1] = True
    return mask


@st.composite
def mask_pairs(draw: st.DrawFn) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Predicted masks (0 … 5, H, W) and truth masks (1 … 4, H, W), which may overlap."""
    shape_hw = draw(st.tuples(st.integers(4, 14), st.integers(4, 14)))
    predicted = draw(st.lists(rectangles(shape_hw), max_size=5))
    truth = draw(st.lists(rectangles(shape_hw), min_size=1, max_size=4))
    return np.array(predicted, bool).reshape(-1, *shape_hw), np.array(truth)


@st.composite
def label_images(draw: st.DrawFn) -> NDArray[np.uint32]:
    """Labels 1 … M without gaps and some background: rectangles painted over each other."""
    shape_hw = draw(st.tuples(st.integers(4, 14), st.integers(4, 14)))
    painted = np.zeros(shape_hw, np.uint32)
    for value, mask in enumerate(draw(st.lists(rectangles(shape_hw), min_size=1, max_size=5)), start=1):
        painted[mask] = value
    values = np.unique(painted[painted > 0])
    return np.where(painted > 0, np.searchsorted(values, painted) + 1, 0).astype(np.uint32)
