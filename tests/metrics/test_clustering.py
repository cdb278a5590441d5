from __future__ import annotations

import numpy as np
import pytest

from samiam.errors import InputError
from samiam.metrics import clustering_accuracy


def clouds(n: int, distance: float, n_materials: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    materials = np.repeat(np.arange(n_materials), n)
    return rng.normal(size=(len(materials), n_materials)) + distance * np.eye(n_materials)[materials], materials


def test_parted_clouds_are_all_right() -> None:
    assert clustering_accuracy(*clouds(20, 50)) == 1


@pytest.mark.parametrize("seed", range(8))
def test_a_bad_start_of_clustering_does_no_harm(seed: int) -> None:
    """Twelve clouds, some of them near each other: of single starts of KMeans every second one unites two."""
    rng = np.random.default_rng(2)
    materials = np.repeat(np.arange(12), 15)
    vectors = rng.uniform(0, 1, (12, 2))[materials] + 0.02 * rng.normal(size=(180, 2))
    assert clustering_accuracy(vectors, materials, seed) > 0.95  # two that are one leave 11 of 12


def test_the_seed_is_that_of_the_starts() -> None:
    vectors, materials = clouds(40, 0.5, 6)
    found = [clustering_accuracy(vectors, materials, seed) for seed in range(6)]
    assert clustering_accuracy(vectors, materials) == found[0]
    assert len(set(found)) > 1


def test_names_of_the_materials_do_not_matter() -> None:
    vectors, materials = clouds(20, 2)
    expected = clustering_accuracy(vectors, materials)
    assert 0.6 < expected < 1
    assert clustering_accuracy(vectors, np.array([70, -5, 12])[materials]) == expected


def test_by_hand() -> None:
    vectors = np.array([[0.0], [0.1], [0.2], [9.0], [9.1]])
    assert clustering_accuracy(vectors, np.array([0, 0, 1, 1, 1])) == pytest.approx(4 / 5)


def test_vectors_that_say_nothing_are_near_chance() -> None:
    assert clustering_accuracy(*clouds(100, 0)) < 0.5


def test_one_material_is_always_right() -> None:
    assert clustering_accuracy(np.random.default_rng(0).normal(size=(5, 2)), np.zeros(5, int)) == 1


@pytest.mark.parametrize(
    ("vectors", "materials"), [(np.zeros((0, 2)), np.zeros(0, int)), (np.zeros((3, 2)), np.zeros(2, int))]
)
def test_not_one_of_each(vectors: np.ndarray, materials: np.ndarray) -> None:
    with pytest.raises(InputError, match="one of each for every crop"):
        clustering_accuracy(vectors, materials)
