"""Micrographs from files, of whatever kind."""

from __future__ import annotations

import contextlib
import io
import logging
import pkgutil
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from samiam.artefacts.finding import find_artefacts
from samiam.errors import InputError, extras, printable
from samiam.formats.readers.emi import instead_of_emi
from samiam.formats.readers.pixel_size import PixelSize, is_possible
from samiam.formats.readers.raw import RawImage, Request, diffraction_in_words, in_words
from samiam.records import Micrograph
from samiam.records.arrays import both_sides, check_percentiles, check_values, one_channel
from samiam.records.counts import without_offset
from samiam.storage.files import STORES, is_store, sha256_of

Reader = Callable[[Path, Request], RawImage]
# The libraries behind them take up to a second to import, so that a reader is only when its kind is met.
_READERS = {
    ".dm3": "dm:read_dm",
    ".dm4": "dm:read_dm",
    ".emd": "emd:read_emd",
    ".ser": "ser:read_ser",
    ".mrc": "mrc:read_mrc",
    ".tif": "tiff.pages:read_tiff",
    ".tiff": "tiff.pages:read_tiff",
    ".png": "pictures.kinds:read_picture",
    ".jpg": "pictures.kinds:read_picture",
    ".jpeg": "pictures.kinds:read_picture",
    ".npy": "arrays:read_npy",
    ".hspy": "signals.hyperspy:read_hspy",
    ".zspy": "zarr.opening:read_zarr",
    ".zarr": "zarr.opening:read_zarr",
    ".nxs": "signals.nexus:read_nexus",
}
READABLE_SUFFIXES: tuple[str, ...] = tuple(_READERS)
_OF_OTHERS = "signals.rosettasciio:read_any"  # whatever kind they are, where RosettaSciIO is installed


def read_micrograph(
    path: str | Path,
    *,
    frame: int | None = None,
    channel: int | None = None,
    dataset: str | None = None,
    pixel_size_nm: float | tuple[float, float] | None = None,
    clip_percentiles: tuple[float, float] = (0.1, 99.9),
) -> Micrograph:
    """Read one image, scaled to [0, 1], with its pixel size.

    The kind is told by the suffix, one of `READABLE_SUFFIXES`. Of several images in a file the one that is plainly the
    largest is read. It is turned as the file asks for it, and seen through its palette; alpha is dropped, and equal
    colour channels count as one. Frames, data bars, scale bars and what is drawn in colour into a grey image are found
    and are not `shown`, dead lines and outlying pixels are replaced (`samiam.artefacts`). Values are clipped at two
    percentiles of what is shown; where both fall together the minimum and the maximum are used.

    Args:
        path: the file.
        frame: which image of a stack, from 0; needed where there is more than one.
        channel: which colour channel, from 0; needed where they differ.
        dataset: which of several images or stacks (detectors, pages of different sizes), by name or index from 0;
            needed where none is plainly the largest.
        pixel_size_nm: side of a square pixel in nm, or width and height, in place of what the file says.
        clip_percentiles: the two percentiles that become 0 and 1.

    Returns:
        The micrograph, named after the file. Its metadata tell `path`, `sha256`, `format`, `dtype`, `frame`,
        `n_frames`, `channel`, `dataset`, `clip_percentiles`, `clip_values` and `pixel_size_source`. Where there is
        anything to say, `detector` tells what recorded the image, `n_datasets` counts what could be chosen from, and in
        words `beside` lists the others, `not_images` what else the file holds, `unwritten` which pixels it lacks,
        `diffraction` says that it is no image of the specimen, `orientation` how it was turned, `pixel_size_remark` why
        the pixel size is unknown or what was assumed of it, and `left_out` what is not shown or was replaced.

    Raises:
        InputError: if the file cannot be used: one line that names it and says what to do.

    Example:
        >>> path = Path(tempfile.mkdtemp()) / "steps.npy"
        >>> np.save(path, np.arange(1024.0).reshape(32, 32))
        >>> read_micrograph(path, pixel_size_nm=0.02)
        Micrograph(steps, 32 × 32 px, 0.02 nm/px)
    """
    try:
        given = None if pixel_size_nm is None else given_size(pixel_size_nm)
        return _read(Path(path), Request(frame, dataset), channel, given, clip_percentiles)
    except InputError as error:
        raise InputError(printable(f"{path}: {error}")) from error


def check_readable(path: str | Path) -> None:
    """Refuse what `read_micrograph` would refuse at first sight, before anything is read.

    Raises:
        InputError: if there is no such file, or it is empty, of an unknown kind or has a name that is not UTF-8.
    """
    try:
        _check_file(Path(path))
    except InputError as error:
        raise InputError(printable(f"{path}: {error}")) from error


def _read(
    path: Path, request: Request, channel: int | None, given: PixelSize | None, percentiles: tuple[float, float]
) -> Micrograph:
    check_percentiles(percentiles)
    raw = read_raw(path, request)
    return micrograph_of(raw, path, sha256_of(path), channel=channel, given=given, clip_percentiles=percentiles)


