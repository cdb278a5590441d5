"""Videos, as FFmpeg decodes them through OpenCV."""

from __future__ import annotations

import io
import os
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samiam.errors import InputError
from samiam.formats.frames.frame import Frame, FrameReading, Frames
from samiam.formats.frames.numbering import by_time
from samiam.formats.readers.raw import RawImage
from samiam.formats.readers.read import micrograph_of
from samiam.records.arrays import check_declared
from samiam.storage.files import sha256_of

if TYPE_CHECKING:
    import cv2

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mjpeg", ".wmv", ".gif")
# What OpenCV gives as it is stored; all else becomes 8 bits of blue, green and red.
_GREY = (b"Y800", b"GREY", b"Y1\x00\x10")
_DEEP_BITS = (9, 10, 12, 14, 16)  # a byte at either end of FFmpeg's codes for pixels that have as many
_JPEG = b"\xff\xd8"
_LOUDNESS, _QUIET = "OPENCV_FFMPEG_LOGLEVEL", "-8"  # AV_LOG_QUIET; heeded when the first video of a process is opened


class VideoFrames(Frames):
    """The frames of a video in grey.

    Grey videos of 8 and 16 bits (FFV1, for one) are read as they are stored, others as 8 bits of luma. Each frame has
    the place in time at which the video shows it; one that was dropped, or that FFmpeg gives up, leaves its place
    empty. How fast a video is shown does not tell how fast it was taken, so that its interval is not known.

    Raises:
        InputError: if FFmpeg cannot decode a frame of it.
    """

    kind = "video"

    def __init__(self, path: Path, reading: FrameReading) -> None:
        super().__init__(path, reading)
        if reading.channel is not None or reading.dataset is not None:
            raise InputError("is a video, which has neither channels nor data sets to choose from.")
        times_s, n_declared, fps = self._look_through()
        if not times_s:
            raise InputError("cannot be read as a video: damaged, cut short or of another kind; export it again.")
        numbering = by_time(times_s)
        self._places = numbering.places
        self.n_frames = numbering.places[-1] + 1
        self.remarks += [numbering.remark] if numbering.remark else []
        if n_declared > self.n_frames:
            self.remarks.append(f"the video declares {n_declared} frames and ends after {self.n_frames}")
        if self.interval.s is None and fps > 0:
            self.remarks.append(
                f"the video shows {fps:.4g} frames a second, which need not be how they were taken; times are not known"
            )
        self._sizes = self._sizes_stored()
        self._sha256 = sha256_of(path)
        self.facts = {"sha256": self._sha256}

    def _look_through(self) -> tuple[list[float], int, float]:
        """The time at which each frame is shown, how many the file declares, and how many it shows a second."""
        import cv2

        with self._opened() as video:
            times_s = []
            while video.grab():
                times_s.append(video.get(cv2.CAP_PROP_POS_MSEC) / 1000)
            n_declared, fps = video.get(cv2.CAP_PROP_FRAME_COUNT), video.get(cv2.CAP_PROP_FPS)
            code = _pixel_format(video)
        if code not in _GREY and (code[0] in _DEEP_BITS or code[3] in _DEEP_BITS):
            self.remarks.append("the video has more than 8 bits a pixel, of which 8 are read; export it as a stack")
        return times_s, int(n_declared), fps

    def _sizes_stored(self) -> list[tuple[int, int]]:
        """Width and height of each frame of Motion JPEG, all of which OpenCV brings to those of the first."""
        import cv2

        sizes = []
        with self._opened(cv2.CAP_PROP_FORMAT, -1) as packets:  # as they are, not decoded
            while packets.grab():
                packet = bytes(packets.retrieve()[1])
                if not packet.startswith(_JPEG):
                    return []
                with suppress(OSError), Image.open(io.BytesIO(packet)) as picture:
                    sizes.append(picture.size)
        return sizes if len(sizes) == len(self._places) else []

    @contextmanager
    def _opened(self, *options: int) -> Iterator[cv2.VideoCapture]:
        import cv2

        os.environ.setdefault(_LOUDNESS, _QUIET)
        level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        video = cv2.VideoCapture(str(self.path), cv2.CAP_FFMPEG, options)
        try:
            if not options:
                video.set(cv2.CAP_PROP_CONVERT_RGB, float(_pixel_format(video) not in _GREY))
            yield video
        finally:
            video.release()
            cv2.utils.logging.setLogLevel(level)

    def _read(self, only: Container[int] | None) -> Iterator[Frame]:
        with self._opened() as video:
            for number, index in enumerate(self._places):
                if not video.grab():
                    return
                if only is None or index in only:
                    yield self._decoded(index, number, *video.retrieve())

    def _decoded(self, index: int, number: int, is_decoded: bool, pixels: NDArray[Any] | None) -> Frame:
        name = f"frame {index}"
        try:
            if not is_decoded or pixels is None:
                raise InputError("cannot be decoded.")
            if self._sizes and self._sizes[number] != self._sizes[0]:
                stored = ("{} × {} px".format(*self._sizes[one]) for one in (number, 0))
                raise InputError("is {}, the frames before are {}.".format(*stored))
            grey = _grey(pixels)
            check_declared((grey.shape[0], grey.shape[1]), grey.dtype)
            raw = RawImage(grey, number, len(self._places))
            micrograph = micrograph_of(raw, self.path, self._sha256, given=self.reading.pixel_size)
        except InputError as error:
            return self._frame(index, name, None, error)
        return self._frame(index, name, micrograph)


def _pixel_format(video: cv2.VideoCapture) -> bytes:
    """FFmpeg's code of four letters."""
    import cv2

    return (int(video.get(cv2.CAP_PROP_CODEC_PIXEL_FORMAT)) & 0xFFFFFFFF).to_bytes(4, "little")


def _grey(pixels: NDArray[Any]) -> NDArray[Any]:
    """The image (H, W) of a decoded frame: as it is, or the luma of its colours, exact where they are equal."""
    import cv2

    if pixels.ndim == 3 and pixels.shape[2] == 3:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))
    return pixels.reshape(pixels.shape[:2])
