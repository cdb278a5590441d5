from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from samiam import SemanticBooster, build_encoder, build_generator, segment
from samiam.compact.committee import Committee, facts_of_committee, in_use
from samiam.compact.looks import Look, seen_by
from samiam.compact.model import CompactModel
from samiam.compact.network import FieldNetwork, facts_of, standardised
from samiam.compact.scale import known_scale
from samiam.compact.settings import CompactWeights, FieldSize
from samiam.compact.sights import read_sight
from samiam.compact.weights import _loaded, load_model, look, shipped_calibration
from samiam.errors import InputError
from samiam.records import Micrograph
from samiam.storage.weight_files import add_to_card, read_arrays, read_card, seeded, shipped_weights, write_weights
from samiam.texture.pose import Pose
from simulate import procedural_scene
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


def write_own(path: Path, own: FieldNetwork) -> None:
    calibration = read_card(shipped_weights("compact"))["calibration"]
    write_weights(path, own.state_dict(), facts_of(own.size), {"calibration": calibration})


class TestNetwork:
    def test_shapes_and_lengths(self) -> None:
        vectors, of_grains, logits = network()(torch.rand(2, 1, 48, 64))
        assert vectors.shape == of_grains.shape == (2, 16, 12, 16)
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

    def test_a_bright_part_at_the_border_is_no_column(self) -> None:
        image = torch.ones(1, 1, 64, 64)
        image[:, :, 4::8, 4::8] -= 0.4
        image[..., :16] += 1
        seen = standardised(image)[0, 0]
        assert seen[28, 36] > seen[28, 32]

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


class TestLook:
    def test_any_shape_has_one(self) -> None:
        for shape_hw in ((64, 64), (70, 200), (17, 33), (1, 5)):
            found = seen_by(in_use(network()), np.random.default_rng(0).random(shape_hw).astype(np.float32))
            assert found.shape_hw == shape_hw
            assert found.vectors.shape[1:] == found.boundaries.shape == found.grain_boundaries.shape
            assert ((found.boundaries >= 0) & (found.boundaries <= 1)).all()

    @pytest.mark.parametrize("shape_hw", [(8, 8), (32, 48), (33, 41), (700, 9), (5, 3)])
    def test_outlines_are_interpolated(self, shape_hw: tuple[int, int]) -> None:
        values = np.random.default_rng(1).normal(size=(8, 8)).astype(np.float32)
        grid = np.zeros((8, 8), np.float32)
        found = Look(
            np.zeros((16, 8, 8), np.float32), np.zeros((16, 8, 8), np.float32), grid, grid, shape_hw
        ).above_zero(values)
        whole = torch.nn.functional.interpolate(torch.from_numpy(values)[None, None], shape_hw, mode="bilinear")[0, 0]
        unsure = whole.abs().numpy() < 1e-5
        assert np.array_equal(found | unsure, (whole > 0).numpy() | unsure)

    def test_a_straight_edge_has_no_stairs(self) -> None:
        rows, columns = np.mgrid[:32, :32] + 0.5
        signed = (rows - 0.6 * columns - 8).astype(np.float32)
        grid, vectors = np.zeros((32, 32), np.float32), np.zeros((16, 32, 32), np.float32)
        mask = Look(vectors, vectors, grid, grid, (256, 256)).above_zero(signed)
        rows, columns = (np.mgrid[:256, :256] + 0.5) / 8
        inner = np.s_[8:-8, 8:-8]
        distance = rows - 0.6 * columns - 8
        sure = np.abs(distance[inner]) > 1e-4
        assert np.array_equal(mask[inner][sure], (distance > 0)[inner][sure])


class TestWeights:
    def test_the_weights_that_ship(self) -> None:
        model = load_model(CompactWeights(device="cpu"))
        assert model.sha256 is not None
        assert model.look(lattice(9.0, 128)).vectors.max() <= 1

    def test_own_weights(self, tmp_path: Path) -> None:
        own = network()
        write_own(tmp_path / "own.safetensors", own)
        image = lattice(9.0, 64)
        loaded = load_model(CompactWeights(tmp_path / "own.safetensors", device="cpu"))
        found, wanted = loaded.look(image), CompactModel(in_use(own), shipped_calibration()).look(image)
        torch.testing.assert_close(found.vectors, wanted.vectors, atol=0.02, rtol=0)

    def test_a_device_that_there_is_not(self) -> None:
        if torch.cuda.is_available():
            pytest.skip("there is one")
        with pytest.raises(InputError, match="cuda"):
            load_model(CompactWeights(device="cuda"))

    def test_one_line(self) -> None:
        own = CompactModel(in_use(network()), shipped_calibration())
        assert repr(own) == "CompactModel(weights without a file)"
        shipped = load_model(CompactWeights(device="cpu"))
        assert repr(shipped) == f"CompactModel(weights {str(shipped.sha256)[:12]})"

    def test_of_new_networks_sameness_begins_even(self) -> None:
        assert network().sameness.tolist() == [[10.0, -5.0], [10.0, -5.0]]

    def test_what_is_at_zero_is_not_above_it(self) -> None:
        look = CompactModel(in_use(network()), shipped_calibration()).look(lattice(9.0, 64))
        assert not look.above_zero(np.zeros((16, 16), np.float32)).any()
        assert look.above_zero(np.ones((16, 16), np.float32)).all()

    def test_several_networks_come_back(self, tmp_path: Path) -> None:
        members = [network(), network(FieldSize((8, 8, 16), (1, 2, 2), 4))]
        committee = Committee(members, [True, False]).eval()
        path = tmp_path / "several.safetensors"
        write_weights(path, committee.state_dict(), facts_of_committee(committee), {})
        found = read_sight(path)
        assert isinstance(found, Committee)
        assert list(found.sees_grains) == [True, False]
        assert [facts_of(member.size)["depths"] for member in found.members] == [[1, 1, 2], [1, 2, 2]]  # type: ignore[arg-type]

    def test_a_card_that_has_changed_is_read_again(self, tmp_path: Path) -> None:
        path = tmp_path / "own.safetensors"
        write_own(path, network())
        before = load_model(CompactWeights(path, device="cpu"))
        assert load_model(CompactWeights(path, device="cpu")) is before
        card = read_card(path)
        add_to_card(path, calibration={**card["calibration"], "distance": 0.125})
        assert load_model(CompactWeights(path, device="cpu")).calibration.distance == 0.125

    def test_facts_that_cannot_be(self, tmp_path: Path) -> None:
        path = tmp_path / "own.safetensors"
        write_weights(path, network().state_dict(), {**facts_of(SMALL), "n_heads": 7}, {})
        with pytest.raises(InputError, match=rf"^{re.escape(str(path))}: describes a network that cannot be"):
            load_model(CompactWeights(path, device="cpu"))

    def test_weights_of_something_else(self, tmp_path: Path) -> None:
        path = tmp_path / "other.safetensors"
        write_weights(path, network().state_dict(), {"network": "fenet"}, {})
        with pytest.raises(InputError, match="weights of 'fenet'"):
            load_model(CompactWeights(path, device="cpu"))
        write_weights(path, network().state_dict(), facts_of(FieldSize()), {})
        with pytest.raises(InputError, match="do not fit the network"):
            load_model(CompactWeights(path, device="cpu"))
        with pytest.raises(InputError, match="no such file"):
            load_model(CompactWeights(tmp_path / "none.safetensors", device="cpu"))
        with pytest.raises(InputError, match="was expected"):
            load_model(CompactWeights(path, "0" * 64, "cpu"))


