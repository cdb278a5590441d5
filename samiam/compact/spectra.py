"""What repeats around each place of an image: power spectra of windows, without their mean and contrast."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from samiam.compact.prepared import FAINT, HIGHEST, N_WAVES, WINDOW_PX


class LocalSpectra(nn.Module):
    """Spectra of Hann windows around the points of a grid, of the image and of its half, as channels.

    Within a window mean and contrast are taken out, so that slow changes of an image change little: what is left is
    how its lattice lies and how its reflections compare.

    Args:
        width: channels, an even number.
        stride_px: pixels of the image between two points.
    """

    def __init__(self, width: int, stride_px: int) -> None:
        super().__init__()
        self.stride_px = stride_px
        self.of_whole, self.of_half = (
            nn.Sequential(nn.BatchNorm2d(N_WAVES), nn.Conv2d(N_WAVES, width // 2, 1), nn.GELU()) for _ in range(2)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Standardised images (B, 1, H, W) to (B, width, H / stride, W / stride)."""
        whole = window_spectra(images, self.stride_px)
        half = window_spectra(functional.avg_pool2d(images, 2), self.stride_px // 2)
        return torch.cat([self.of_whole(whole), self.of_half(half)], dim=1)


@torch.no_grad()
def window_spectra(images: Tensor, stride_px: int) -> Tensor:
    """Square roots of the amplitudes of waves in windows, over their mean; windows at the frame are moved inside.

    Args:
        images: float (B, 1, H, W); sides are multiples of the stride.
        stride_px: between the middles of windows.

    Returns:
        float (B, n, H / stride, W / stride).
    """
    with torch.autocast(images.device.type, enabled=False):
        plane = _at_least(images.float())[:, 0]
        rows, columns = (_places(side, stride_px, images.device) for side in images.shape[2:])
        hann = torch.hann_window(WINDOW_PX, device=images.device)
        by_row = (_spectra(plane[:, row][:, :, columns].transpose(1, 2), hann[:, None] * hann) for row in rows)
        return torch.stack(list(by_row), dim=1).permute(0, 3, 1, 2)  # a row at once, for the sake of memory


def _spectra(windows: Tensor, weights: Tensor) -> Tensor:
    """Windows (B, w, 64, 64) to (B, w, n)."""
    mean = (windows * weights).sum(dim=(2, 3), keepdim=True) / weights.sum()
    waves = torch.fft.rfft2((windows - mean) * weights).abs()
    low = torch.cat([waves[..., : HIGHEST + 1, : HIGHEST + 1], waves[..., -HIGHEST:, : HIGHEST + 1]], dim=2)
    flat = low.flatten(2)
    flat[..., 0] = 0  # the mean, which is taken out: what is left of it is rounding
    return (flat / (flat.mean(dim=2, keepdim=True) + FAINT)).sqrt()


def _places(side_px: int, stride_px: int, device: torch.device) -> Tensor:
    """Pixels (n, 64) along an axis that the window of each point covers."""
    middle = (torch.arange(side_px // stride_px, device=device) + 0.5) * stride_px
    first = (middle - WINDOW_PX / 2).clamp(0, max(side_px - WINDOW_PX, 0)).long()
    return first[:, None] + torch.arange(WINDOW_PX, device=device)


def _at_least(images: Tensor) -> Tensor:
    """Images continued to the size of a window, where they are smaller, by their last pixels."""
    missing = [max(0, WINDOW_PX - side) for side in images.shape[2:]]
    return functional.pad(images, (0, missing[1], 0, missing[0]), mode="replicate") if any(missing) else images
