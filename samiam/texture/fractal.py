"""The fractal module of FENet: from a feature map to a descriptor of how its level sets fill the plane.

Xu et al., Encoding Spatial Distribution of Convolutional Features for Texture Representation, NeurIPS 2021. Local
densities say how the intensity around a pixel grows with the size of the window; a soft histogram groups pixels of like
density; the box-counting dimension of each group is the descriptor.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

GROUPS = 15  # K, the groups of the soft histogram and the length of a descriptor
DENSITY_SIZES = (1, 2, 3, 4, 5, 6)  # windows around a pixel, the authors'
BOX_SIZES = (2, 3, 4, 5, 6)  # of box counting, the authors'

_LOW, _HIGH = 1.0, 256.0  # of rescaled maps: the logarithm of a density needs values of 1 and more


def rescaled(maps: Tensor) -> Tensor:
    """Each sample's values stretched to 1 … 256; a constant sample becomes 1.

    Args:
        maps: float (B, 1, H, W).
    """
    low = maps.amin(dim=(1, 2, 3), keepdim=True)
    high = maps.amax(dim=(1, 2, 3), keepdim=True)
    span = (high - low).clamp(min=torch.finfo(maps.dtype).tiny)
    return (maps - low) / span * (_HIGH - _LOW) + _LOW


def log_slope(values: Tensor, at: Tensor) -> Tensor:
    """Least-squares slope of log2(max(values, 0) + 1), (n, …), against places (n,): (…)."""
    centred = at - at.mean()
    logs = torch.log2(functional.relu(values) + 1)
    slope: Tensor = torch.tensordot(centred, logs, dims=1) / centred.square().sum()
    return slope


def _log2(sizes: tuple[int, ...], like: Tensor) -> Tensor:
    return torch.tensor(sizes, dtype=like.dtype, device=like.device).log2()


def gaussian_kernel(size: int) -> Tensor:
    """A Gaussian of σ = size / 2 on size × size pixels, of sum 1: (1, 1, size, size)."""
    offsets = torch.arange(size, dtype=torch.float32) - (size - 1) / 2
    profile = torch.exp(-offsets.square() / (2 * (size / 2) ** 2))
    kernel = torch.outer(profile, profile)
    return (kernel / kernel.sum())[None, None]


class LocalDensity(nn.Module):
    """The exponent by which the weighted intensity around a pixel grows with the window.

    The kernels are fixed; they count among the parameters, as in the published number.
    """

    def __init__(self) -> None:
        super().__init__()
        kernels = (nn.Parameter(gaussian_kernel(size), requires_grad=False) for size in DENSITY_SIZES)
        self.kernels = nn.ParameterList(kernels)

    def forward(self, maps: Tensor) -> Tensor:
        """Slope of log2 of the window's content against log2 of its size; beyond the map there is nothing.

        Args:
            maps: float (B, 1, H, W).

        Returns:
            float (B, 1, H, W).
        """
        contents = []
        for size, kernel in zip(DENSITY_SIZES, self.kernels, strict=True):
            before, after = (size - 1) // 2, size // 2
            window = functional.conv2d(functional.pad(maps, (before, after, before, after)), kernel)
            contents.append(window * size**2)
        return log_slope(torch.stack(contents), _log2(DENSITY_SIZES, maps))


class SoftHistogram(nn.Module):
    """Membership of every pixel in each of K groups: (B, 1, H, W) → (B, K, H, W), summing to 1 over the groups."""

    def __init__(self, groups: int = GROUPS) -> None:
        super().__init__()
        reach = 1 / math.sqrt(groups)
        self.centres = nn.Parameter(torch.empty(groups).uniform_(-reach, reach))
        self.scales = nn.Parameter(torch.empty(groups).uniform_(-1, 0))

    def forward(self, densities: Tensor) -> Tensor:
        """Softmax over the groups of scale × (density − centre)².

        Args:
            densities: float (B, 1, H, W).
        """
        centres, scales = self.centres[:, None, None], self.scales[:, None, None]
        return torch.softmax(scales * (densities - centres).square(), dim=1)


def global_dimension(maps: Tensor) -> Tensor:
    """Box-counting dimension of each map: (B, K, H, W) → (B, K).

    The maximum in every box of k pixels a side, overlapping by half, is summed; the slope of its log2 against −log2 k
    is the dimension.
    """
    counts = [functional.max_pool2d(maps, size, stride=size // 2).sum(dim=(2, 3)) for size in BOX_SIZES]
    return log_slope(torch.stack(counts), -_log2(BOX_SIZES, maps))


class FractalModule(nn.Module):
    """Feature map (B, 1, H, W), at least 6 × 6, → descriptor (B, 15)."""

    def __init__(self) -> None:
        super().__init__()
        self.density = LocalDensity()
        self.density_norm = nn.BatchNorm2d(1)
        self.histogram = SoftHistogram()
        self.histogram_norm = nn.BatchNorm2d(GROUPS)

    def forward(self, maps: Tensor) -> Tensor:
        """Local densities, their groups, the groups' dimensions.

        Args:
            maps: float (B, 1, H, W).
        """
        densities = self.density_norm(self.density(rescaled(maps)))
        return global_dimension(self.histogram_norm(self.histogram(densities)))
