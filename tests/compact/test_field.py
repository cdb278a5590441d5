from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from samiam.compact.field import Field, FieldModel, known_scale, load_field_model
from samiam.compact.network import FieldNetwork, FieldSize, facts_of, standardised
from samiam.compact.settings import CompactWeights
from samiam.errors import InputError
from samiam.storage.weight_files import seeded, write_weights
from simulate.procedural.fills import Fill
from simulate.procedural.lattices import named_lattice
from simulate.procedural.layout import Layout
from simulate.procedural.rendering import render

SMALL = FieldSize((8, 8, 16), (1, 1, 2), 2)


def network(size: FieldSize = SMALL) -> FieldNetwork:
    found: FieldNetwork = seeded(0, lambda: FieldNetwork(size))
    return found.eval()


def lattice(period_px: float, side: int) -> NDArray[np.float32]:
    one = np.ones((side, side), np.uint32)
    fill = Fill("lattice", 0.2, 1.0, named_lattice("square", period_px, rotation_deg=10))
    image = render(np.random.default_rng(0), Layout(one, one, (1,), {}), [fill])
    return (image / image.max()).astype(np.float32)


class TestNetwork:
    def test_shapes_and_lengths(self) -> None:
        vectors, logits = network()(torch.rand(2, 1, 48, 64))
        assert vectors.shape == (2, 16, 12, 16)
        assert logits.shape == (2, 2, 12, 16)
        torch.testing.assert_close(vectors.norm(dim=1), torch.ones(2, 12, 16))

    def test_it_is_small(self) -> None:
        assert sum(parameter.numel() for parameter in FieldNetwork().parameters()) <= 3e6

    def test_brightness_and_contrast_do_not_matter(self) -> None:
        image = torch.rand(1, 1, 32, 32)
        torch.testing.assert_close(standardised(image), standardised(0.3 * image + 0.4), rtol=1e-4, atol=1e-4)
        assert standardised(torch.full((1, 1, 32, 32), 0.7)).abs().max() < 1e-2

    def test_dark_columns_become_bright(self) -> None:
        columns = torch.zeros(1, 1, 64, 64)
        columns[:, :, 4::8, 4::8] = 1
        dark = 1 - 0.5 * columns
        torch.testing.assert_close(standardised(torch.cat([columns, dark])), standardised(columns).repeat(2, 1, 1, 1))
        assert standardised(dark)[0, 0, 4, 4] > 0

    @pytest.mark.parametrize("size", [{"widths": (8, 8)}, {"depths": (0, 1, 1)}, {"n_heads": 5}, {"widths": (8, 8, 0)}])
    def test_impossible_sizes(self, size: dict[str, object]) -> None:
        with pytest.raises(InputError, match=f"^{next(iter(size))}="):
            replace(SMALL, **size)  # type: ignore[arg-type]


class TestScale:
    @pytest.mark.parametrize(("side", "scale"), [(512, 1.0), (1024, 0.5), (300, 512 / 300), (64, 2.0)])
    def test_an_image_is_brought_to_half_a_thousand_pixels(self, side: int, scale: float) -> None:
        assert known_scale(np.full((side, side), 0.5, np.float32)) == pytest.approx(scale)

    def test_a_fine_lattice_stays_visible(self) -> None:
        assert known_scale(lattice(16.0, 1200)) == pytest.approx(512 / 1200)
        assert known_scale(lattice(5.0, 1200)) == pytest.approx(3 / 5, rel=0.1)

    def test_no_image_becomes_larger_than_memory_allows(self) -> None:
        tiled = np.tile(lattice(4.0, 400), (10, 10))
        assert known_scale(tiled) * 4000 == pytest.approx(2048)


class TestField:
    def test_any_shape_has_one(self) -> None:
        model = FieldModel(network())
        for shape_hw in ((64, 64), (70, 200), (17, 33), (1, 5)):
            field = model(np.random.default_rng(0).random(shape_hw).astype(np.float32))
            assert field.shape_hw == shape_hw
            assert field.vectors.shape[1:] == field.boundaries.shape == field.grain_boundaries.shape
            assert ((field.boundaries >= 0) & (field.boundaries <= 1)).all()

    @pytest.mark.parametrize("shape_hw", [(8, 8), (32, 48), (33, 41), (700, 9), (5, 3)])
    def test_outlines_are_interpolated(self, shape_hw: tuple[int, int]) -> None:
        values = np.random.default_rng(1).normal(size=(8, 8)).astype(np.float32)
        grid = torch.zeros(8, 8)
        found = Field(torch.zeros(16, 8, 8), grid, grid, shape_hw).above_zero(values)
        whole = torch.nn.functional.interpolate(torch.from_numpy(values)[None, None], shape_hw, mode="bilinear")[0, 0]
        unsure = whole.abs().numpy() < 1e-5
        assert np.array_equal(found | unsure, (whole > 0).numpy() | unsure)

    def test_a_straight_edge_has_no_stairs(self) -> None:
        rows, columns = np.mgrid[:32, :32] + 0.5
        signed = (rows - 0.6 * columns - 8).astype(np.float32)
        grid = torch.zeros(32, 32)
        mask = Field(torch.zeros(16, 32, 32), grid, grid, (256, 256)).above_zero(signed)
        rows, columns = (np.mgrid[:256, :256] + 0.5) / 8
        inner = np.s_[8:-8, 8:-8]
        distance = rows - 0.6 * columns - 8
        sure = np.abs(distance[inner]) > 1e-4
        assert np.array_equal(mask[inner][sure], (distance > 0)[inner][sure])


class TestWeights:
    def test_the_weights_that_ship(self) -> None:
        model = load_field_model(CompactWeights(device="cpu"))
        assert model.sha256 is not None
        field = model(lattice(9.0, 128))
        assert field.vectors.isfinite().all()

    def test_own_weights(self, tmp_path: Path) -> None:
        own = network()
        write_weights(tmp_path / "own.safetensors", own.state_dict(), facts_of(SMALL), {})
        image = lattice(9.0, 64)
        loaded = load_field_model(CompactWeights(tmp_path / "own.safetensors", device="cpu"))
        torch.testing.assert_close(loaded(image).vectors, FieldModel(own)(image).vectors, atol=0.02, rtol=0)

    def test_weights_of_something_else(self, tmp_path: Path) -> None:
        path = tmp_path / "other.safetensors"
        write_weights(path, network().state_dict(), {"network": "fenet"}, {})
        with pytest.raises(InputError, match="weights of 'fenet'"):
            load_field_model(CompactWeights(path, device="cpu"))
        write_weights(path, network().state_dict(), facts_of(FieldSize()), {})
        with pytest.raises(InputError, match="do not fit the network"):
            load_field_model(CompactWeights(path, device="cpu"))
        with pytest.raises(InputError, match="no such file"):
            load_field_model(CompactWeights(tmp_path / "none.safetensors", device="cpu"))
        with pytest.raises(InputError, match="was expected"):
            load_field_model(CompactWeights(path, "0" * 64, "cpu"))
