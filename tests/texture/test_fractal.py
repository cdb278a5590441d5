"""Each block against a literal transcription of its formula, pixel by pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from samiam.texture.fractal import (
    BOX_SIZES,
    DENSITY_SIZES,
    FractalModule,
    LocalDensity,
    SoftHistogram,
    gaussian_kernel,
    global_dimension,
    log_slope,
    rescaled,
)

Floats = NDArray[np.float64]


def random_maps(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).uniform(0, 1, shape)).float()


def fitted_slope(x: list[float], y: list[float]) -> float:
    return float(np.polyfit(x, y, 1)[0])


def literal_density(image: Floats) -> Floats:
    """Window by window: weights exp(−r²/2σ²) with σ = s/2, normalised; beyond the image there is nothing."""
    height, width = image.shape
    density = np.zeros(image.shape)
    for y in range(height):
        for x in range(width):
            logs = []
            for size in DENSITY_SIZES:
                before = (size - 1) // 2  # of an even window the larger part lies behind the pixel
                total = weights = 0.0
                for j in range(size):
                    for i in range(size):
                        centre = (size - 1) / 2
                        weight = math.exp(-((j - centre) ** 2 + (i - centre) ** 2) / (2 * (size / 2) ** 2))
                        weights += weight
                        v, u = y + j - before, x + i - before
                        if 0 <= v < height and 0 <= u < width:
                            total += weight * image[v, u]
                logs.append(math.log2(max(total / weights * size**2, 0) + 1))
            density[y, x] = fitted_slope([math.log2(size) for size in DENSITY_SIZES], logs)
    return density


def literal_dimension(image: Floats) -> float:
    logs = []
    for size in BOX_SIZES:
        stride, total = size // 2, 0.0
        for y in range(0, image.shape[0] - size + 1, stride):
            for x in range(0, image.shape[1] - size + 1, stride):
                total += image[y : y + size, x : x + size].max()
        logs.append(math.log2(max(total, 0) + 1))
    return fitted_slope([-math.log2(size) for size in BOX_SIZES], logs)


def test_rescaled_by_sample() -> None:
    maps = random_maps(3, 1, 5, 4) * torch.tensor([1.0, 10.0, 0.0])[:, None, None, None] - 2
    stretched = rescaled(maps)
    assert stretched[:2].amin(dim=(1, 2, 3)).tolist() == [1, 1]
    assert stretched[:2].amax(dim=(1, 2, 3)).tolist() == pytest.approx([256, 256])
    assert (stretched[2] == 1).all()
    middle = (maps[0].max() + maps[0].min()) / 2
    assert rescaled(torch.cat([maps[0].flatten(), middle[None]])[None, None, None])[0, 0, 0, -1] == pytest.approx(128.5)


def test_slope_is_that_of_a_fit() -> None:
    x, y = torch.tensor([0.0, 1.0, 2.5, 4.0]), random_maps(4, 3) * 10 - 1
    expected = [fitted_slope(x.tolist(), [math.log2(max(v, 0) + 1) for v in column]) for column in y.T.tolist()]
    assert log_slope(y, x).tolist() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("size", DENSITY_SIZES)
def test_kernels_are_normalised_and_symmetric(size: int) -> None:
    kernel = gaussian_kernel(size)
    assert kernel.shape == (1, 1, size, size)
    assert kernel.sum().item() == pytest.approx(1)
    assert torch.equal(kernel, kernel.flip(2))
    assert torch.allclose(kernel, kernel.transpose(2, 3))
    if size > 2:
        assert (kernel[0, 0, 0, 0] / kernel[0, 0, size // 2, size // 2]).item() < 0.7


def test_local_density() -> None:
    maps = random_maps(2, 1, 9, 8) * 255 + 1
    found = LocalDensity()(maps)
    assert found.shape == maps.shape
    for sample, density in zip(maps, found, strict=True):
        np.testing.assert_allclose(density[0].numpy(), literal_density(sample[0].double().numpy()), rtol=1e-4)


def test_local_density_of_a_plane_is_two() -> None:
    """A constant intensity fills a window as its area, s²; log2(x + 1) is close to log2 x for large x."""
    inner = LocalDensity()(torch.full((1, 1, 20, 20), 256.0))[0, 0, 5:-5, 5:-5]
    assert inner.mean().item() == pytest.approx(2, abs=0.01)


def test_soft_histogram() -> None:
    torch.manual_seed(0)
    histogram = SoftHistogram()
    assert ((histogram.scales > -1) & (histogram.scales < 0)).all()
    assert (histogram.centres.abs() < 1 / math.sqrt(15)).all()
    densities = random_maps(2, 1, 3, 4) * 4 - 2
    found = histogram(densities).detach().numpy()
    assert found.shape == (2, 15, 3, 4)
    centres, scales = histogram.centres.tolist(), histogram.scales.tolist()
    for b, y, x in np.ndindex(2, 3, 4):
        value = densities[b, 0, y, x].item()
        powers = [math.exp(s * (value - c) ** 2) for c, s in zip(centres, scales, strict=True)]
        np.testing.assert_allclose(found[b, :, y, x], np.array(powers) / sum(powers), rtol=1e-5)


def test_global_dimension() -> None:
    maps = random_maps(2, 3, 15, 15) - 0.2
    found = global_dimension(maps).numpy()
    for b, k in np.ndindex(2, 3):
        assert found[b, k] == pytest.approx(literal_dimension(maps[b, k].double().numpy()), rel=1e-4)


def test_a_plane_has_more_dimensions_than_a_line_and_a_line_than_a_point() -> None:
    maps = torch.zeros(1, 3, 96, 96)
    maps[0, 0] = 1
    maps[0, 1, 48] = 1
    maps[0, 2, 48, 48] = 1
    plane, line, point = global_dimension(maps)[0].tolist()
    assert plane > line + 0.5 > point + 1


def test_the_module_is_its_blocks_in_order() -> None:
    torch.manual_seed(1)
    module = FractalModule().eval()
    with torch.no_grad():
        module.density_norm.running_mean.fill_(0.5)  # type: ignore[union-attr]
        module.histogram_norm.running_var.fill_(0.25)  # type: ignore[union-attr]
        maps = random_maps(2, 1, 12, 12)
        found = module(maps).numpy()
    low, high = (maps.amin(dim=(1, 2, 3)), maps.amax(dim=(1, 2, 3)))
    for b in range(2):
        image = ((maps[b, 0] - low[b]) / (high[b] - low[b]) * 255 + 1).double().numpy()
        densities = (literal_density(image) - 0.5) / math.sqrt(1 + 1e-5)
        member = np.exp([s * (densities - c) ** 2 for c, s in zip(*_groups(module), strict=True)])
        member = member / member.sum(axis=0) / math.sqrt(0.25 + 1e-5)
        assert found[b] == pytest.approx([literal_dimension(one) for one in member], rel=1e-3, abs=1e-4)


def _groups(module: FractalModule) -> tuple[list[float], list[float]]:
    return module.histogram.centres.tolist(), module.histogram.scales.tolist()
