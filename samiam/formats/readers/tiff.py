"""TIFF: the pixels, and the many places where programs write the pixel size."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import tifffile
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.formats.readers.raw import RawImage, Request, real_size
from samiam.formats.readers.units import to_nm

_NM_PER_RESOLUTION_UNIT = {2: 2.54e7, 3: 1e7}  # inch and centimetre, by TIFF 6.0's codes
# Above this a resolution tag is one for printing: 72 dpi is 353 µm per pixel.
_LARGEST_TAGGED_SIZE_NM = 100.0


def read_tiff(path: Path, request: Request) -> RawImage:
    """8-, 16- and 32-bit integers and floats, one page or many, grey or with channels; the first series."""
    with tifffile.TiffFile(path) as file:
        series = file.series[0]
        axes, shape = series.axes, series.shape
        if "Y" not in axes or "X" not in axes:
            raise InputError(f"holds an array of shape {shape}; an image has two dimensions (H, W).")
        frame_axes = [axis for axis, letter in enumerate(axes) if letter not in "YXCS"]
        n_frames = int(np.prod([shape[axis] for axis in frame_axes], dtype=np.int64))
        shape_hw = shape[axes.index("Y")], shape[axes.index("X")]
        frame = request.pick(n_frames, shape_hw, np.dtype(series.dtype))
        array = _load_frame(series, frame_axes, frame, path.stat().st_size)
        order = "".join(letter for letter in axes if letter in "YXCS")
        image = _colours_last(array, order, series.keyframe)
        bar_px = _data_bar_px(file, shape_hw[0])
        return RawImage(image, frame, n_frames, **_pixel_size(file), data_bar_px=bar_px)


def _load_frame(series: tifffile.TiffPageSeries, frame_axes: list[int], frame: int, file_size: int) -> NDArray[Any]:
    """The pixels of one frame, (Y, X) and channels in the file's order; other pages are not read if possible."""
    shape = series.shape
    index: list[Any] = [slice(None)] * len(shape)
    for axis, position in zip(frame_axes, np.unravel_index(frame, [shape[axis] for axis in frame_axes]), strict=True):
        index[axis] = int(position)
    n_outer = len(shape) - series.keyframe.ndim
    outer = shape[:n_outer]
    n_pages = int(np.prod(outer, dtype=np.int64))
    if len(series.pages) != n_pages or any(axis >= n_outer for axis in frame_axes):
        # ImageJ writes a whole stack behind one page.
        _check_complete(list(series.pages), file_size)
        whole: NDArray[Any] = series.asarray()
        frame_pixels: NDArray[Any] = whole[tuple(index)]
        return frame_pixels
    numbers = np.arange(n_pages).reshape(outer)[tuple(index[:n_outer])]
    found = [series.pages[int(number)] for number in np.ravel(numbers)]
    pages = [page for page in found if page is not None]
    if len(pages) < len(found):
        raise InputError(f"holds no page for frame {frame}; choose another with frame= (--frame).")
    _check_complete(pages, file_size)
    return np.stack([_decoded(page) for page in pages]).reshape(np.shape(numbers) + series.keyframe.shape)


def _decoded(page: tifffile.TiffPage | tifffile.TiffFrame) -> NDArray[Any]:
    try:
        return page.asarray()
    except ValueError as error:
        if "imagecodecs" not in str(error):
            raise
        raise InputError("is compressed in a way that needs `pip install imagecodecs`; or save it plain.") from error


def _check_complete(pages: list[Any], file_size: int) -> None:
    """Tifffile fills what is missing at the end of a file with zeros."""
    for page in pages:
        ends = [start + count for start, count in zip(page.dataoffsets, page.databytecounts, strict=True)]
        if max(ends, default=0) > file_size:
            raise InputError("ends before its pixels do; it was cut short, copy or export it again.")


def _colours_last(array: NDArray[Any], order: str, page: tifffile.TiffPage) -> NDArray[Any]:
    """(H, W), or (H, W, C) without alpha, and never with black and white exchanged."""
    if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE and array.dtype.kind == "u":
        array = np.iinfo(array.dtype).max - array
    channels = [letter for letter in order if letter in "CS"]
    array = array.transpose([order.index(letter) for letter in ("Y", "X", *channels)])
    if "S" in channels and len(page.extrasamples) < array.shape[-1]:
        array = array[..., : array.shape[-1] - len(page.extrasamples)]
    return array.reshape(*array.shape[:2], -1) if channels else array


def _pixel_size(file: tifffile.TiffFile) -> dict[str, Any]:
    """The first place that gives a pixel size; those that state a unit of length come before printing tags."""
    places: dict[str, Callable[[tifffile.TiffFile], float | None]] = {
        "description": _from_description,
        "OME PhysicalSizeX": _from_ome,
        "ImageJ unit": _from_imagej,
        "FEI metadata": _from_fei,
        "Zeiss metadata": _from_zeiss,
        "resolution tags": _from_resolution,
    }
    for source, find in places.items():
        try:
            size_nm = find(file)
        except (AttributeError, KeyError, TypeError, ValueError, ElementTree.ParseError):
            continue  # Damaged metadata: the pixels are as good as without any.
        if size_nm is not None:
            return real_size(size_nm, source)
    return {}


def _from_description(file: tifffile.TiffFile) -> float | None:
    return to_nm(json.loads(file.pages.first.description)["pixel_size_nm"], "nm")


def _from_ome(file: tifffile.TiffFile) -> float | None:
    pixels = ElementTree.fromstring(file.ome_metadata or "").find(".//{*}Pixels")
    return None if pixels is None else to_nm(pixels.get("PhysicalSizeX"), pixels.get("PhysicalSizeXUnit", "µm"))


def _from_imagej(file: tifffile.TiffFile) -> float | None:
    unit = (file.imagej_metadata or {})["unit"]
    return to_nm(1 / _pixels_per_unit(file), unit)


def _from_fei(file: tifffile.TiffFile) -> float | None:
    metadata = file.fei_metadata or {}
    widths = (metadata.get(section, {}).get("PixelWidth") for section in ("Scan", "EScan", "IScan"))
    return next((size for size in (to_nm(width, "m") for width in widths) if size is not None), None)


def _from_zeiss(file: tifffile.TiffFile) -> float | None:
    _, size, unit = (file.sem_metadata or {})["ap_image_pixel_size"]
    return to_nm(size, unit)


def _from_resolution(file: tifffile.TiffFile) -> float | None:
    unit_nm = _NM_PER_RESOLUTION_UNIT[int(file.pages.first.tags["ResolutionUnit"].value)]
    size_nm = to_nm(unit_nm / _pixels_per_unit(file), "nm")
    return size_nm if size_nm is not None and size_nm < _LARGEST_TAGGED_SIZE_NM else None


def _pixels_per_unit(file: tifffile.TiffFile) -> float:
    numerator, denominator = file.pages.first.tags["XResolution"].value
    if not numerator or not denominator:
        raise ValueError("no resolution")
    return float(numerator / denominator)


def _data_bar_px(file: tifffile.TiffFile, height: int) -> int:
    """Rows of the data bar under an image of FEI: the page is higher than the scan."""
    metadata = file.fei_metadata or {}
    scanned = metadata.get("Image", {}).get("ResolutionY")
    is_lower = isinstance(scanned, int) and height / 2 < scanned < height
    return height - int(scanned) if is_lower else 0
