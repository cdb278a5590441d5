from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.registry import build_encoder
from samiam.texture.memory import RememberingEncoder
from samiam.texture.protocol import Estimator

Crop = NDArray[np.float32]


class Counting:
    """Mean, height and width of a crop; remembers which crops it was asked for."""

    name = "counting"
    options: dict[str, Any] = {"length": 3}  # noqa: RUF012
    estimator: Estimator | None = "gap"
    distance: float | None = 0.7

    def __init__(self) -> None:
        self.asked: list[list[Crop]] = []

    def encode(self, crops: Sequence[Crop]) -> NDArray[np.float32]:
        self.asked.append(list(crops))
        return np.array([[crop.mean(), *crop.shape] for crop in crops], np.float32).reshape(len(crops), 3)

    @property
    def n_embedded(self) -> list[int]:
        return [len(crops) for crops in self.asked]


def made_crops(n: int, shape_hw: tuple[int, int] = (4, 6), seed: int = 0) -> list[Crop]:
    return list(np.random.default_rng(seed).random((n, *shape_hw), np.float32))


def test_the_same_crops_are_embedded_once() -> None:
    counting = Counting()
    encoder = RememberingEncoder(counting)
    crops = made_crops(6)
    for chosen in ([1, 4], [0, 1, 2], [1, 4], [4, 1], [1, 4, 4], [0, 1, 2]):
        wanted = [crops[index] for index in chosen]
        vectors = encoder.encode(wanted)
        np.testing.assert_array_equal(vectors, Counting().encode(wanted))
        assert vectors.dtype == np.float32
    assert counting.n_embedded == [2, 3, 2, 3]


def test_views_are_known_by_their_pixels() -> None:
    counting = Counting()
    encoder = RememberingEncoder(counting)
    image = made_crops(1, (9, 9))[0]
    for same in (image[1:5, 2:8], image[1:5, 2:8].copy(), np.asfortranarray(image[1:5, 2:8])):
        encoder.encode([same])
    assert counting.n_embedded == [1]


def test_shape_and_type_tell_crops_apart() -> None:
    encoder = RememberingEncoder(Counting())
    crops: list[Any] = [np.zeros((4, 6), np.float32), np.zeros((6, 4), np.float32), np.zeros((6, 2), np.float64)]
    np.testing.assert_array_equal(encoder.encode(crops), [[0, 4, 6], [0, 6, 4], [0, 6, 2]])


def test_no_crops() -> None:
    encoder = RememberingEncoder(Counting())
    for _ in range(2):
        vectors = encoder.encode([])
        assert (vectors.shape, vectors.dtype) == ((0, 3), np.float32)
        encoder.encode(made_crops(2))


def test_what_was_used_longest_ago_is_forgotten_first() -> None:
    counting = Counting()
    encoder = RememberingEncoder(counting, most_mb=2 * 3 * 4 / 1e6)  # two vectors
    first, second, third = made_crops(3)
    for crop in (first, second, first, third, first, third, second):  # the first third makes second go
        encoder.encode([crop])
    np.testing.assert_array_equal(np.concatenate(counting.asked), [first, second, third, second])


@pytest.mark.parametrize("most_mb", [0, 1e-5])
def test_more_at_once_than_may_be_remembered(most_mb: float) -> None:
    counting = Counting()
    encoder = RememberingEncoder(counting, most_mb=most_mb)
    crops = made_crops(9)
    for _ in range(2):
        np.testing.assert_array_equal(encoder.encode(crops), Counting().encode(crops))
    assert counting.n_embedded == [9, 9]


def test_who_alters_a_vector_does_not_alter_the_memory() -> None:
    encoder = RememberingEncoder(Counting())
    crops = made_crops(2)
    for _ in range(2):
        encoder.encode(crops)[:] = -1
    np.testing.assert_array_equal(encoder.encode(crops), Counting().encode(crops))


def test_it_passes_for_the_encoder_within() -> None:
    encoder = RememberingEncoder(Counting())
    assert (encoder.name, encoder.options) == ("counting", {"length": 3})
    assert (encoder.estimator, encoder.distance) == ("gap", 0.7)


def test_around_a_real_encoder() -> None:
    crops = [*made_crops(3, (40, 40)), *made_crops(2, (24, 30))]
    spectrum = build_encoder("spectrum")
    encoder = RememberingEncoder(spectrum)
    for chosen in (crops[1:4], crops):
        np.testing.assert_array_equal(encoder.encode(chosen), spectrum.encode(chosen))


@pytest.mark.parametrize("most_mb", [-1, float("nan")])
def test_an_impossible_bound(most_mb: float) -> None:
    with pytest.raises(InputError, match=f"most_mb={most_mb}"):
        RememberingEncoder(Counting(), most_mb=most_mb)