def read_raw(path: Path, request: Request) -> RawImage:
    """One image as its file holds it.

    Raises:
        InputError: if the file cannot be used; the message does not name it.
    """
    _check_file(path)
    return _load(_READERS.get(path.suffix.lower(), _OF_OTHERS), path, request)


def micrograph_of(
    raw: RawImage,
    path: Path,
    sha256: str,
    *,
    channel: int | None = None,
    given: PixelSize | None = None,
    clip_percentiles: tuple[float, float] = (0.1, 99.9),
) -> Micrograph:
    """What `read_micrograph` makes of an image and of what is known of its file.

    Raises:
        InputError: if a channel has to be chosen, or pixels are not finite or all alike; the file is not named.
    """
    used = one_channel(raw.array, channel)
    counts, offset = without_offset(used.array)
    check_values(counts)
    size = raw.pixel_size if given is None else given.instead_of(raw.pixel_size)
    beside = {
        "n_datasets": raw.n_datasets if raw.n_datasets > 1 else None,
        "beside": in_words(raw.beside),
        "not_images": in_words(raw.not_images),
        "unwritten": raw.unwritten,
        "detector": raw.detector,
        "diffraction": diffraction_in_words(raw.is_diffraction, raw.pixel_size),
        "orientation": raw.orientation,
        "pixel_size_remark": size.remark,
    }
    metadata = {
        "path": str(path),
        "sha256": sha256,
        "format": path.suffix.lower()[1:],
        "dtype": str(raw.array.dtype),
        "frame": raw.frame if raw.n_frames > 1 else None,
        "n_frames": raw.n_frames,
        "channel": used.number,
        "dataset": raw.dataset,
        "pixel_size_source": size.source,
        **{key: value for key, value in beside.items() if value is not None},
    }
    return Micrograph.stretched(
        counts,
        pixel_size_nm=size.width_nm,
        pixel_aspect=size.aspect,
        name=path.stem,
        metadata=metadata,
        clip_percentiles=clip_percentiles,
        artefacts=find_artefacts(counts, data_bar_px=raw.data_bar_px, coloured=used.coloured),
        offset=offset,
    )


def given_size(sides_nm: float | tuple[float, float]) -> PixelSize:
    """The size of a pixel as a user gives it: one side, or width and height, in nm.

    Raises:
        InputError: if it is none.
    """
    width, height = both_sides(sides_nm)
    if not is_possible(width) or not is_possible(height):
        raise InputError(f"a pixel size of {sides_nm} nm is none that an electron microscope has; give it in nm.")
    return PixelSize(width, height, "argument")


def _check_file(path: Path) -> None:
    """Refuse what is no file of a known kind, or has a name that results cannot tell."""
    suffix = path.suffix.lower()
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise InputError("has a name that is not UTF-8; rename it, or the folder that is named so.") from None
    if is_store(path):
        return
    if path.is_dir():
        raise InputError(f"is a folder; give one file{' (there is no Zarr in it)' if suffix in STORES else ''}.")
    if not path.is_file():
        raise InputError("no such file; check the path.")
    if suffix not in _READERS and not _is_of_others(suffix):
        if suffix == ".emi":
            raise InputError(instead_of_emi(path))
        others = "" if find_spec("rsciio") else "; pip install 'samiam[rosettasciio]' for more"
        raise InputError(f"unknown kind {suffix!r}; the known ones are {', '.join(READABLE_SUFFIXES)}{others}.")
    if path.stat().st_size == 0:
        raise InputError("is empty (0 bytes); copy or export it again.")


def _is_of_others(suffix: str) -> bool:
    """Whether RosettaSciIO is there and reads that kind."""
    if find_spec("rsciio") is None:
        return False
    is_known: bool = pkgutil.resolve_name(f"{__package__}.signals.rosettasciio:is_known")(suffix)
    return is_known


def _load(where: str, path: Path, request: Request) -> RawImage:
    try:
        with extras(), _quiet():
            reader: Reader = pkgutil.resolve_name(f"{__package__}.{where}")
            raw = reader(path, request)
    except InputError:
        raise
    except OSError as error:
        if isinstance(error, PermissionError):
            raise InputError("may not be read; change its permissions.") from error
        raise _unreadable(path, error) from error
    except Exception as error:  # The readers fail in every way there is: SyntaxError, IndexError, AssertionError, ...
        raise _unreadable(path, error) from error
    if raw.array.ndim not in (2, 3):
        raise InputError(f"holds an array of shape {raw.array.shape}; an image has two dimensions (H, W).")
    return raw


def _unreadable(path: Path, error: Exception) -> InputError:
    reason = printable(str(error))[:160] or type(error).__name__
    kind = path.suffix.lower()
    return InputError(f"cannot be read as {kind}: damaged, cut short or of another kind; export it again ({reason}).")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the libraries print, warn and log to themselves; what matters becomes an exception."""
    loggers = [logging.getLogger(name) for name in ("tifffile", "imagecodecs")]
    disabled = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, was_disabled in zip(loggers, disabled, strict=True):
            logger.disabled = was_disabled
