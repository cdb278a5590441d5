"""Pixels that no mask covers: they belong to the material whose texture they have, or to none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.texture import TextureField


def claim_rest(labels: NDArray[np.uint32], field: TextureField, largest_foreign: float = 0.005) -> NDArray[np.uint32]:
    """Give what is not segmented to the materials that are.

    A pixel goes to the material whose mean vector is nearest to its own. A connected region stays as it is where its
    own mean is rather unlike every material's and it is large: something else is there.

    Args:
        labels: uint32 (H, W), 0 where not segmented.
        field: what an encoder sees in the image.
        largest_foreign: regions below this share of the image belong to a material in any case.

    Returns:
        The labels, uint32 (H, W); unchanged where there is no material at all.
    """
    if not labels.any() or labels.all():
        return labels
    at_points = labels[field.places]
    present = [int(label) for label in np.unique(at_points) if label]
    if not present:
        return labels
    means = [_unit_mean(field.materials[at_points == label]) for label in present]
    rest, n_rest = ndimage.label(labels == 0)
    sizes, rest_at_points = np.bincount(rest.ravel(), minlength=n_rest + 1), rest[field.places]
    claimed = labels == 0
    for number in np.flatnonzero(sizes > largest_foreign * labels.size):
        inside = rest_at_points == number
        if number and inside.any() and _is_foreign(field.materials[inside], means, field):
            claimed &= rest != number
    nearest = np.array(present, np.uint32)[field.nearest(field.materials, means)]
    return np.where(claimed, nearest, labels)


def _is_foreign(vectors: NDArray[np.float32], means: list[NDArray[np.float32]], field: TextureField) -> bool:
    """Whether most points (n, D) of a region are rather unlike the material that each is nearest to."""
    nearest = (vectors @ np.stack(means).T).max(axis=1)
    return field.same_material.log_odds(float(np.median(nearest))) < 0


def _unit_mean(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    mean = vectors.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6))
