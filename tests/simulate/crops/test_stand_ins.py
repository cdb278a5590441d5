"""Crops of what there is not: neither their material nor always the same, and the same whoever draws them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from simulate.crops import (
    STAND_INS,
    CropConditions,
    CropDataset,
    SplitSizes,
    StandInDataset,
    draw_once,
    draw_parameters,
    read_crops,
    stand_in_splits,
)
from simulate.crops.stand_ins import altered_cell, random_cell, substituted_cell
from simulate.library.materials import material
from simulate.specimen.stack import plane_cell

CLEAR = CropConditions(dose_e_per_A2=(1e6, 1e6), tilt_mrad=(0, 0), jitter_A=(0, 0), n_probes=1, views=("100", "110"))
KNOWN = ("SrTiO3", "Ge", "PtC", "Vac")


def drawn(dataset: CropDataset) -> list[NDArray[np.float32]]:
    return [dataset[index][0][0].numpy() for index in range(dataset.n)]


def test_a_stand_in_is_not_what_it_stands_for() -> None:
    own, instead = (drawn(kind(KNOWN, 16, 40, CLEAR, seed=3)) for kind in (CropDataset, StandInDataset))
    assert [StandInDataset(KNOWN, 16, 40, CLEAR)[index][1] for index in range(5)] == [0, 1, 2, 3, 0]
    for crop, other in zip(own, instead, strict=True):
        assert other.shape == crop.shape
        assert other.dtype == np.float32
        assert 0 <= other.min() <= other.max() <= 1
        assert np.abs(crop - other).mean() > 0.001  # a thin film is hardly brighter than vacuum


def test_it_depends_on_its_seed_alone() -> None:
    first, again, other = (drawn(StandInDataset(KNOWN, 4, 24, CLEAR, seed)) for seed in (5, 5, 6))
    for crop, same, different in zip(first, again, other, strict=True):
        assert np.array_equal(crop, same)
        assert not np.array_equal(crop, different)


@pytest.mark.parametrize("view", ["100", "110"])
@pytest.mark.parametrize("name", ["SrTiO3", "Ge"])
def test_an_altered_cell_is_another_cell(name: str, view: str) -> None:
    conditions = replace(CLEAR, views=(view,))
    parameters, own = draw_parameters(name, conditions, 24), plane_cell(material(name), conditions.views[0])
    assert own is not None
    places, vectors_A = np.stack([own.u, own.v], axis=1), np.diag([own.a_A, own.c_A])
    for seed in range(40):
        cell = altered_cell(np.random.default_rng(seed), parameters)
        ratios = cell.heights / cell.heights[0]
        shape = cell.vectors_A / vectors_A[0, 0]
        is_other = (
            np.abs(ratios - 1).max() > 0.19,
            np.abs(cell.places - places).max() > 0.08,
            np.abs(shape - vectors_A / vectors_A[0, 0]).max() > 0.1,
        )
        assert any(is_other)
    assert np.array_equal(places, np.stack([own.u, own.v], axis=1)), "the library's cell stays as it is"


@pytest.mark.parametrize("view", ["100", "110"])
def test_other_elements_are_in_the_same_places_and_of_another_contrast(view: str) -> None:
    parameters = draw_parameters("SrTiO3", replace(CLEAR, views=(view,)), 24)
    own = plane_cell(material("SrTiO3"), parameters.view)
    assert own is not None
    kinds, is_anion = np.array(own.sites), np.array(own.sites) == "O"
    for seed in range(40):
        cell = substituted_cell(np.random.default_rng(seed), parameters)
        assert np.array_equal(cell.places, np.stack([own.u, own.v], axis=1))
        assert np.array_equal(cell.vectors_A, np.diag([own.a_A, own.c_A]))
        of_kind = [np.unique(cell.heights[kinds == kind]) for kind in np.unique(kinds[~is_anion])]
        assert all(len(heights) == 1 for heights in of_kind)
        assert max(of_kind) >= 1.2 * min(of_kind)
        assert (cell.heights[is_anion] == 1).all()


def test_columns_of_a_random_cell_are_apart() -> None:
    parameters = draw_parameters("SrTiO3", CLEAR, 24)
    for seed in range(40):
        cell = random_cell(np.random.default_rng(seed), parameters)
        assert 1 <= len(cell.places) == len(cell.sites) == len(cell.heights) <= 4
        assert (cell.heights > 0).all()
        assert "O" not in cell.sites
        for place, other in zip(cell.places, np.roll(cell.places, 1, axis=0), strict=True):
            offset = (place - other + 0.5) % 1 - 0.5
            assert len(cell.places) == 1 or np.linalg.norm(offset @ cell.vectors_A) > 1.0


def test_splits_are_kept_beside_those_of_the_materials(tmp_path: Path) -> None:
    splits = stand_in_splits(("SrTiO3", "Vac"), CLEAR, SplitSizes(4, 2, 2), 12)
    assert {name: split.n for name, split in splits.items()} == {"train": 4, "val": 2, STAND_INS: 2}
    own = {name: CropDataset(one.materials, one.n, 12, CLEAR, one.seed) for name, one in splits.items()}
    folder, other = draw_once(tmp_path, splits), draw_once(tmp_path, own)
    assert folder != other
    assert draw_once(tmp_path, splits) == folder
    crops = read_crops(folder, "train")
    np.testing.assert_allclose(crops[1][0], splits["train"][1][0], atol=0.5 / 255 + 1e-6)
    assert (
        len(
            {
                split.seed
                for split in (*splits.values(), *stand_in_splits(("Vac",), CLEAR, SplitSizes(), 12, 1).values())
            }
        )
        == 6
    )
