"""Settings of what finds ends and junctions, and of what a network's answers are worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from samiam.device import Device
from samiam.errors import InputError
from samiam.settings import Count, Positive, Share, settings

Places = Literal["peaks", "stripes"]
_BetweenNoneAndAll = Annotated[float, Field(gt=0, lt=1)]


@settings
class PointCalibration:
    """How the maps of one file of weights become points.

    Attributes:
        least_end: height of the map of ends from which there is an end.
        least_junction: likewise of junctions.
        places: where to look for them: at the peaks of these maps, or at the ends and junctions of the stripes that the
            network sees.
    """

    least_end: _BetweenNoneAndAll = 0.4
    least_junction: _BetweenNoneAndAll = 0.4
    places: Places = "peaks"


@settings
class PointFinderOptions:
    """The finder that ships: a U-Net with maps of ends, of junctions and of stripes.

    Attributes:
        weights: a file that `train.py experiment=polar` wrote; the weights that ship where null.
        weights_sha256: the hash that a given file must have; not checked where null.
        device: "auto" is CUDA where there is one, else the CPU.
        least_end: ends that are less sure are none; as calibrated where null.
        least_junction: likewise junctions.
    """

    weights: str | Path | None = None
    weights_sha256: str | None = None
    device: Device = "auto"
    least_end: Share | None = None
    least_junction: Share | None = None


@settings
class SkeletonOptions:
    """The classical finder: a band of frequencies, a threshold and a skeleton.

    The band is that which is best at noise of 1 to 3 σ on simulated labyrinths of Swift and Hohenberg.

    Attributes:
        finest: standard deviation in periods of the Gaussian that takes noise out.
        coarsest: of that which takes what is left of the background out; more than `finest`.
    """

    finest: Positive = 0.15
    coarsest: Positive = 0.25

    def __post_init__(self) -> None:
        if not self.finest < self.coarsest:
            raise InputError(f"finest={self.finest}: give less than coarsest={self.coarsest}.")


@settings
class LinkingOptions:
    """How points of the frames of a video become tracks, and what happens to these.

    An end and a junction that vanish or appear together are mostly a period to one and a half apart in the last frame
    that shows them, in videos of labyrinths of Swift and Hohenberg; the other pairs are mostly nearer.

    Attributes:
        reach: periods that a point moves at most from one frame to the next; by the root of their number over several.
        most_missed: frames in a row in which a track may not be seen.
        least_seen: frames in which a track is seen, or its beginning and end are flicker and no events.
        sure: score that one point of a track has at least, or they are flicker likewise.
        meeting: periods between two points that vanish or appear together, at most.
        together: frames between the two, at most.
        flicker: how much it costs to leave alone flicker, in the pairing of all that begins and ends, where it is 1 for
            all else: what is not there need not meet anything.
    """

    reach: Positive = 0.5
    most_missed: Annotated[int, Field(ge=0)] = 2
    least_seen: Count = 2
    sure: Share = 0.57
    meeting: Positive = 1.5
    together: Annotated[int, Field(ge=0)] = 1
    flicker: Share = 0.4
