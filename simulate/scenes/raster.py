"""A noise-free image as a sum of Gaussians: points go onto one plane for each width, which are then convolved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from samiam.errors import InputError
from simulate.imaging.row_blocks import row_blocks
from simulate.library.responses import SIGMAS_A, responses
from simulate.specimen.columns import Columns

_LEAN_STEP_A = 0.4  # along a tilted column; less than the narrowest Gaussian's width at half maximum
_DIFFUSE_A = 1.0  # wider Gaussians are background already: they overlap with those of the next columns
_UPRIGHT_A = 0.15  # a lean that projects to less than this is not drawn
_MOST_PIXELS = 40_000_000  # 1 GB of planes
_POINTS_AT_ONCE = 16384  # with what they are shared by, a megabyte: a processor's cache

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Raster:
    """A grid of square pixels about the centre of the specimen, with one plane for each width of Gaussian.

    Attributes:
        pixel_A: side of a pixel.
        planes: float32 (S, H, W), contiguous: share of the beam × Å² deposited in each pixel.
    """

    pixel_A: float
    planes: NDArray[np.float32]

    @classmethod
    def covering(cls, half_extent_A: tuple[float, float], pixel_A: float) -> Raster:
        """An empty raster of at least this half width and height.

        Raises:
            InputError: if it would not fit into memory.
        """
        width, height = (fft.next_fast_len(2 * int(np.ceil(half / pixel_A)) + 1, real=True) for half in half_extent_A)
        if width * height > _MOST_PIXELS:
            raise InputError(
                f"a field of {2 * half_extent_A[0]:.0f} × {2 * half_extent_A[1]:.0f} Å is too large to simulate; "
                "take fewer or smaller pixels."
            )
        return cls(pixel_A, np.zeros((len(SIGMAS_A), height, width), np.float32))

    @property
    def origin_xy_A(self) -> tuple[float, float]:
        """Position of the centre of pixel (0, 0)."""
        height, width = self.planes.shape[1:]
        return -(width - 1) / 2 * self.pixel_A, -(height - 1) / 2 * self.pixel_A

    def coordinates_A(self) -> tuple[Floats, Floats]:
        """Positions of the columns (x) and of the rows (y) of pixels."""
        height, width = self.planes.shape[1:]
        left_A, top_A = self.origin_xy_A
        return left_A + self.pixel_A * np.arange(float(width)), top_A + self.pixel_A * np.arange(float(height))

    def deposit(self, xy_A: Floats, volumes_A2: Floats) -> None:
        """Add points: positions (N, 2) and their volume for each width (N, S). What falls outside is dropped.

        A point is shared by the 4 × 4 pixels around it as a cubic B-spline has it, which `image` undoes: shared by
        fewer, its image would depend on where in a pixel it stands.
        """
        height = self.planes.shape[1]
        first_row = np.floor((xy_A[:, 1] - self.origin_xy_A[1]) / self.pixel_A) - 1
        for band in _bands(first_row, height):
            self._deposit_band(xy_A[band], volumes_A2[band])

    def _deposit_band(self, xy_A: Floats, volumes_A2: Floats) -> None:
        """Add points as `deposit` does, all at once."""
        height, width = self.planes.shape[1:]
        place = (xy_A - np.array(self.origin_xy_A)) / self.pixel_A
        corner = np.floor(place).astype(np.int64) - 1
        inside = ((corner >= 0) & (corner + 3 < [width, height])).all(axis=1)
        corner, part = corner[inside], (place - np.floor(place))[inside]
        first, volumes_A2 = corner[:, 1] * width + corner[:, 0], volumes_A2[inside].astype(np.float32)
        along_x, along_y = (_cubic_weights(part[:, axis]).astype(np.float32) for axis in (0, 1))
        planes = self.planes.reshape(len(self.planes), -1)
        deposited = [(planes[index], np.ascontiguousarray(one)) for index, one in enumerate(volumes_A2.T) if one.any()]
        for dy, row in enumerate(along_y):
            for dx, column in enumerate(along_x):
                pixel, weight = first + (dy * width + dx), row * column
                for plane, volume_A2 in deposited:
                    np.add.at(plane, pixel, weight * volume_A2)

    def evaluated(
        self, field: Callable[[Floats, Floats], Floats], step_A: float = 0.0, rows: tuple[int, int] | None = None
    ) -> Floats:
        """A field (x, y) → value on the raster: at every pixel, or at points this far apart and straight in between.

        Args:
            field: what to evaluate.
            step_A: between the points.
            rows: the first and the one behind the last, where the field is not wanted everywhere.
        """
        x_A, y_A = self.coordinates_A()
        first, last = rows or (0, len(y_A))
        if step_A <= self.pixel_A:
            fine = np.empty((last - first, len(x_A)))
            for block in row_blocks(fine.shape):
                fine[block] = field(*np.meshgrid(x_A, y_A[first:last][block]))
            return fine
        coarse_A = [np.linspace(a[0], a[-1], int((a[-1] - a[0]) / step_A) + 2) for a in (x_A, y_A)]
        values = field(*np.meshgrid(*coarse_A))
        scale = [fine / coarse for fine, coarse in zip(self.planes.shape[1:], values.shape, strict=True)]
        return np.asarray(ndimage.zoom(values, scale, order=1)[first:last])

    def dechannel(self, lost: Floats) -> None:
        """Take a share (H, W) of what is deposited from the narrow Gaussians to the broadest."""
        for sigma_A, plane in zip(SIGMAS_A, self.planes, strict=True):
            if sigma_A < _DIFFUSE_A and plane.any():
                moved = plane * lost.astype(np.float32)
                plane -= moved
                self.planes[-1] += moved

    def deposit_transfer(self, k_per_A: Floats) -> Floats:
        """What sharing points between pixels does to the Fourier transform, along one axis."""
        return np.asarray(np.sinc(k_per_A * self.pixel_A) ** 4)

    def image(self) -> NDArray[np.float32]:
        """The image: float32 (H, W), share of the beam; opposite edges meet, so leave a margin."""
        height, width = self.planes.shape[1:]
        ky, kx = fft.fftfreq(height, self.pixel_A), fft.rfftfreq(width, self.pixel_A)
        spread_y, spread_x = (self.deposit_transfer(k) for k in (ky, kx))
        total = np.zeros((height, len(kx)), np.complex64)
        for sigma_A, plane in zip(SIGMAS_A, self.planes, strict=True):
            if plane.any():
                blur_y, blur_x = (np.exp(-2 * (np.pi * sigma_A * k) ** 2) for k in (ky, kx))
                along_y, along_x, spectrum = blur_y / spread_y, blur_x / spread_x, fft.rfft2(plane)
                for rows in row_blocks(total.shape):
                    total[rows] += spectrum[rows] * np.outer(along_y[rows], along_x).astype(np.float32)
        image = fft.irfft2(total, s=(height, width), overwrite_x=True)
        image /= np.float32(self.pixel_A**2)
        return np.asarray(np.maximum(image, 0, out=image), np.float32)


def _bands(first_row: Floats, height: int) -> Iterator[NDArray[np.int64]]:
    """Points (N,) by bands of the rows that they begin in, from the lowest band up: what a band holds stays in cache.

    Every pixel still gets its shares in one order, whatever the bands: by row of the pixels around a point, by column,
    by point. Sums of floats depend on it.
    """
    n_bands = int(np.clip(len(first_row) // _POINTS_AT_ONCE, 1, height))
    from_below = np.clip(height - 1 - first_row, 0, height - 1) * n_bands // height
    from_below = from_below.astype(np.min_scalar_type(n_bands))  # the fewer bits, the faster sorted
    ends = np.cumsum(np.bincount(from_below, minlength=n_bands))
    yield from np.split(np.argsort(from_below, kind="stable"), ends[:-1])


def _cubic_weights(part: Floats) -> Floats:
    """Values (4, N) of the cubic B-splines of the pixel before, the two beside and the one after a point."""
    rest = 1 - part
    return np.stack([rest**3, 4 - 6 * part**2 + 3 * part**3, 4 - 6 * rest**2 + 3 * rest**3, part**3]) / 6


def deposit_columns(raster: Raster, columns: Columns, energy_kV: float, detector: str) -> None:
    """Add atomic columns, each with the response that the library has for its site, thickness and composition.

    A tilted column is smeared evenly along its projection; that tilt also weakens channelling is left out.

    Raises:
        InputError: if an entry, voltage, detector or thickness is not in the library.
    """
    volumes_A2 = np.zeros((len(columns), len(SIGMAS_A)))
    for entry, share in zip(columns.entries, columns.shares.T, strict=True):
        of_entry = responses(entry, energy_kV, detector)
        for site in np.unique(columns.site[share > 0]):
            chosen = (columns.site == site) & (share > 0)
            volumes_A2[chosen] += share[chosen, None] * of_entry.at(str(site), columns.thickness_A[chosen])
    volumes_A2 *= columns.depth_share[:, None]
    lean_A = 1e-3 * columns.tilt_mrad * columns.thickness_A[:, None]
    length_A = np.hypot(*lean_A.T)
    upright = length_A < _UPRIGHT_A
    raster.deposit(columns.xy_A[upright], volumes_A2[upright])
    n_depths = int(np.ceil(length_A.max(initial=0) / _LEAN_STEP_A))
    for depth in (np.arange(n_depths) + 0.5) / max(n_depths, 1) - 0.5:
        raster.deposit((columns.xy_A + depth * lean_A)[~upright], volumes_A2[~upright] / n_depths)
