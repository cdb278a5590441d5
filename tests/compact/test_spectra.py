"""The spectra of windows see how a lattice lies, and neither brightness nor contrast."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from samiam.compact.network import FieldNetwork, evened, standardised
from samiam.compact.spectra import LocalSpectra, window_spectra


def lattice(angle_deg: float, side: int = 128) -> Tensor:
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    angle = torch.deg2rad(torch.tensor(angle_deg))
    along, across = torch.cos(angle) * x + torch.sin(angle) * y, torch.cos(angle) * y - torch.sin(angle) * x
    return (torch.cos(along * 2 * torch.pi / 9) + torch.cos(across * 2 * torch.pi / 7))[None, None]


def test_one_spectrum_for_each_point() -> None:
    found = window_spectra(torch.rand(2, 1, 96, 160), 16)
    assert found.shape == (2, 861, 6, 10)
    assert torch.isfinite(found).all()


@pytest.mark.parametrize("shape_hw", [(16, 16), (32, 160), (64, 64)])
def test_images_smaller_than_a_window(shape_hw: tuple[int, int]) -> None:
    found = LocalSpectra(8, 16).eval()(torch.rand(1, 1, *shape_hw))
    assert found.shape == (1, 8, shape_hw[0] // 16, shape_hw[1] // 16)


def test_brightness_and_contrast_are_not_seen() -> None:
    first, second = (window_spectra(image, 16) for image in (lattice(20), 3 * lattice(20) + 5))
    assert torch.cosine_similarity(first, second, dim=1).min() > 0.99


def test_a_turned_lattice_is_seen_as_another() -> None:
    upright, turned = (window_spectra(lattice(angle), 16)[0, :, 4, 4] for angle in (0, 12))
    alike = torch.cosine_similarity(upright, turned, dim=0)
    shifted = window_spectra(lattice(0).roll(3, dims=3), 16)[0, :, 4, 4]
    assert alike < 0.9 < torch.cosine_similarity(upright, shifted, dim=0)


def test_a_blank_window_has_no_waves() -> None:
    assert window_spectra(torch.full((1, 1, 64, 64), 0.3), 16).max() < 0.02


def test_evened_images_lose_slow_changes() -> None:
    wedge = torch.linspace(1, 5, 128).expand(1, 1, 128, 128)
    image = standardised(wedge * (2 + lattice(0)))
    contrast = evened(image)[0, 0].unfold(1, 32, 32).std(dim=(0, 2))
    assert contrast.max() / contrast.min() < 1.5
    before = image[0, 0].unfold(1, 32, 32).std(dim=(0, 2))
    assert before.max() / before.min() > 2


def test_vectors_of_materials_and_of_grains() -> None:
    network = FieldNetwork().eval()
    with torch.inference_mode():
        vectors, of_grains, logits = network(torch.rand(1, 1, 64, 96))
    assert vectors.shape == of_grains.shape == (1, 16, 16, 24)
    assert logits.shape == (1, 2, 16, 24)
    for maps in (vectors, of_grains):
        np.testing.assert_allclose(maps.norm(dim=1).numpy(), 1, rtol=1e-5)
