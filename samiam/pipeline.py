"""From a micrograph to its materials in one call."""

from __future__ import annotations

from samiam.boosting import SemanticBooster
from samiam.generation import DEFAULT_GENERATOR, MaskGenerator, build_generator
from samiam.records import Micrograph, Segmentation


def segment(
    micrograph: Micrograph,
    n_materials: int | None = None,
    *,
    generator: MaskGenerator | None = None,
    booster: SemanticBooster | None = None,
) -> Segmentation:
    """Segment a micrograph into its materials, without labels and without training.

    Args:
        micrograph: the image.
        n_materials: how many materials there are, at least 1; None to estimate it.
        generator: what proposes masks; that of `DEFAULT_GENERATOR` where not given.
        booster: what makes materials of them; `SemanticBooster()` where not given.

    Returns:
        One region per material, the generated masks, and why each went where it went.

    Raises:
        InputError: if `n_materials` is smaller than 1.
    """
    generator = generator or build_generator(DEFAULT_GENERATOR)
    booster = booster or SemanticBooster()
    return booster(micrograph, generator.generate(micrograph), n_materials)