class Counted:
    """How often networks looked and files of weights were read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.looks, self.reads = 0, 0

        def counting_looks(*given: Any, **named: Any) -> Look:
            self.looks += 1
            return seen_by(*given, **named)

        def counting_read(path: Path, sha256: str | None = None) -> Any:
            self.reads += 1
            return read_arrays(path, sha256)

        monkeypatch.setattr("samiam.compact.model.seen_by", counting_looks)
        monkeypatch.setattr("samiam.compact.weights.read_arrays", counting_read)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    """A process that has loaded nothing yet."""
    _loaded.cache_clear()
    yield Counted(monkeypatch)
    _loaded.cache_clear()


def image(seed: int = 1) -> Micrograph:
    return procedural_scene(seed, shape_hw=(160, 200)).micrograph


class TestOneLook:
    def test_segment_looks_once(self, counted: Counted) -> None:
        segment(image())
        assert (counted.looks, counted.reads) == (1, 1)

    def test_clicks_masks_and_materials_come_of_one_look(self, counted: Counted) -> None:
        micrograph = image()
        generator = build_generator("compact", device="cpu")
        generator.set_image(micrograph)
        generator.predict([(20, 30)])
        masks = generator.generate(micrograph)
        SemanticBooster(build_encoder("compact", device="cpu"))(micrograph, masks)
        SemanticBooster(build_encoder("compact", device="cpu"), embedding="crops")(micrograph, masks)
        look(micrograph, CompactWeights(device="cpu"))
        assert (counted.looks, counted.reads) == (1, 1)

    def test_equal_pixels_are_one_image(self, counted: Counted) -> None:
        model, pixels = load_model(), image().pixels
        first = model.look(pixels)
        assert model.look(pixels.copy()) is first
        assert model.look(np.asfortranarray(pixels)) is first
        assert model.look(np.ascontiguousarray(pixels.T)) is not first
        assert model.look(pixels) is not first  # only the last one is remembered
        assert counted.looks == 3

    def test_an_image_that_is_generated_from_is_not_the_one_that_is_pointed_at(self) -> None:
        generator = build_generator("compact", device="cpu")
        generator.set_image(image(1))
        before = generator.predict([(20, 30)])
        generator.generate(image(2))
        assert np.array_equal(generator.predict([(20, 30)]).packed, before.packed)

    def test_two_threads_get_their_own_images(self) -> None:
        model, images = load_model(), [lattice(period_px, 64) for period_px in (6.0, 9.0, 13.0)]
        wanted = [model.look(pixels).vectors for pixels in images]
        with ThreadPoolExecutor(3) as pool:
            found = pool.map(model.look, images * 5)
        for own, vectors in zip(found, wanted * 5, strict=True):
            torch.testing.assert_close(own.vectors, vectors)

    def test_a_file_that_took_the_place_of_another_is_read(self, tmp_path: Path) -> None:
        path = tmp_path / "own.safetensors"
        source = CompactWeights(path, device="cpu")
        write_own(path, network())
        first = load_model(source)
        assert load_model(source) is first
        write_own(path, seeded(1, lambda: FieldNetwork(SMALL)))
        assert load_model(source).sha256 != first.sha256

    def test_who_trains_on_has_a_network_of_its_own(self) -> None:
        path = shipped_weights("compact")
        assert read_sight(path) is not read_sight(path)
        assert load_model().views is load_model().views

    def test_the_pose_and_the_scale_of_a_look(self) -> None:
        pixels = lattice(9.0, 64) * np.linspace(0.2, 1, 64, dtype=np.float32)
        found = load_model().look(pixels)
        assert found.pose == Pose(swapped=True, rows_reversed=False, columns_reversed=found.pose.columns_reversed)
        assert found.scale == 2.0
