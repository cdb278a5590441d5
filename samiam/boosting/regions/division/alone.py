"""Whether what looks like one material is two after all, as thick particles with soft outlines on a film are.

Masks and texture alone are careful there: nothing is sharp. Parts that differ in texture a little and take most of the
contrast of the image between them are two materials, and so are those of which only one shows a lattice, or a second
one.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from samiam.boosting.regions.alike.reflected import share_kept
from samiam.boosting.regions.division.dividing import rather_materials
from samiam.boosting.regions.division.splitting import fewest_points
from samiam.texture import TextureField

# Logistic regression on 252 images that had come out as one material: 224 that are one (crystals and their grains,
# amorphous films with patches, atoms or fringes, uneven, blurred, in noise) and 28 that are two, mostly
# `EFFECTS["rounded particles"]` of `simulate` (seeds 300 to 750). Two of the 224 are told wrongly, 14 of the 28 missed.
_OFFSET, _BY_TEXTURE, _BY_BRIGHTNESS = 0.21, 2.38, 5.79
# Of 325 images of one material (made crystals under uneven light, crops of the scenes of
# `simulate.scenes.benchmark(904)`, published crystals and crops of them) one whose log odds this may change keeps less
# than 0.7 (0.66); of 14 with a crystal in an amorphous film, or half under a second layer of graphene, 11 keep less
# than 0.4.
_KEPT, _BY_LATTICE, _MOST_BY_LATTICE = 0.55, 6.0, 3.0


@dataclass(frozen=True, eq=False)
class InTwo:
    """An image of one material as two.

    Attributes:
        labels: uint32 (H, W), 0 where not segmented, the larger part 1, the other one 2.
        log_odds: that these are two materials.
    """

    labels: NDArray[np.uint32]
    log_odds: float

    @property
    def probability(self) -> float:
        """That these are two materials."""
        return float(1 / (1 + np.exp(-self.log_odds)))


def in_two(
    labels: NDArray[np.uint32], field: TextureField, pixels: NDArray[np.float32], *, smallest: float = 0.005
) -> InTwo | None:
    """The two parts of what is segmented that differ most, and how likely these are two materials.

    Args:
        labels: uint32 (H, W), 0 where not segmented.
        field: what an encoder sees in the image.
        pixels: float32 (H, W), the image.
        smallest: share of the image that a part has at least.

    Returns:
        None where no two parts are as large as that, or it rather is two grains.
    """
    inside, fewest = labels[field.places] > 0, fewest_points(smallest, field)
    splits = rather_materials(inside, field, fewest)
    if splits is None:
        return None
    split, _ = splits
    brightness = cv2.resize(pixels, inside.shape[::-1], interpolation=cv2.INTER_AREA)[inside]
    share, first, second = split.is_first.mean(), brightness[split.is_first].mean(), brightness[~split.is_first].mean()
    between = float(share * (1 - share) * (first - second) ** 2 / max(float(pixels[labels > 0].var()), 1e-12))
    log_odds = _OFFSET + _BY_TEXTURE * split.log_odds + _BY_BRIGHTNESS * between
    is_smaller = field.nearest(field.materials, split.means) == 1
    two = np.where(labels > 0, 1 + is_smaller, 0).astype(np.uint32)
    if -_MOST_BY_LATTICE < log_odds <= 0:
        lost = np.log(_KEPT / max(share_kept(two == 1, two == 2, pixels), 1e-3))
        log_odds += min(max(0.0, _BY_LATTICE * float(lost)), _MOST_BY_LATTICE)
    return InTwo(two, log_odds)
