"""All methods on one video, scored against its truth; what has been worked out before is recalled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from typing import Any

from samiam.benchmark.caching.cache import Cache
from samiam.benchmark.caching.plain_rows import kind_of_rows
from samiam.benchmark.polar.methods import PolarMethods
from samiam.benchmark.polar.rows import TRUE_POINTS, TRUTHS, PointRow, TrackRow, Truth
from samiam.benchmark.polar.samples import VideoSource
from samiam.benchmark.polar.settings import PolarChoices
from samiam.benchmark.polar.truth import OF_TWO, TrueTracks, counts_of, events_found, lasting
from samiam.errors import InputError
from samiam.metrics.points import matches_within
from samiam.polar.finding import find_points
from samiam.polar.linking.linker import KINDS, Linker
from samiam.polar.linking.tracks import Tracks
from samiam.polar.period import look_for_stripes
from samiam.polar.protocol import PointFinder
from samiam.polar.result import PolarPoints
from samiam.records.polar_scene import Points, PolarScene


@dataclass(frozen=True, eq=False)
class VideoBench:
    """A video, and how methods are measured on it.

    Attributes:
        source: of the video.
        methods: what is compared.
        choices: how.
        cache: of what has been worked out before.
    """

    source: VideoSource
    methods: PolarMethods
    choices: PolarChoices
    cache: Cache

    @cached_property
    def _truth(self) -> tuple[list[PolarScene], Mapping[Truth, Tracks]]:
        """The frames that methods see, and the tracks of all true points by each truth; made when they are needed."""
        frames = self.source.frames()
        first = next(frames)
        scenes, tracks = [first], TrueTracks(first, self.source.between, self.choices.linking)
        tracks.add(first)
        for number, scene in enumerate(frames, start=1):
            if number % self.source.between == 0:
                scenes.append(scene)
            tracks.add(scene)
        return scenes, tracks.seen()

    @property
    def scenes(self) -> list[PolarScene]:
        """The frames that methods see."""
        return self._truth[0]

    @cached_property
    def _seen_period_px(self) -> float:
        seen = look_for_stripes(self.scenes[0].micrograph.pixels)
        if seen.period_px is None or seen.doubt is not None:
            raise InputError(f"{seen.doubt}; give a larger benchmark.size_px, or less of benchmark.noise.")
        return seen.period_px

    def point_rows(self) -> list[PointRow]:
        """Two rows for each method."""
        return [
            row
            for method, finder in self.methods.finders.items()
            for row in self.cache.recall(_POINTS, *self._decided_by(finder), partial(self._scored, method))
        ]

    def track_rows(self) -> list[TrackRow]:
        """For each truth a row of each method and one of true points; none where points are not linked."""
        if not self.source.is_linked:
            return []
        makers: dict[str, PointFinder | None] = {TRUE_POINTS: None, **self.methods.finders}
        return [
            row
            for method, finder in makers.items()
            for row in self.cache.recall(_TRACKS, *self._decided_by(finder), partial(self._linked, method))
        ]

    def _decided_by(self, finder: PointFinder | None) -> tuple[dict[str, Any], set[str]]:
        """From what rows are made, and by which modules."""
        own = None if finder is None else {"name": finder.name, "options": dict(finder.options)}
        how = {"radii": self.choices.radii, "linking": asdict(self.choices.linking)}
        modules = {__name__, self.source.made_by} | ({type(finder).__module__} if finder else set())
        return {"video": dict(self.source.made_from), "method": own, **how}, modules

    def found(self, method: str) -> Iterator[PolarPoints]:
        """What a method finds in each frame, of the period that the first shows: nothing of the truth but the sign."""
        finder = self.methods.finders[method]
        for scene in self.scenes:
            yield find_points(scene.micrograph, period_px=self._seen_period_px, sign=scene.sign, finder=finder)

    def _scored(self, method: str) -> list[PointRow]:
        found = [one.points for one in self.found(method)]
        return [self._row(method, found, kind == "junction") for kind in KINDS]

    def _row(self, method: str, found: Sequence[Points], is_junction: bool) -> PointRow:
        kind = KINDS[int(is_junction)]
        pairs = [
            (own.of_kind(kind).positions_px, scene.points.of_kind(kind).positions_px)
            for own, scene in zip(found, self.scenes, strict=True)
        ]
        period_px = self.scenes[0].period_px
        n_true, n_found = sum(len(true) for _, true in pairs), sum(len(own) for own, _ in pairs)
        return PointRow(
            video=self.source.video,
            noise=self.source.noise,
            method=method,
            kind=kind,
            frames=len(pairs),
            n_true=n_true,
            n_found=n_found,
            matched=[
                sum(len(matches_within(own, true, radius * period_px)[0]) for own, true in pairs)
                for radius in self.choices.radii
            ],
            places=sum(_places(scene) for scene in self.scenes) - n_true,
        )

    def _linked(self, method: str) -> list[TrackRow]:
        first, truths = self.scenes[0], self._truth[1]
        linker = Linker(first.micrograph.shape_hw, self._seen_period_px, first.sign, self.choices.linking)
        if method == TRUE_POINTS:
            for scene in self.scenes:
                linker.add(scene.points, scene.micrograph.pixels)
        else:
            for one in self.found(method):
                linker.add(one.points, one.micrograph.pixels)
        tracks = linker.tracks()
        return [self._track_row(method, truth, truths[truth], tracks) for truth in TRUTHS]

    def _track_row(self, method: str, name: Truth, true: Tracks, found: Tracks) -> TrackRow:
        options = self.choices.linking
        compared = (lasting(true, options), lasting(found, options)) if name == "lasting" else (true, found)
        counts = [counts_of(*compared, kind) for kind in KINDS]
        return TrackRow(
            video=self.source.video,
            noise=self.source.noise,
            method=method,
            truth=name,
            frames=len(self.scenes),
            right=[one.right for one in counts],
            true=[one.true for one in counts],
            found=[one.found for one in counts],
            annihilations=events_found(true, found, ("annihilation",)),
            events=events_found(true, found, OF_TWO),
        )


def _places(scene: PolarScene) -> float:
    """Squares of a period a side within what is looked at."""
    height, width = (side / scene.period_px - 2 for side in scene.micrograph.shape_hw)
    return max(0.0, height) * max(0.0, width)


_POINTS = kind_of_rows("polar_points", PointRow)
_TRACKS = kind_of_rows("polar_tracks", TrackRow)
