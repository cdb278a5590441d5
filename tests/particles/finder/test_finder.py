from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from samiam.errors import InputError
from samiam.networks import looking
from samiam.networks.unet import PaddedNetwork
from samiam.particles import FinderOptions, build_finder
from samiam.particles.finder.calibration import ParticleCalibration
from samiam.particles.finder.finder import UNetFinder
from samiam.particles.finder.network import facts_of, look_at, new_network
from samiam.particles.finder.weights import read_network
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import add_to_card, seeded, write_weights


class Dark(PaddedNetwork):
    """Says that a particle is where an image is dark, and that depth is how dark it is."""

    def __init__(self) -> None:
        super().__init__({"particle": 1, "depth": 1, "overlap": 1}, stride=4)
        self.scale = torch.nn.Parameter(torch.ones(()))

    def maps(self, images: Tensor) -> Tensor:
        logit = -4 * self.scale * (images[:, :1] + 4.0)
        return torch.cat([logit, logit / 4, torch.full_like(logit, -9.0)], dim=1)


def discs(shape_hw: tuple[int, int], *given: tuple[float, float, float]) -> np.ndarray:
    rows, columns = np.ogrid[: shape_hw[0], : shape_hw[1]]
    noise = np.random.default_rng(0).uniform(0.65, 0.75, shape_hw)
    for y, x, radius in given:
        noise -= 0.3 * ((rows - y) ** 2 + (columns - x) ** 2 < radius**2)
    return np.clip(noise, 0, 1).astype(np.float32)


def finder(**options: float) -> UNetFinder:
    return UNetFinder(Dark().eval(), ParticleCalibration(0.5, 0.15, 0.5), FinderOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("pixel_nm", [0.02, 0.04, 0.08, 0.5])
def test_masks_on_the_image_s_own_pixels(pixel_nm: float) -> None:
    """On finer and on coarser pixels than those that are looked at, in the right place, outlines smooth."""
    found = finder().find(discs((240, 320), (70, 90, 40), (150, 220, 55)), pixel_nm)
    boxes = found.masks.boxes_xywh[np.argsort(found.masks.areas)]
    assert boxes.tolist() == [pytest.approx([50, 30, 80, 80], abs=2), pytest.approx([165, 95, 110, 110], abs=2)]
    assert sorted(found.masks.areas) == pytest.approx([np.pi * 40**2, np.pi * 55**2], rel=0.04)
    assert ((found.masks.predicted_iou > 0.9) & (found.masks.predicted_iou <= 1)).all()


def test_why_candidates_are_none() -> None:
    image = discs((240, 320), (70, 90, 40), (200, 280, 6))
    small = finder(smallest_nm=0.6).find(image, 0.04).dropped
    assert [(one.rule, one.threshold) for one in small] == [("too small", 0.6)]
    assert small[0].value == pytest.approx(0.48, abs=0.05)
    x, y, width, height = small[0].box_xywh
    assert (x <= 274, y <= 194, x + width >= 286, y + height >= 206) == (True, True, True, True)
    assert len(finder(smallest_nm=0.3).find(image, 0.04).masks) == 2
    assert len(finder(smallest_nm=0.3, smallest_px=20).find(image, 0.04).masks) == 1
    unsure = finder(least_score=1.0).find(image, 0.04)
    assert len(unsure.masks) == 0
    assert {one.rule for one in unsure.dropped} == {"low score", "too small"}


def test_a_large_image_is_looked_at_in_tiles_to_the_same_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    network = seeded(0, lambda: new_network("ours")).eval()
    pixels = np.random.default_rng(0).random((700, 100)).astype(np.float32)
    whole = look_at(network, pixels)
    monkeypatch.setattr(looking, "_TILE_PX", 256)
    tiled = look_at(network, pixels)
    assert len(looking._tiles(torch.Size(pixels.shape))) == 3
    for name in ("particle", "depth", "overlap"):
        assert np.abs(getattr(whole, name) - getattr(tiled, name)).max() < 1e-5


def test_scale_and_offset_do_not_matter() -> None:
    network = seeded(0, lambda: new_network("ours")).eval()
    pixels = np.random.default_rng(0).random((64, 80))
    for variant in ("ours", "paper"):
        network = seeded(0, lambda: new_network(variant)).eval()  # noqa: B023
        first, other = look_at(network, pixels), look_at(network, 0.017 * pixels + 0.9)
        assert np.abs(first.particle - other.particle).max() < 1e-5


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "particles.safetensors"
    write_weights(path, seeded(0, lambda: new_network("paper")).state_dict(), facts_of("paper"), {})
    add_to_card(path, calibration={"threshold": 0.4, "valley": 0.2, "least_score": 0.6, "scenes": 3})
    return path


def test_weights_of_one_s_own(weights: Path) -> None:
    made = build_finder(FinderOptions(weights=weights, threshold=0.3))
    assert made.calibration == ParticleCalibration(0.3, 0.2, 0.6)
    assert made.options["weights_sha256"] == sha256_of(weights)
    assert repr(made) == f"UNetFinder(weights {sha256_of(weights)[:12]})"
    assert len(made.find(np.full((50, 60), 0.5, np.float32), 0.04).masks) in (0, 1)


def test_refusals(weights: Path) -> None:
    with pytest.raises(InputError, match="not of variant=ours of it"):
        read_network(weights, variant="ours")
    add_to_card(weights, calibration={"threshold": 0.4})
    with pytest.raises(InputError, match="does not say which candidates are particles; train the network by"):
        build_finder(FinderOptions(weights=weights))
    add_to_card(weights, calibration={"threshold": 4, "valley": 0.2, "least_score": 0.6})
    with pytest.raises(
        InputError, match=r"particles\.json: calibration\.threshold=4: give a number above 0 and below 1"
    ):
        build_finder(FinderOptions(weights=weights))
    write_weights(weights, {}, {"network": "fenet"}, {})
    with pytest.raises(InputError, match="weights of 'fenet' , not of the network that finds particles"):
        read_network(weights)
    with pytest.raises(InputError, match="no such file of weights"):
        build_finder(replace(FinderOptions(), weights="nowhere.safetensors"))
