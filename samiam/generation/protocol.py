"""What every mask generator looks like to the rest of the package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from numpy.typing import ArrayLike

from samiam.records import Masks, Micrograph


@runtime_checkable
class MaskGenerator(Protocol):
    """Proposes masks for an image; they may nest, overlap and be many more than there are materials."""

    @property
    def name(self) -> str:
        """The name under which `build_generator` makes it."""
        ...

    @property
    def options(self) -> Mapping[str, Any]:
        """Every setting that decides the masks (JSON-serialisable), for provenance."""
        ...

    def generate(self, micrograph: Micrograph) -> Masks:
        """The masks, in the generator's own order; an empty `Masks` where nothing is found."""
        ...


@runtime_checkable
class PromptableGenerator(MaskGenerator, Protocol):
    """A generator that also answers clicks and boxes, as `segment_anything.SamPredictor` does."""

    def set_image(self, micrograph: Micrograph) -> None:
        """Look at an image, so that `predict` answers soon."""
        ...

    def predict(
        self,
        points: ArrayLike | None = None,
        labels: ArrayLike | None = None,
        boxes: ArrayLike | None = None,
        most: int | None = None,
    ) -> Masks:
        """The masks that a prompt may mean in the image that was set.

        Args:
            points: (P, 2), clicked pixels (x, y).
            labels: (P,), 1 for a click on the thing, 0 for one beside it; all 1 where None.
            boxes: x0, y0, x1, y1 around it, or None.
            most: masks to make, the most likely ones; all where None.

        Returns:
            Some masks, the most likely first, with their predicted IoU.

        Raises:
            InputError: if no image was set, there is nothing to go by, or a prompt lies outside of the image.
        """
        ...
