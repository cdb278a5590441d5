from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samiam.errors import InputError
from simulate.imaging.stem import contamination


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@given(st.integers(0, 1000), st.floats(0.1, 500), st.floats(0, 2), st.floats(0, 5))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_the_mean_is_as_asked_and_nothing_is_negative(
    seed: int, mean_A: float, variation: float, square: float
) -> None:
    film_A = contamination(rng(seed), (80, 120), 2.0, mean_A, variation=variation, square=square)
    assert (film_A.shape, film_A.dtype) == ((80, 120), np.float64)
    assert film_A.mean() == pytest.approx(mean_A, rel=1e-12)
    assert film_A.min() > 0


def test_no_film_is_nowhere() -> None:
    assert not contamination(rng(), (8, 8), 1.0, 0.0, square=1.0).any()


def test_the_logarithm_varies_by_as_much_as_asked_over_its_length() -> None:
    film_A = contamination(rng(), (600, 600), 40.0, 10.0, variation=0.4, length_A=300.0)  # 80 lengths wide
    waves = np.log(film_A) - np.log(film_A).mean()
    assert waves.std() == pytest.approx(0.4, rel=0.05)
    for lag_px, expected in ((0, 1.0), (3, np.exp(-0.16)), (8, np.exp(-((320 / 300) ** 2))), (30, 0.0)):
        for first, second in (
            (waves[:, : 600 - lag_px], waves[:, lag_px:]),
            (waves[: 600 - lag_px], waves[lag_px:]),
        ):
            assert (first * second).mean() / waves.var() == pytest.approx(expected, abs=0.06)


def test_every_pixel_varies_alike() -> None:
    films = [contamination(rng(seed), (7, 12), 50.0, 1.0, variation=0.5) for seed in range(3000)]
    logs = np.log(films)
    # the mean is taken out, so compare the middle of one side with that of the other
    np.testing.assert_allclose(logs.std(axis=0), logs.std(axis=0)[::-1, ::-1], rtol=0.08)


def test_the_earlier_scan_left_a_square_of_the_thickness_asked() -> None:
    film_A = contamination(rng(3), (400, 400), 1.0, 10.0, variation=0.0, square=1.5, square_edge_A=4.0)
    beside, within = film_A.min(), film_A.max()
    assert within / beside == pytest.approx(2.5, rel=1e-3)
    inside = film_A > (beside + within) / 2
    rows, columns = inside.any(axis=1), inside.any(axis=0)
    assert inside.sum() == pytest.approx(rows.sum() * columns.sum(), rel=0.01)  # the corners are round
    assert rows.sum() == pytest.approx(columns.sum(), abs=1)
    assert 0 < inside.mean() <= 0.5
    steps = abs(np.diff(film_A, axis=1)).max() / (within - beside)
    assert steps == pytest.approx(1 / np.sqrt(2 * np.pi) / 4, rel=0.02)  # the slope of a Gaussian's integral


def test_the_seed_decides() -> None:
    first, again, other = (contamination(rng(seed), (20, 30), 10.0, 5.0) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert abs(first - other).max() > 0.1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mean_thickness_A": -1.0}, r"mean_thickness_A=-1.0: .* 0 or more"),
        ({"pixel_size_A": 0.0}, r"pixel_size_A=0.0: .* above 0"),
        ({"length_A": 0.0}, r"length_A=0.0: .* above 0"),
        ({"variation": -0.1}, r"variation=-0.1: .* 0 to 2"),
        ({"square": -0.5}, r"square=-0.5: .* 0 or more"),
        ({"square_edge_A": 0.0}, r"square_edge_A=0.0: .* above 0"),
        ({"shape_hw": (0, 3)}, r"shape_hw=\(0, 3\): "),
    ],
)
def test_impossible_films(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        contamination(rng(), **{"shape_hw": (8, 8), "pixel_size_A": 1.0, "mean_thickness_A": 5.0} | options)
    assert "\n" not in str(caught.value)
