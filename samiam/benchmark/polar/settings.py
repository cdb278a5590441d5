"""Settings of a benchmark of polar textures: videos, and what is compared on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from samiam.errors import InputError
from samiam.polar.settings import LinkingOptions, PointFinderOptions, SkeletonOptions
from samiam.settings import Count, NotNegative, Positive, settings

MethodName = Literal["ours", "paper", "skeleton"]


@settings
class PolarBenchmark:
    """Simulated STEM videos of stripes that another equation moves than the one that was learnt from.

    Attributes:
        name: of the kind of benchmark.
        physics: that the stripes obey.
        videos: labyrinths at each noise, each seen under conditions of its own; the same ones at every noise.
        noise: of a pixel, in σ of the stripes.
        frames: of each video, in which points are found.
        tracked_noise: likewise of the videos in which points are linked.
        tracked_frames: of each of those.
        steps: of the equation from one frame to the next: how far the stripes rearrange in between.
        between: parts of these that the truth sees, a divisor of them: it is linked in small steps.
        size_px: of each side of a frame.
        conditions: what changes of those that videos are drawn from, see `LabyrinthConditions`.
        radii: up to which two points are the same, in periods; the first is that of most tables.
        methods: that find points.
        finder: of "ours".
        paper_weights: of the two networks of Lin et al., trained by `train.py experiment=polar
            learner.variant=paper`; what ships where null, and left out where nothing does.
        skeleton: of the classical method.
        linking: of all methods.
        time_px: side of the frame that methods are timed on; none are where null.
    """

    name: Literal["polar"]
    physics: Literal["ginzburg_landau", "swift_hohenberg"] = "ginzburg_landau"
    videos: Count = 12
    noise: Annotated[tuple[NotNegative, ...], Field(min_length=1)] = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
    frames: Count = 2
    tracked_noise: tuple[NotNegative, ...] = (1.0, 2.0)
    tracked_frames: Count = 20
    steps: Count = 8
    between: Count = 4
    size_px: Annotated[int, Field(ge=128, le=8192)] = 640
    conditions: Mapping[str, Any] = field(default_factory=dict)
    radii: Annotated[tuple[Positive, ...], Field(min_length=1)] = (0.5, 0.25, 0.35, 0.75, 1.0)
    methods: Annotated[tuple[MethodName, ...], Field(min_length=1)] = get_args(MethodName)
    finder: PointFinderOptions = field(default_factory=PointFinderOptions)
    paper_weights: str | None = None
    skeleton: SkeletonOptions = field(default_factory=SkeletonOptions)
    linking: LinkingOptions = field(default_factory=LinkingOptions)
    time_px: Annotated[int, Field(ge=128, le=8192)] | None = 1995

    def __post_init__(self) -> None:
        for name in ("noise", "tracked_noise", "radii", "methods"):
            if len(set(getattr(self, name))) < len(getattr(self, name)):
                raise InputError(f"{name}={list(getattr(self, name))}: give each once.")
        if self.steps % self.between:
            raise InputError(
                f"between={self.between}: divides no {self.steps} steps (benchmark.steps) into equal parts."
            )
        if "noise" in self.conditions:
            raise InputError("conditions.noise: is the ladder's; give benchmark.noise=[…] instead.")

    @property
    def choices(self) -> PolarChoices:
        """What is compared, and how."""
        return PolarChoices(self.methods, self.finder, self.paper_weights, self.skeleton, self.linking, self.radii)


@dataclass(frozen=True)
class PolarChoices:
    """What is compared, apart from the videos that it is compared on; see `PolarBenchmark`.

    Attributes:
        methods: that find points.
        finder: of "ours".
        paper_weights: of the paper's networks.
        skeleton: of the classical method.
        linking: of all methods.
        radii: up to which two points are the same, in periods.
    """

    methods: tuple[MethodName, ...]
    finder: PointFinderOptions
    paper_weights: str | None
    skeleton: SkeletonOptions
    linking: LinkingOptions
    radii: tuple[float, ...]
