"""Stacks of two textures and of three: how often what lies on both sides of a layer is told to be one material, or two.

Run `python scripts/recurring_materials.py`. Each texture is a scene of one material, a lattice or an amorphous film; a
layer of another crosses the middle of the image at any angle. On its far side the first one goes on, or a third one of
the same contrast lies, as bright to a tenth. The number of materials is estimated.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from samiam import Micrograph, segment
from simulate import EFFECTS, procedural_scene

_SIDE_PX = 512
_TEXTURES = replace(EFFECTS["one material"], p_one_amorphous=0.35)
_OFF = 0.25  # of half of the layer: pixels so near to it are of no account

Floats = NDArray[np.float64]


def stack(seed: int, *, recurs: bool) -> tuple[Micrograph, Floats]:
    """A stack, and how far each pixel is from the layer's middle over half of its thickness, signed."""
    rng = np.random.default_rng(seed)
    first, layer, third = (_texture(3 * seed + number) for number in range(3))
    levels = rng.uniform(0.2, 0.7, size=2)
    while abs(levels[0] - levels[1]) < 0.12:
        levels = rng.uniform(0.2, 0.7, size=2)
    contrasts, angle, half = rng.uniform(0.05, 0.15, size=2), rng.uniform(-0.6, 0.6), rng.uniform(40, 90)
    y, x = np.mgrid[:_SIDE_PX, :_SIDE_PX] - _SIDE_PX / 2
    across = y * np.cos(angle) + x * np.sin(angle) + 12 * np.sin(x / 80)
    above = levels[0] + contrasts[0] * first
    below = above if recurs else levels[0] * rng.uniform(0.9, 1.1) + contrasts[0] * third
    image = np.where(np.abs(across) < half, levels[1] + contrasts[1] * layer, np.where(across < 0, above, below))
    return Micrograph(np.clip(image, 0, 1).astype(np.float32)), across / half


def _texture(seed: int) -> Floats:
    """A texture of mean 0 and variance 1."""
    pixels = procedural_scene(seed, shape_hw=(_SIDE_PX, _SIDE_PX), ranges=_TEXTURES).micrograph.pixels
    return np.asarray((pixels - pixels.mean()) / pixels.std(), np.float64)


def main() -> None:
    """Print of how many stacks the two sides are told to be one material."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=40)
    parser.add_argument("--first", type=int, default=30000, help="seed of the first")
    options = parser.parse_args()
    for recurs, said in ((True, "one material on both sides"), (False, "another on the far side")):
        is_one = []
        for seed in range(options.first, options.first + options.n):
            image, across = stack(seed, recurs=recurs)
            labels = segment(image).labels
            above, below = (np.bincount(labels[side]).argmax() for side in (across < -1 - _OFF, across > 1 + _OFF))
            is_one.append(above == below)
        print(f"{said}: told to be one in {np.count_nonzero(is_one)} of {options.n}", flush=True)


if __name__ == "__main__":
    main()
