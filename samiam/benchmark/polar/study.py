"""What is done with every video, wherever it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from samiam.benchmark.caching.cache import Cache
from samiam.benchmark.polar.examining import VideoBench
from samiam.benchmark.polar.figures import picture_of
from samiam.benchmark.polar.methods import PolarMethods, build_polar_methods
from samiam.benchmark.polar.rows import PointRow, TrackRow
from samiam.benchmark.polar.samples import VideoSource
from samiam.benchmark.polar.settings import PolarChoices
from samiam.benchmark.study import attempted


@dataclass(frozen=True)
class PolarStudy:
    """What is done with every video, as plain values that can be sent to another machine.

    Attributes:
        choices: what is compared.
        pictures: whether pictures are drawn of those videos that are to be shown.
        cache: folder of what has been worked out before; None for none.
        threads: of each process; None for as many as libraries take by themselves.
    """

    choices: PolarChoices
    pictures: bool = True
    cache: str | None = None
    threads: int | None = 1

    @property
    def methods(self) -> PolarMethods:
        """What is compared, made once in each process.

        Raises:
            InputError: if a setting cannot be used.
        """
        return build_polar_methods(self.choices)


@dataclass(frozen=True)
class VideoOutcome:
    """What came of one video.

    Attributes:
        source: where it is from.
        point_rows: of all methods; none where the video failed.
        track_rows: likewise.
        picture: a PNG, or None.
        failure: one line that says what went wrong, or None.
        trace: where it went wrong, if that was not foreseen.
    """

    source: VideoSource
    point_rows: Sequence[PointRow] = ()
    track_rows: Sequence[TrackRow] = ()
    picture: bytes | None = None
    failure: str | None = None
    trace: str | None = None


def examine_video(source: VideoSource, study: PolarStudy) -> VideoOutcome:
    """Make a video and compare all methods on it; whatever goes wrong is part of the outcome."""

    def examined() -> VideoOutcome:
        cache = Cache.at(study.cache)
        bench = VideoBench(source, study.methods, study.choices, cache)
        points = [] if source.is_linked else bench.point_rows()
        picture = picture_of(bench) if study.pictures and source.is_shown else None
        return VideoOutcome(source, points, bench.track_rows(), picture)

    return attempted(examined, source, VideoOutcome, study.threads)
