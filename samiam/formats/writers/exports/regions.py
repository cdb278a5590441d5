"""What is exported, whatever question it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from samiam.formats.writers.exports.contours import Contour, contours_of
from samiam.records import Masks, Micrograph

if TYPE_CHECKING:
    import pandas as pd

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""


class Region(NamedTuple):
    """What is said of one mask.

    Attributes:
        name: that no other has, as "grain 2 of Ge".
        category: that several may have, as "Ge".
        colour: of the category or of itself.
        score: how sure it is, 0 to 1; None where nothing says so.
    """

    name: str
    category: str
    colour: Colour
    score: float | None


@dataclass(frozen=True, eq=False)
class Regions:
    """N masks over a micrograph, each with what is said of it, and what was measured.

    Attributes:
        micrograph: the image.
        masks: N masks, which may overlap; none is empty.
        said: of each mask.
        labels: uint32 (H, W), number i + 1 where mask i lies on top.
        place: the name of the folder that the files will be in.
        tables: what was measured, by title.
        facts: by name what stands at the head of a page.
        remarks: what there is to say of the result, in words.
    """

    micrograph: Micrograph
    masks: Masks
    said: Sequence[Region]
    labels: NDArray[np.uint32]
    place: str
    tables: Mapping[str, pd.DataFrame]
    facts: Mapping[str, str]
    remarks: Sequence[str]

    @cached_property
    def contours(self) -> list[list[Contour]]:
        """The contours of the parts of each mask, the largest part first."""
        return [contours_of(mask) for mask in self.masks]

    @cached_property
    def colour_of(self) -> dict[str, Colour]:
        """The colour of each category: that of its first region."""
        return {region.category: region.colour for region in reversed(self.said)}
