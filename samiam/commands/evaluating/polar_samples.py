"""Simulated videos of stripes for a benchmark of polar textures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from samiam.benchmark.polar.samples import VideoSource
from samiam.benchmark.polar.settings import PolarBenchmark
from samiam.records.polar_scene import PolarScene
from samiam.settings import read_settings
from simulate.labyrinth import LabyrinthConditions, Video, VideoSettings

_APART = 10_000  # between the seeds of one run and those of the next


@dataclass(frozen=True)
class Frames:
    """The frames of a video, which is made when it is called.

    Attributes:
        settings: of the video.
    """

    settings: VideoSettings

    def __call__(self) -> Iterator[PolarScene]:
        """Draw them, one after the other."""
        return iter(Video(self.settings))


def sources_of(benchmark: PolarBenchmark, seed: int) -> list[VideoSource]:
    """All videos of a benchmark; each is made when it is called for.

    Args:
        benchmark: which.
        seed: of all draws.

    Raises:
        InputError: if conditions are none.
    """
    usual = VideoSettings().conditions
    given = {**asdict(usual), **benchmark.conditions}
    conditions = read_settings(LabyrinthConditions, "benchmark.conditions", given)
    return [source for is_linked in (False, True) for source in _videos(benchmark, conditions, seed, is_linked)]


def _videos(
    benchmark: PolarBenchmark, conditions: LabyrinthConditions, seed: int, is_linked: bool
) -> Iterator[VideoSource]:
    """Those in which points are found, or those in which they are linked too, whose truth is seen more often."""
    between = benchmark.between if is_linked else 1
    frames = (benchmark.tracked_frames - 1) * between + 1 if is_linked else benchmark.frames
    slower = (conditions.drift[0] / between, conditions.drift[1] / between)
    for noise in benchmark.tracked_noise if is_linked else benchmark.noise:
        for number in range(benchmark.videos):
            settings = VideoSettings(
                frames=frames,
                size_px=benchmark.size_px,
                physics=benchmark.physics,
                steps=benchmark.steps // between,
                conditions=replace(conditions, noise=(noise, noise), drift=slower),
                seed=seed * _APART + number,
            )
            yield VideoSource(
                name=f"{'linked' if is_linked else 'found'}-{number}-noise-{noise:g}",
                video=f"{benchmark.physics}-{number}",
                noise=noise,
                frames=Frames(settings),
                between=between,
                is_linked=is_linked,
                made_from={"video": asdict(settings), "between": between},
                made_by=__name__,
                is_shown=not is_linked and number == 0,
            )
