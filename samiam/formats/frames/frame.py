"""A sequence of frames, of which one is in memory at a time."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from samiam.errors import InputError, printable
from samiam.formats.readers.interval import Interval
from samiam.formats.readers.pixel_size import PixelSize
from samiam.records import Micrograph

_SAME_SIZE = 0.01  # by which the size of a pixel may differ: files round it
_PARTS = ("frames", "images")  # what folders are called within those that bear the name of a video
FramesKind = Literal["video", "folder", "stack"]


@dataclass(frozen=True)
class FrameReading:
    """How frames are read.

    Attributes:
        channel: which of several that differ, from 0.
        dataset: which of several stacks in a file, by name or index.
        pixel_size: in place of what files say; None for that.
        interval: likewise of the time from one frame to the next.
    """

    channel: int | None = None
    dataset: str | None = None
    pixel_size: PixelSize | None = None
    interval: Interval | None = None


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame, or the word why there is none.

    Attributes:
        index: its place in time, from 0; a frame that is missing leaves its place empty.
        name: by which people find it: that of its file, or "frame 12".
        micrograph: None where it cannot be used.
        fault: why not; None where it can.
    """

    index: int
    name: str
    micrograph: Micrograph | None
    fault: str | None = None

    def __repr__(self) -> str:
        return f"Frame({self.index}, {self.name}{f': {self.fault}' if self.fault else ''})"


class Frames(ABC):
    """The frames of a video, a folder or a stack, in the order in which they were taken.

    Attributes:
        kind: which of the three.
        path: of it.
        n_frames: how many places in time there are, those of missing frames too; None while a folder is being filled.
        interval: from one to the next.
        remarks: what is to be said of the sequence as a whole, in words; reading may add to it.
        facts: what tells it from others (JSON-serialisable).
    """

    kind: ClassVar[FramesKind]

    def __init__(self, path: Path, reading: FrameReading) -> None:
        self.path = path
        self.reading = reading
        self.n_frames: int | None = None
        self.interval = reading.interval or Interval()
        self.remarks: list[str] = []
        self.facts: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """Of the sequence, for tables: that of the file or folder, or of what a folder called `frames` is in."""
        if self.kind != "folder":
            return self.path.stem
        whole = self.path.resolve()
        return whole.parent.name if whole.name.lower() in _PARTS else whole.name

    def read(self, only: Container[int] | None = None) -> Iterator[Frame]:
        """The frames one after the other. Where one is of another size or magnification than the first, it is unusable.

        Args:
            only: which are wanted, by their index; all where None.
        """
        first: Micrograph | None = None
        for frame in self._read(only):
            if frame.micrograph is None:
                yield frame
                continue
            if first is None or (first.pixel_size_nm is None and frame.micrograph.shape_hw == first.shape_hw):
                first = frame.micrograph
            other = _other_size(frame.micrograph, first)
            yield frame if other is None else Frame(frame.index, frame.name, None, other)

    @abstractmethod
    def _read(self, only: Container[int] | None) -> Iterator[Frame]:
        """Likewise, whatever the sizes."""

    def _frame(self, index: int, name: str, micrograph: Micrograph | None, error: InputError | None = None) -> Frame:
        """A frame, which is called after the sequence and counted as one of it."""
        if micrograph is None:
            return Frame(index, name, None, printable(str(error)))
        of_frame = {**micrograph.metadata, "frame": index}
        return Frame(index, name, replace(micrograph, name=f"{self.name}, {name}", metadata=of_frame))


def _other_size(micrograph: Micrograph, first: Micrograph) -> str | None:
    """In words that a frame has not the size in pixels, or of a pixel, that the first has; None where it may have."""
    if micrograph.shape_hw != first.shape_hw:
        sizes = (f"{width} × {height} px" for height, width in (micrograph.shape_hw, first.shape_hw))
        return "is {}, the frames before are {}.".format(*sizes)
    own_nm, first_nm = micrograph.pixel_size_nm, first.pixel_size_nm
    if own_nm is None or first_nm is None or math.isclose(own_nm, first_nm, rel_tol=_SAME_SIZE):
        return None
    return f"has pixels of {own_nm:.3g} nm, the frames before of {first_nm:.3g} nm."
