"""Labelled images as a mask decoder sees them, and clicks into them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor
from torch.utils.data import Dataset

from samiam.errors import InputError
from samiam.generation.sam.tunable import TunableDecoder
from samiam.geometry import pole_of_inaccessibility
from samiam.records import Scene

_LEAST_SHARE = 0.002  # of the grid: smaller connected parts are specks, which nobody clicks on
Batch = tuple[Tensor, Tensor, Tensor, Tensor]


@dataclass(frozen=True, eq=False)
class Embedded:
    """A labelled image as the decoder sees it.

    Attributes:
        embedding: float (1, C, h, w).
        regions: bool (R, grid, grid), connected parts of materials.
        is_known: bool (grid, grid), where the image is and is labelled.
    """

    embedding: Tensor
    regions: NDArray[np.bool_]
    is_known: NDArray[np.bool_]

    @classmethod
    def of(cls, scene: Scene, network: TunableDecoder) -> Embedded:
        """Embed an image; regions that are specks on the grid are left out."""
        labels = network.seen(scene.labels)
        regions = []
        for label in range(1, int(labels.max()) + 1):
            parts, n = ndimage.label(labels == label)
            regions += [parts == number for number in range(1, n + 1)]
        large = [region for region in regions if region.mean() >= _LEAST_SHARE]
        masks = np.array(large, np.bool_).reshape(-1, *labels.shape)
        return cls(network.embed(scene.micrograph), masks, labels > 0)


class Clicks(Dataset[Batch]):
    """Clicks into regions: an item is a batch of clicks into one image.

    An item is the regions that are meant, float32 (B, 1, grid, grid); the clicks float32 (B, 2) as (x, y) on that grid
    of masks; the image's embedding (C, h, w); and where labels are known, float32 (grid, grid).

    Args:
        images: what is clicked into.
        n: items.
        n_clicks: in an item.
        seed: of the clicks.
    """

    def __init__(self, images: Sequence[Embedded], n: int, n_clicks: int, seed: int) -> None:
        self.images, self.n, self.n_clicks, self.seed = images, n, n_clicks, seed

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng([self.seed, index])
        image = self.images[int(rng.integers(len(self.images)))]
        chosen = rng.integers(len(image.regions), size=self.n_clicks)
        points = [_inside(image.regions[region], rng) for region in chosen]
        return _item(image, image.regions[chosen], points)


class Poles(Dataset[Batch]):
    """A click into the middle of each region, image by image; items as those of `Clicks`."""

    def __init__(self, images: Sequence[Embedded]) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Batch:
        image = self.images[index]
        poles = [pole_of_inaccessibility(region)[0] for region in image.regions]
        return _item(image, image.regions, [(x, y) for y, x in poles])


def _item(image: Embedded, regions: NDArray[np.bool_], points: Sequence[tuple[int, int]]) -> Batch:
    targets, is_known = (torch.from_numpy(maps.astype(np.float32)) for maps in (regions[:, None], image.is_known))
    return targets, torch.tensor(points, dtype=torch.float32), image.embedding[0], is_known


def _inside(region: NDArray[np.bool_], rng: np.random.Generator) -> tuple[int, int]:
    """A point (x, y) within a region, half as deep as its deepest at least."""
    depth = ndimage.distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1]
    deep = np.argwhere(depth >= depth.max() / 2)
    y, x = deep[rng.integers(len(deep))]
    return int(x), int(y)


def embedded(scenes: Sequence[Scene], network: TunableDecoder) -> list[Embedded]:
    """Images as the decoder sees them, those without a region to click on left out.

    Raises:
        InputError: if none is left of some.
    """
    found = [image for scene in scenes if len((image := Embedded.of(scene, network)).regions)]
    if scenes and not found:
        raise InputError(
            f"{scenes[0].micrograph.name}: its labels are specks, too small to click on; label larger ones."
        )
    return found
