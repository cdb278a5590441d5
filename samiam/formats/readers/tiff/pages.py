"""TIFF: the pixels, of whatever page and however they are stored."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.formats.readers.orientation import TAG, upright
from samiam.formats.readers.raw import MOST_LISTED, Found, RawImage, Request, check_there, distinct, of_dataset
from samiam.formats.readers.tiff.colours import N_COLOURS, as_shown, has_palette
from samiam.formats.readers.tiff.sizes import data_bar_px, tiff_interval, tiff_pixel_size
from samiam.lengths import length_text
from samiam.records.arrays import MAX_BYTES

_UNCOMPRESSED = 1
_COLOURED = {tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.YCBCR}
_OF_IMAGE = "YXCS"  # axes of one image: rows, columns, channels (of detectors) and samples (of colours)


def read_tiff(path: Path, request: Request) -> RawImage:
    """8- to 64-bit integers and floats, grey, in colour or with channels; one page or many, alike or not."""
    with tifffile.TiffFile(path) as file:
        images = [series for series in file.series if {"Y", "X"} <= set(series.axes)]
        if file.series and not images:
            raise InputError(f"holds an array of shape {file.series[0].shape}; an image has two dimensions (H, W).")
        found = _found(file, images)
        chosen, request = request.pick_dataset(found)
        series, shape_hw, n_frames = images[chosen], found[chosen].shape_hw, found[chosen].n_frames
        page = series.keyframe
        n_channels = N_COLOURS if has_palette(page) else prod(_sides(series, "CS"))
        frame = request.pick(n_frames, shape_hw, np.dtype(series.dtype), n_channels)
        array, axes = _loaded(path, series, frame)
        image, turned, is_on_its_side = upright(as_shown(array, axes, page), page.tags.valueof(TAG))
        size = tiff_pixel_size(file, page, file.series.index(series))
        return RawImage(
            image,
            frame,
            n_frames,
            size.turned() if is_on_its_side else size,
            tiff_interval(file, page),
            data_bar_px=data_bar_px(page) if turned is None else 0,
            orientation=turned,
            **of_dataset(found, chosen),
        )


def _found(file: tifffile.TiffFile, images: list[tifffile.TiffPageSeries]) -> list[Found]:
    names = distinct([str(series.name or "") for series in images])
    is_told_apart = 1 < len(images) <= MOST_LISTED
    return [
        Found(
            name,
            (_sides(series, "Y")[0], _sides(series, "X")[0]),
            prod(_sides(series, _OF_IMAGE, but=True)),
            about=_about(file, series) if is_told_apart else "",
        )
        for name, series in zip(names, images, strict=True)
    ]


def _about(file: tifffile.TiffFile, series: tifffile.TiffPageSeries) -> str:
    """Whether an image is in colour, as previews are, of what type its pixels are and how large."""
    page = series.keyframe
    colours = "RGB of " if "S" in series.axes and page.photometric in _COLOURED else ""
    size_nm = tiff_pixel_size(file, page, file.series.index(series)).width_nm
    return f"{colours}{series.dtype}{'' if size_nm is None else f', {length_text(size_nm)}/px'}"


def _sides(series: tifffile.TiffPageSeries, letters: str, *, but: bool = False) -> list[int]:
    """The lengths of the axes of these letters, or of all but these."""
    return [int(side) for letter, side in zip(series.axes, series.shape, strict=True) if (letter in letters) is not but]


def _loaded(path: Path, series: tifffile.TiffPageSeries, frame: int) -> tuple[NDArray[Any], str]:
    """The pixels of one frame with the letters of their axes; other pages are not read if possible."""
    shape, letters = series.shape, "".join(letter for letter in series.axes if letter in _OF_IMAGE)
    frame_axes = [axis for axis, letter in enumerate(series.axes) if letter not in _OF_IMAGE]
    places = np.unravel_index(frame, [shape[axis] for axis in frame_axes])
    index: list[Any] = [slice(None)] * len(shape)
    for axis, place in zip(frame_axes, places, strict=True):
        index[axis] = int(place)
    n_outer = len(shape) - series.keyframe.ndim
    there = path.stat().st_size
    if series.dataoffset is not None:  # One piece, of which ImageJ writes a whole stack behind one page.
        _check_complete(series.pages[:1], there)
        dtype = np.dtype(series.dtype).newbyteorder(series.keyframe.parent.byteorder)
        check_there(series.dataoffset + prod(shape) * dtype.itemsize, there)
        return np.memmap(path, dtype, "r", series.dataoffset, shape)[tuple(index)], letters
    if len(series.pages) != prod(shape[:n_outer]) or any(axis >= n_outer for axis in frame_axes):
        if series.nbytes > MAX_BYTES:
            raise InputError(f"holds {series.nbytes / 1e9:.1f} GB in one piece; save the frames one by one.")
        _check_complete(series.pages, there)
        return series.asarray()[tuple(index)], letters
    return _of_pages(series, index[:n_outer], frame, there), letters


def _of_pages(series: tifffile.TiffPageSeries, index: list[Any], frame: int, there: int) -> NDArray[Any]:
    outer = series.shape[: len(index)]
    numbers = np.arange(prod(outer)).reshape(outer)[tuple(index)]
    found = [series.pages[int(number)] for number in np.ravel(numbers)]
    pages = [page for page in found if page is not None]
    if len(pages) < len(found):
        raise InputError(f"holds no page for frame {frame}; choose another with frame= (--frame).")
    _check_complete(pages, there)
    decoded = [_decoded(page) for page in pages]
    array = decoded[0] if len(decoded) == 1 else np.stack(decoded)
    return array.reshape(np.shape(numbers) + series.keyframe.shape)


def _decoded(page: tifffile.TiffPage | tifffile.TiffFrame) -> NDArray[Any]:
    try:
        return page.asarray()
    except ValueError as error:
        if "imagecodecs" not in str(error):
            raise
        raise InputError("is compressed in a way that needs `pip install imagecodecs`; or save it plain.") from error


def _check_complete(pages: Iterable[tifffile.TiffPage | tifffile.TiffFrame | None], there: int) -> None:
    """Refuse pages with less than they declare; tifffile fills with zeros what is missing.

    Args:
        pages: which to look at.
        there: bytes in the file.
    """
    for page in pages:
        keyframe = None if page is None else page.keyframe
        if page is None or keyframe is None:
            continue
        offsets, counts = page.dataoffsets, page.databytecounts
        n_pieces = prod(keyframe.chunked)
        if len(offsets) < n_pieces or not all(offsets[:n_pieces]) or not all(counts[:n_pieces]):
            raise InputError(
                f"declares {n_pieces} strips or tiles of pixels and does not hold them all; copy or export it again."
            )
        check_there(max(start + count for start, count in zip(offsets, counts, strict=True)), there)
        if keyframe.compression == _UNCOMPRESSED and keyframe.bitspersample % 8 == 0:
            check_there(keyframe.nbytes, sum(counts))
