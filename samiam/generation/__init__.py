"""Micrographs to masks: generators behind one protocol."""

from __future__ import annotations

from typing import Any

from samiam.errors import InputError
from samiam.generation.protocol import MaskGenerator, PromptableGenerator

GENERATORS = ("compact", "texture", "vit_b", "vit_l", "vit_h")
"""The names that `build_generator` knows."""
DEFAULT_GENERATOR = "compact"
"""What proposes masks where nobody chose."""

__all__ = ["DEFAULT_GENERATOR", "GENERATORS", "MaskGenerator", "PromptableGenerator", "build_generator"]


def build_generator(name: str, **options: Any) -> MaskGenerator:
    """Make a generator by name.

    Args:
        name: "compact" (a small network; ships with the package), "texture" (no weights) or the SAM+ generators
            "vit_b", "vit_l" and "vit_h".
        options: the generator's settings: the attributes of `CompactOptions` and `weights`, `weights_sha256` and
            `device`; those of `TextureGenerator`; or for SAM+ those of `segment_anything.SamAutomaticMaskGenerator`
            and `checkpoint`, `checkpoint_sha256` and `device`.

    Raises:
        InputError: if the name or an option is unknown or out of range, or a checkpoint cannot be had.
    """
    if name not in GENERATORS:
        raise InputError(f"unknown generator {name!r}; known are {', '.join(GENERATORS)}.")
    if name == "texture":
        from samiam.generation.texture import build_texture

        return build_texture(**options)
    # torch takes seconds to import
    if name == "compact":
        from samiam.generation.compact import build_compact

        return build_compact(**options)
    from samiam.generation.sam import build_sam

    return build_sam(name, **options)
