"""Videos of labyrinths under a probe, frame after frame; nothing but the frame at hand is kept."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from samiam.records.polar_scene import PolarScene
from simulate.labyrinth.fields import RELAXED, Labyrinth, grid_side
from simulate.labyrinth.pictures import Specimen, drawn_view
from simulate.labyrinth.seeing import Sight
from simulate.labyrinth.settings import VideoSettings

_STEADY = 0.8  # of a frame's drift goes on in the next: stages creep


class Video:
    """The frames of a video, drawn anew whenever they are gone through.

    The probe disturbs the labyrinth while it scans, so that ends meet and stripes break from one frame to the next.

    Args:
        settings: of the video.

    Example:
        >>> video = Video(VideoSettings(frames=2, size_px=128))
        >>> [scene.frame for scene in video]
        [0, 1]
    """

    def __init__(self, settings: VideoSettings) -> None:
        self.settings = settings
        self.name = f"{settings.physics}-{settings.seed}"

    def __len__(self) -> int:
        return self.settings.frames

    def __iter__(self) -> Iterator[PolarScene]:
        return self.frames_from(0)

    def frames_from(self, first: int) -> Iterator[PolarScene]:
        """The frames from one on; of those before it only the labyrinth is worked out.

        Args:
            first: number of a frame.
        """
        chosen = self.settings
        rng = np.random.default_rng([chosen.seed, *b"video", *chosen.physics.encode()])
        view = drawn_view(chosen.conditions, rng)
        n = grid_side(chosen.size_px, view.period_px)
        labyrinth = Labyrinth(chosen.physics, rng, n)
        labyrinth.relax(int(rng.integers(*RELAXED)) - RELAXED[0])
        side = (chosen.size_px, chosen.size_px)
        specimen, period = Specimen(view, rng, n), labyrinth.period_px
        sight = Sight(self.name, chosen.physics, chosen.sign, view, specimen, period, side)
        kick, drift = (float(rng.uniform(*ends)) for ends in (chosen.conditions.kick, chosen.conditions.drift))
        offset_px, start = np.zeros(2), rng.uniform(0, n, 2)
        change_px = drift * view.period_px * _direction(rng)
        for number in range(chosen.frames):
            if number:
                labyrinth.scan(chosen.steps, kick)
                offset_px = offset_px + change_px
                turned = drift * view.period_px * _direction(rng)
                change_px = _STEADY * change_px + np.sqrt(1 - _STEADY**2) * turned
            if number < first:
                continue
            top, left = (start - offset_px * period / view.period_px).tolist()
            also = {"kick": kick, "offset_px": [round(value, 3) for value in offset_px.tolist()]}
            yield sight.scene(labyrinth.field, (top, left), np.random.default_rng([chosen.seed, number]), number, also)

    def __repr__(self) -> str:
        return f"Video({self.name}, {len(self)} frames of {self.settings.size_px}²)"


def _direction(rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    angle = rng.uniform(0, 2 * np.pi)
    return np.array([np.sin(angle), np.cos(angle)])


def draw_video(settings: VideoSettings = VideoSettings()) -> Video:
    """A video, of which each frame is drawn when it is asked for."""
    return Video(settings)
