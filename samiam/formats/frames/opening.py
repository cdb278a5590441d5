"""A sequence of frames from whatever holds it."""

from __future__ import annotations

from pathlib import Path

from samiam.errors import InputError, printable
from samiam.formats.frames.folder import FolderFrames
from samiam.formats.frames.frame import FrameReading, Frames
from samiam.formats.frames.stack import StackFrames
from samiam.formats.frames.video import VIDEO_SUFFIXES, VideoFrames
from samiam.formats.readers.emi import instead_of_emi
from samiam.formats.readers.interval import LONGEST_S, SHORTEST_S, Interval
from samiam.formats.readers.read import READABLE_SUFFIXES, given_size
from samiam.storage.files import is_store


def open_frames(
    path: str | Path,
    *,
    channel: int | None = None,
    dataset: str | None = None,
    pixel_size_nm: float | tuple[float, float] | None = None,
    interval_s: float | None = None,
) -> Frames:
    """Open a video, a folder with an image for each frame, or a stack; no more than one frame is ever in memory.

    Args:
        path: a video (`VIDEO_SUFFIXES`), a stack (`READABLE_SUFFIXES`), or a folder of images.
        channel: see `read_micrograph`.
        dataset: likewise.
        pixel_size_nm: likewise.
        interval_s: from one frame to the next, in place of what the file says.

    Raises:
        InputError: if it holds no frames: one line that names it and says what to do.

    Example:
        >>> folder = Path(tempfile.mkdtemp())
        >>> for number in (1, 2, 4):
        ...     np.save(folder / f"frame_{number}.npy", np.arange(1024.0).reshape(32, 32))
        >>> frames = open_frames(folder, interval_s=5)
        >>> [frame.index for frame in frames.read()], frames.remarks
        ([0, 1, 3], ['1 frame is missing: 3 in the numbers of the files'])
    """
    path = Path(path)
    try:
        return _kind_of(path)(path, reading_of(channel, dataset, pixel_size_nm, interval_s))
    except InputError as error:
        raise InputError(printable(f"{path}: {error}")) from error
    except OSError as error:
        raise InputError(printable(f"{path}: cannot be looked at ({error.strerror}); check the path.")) from error


def check_frames(path: str | Path) -> None:
    """Refuse what `open_frames` would refuse at first sight, before anything is read.

    Raises:
        InputError: if there is no such file or folder, or it is empty or of an unknown kind.
    """
    try:
        _kind_of(Path(path))
    except InputError as error:
        raise InputError(printable(f"{path}: {error}")) from error


def reading_of(
    channel: int | None,
    dataset: str | None,
    pixel_size_nm: float | tuple[float, float] | None,
    interval_s: float | None,
) -> FrameReading:
    """How frames are read, from what a user gave.

    Raises:
        InputError: if the pixel size or the interval is impossible.
    """
    if interval_s is not None and not SHORTEST_S < interval_s < LONGEST_S:
        ends = f"between {SHORTEST_S:g} and {LONGEST_S:g}"
        raise InputError(f"an interval of {interval_s} s is impossible; give a number {ends}, or None.")
    size = None if pixel_size_nm is None else given_size(pixel_size_nm)
    every = None if interval_s is None else Interval(interval_s, "argument")
    return FrameReading(channel, dataset, size, every)


def _kind_of(path: Path) -> type[Frames]:
    if path.is_dir() and not is_store(path):
        if not any(path.iterdir()):
            raise InputError("is empty; give the folder that the frames are in.")
        return FolderFrames
    if not path.exists():
        raise InputError("no such file or folder; check the path.")
    if path.stat().st_size == 0:
        raise InputError("is empty (0 bytes); copy or export it again.")
    suffix = path.suffix.lower()
    if suffix in VIDEO_SUFFIXES:
        return VideoFrames
    if suffix in READABLE_SUFFIXES:
        return StackFrames
    if suffix == ".emi":
        raise InputError(instead_of_emi(path))
    known = " ".join((*VIDEO_SUFFIXES, *READABLE_SUFFIXES))
    raise InputError(f"unknown kind {suffix!r}; give a video or a stack ({known}), or a folder of images.")
