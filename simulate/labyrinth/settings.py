"""How labyrinths are drawn, and how they are seen."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from samiam.records.polar_scene import Sign
from samiam.settings import Count, NotNegative, Positive, Rising, Seed, settings

Physics = Literal["swift_hohenberg", "ginzburg_landau"]
"""Which equation a labyrinth obeys: Swift and Hohenberg's, or Ginzburg and Landau's with long-range repulsion."""

_NotNegatives = Annotated[tuple[NotNegative, NotNegative], Rising]
_Positives = Annotated[tuple[Positive, Positive], Rising]
_Period_px = Annotated[float, Field(ge=6)]  # below it a stripe is narrower than 3 px and its ends are no more to be seen
_Ratio = Annotated[float, Field(ge=1)]
_Kick = Annotated[float, Field(ge=0, lt=1)]  # from 1 on little is left of the stripes under the probe


@settings
class LabyrinthConditions:
    """Ranges of what differs between videos; of each both ends. What is measured in σ is in those of the stripes.

    Attributes:
        period_px: from one bright stripe to the next, by its logarithm.
        wall: from a domain's middle to where it is saturated, by its logarithm: 0.3 for domains of two grey levels, 2
            for a sine.
        contrast_ratio: of the strongest stripes of a frame to the weakest, by its logarithm: 8 is 2 to 0.25.
        gradient: of brightness from one side of a frame to the other, in σ.
        blotches: of brightness, a few periods wide, in σ: contamination and strain.
        jitter_px: of a row sideways.
        row_brightness: of a row, in σ.
        noise: of a pixel, in σ, where a period has 27 px; of coarser pixels, which see more electrons, as much less.
        drift: in periods a frame.
        kick: of the probe, as a share of the field's own amplitude.
    """

    period_px: Annotated[tuple[_Period_px, _Period_px], Rising] = (11.0, 28.0)
    wall: _Positives = (0.3, 2.0)
    contrast_ratio: Annotated[tuple[_Ratio, _Ratio], Rising] = (1.0, 8.0)
    gradient: _NotNegatives = (0.0, 3.0)
    blotches: _NotNegatives = (0.0, 0.6)
    jitter_px: _NotNegatives = (0.0, 0.5)
    row_brightness: _NotNegatives = (0.0, 0.2)
    noise: _NotNegatives = (0.0, 3.0)
    drift: _NotNegatives = (0.0, 0.15)
    kick: Annotated[tuple[_Kick, _Kick], Rising] = (0.3, 0.8)


@settings
class VideoSettings:
    """One video.

    Attributes:
        frames: how many.
        size_px: of each side of a frame.
        physics: that its labyrinth obeys.
        sign: of the stripes whose ends and junctions are the truth.
        steps: of the equation, from one frame to the next, and places that the probe visits.
        conditions: from which those of the video are drawn.
        seed: of everything that is drawn.
    """

    frames: Count = 81
    size_px: Annotated[int, Field(ge=64, le=8192)] = 1995  # smaller holds hardly a point inside its border
    physics: Physics = "swift_hohenberg"
    sign: Sign = "bright"
    steps: Count = 8
    conditions: LabyrinthConditions = LabyrinthConditions(period_px=(27.0, 27.0))  # noqa: RUF009 - frozen
    seed: Seed = 0
