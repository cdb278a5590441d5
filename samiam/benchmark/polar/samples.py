"""Videos of stripes whose ends and junctions are known, made when they are called for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from samiam.records.polar_scene import PolarScene


@dataclass(frozen=True)
class VideoSource:
    """Where a video comes from.

    Attributes:
        name: of the video.
        video: of the labyrinth; videos of one labyrinth are alike.
        noise: of a pixel, in σ of the stripes.
        frames: gives its frames, one after the other; it can be sent to another process.
        between: frames from one that methods see to the next; they see the first one, and the truth all.
        is_linked: whether its points are linked as well.
        made_from: all that decides it (JSON-serialisable).
        made_by: the module of what makes it, dotted.
        is_shown: whether there is a picture of it in the report.
    """

    name: str
    video: str
    noise: float
    frames: Callable[[], Iterator[PolarScene]]
    between: int = 1
    is_linked: bool = False
    made_from: Mapping[str, Any] = field(default_factory=dict)
    made_by: str = __name__
    is_shown: bool = False
