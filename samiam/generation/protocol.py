"""What every mask generator looks like to the rest of the package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from samiam.records import Masks, Micrograph


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
