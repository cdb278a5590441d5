"""What is known of a video once all its frames are done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from samiam.formats.readers.interval import Interval
from samiam.polar.linking.lives import stretches_of
from samiam.polar.linking.tracks import Tracks
from samiam.polar.settings import LinkingOptions
from samiam.polar.writing.journal import FrameNote
from samiam.records.polar_scene import Sign


@dataclass(frozen=True, eq=False)
class PolarVideo:
    """The points of a video, its tracks and events.

    Attributes:
        name: of the video.
        shape_hw: of its frames; None where none could be used.
        pixel_size_nm: width of a pixel; None where it is not known.
        pixel_height_nm: likewise of its height.
        interval: from one frame to the next.
        sign: of the stripes.
        notes: of all frames, in their order.
        tracks: the points linked; None where no frame could be used.
        remarks: what is to be said of the video as a whole.
        most_missed: frames in a row over which tracks reach.
    """

    name: str
    shape_hw: tuple[int, int] | None
    pixel_size_nm: float | None
    pixel_height_nm: float | None
    interval: Interval
    sign: Sign
    notes: Sequence[FrameNote]
    tracks: Tracks | None
    remarks: Sequence[str] = field(default_factory=tuple)
    most_missed: int = LinkingOptions().most_missed

    @property
    def usable(self) -> list[FrameNote]:
        """The frames that something could be looked for in."""
        return [note for note in self.notes if note.fault is None]

    @property
    def n_steps(self) -> int:
        """From one frame to the next, over which something can be told: not in pauses, nor before and after them all.

        Frames within the reach of tracks count although they are missing.
        """
        used = (note.index for note in self.usable)
        return sum(len(stretch) - 1 for stretch in stretches_of(used, self.most_missed))

    @property
    def pixel_aspect(self) -> float:
        """Height of a pixel over its width; 1 where they are not known."""
        width_nm, height_nm = self.pixel_size_nm, self.pixel_height_nm
        return 1.0 if width_nm is None or height_nm is None else height_nm / width_nm

    @property
    def time_unit(self) -> str:
        """What times are in, for axes: seconds, or frames where the interval is not known."""
        return "frame" if self.interval.s is None else "time (s)"

    def time_of(self, frame: float) -> float:
        """Of a frame, in that unit, from the first."""
        return frame if self.interval.s is None else frame * self.interval.s
