"""Where the beam really was: scan axes, drift, line jitter and flyback; and what it read there.

Positions are (x, y) in Å in the specimen plane, x to the right and y down; (0, 0) is the specimen point under the
centre of an undistorted frame.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage

from samiam.errors import InputError
from samiam.settings import Count, NotNegative, Positive, settings
from simulate.imaging.stem.bounds import need_positive

_WANDER_TERMS = 6  # hold 97 % of a random walk's variance


@settings
class Scan:
    """A raster scan, line after line from the top, each from the left.

    Attributes:
        shape_hw: pixels of the frame.
        pixel_size_A: step along both axes.
        rotation_deg: of the fast axis against the specimen's x, from +x towards +y. The specimen appears turned
            the other way.
        dwell_us: time on a pixel.
        flyback_us: time between the end of a line and the start of the next; a line takes W · dwell + flyback.
        drift_A_per_s: (x, y) velocity of the specimen in its own axes. Where it moves right (x > 0), the beam
            falls on places further and further left of those meant.
        wander_A: rms distance, over the frame, of a slow random drift from its mean.
        shear_deg: how much less than a right angle there is between the axes: the slow axis leans towards the fast one.
        stretch: step along the slow axis over that along the fast axis.
        jitter_A: standard deviation of a line's random shift along the fast axis.
        flyback_A: how far along the fast axis the first pixel of a line lies from its place; positive where the
            beam still lags behind on its way back from the right.
        flyback_decay_px: pixels in which that falls to 1/e.
    """

    shape_hw: tuple[Count, Count]
    pixel_size_A: Positive
    rotation_deg: float = 0.0
    dwell_us: Positive = 10.0
    flyback_us: NotNegative = 100.0
    drift_A_per_s: tuple[float, float] = (0.0, 0.0)
    wander_A: NotNegative = 0.0
    shear_deg: Annotated[float, Field(gt=-45, lt=45)] = 0.0
    stretch: Positive = 1.0
    jitter_A: NotNegative = 0.0
    flyback_A: float = 0.0
    flyback_decay_px: Positive = 20.0


def scan_positions(rng: np.random.Generator, scan: Scan) -> NDArray[np.float64]:
    """Where each pixel was measured, but for line jitter: where a truth is to be evaluated.

    Drift and wander are counted from their mean over the frame, so that they distort it and leave it in its place.

    Args:
        rng: source of the wander; it is drawn from alike whatever the scan's values.
        scan: the scan.

    Returns:
        float64 (H, W, 2), x and y in Å. Drift and wander add to what the axes and the flyback give.
    """
    height, width = scan.shape_hw
    fast_xy, slow_xy = _axes(scan)
    columns = np.arange(width)
    lag_A = scan.flyback_A * np.exp(-columns / scan.flyback_decay_px)
    along_A = (columns - (width - 1) / 2) * scan.pixel_size_A + lag_A
    down_A = (np.arange(height) - (height - 1) / 2) * scan.pixel_size_A
    times_s, wander_A = _times_s(scan), _wander_xy_A(rng, scan)
    positions_A = np.empty((2, height, width))  # x and y apart in memory: each is worked with as an image
    for axis in (0, 1):
        positions_A[axis] = down_A[:, None] * slow_xy[axis] + along_A * fast_xy[axis]
        positions_A[axis] -= times_s * scan.drift_A_per_s[axis]
        positions_A[axis] += wander_A[axis]
    return np.moveaxis(positions_A, 0, -1)


def jittered(rng: np.random.Generator, positions_xy_A: NDArray[Any], scan: Scan) -> NDArray[Any]:
    """Positions with each line shifted along the fast axis by a random amount, as unstable scan coils do.

    Args:
        rng: source of the shifts, independent and normal; it is drawn from alike whatever the scan's values.
        positions_xy_A: float (H, W, 2).
        scan: the scan that they are of.

    Returns:
        (H, W, 2) of the same type.

    Raises:
        InputError: if the positions are not those of a frame of the scan's shape.
    """
    if positions_xy_A.shape != (*scan.shape_hw, 2):
        raise InputError(f"positions of shape {positions_xy_A.shape} are not those of a {scan.shape_hw} frame.")
    shift_A = scan.jitter_A * rng.standard_normal(scan.shape_hw[0])
    shift_xy_A = shift_A[:, None, None] * _axes(scan)[0]
    return np.asarray(positions_xy_A + shift_xy_A.astype(positions_xy_A.dtype))


def sample(
    image: NDArray[Any], pixel_size_A: float, origin_xy_A: tuple[float, float], positions_xy_A: NDArray[Any]
) -> NDArray[Any]:
    """Read an image at positions between its pixels.

    By cubic splines: straight lines between pixels would blur lattice fringes by an amount that changes with the
    position between pixels, a moiré that no microscope makes. Splines can overshoot beside edges of a pixel's width.

    Args:
        image: float32 or float64 (h, w).
        pixel_size_A: of the image, > 0.
        origin_xy_A: specimen position of the centre of pixel (0, 0).
        positions_xy_A: float (H, W, 2), inside the image.

    Returns:
        (H, W) of the image's type.

    Raises:
        InputError: if a position lies outside the image by more than half a pixel, or the pixel size is not positive.
    """
    need_positive(pixel_size_A=pixel_size_A)
    places = [(positions_xy_A[..., axis] - origin_xy_A[axis]) / pixel_size_A for axis in (1, 0)]
    ends = [(place.min(), place.max() - (side - 1)) for place, side in zip(places, image.shape, strict=True)]
    outside_px = max(max(-low, high) for low, high in ends)
    if not outside_px <= 0.5:
        raise InputError(
            f"the scan reaches {outside_px * pixel_size_A:.3g} Å beyond the image; make the image larger by as much."
        )
    return np.asarray(ndimage.map_coordinates(image, places, order=3, mode="nearest", output=image.dtype))


def _axes(scan: Scan) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(x, y) of the fast axis, of length 1, and of the slow axis, of length `stretch`."""
    fast_rad = np.deg2rad(scan.rotation_deg)
    slow_rad = np.deg2rad(scan.rotation_deg + 90 - scan.shear_deg)
    fast_xy, slow_xy = (np.array([np.cos(angle), np.sin(angle)]) for angle in (fast_rad, slow_rad))
    return fast_xy, scan.stretch * slow_xy


