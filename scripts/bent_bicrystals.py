"""Bicrystals with a bend contour beside their boundary: how many are parted along the boundary, and not along it.

Run `python scripts/bent_bicrystals.py`. Both crystals have one lattice, turned by 11° to 45°; a stripe of lower
contrast lies on the boundary or to one side of it, as where a foil is bent.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam import Micrograph, segment
from samiam.metrics import score_image
from samiam.records import Masks

_PARTED = 0.9  # least mean IoU of the two crystals with regions, one to one
Floats = NDArray[np.float64]


def bicrystal(seed: int) -> tuple[Micrograph, NDArray[np.uint8]]:
    """A micrograph, and which crystal, 1 or 2, each pixel is of."""
    rng = np.random.default_rng(seed)
    side = int(rng.integers(300, 520))
    y, x = np.mgrid[:side, :side] - side / 2
    period, is_square = rng.uniform(9, 18), bool(rng.integers(2))
    turned, apart, across = rng.uniform(0, np.pi / 2), rng.uniform(np.pi / 16, np.pi / 4), rng.uniform(0, np.pi)
    wobble = _slow(rng, side, side / 8)
    distance = x * np.cos(across) + y * np.sin(across) + (rng.uniform(-0.12, 0.12) + 0.02 * wobble) * side
    crystals = [_columns(x, y, period, angle, is_square=is_square) for angle in (turned, turned + apart)]
    image = np.where(distance > 0, *crystals)
    width = rng.uniform(0.06, 0.15) * side
    stripe = np.exp(-((distance / width - rng.integers(-1, 2)) ** 2))
    image = image * (1 - rng.uniform(0.3, 0.85) * stripe) + rng.uniform(0, 0.15) * stripe
    image = ndimage.gaussian_filter(image * (1 + 0.15 * _slow(rng, side, side / 4)), rng.uniform(0.5, 1.2))
    noisy = 0.1 + 0.8 * image / image.max() + rng.uniform(0.01, 0.06) * rng.normal(size=image.shape)
    return Micrograph(np.clip(noisy, 0, 1).astype(np.float32)), np.where(distance > 0, 1, 2).astype(np.uint8)


def _columns(x: Floats, y: Floats, period: float, angle: float, *, is_square: bool) -> Floats:
    """Columns of a square or a hexagonal lattice, bright on dark, 0 to 0.7."""
    directions = angle + np.pi * np.array([0, 1 / 2] if is_square else [0, 1 / 3, 2 / 3])
    waves = sum(np.cos(2 * np.pi / period * (x * np.cos(one) + y * np.sin(one))) for one in directions)
    heights = (waves - waves.min()) / np.ptp(waves)
    return np.asarray(np.clip(heights - 0.3, 0, None))


def _slow(rng: np.random.Generator, side: int, px: float) -> Floats:
    """Noise of variance 1 that changes over so many pixels."""
    noise = ndimage.gaussian_filter(rng.normal(size=(side, side)), px)
    return np.asarray(noise / noise.std())


def main() -> None:
    """Print the share of bicrystals that are parted along their boundary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=120)
    parser.add_argument("--first", type=int, default=5000, help="seed of the first")
    options = parser.parse_args()
    drawn = [bicrystal(seed) for seed in range(options.first, options.first + options.n)]
    for wanted, said in ((2, "given"), (None, "estimated")):
        found = [segment(image, n_materials=wanted) for image, _ in drawn]
        scores = [
            score_image(Masks.from_labels(one.labels), Masks.from_labels(truth)).matched_iou
            for one, (_, truth) in zip(found, drawn, strict=True)
        ]
        print(f"number {said}: {np.count_nonzero(np.array(scores) >= _PARTED)} of {options.n} along the boundary")


if __name__ == "__main__":
    main()
