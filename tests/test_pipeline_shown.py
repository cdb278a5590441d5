"""Artefacts cost a segmentation nothing, and belong to no material."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from refusals import refusal
from scipy import ndimage

from samiam import Pointer, build_generator, segment, select
from samiam.records import Micrograph

SIDE = 256


def counts() -> NDArray[np.uint16]:
    """Columns beside stripes, of 10,000 counts and 10 % more."""
    y, x = np.indices((SIDE, SIDE))
    stripes, columns = np.sin(2 * np.pi * x / 8), np.cos(2 * np.pi * x / 11) * np.cos(2 * np.pi * y / 11)
    image = np.where(x < 110, stripes, columns) + 0.1 * np.random.default_rng(0).normal(size=(SIDE, SIDE))
    return (10500 + 350 * image).astype(np.uint16)


@pytest.fixture(scope="module")
def clean() -> NDArray[np.uint32]:
    """What is found in them where nothing is over them."""
    return segment(Micrograph.stretched(counts()), 2, generator=build_generator("texture")).labels


def with_hot_pixels(image: NDArray[Any]) -> NDArray[Any]:
    return np.where(np.random.default_rng(1).random(image.shape) < 0.0015, 65535, image).astype(image.dtype)


def with_dead_pixels(image: NDArray[Any]) -> NDArray[Any]:
    return np.where(np.random.default_rng(1).random(image.shape) < 0.003, 0, image).astype(image.dtype)


def with_a_black_row(image: NDArray[Any]) -> NDArray[Any]:
    image[100] = 0
    return image


def with_a_frame(image: NDArray[Any]) -> NDArray[Any]:
    return np.pad(image, 13)


def with_drift(image: NDArray[Any]) -> NDArray[Any]:
    return np.pad(image, ((0, 21), (9, 0)))


def with_a_bar(image: NDArray[Any]) -> NDArray[Any]:
    image[235:241, 20:90] = 65535
    return image


@pytest.mark.parametrize(
    "spoil",
    [
        with_hot_pixels,
        with_drift,
        *(
            pytest.param(spoil, marks=pytest.mark.slow)
            for spoil in (with_dead_pixels, with_a_black_row, with_a_frame, with_a_bar)
        ),
    ],
)
def test_as_well_as_without(spoil: Callable[[NDArray[Any]], NDArray[Any]], clean: NDArray[np.uint32]) -> None:
    micrograph = Micrograph.stretched(spoil(counts()))
    found = segment(micrograph, 2, generator=build_generator("texture"))
    assert "left_out" in micrograph.metadata
    assert found.labels.shape == micrograph.shape_hw
    labels = found.labels
    if micrograph.shape_hw != (SIDE, SIDE):
        left = 13 if spoil is with_a_frame else 9
        top = 13 if spoil is with_a_frame else 0
        labels = labels[top : top + SIDE, left : left + SIDE]
    seen = labels > 0
    assert seen.mean() > 0.9
    assert (labels == clean)[seen].mean() > 0.96  # the generator's grid of 4 px begins elsewhere
    if micrograph.shown is not None:
        assert not found.labels[~micrograph.shown].any()
        assert not any(mask[~micrograph.shown].any() for mask in found.generated)


@pytest.mark.slow
def test_a_turned_image_is_segmented_up_to_its_corners() -> None:
    turned = ndimage.rotate(counts(), 20, order=1)
    micrograph = Micrograph.stretched(turned)
    found = segment(micrograph, 2, generator=build_generator("texture"))
    truth = ndimage.rotate(1 + (np.indices((SIDE, SIDE))[1] < 110), 20, order=0)
    assert micrograph.shown is not None
    assert not found.labels[~micrograph.shown].any()
    assert (found.labels == truth)[micrograph.shown].mean() > 0.93


def test_clicks_are_where_they_are_made() -> None:
    micrograph = Micrograph.stretched(np.pad(counts(), ((0, 0), (30, 0))))
    generator: Any = build_generator("compact", device="cpu")
    found = select(micrograph, [Pointer(point=(240, 120))], generator=generator)
    assert found.labels[120, 240] == 1
    assert not found.labels[:, :31].any()
    for pointer, words in (
        (Pointer(point=(10, 50)), "the point 10,50 is in what was left out (a frame of 30 px at the left)"),
        (Pointer(point=(290, 50)), "point 290,50 lies outside of the image of 286 × 256 px"),
        (Pointer(box=(0, 0, 20, 20)), "the box 0,0,20,20 holds nothing but what was left out"),
        (Pointer(box=(0, 0, 400, 20)), "box 0,0,400,20: give"),
    ):
        assert words in refusal(lambda pointer=pointer: select(micrograph, [pointer], generator=generator))