def _line_s(scan: Scan) -> float:
    return 1e-6 * (scan.shape_hw[1] * scan.dwell_us + scan.flyback_us)


def _times_s(scan: Scan) -> NDArray[np.float64]:
    """When each pixel was measured, (H, W), from the mean over the frame."""
    height, width = scan.shape_hw
    rows_s = (np.arange(height) - (height - 1) / 2) * _line_s(scan)
    columns_s = (np.arange(width) - (width - 1) / 2) * scan.dwell_us * 1e-6
    return np.asarray(rows_s[:, None] + columns_s)


def _wander_xy_A(rng: np.random.Generator, scan: Scan) -> NDArray[np.float64]:
    """(2, H, W): a random walk in x and in y, made smooth by its first terms of the Karhunen-Loève series.

    It is worked out where lines start and runs straight between: it hardly turns in a line's time.
    """
    height, width = scan.shape_hw
    orders = np.arange(_WANDER_TERMS) + 0.5
    weights = rng.standard_normal((_WANDER_TERMS, 2)) / orders[:, None]
    # einsum, for a sum over a few terms whose order no linear algebra library chooses
    starts_xy = np.einsum("rk,kx->rx", np.sin(np.pi * np.linspace(0, 1, height + 1)[:, None] * orders), weights)
    starts_xy -= starts_xy.mean(axis=0)
    starts_xy *= scan.wander_A / np.sqrt((starts_xy**2).sum(axis=1).mean())
    done = np.arange(width) * scan.dwell_us * 1e-6 / _line_s(scan)
    return np.stack([starts[:-1, None] + done * np.diff(starts)[:, None] for starts in starts_xy.T])
