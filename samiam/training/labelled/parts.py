"""Parts of labelled images: with the labels that they still show, numbered anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samiam.errors import InputError
from samiam.networks.inputs import resampled
from samiam.records import Micrograph, Scene

_LEAST_SHARE = 0.02
"""Share of a part below which a material in it is too little to be told by."""


def part_of(scene: Scene, window: tuple[slice, slice]) -> Scene:
    """What a window of a labelled image shows.

    Args:
        scene: the image.
        window: rows and columns.
    """
    cut = scene.micrograph.pixels[window]
    return _labelled(scene, cut, scene.labels[window])


def magnified(scene: Scene, scale: float) -> Scene:
    """A labelled image at another scale, as networks see it; labels too small to be seen there are gone."""
    height, width = (max(1, round(side * scale)) for side in scene.micrograph.shape_hw)
    pixels = resampled(np.ascontiguousarray(scene.micrograph.pixels), (height, width), Image.Resampling.BILINEAR)
    rows, columns = (
        ((np.arange(n) + 0.5) * side / n).astype(int)
        for n, side in zip((height, width), scene.micrograph.shape_hw, strict=True)
    )
    return _labelled(scene, np.clip(pixels, 0, 1), scene.labels[np.ix_(rows, columns)])


def mirrored_to(scene: Scene, side_px: int) -> Scene:
    """An image that has this side at least: mirrored at its frame where it is smaller."""
    missing = [max(0, side_px - side) for side in scene.micrograph.shape_hw]
    if not any(missing):
        return scene
    around = [(m // 2, m - m // 2) for m in missing]
    pixels = np.pad(scene.micrograph.pixels, around, mode="symmetric")
    return _labelled(scene, pixels, np.pad(scene.labels, around, mode="symmetric"))


def _labelled(scene: Scene, pixels: NDArray[np.float32], labels: NDArray[np.uint32]) -> Scene:
    """A scene of these pixels and of those labels that are left; its grains are not known."""
    present = np.unique(labels[labels > 0])
    number = np.zeros(len(scene.materials) + 1, np.uint32)
    number[present] = np.arange(1, len(present) + 1)
    micrograph = Micrograph(pixels, scene.micrograph.pixel_size_nm, scene.micrograph.name)
    return Scene(
        micrograph,
        number[labels],
        [scene.materials[label - 1] for label in present],
        scene.difficulty,
        [scene.weights[label - 1] for label in present],
        np.zeros(labels.shape, np.uint32),
    )


def without_grains(scene: Scene) -> Scene:
    """The same without grains: annotators' are connected regions, which are not how lattices lie."""
    return replace(scene, grains=np.zeros_like(scene.grains), parameters={})


def held_out_third(scene: Scene) -> tuple[Scene, Scene]:
    """A single image, cut in two thirds to learn from and a third to decide by.

    Of the four thirds at its sides, the one by which the rarest material is divided most evenly, so that both parts
    show as much as can be of every material.

    Raises:
        InputError: if none leaves two materials in both parts.
    """
    cuts = list(_thirds(scene))
    best = max(cuts, key=lambda cut: _worth(scene, cut))
    if _worth(scene, best)[0] < 2:
        raise InputError(
            f"{scene.micrograph.name}: no third of the only image shows two of its materials; label another image."
        )
    rest, third = best
    return part_of(scene, rest), part_of(scene, third)


_Window = tuple[slice, slice]


def _thirds(scene: Scene) -> Iterator[tuple[_Window, _Window]]:
    """The rest and the third, for each side of the frame."""
    height, width = scene.micrograph.shape_hw
    every = slice(None)
    for first, side in ((True, height), (False, width)):
        for rest, third in (
            (slice(side // 3, side), slice(0, side // 3)),
            (slice(0, side - side // 3), slice(side - side // 3, side)),
        ):
            yield ((rest, every), (third, every)) if first else ((every, rest), (every, third))


def _worth(scene: Scene, cut: tuple[_Window, _Window]) -> tuple[int, float]:
    """How many materials both parts show, and the least share of a material in one of them."""
    shares = np.array([_shares(scene.labels[window], len(scene.materials)) for window in cut])
    return int((shares > _LEAST_SHARE).all(axis=0).sum()), float(shares.min())


def _shares(labels: NDArray[np.uint32], n: int) -> NDArray[np.float64]:
    return np.asarray(np.bincount(labels.ravel(), minlength=n + 1)[1:] / labels.size)
