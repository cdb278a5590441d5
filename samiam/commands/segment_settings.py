"""What is chosen on the command line of `samiam segment`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from samiam.commands.chosen import Chosen
from samiam.registry import DEFAULT_ENCODER, DEFAULT_GENERATOR
from samiam.settings import Count, Share, settings


@settings
class SegmentSettings(Chosen):
    """What decides the result of `samiam segment`, beside the image.

    Attributes:
        generator: its name.
        generator_options: its settings that were given.
        encoder: its name.
        encoder_options: likewise.
        classifier_options: likewise; null for no classifier.
        n_materials: how many there are; null to estimate it.
        grains: whether grains are the regions.
        points: clicks, x and y in pixels.
        boxes: left, top, right and bottom in pixels.
        seed: of crops and clustering.
        measurements: whether regions, layers and lattices are measured.
        overlay: how materials are drawn.
        opacity: of what is drawn; null for that which was chosen by eye.
    """

    generator: str = DEFAULT_GENERATOR
    generator_options: Mapping[str, Any] = field(default_factory=dict)
    encoder: str = DEFAULT_ENCODER
    encoder_options: Mapping[str, Any] = field(default_factory=dict)
    classifier_options: Mapping[str, Any] | None = None
    n_materials: Count | None = None
    grains: bool = False
    points: tuple[tuple[float, float], ...] = ()
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    seed: int = 0
    measurements: bool = True
    overlay: Literal["outline", "fill", "both"] = "outline"
    opacity: Share | None = None
