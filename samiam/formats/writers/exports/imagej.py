"""Regions for ImageJ: a set of ROIs, and a label image that it opens with its scale."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from roifile import ROI_OPTIONS, ROI_TYPE, ImagejRoi, roiwrite

from samiam.errors import InputError
from samiam.formats.writers.exports.contours import Contour, Ring
from samiam.formats.writers.exports.regions import Colour, Regions
from samiam.storage.files import replacing

_MOVE_TO, _LINE_TO, _CLOSE = 0.0, 1.0, 4.0  # of java.awt.geom.PathIterator, in which ImageJ keeps shapes with holes
_MOST_GROUPS = 255
_MOST_LABELS = np.iinfo(np.uint16).max


def write_rois(path: Path, regions: Regions) -> Path:
    """Write a ROI for each connected part of each region, as a zip that ImageJ's ROI manager opens.

    A part is called as its region, `grain 2 of Ge`, the second and further ones `grain 2 of Ge, part 2`. Their group is
    the number of the region, up to 255. Corners are those of pixels, so that a ROI holds exactly the pixels of its
    part.

    Args:
        path: the file, .zip.
        regions: to be written.

    Returns:
        The file written.
    """
    with replacing(path) as partial:
        roiwrite(partial, _rois(regions), mode="w")
    return path


def _rois(regions: Regions) -> Iterator[ImagejRoi]:
    names: set[str] = set()
    for number, (region, parts) in enumerate(zip(regions.said, regions.contours, strict=True), start=1):
        for place, contour in enumerate(parts, start=1):
            roi = _shape(contour) if contour.holes else _polygon(contour.outer)
            name = region.name.replace("/", "-").replace("\\", "-")  # it is the name of a file within the zip
            roi.name = name if place == 1 else f"{name}, part {place}"
            if roi.name in names:
                roi.name = f"{roi.name} ({number})"
            names.add(roi.name)
            roi.group = number if number <= _MOST_GROUPS else 0
            roi.stroke_color = _argb(region.colour)
            yield roi


def _polygon(ring: Ring) -> ImagejRoi:
    roi = ImagejRoi.frompoints(ring)
    roi.roitype = ROI_TYPE.TRACED
    return roi


def _shape(contour: Contour) -> ImagejRoi:
    """A part with holes."""
    path = [value for ring in (contour.outer, *contour.holes) for value in _path(ring)]
    (left, top), (right, bottom) = contour.outer.min(axis=0).tolist(), contour.outer.max(axis=0).tolist()
    roi = ImagejRoi()
    roi.roitype = ROI_TYPE.RECT
    roi.options |= ROI_OPTIONS.OVERLAY_LABELS
    roi.left, roi.top, roi.right, roi.bottom = left, top, right, bottom
    roi.multi_coordinates = np.array(path, np.float32)
    roi.shape_roi_size = len(path)
    return roi


def _path(ring: Ring) -> Iterator[float]:
    for index, (x, y) in enumerate(ring.tolist()):
        yield from (_LINE_TO if index else _MOVE_TO, x, y)
    yield _CLOSE


def _argb(colour: Colour) -> bytes:
    return bytes((255, *colour))


def write_imagej_labels(path: Path, regions: Regions) -> Path:
    """Write the label image as a TIFF that ImageJ opens with colours and with its scale in nm.

    Args:
        path: the file, .tif.
        regions: whose labels to write, uint16: ImageJ has no larger whole numbers.

    Returns:
        The file written.

    Raises:
        InputError: if there are more regions than those can number.
    """
    if len(regions.masks) > _MOST_LABELS:
        raise InputError(
            f"{regions.micrograph.name}: {len(regions.masks)} regions are more than the {_MOST_LABELS} that ImageJ can "
            "number; leave imagej out of --export."
        )
    width, height = regions.micrograph.pixel_size_nm, regions.micrograph.pixel_height_nm
    resolution = None if width is None or height is None else (1 / width, 1 / height)
    shown = {"min": 0, "max": max(1, len(regions.masks)), "LUTs": [_table(regions)]}
    unit = {} if resolution is None else {"unit": "nm"}
    with replacing(path) as partial:
        labels = regions.labels.astype(np.uint16)
        tifffile.imwrite(partial, labels, imagej=True, metadata={**shown, **unit}, resolution=resolution)
    return path


def _table(regions: Regions) -> NDArray[np.uint8]:
    """ImageJ's table of 256 colours (3, 256), over which it spreads the labels; 0 is black."""
    colours = np.array([(0, 0, 0), *(region.colour for region in regions.said)], np.uint8)
    labels = np.rint(np.linspace(0, len(colours) - 1, 256)).astype(np.intp)
    return np.ascontiguousarray(colours[labels].T)
