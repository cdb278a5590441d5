"""The many places where programs write the pixel size into a TIFF."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from xml.etree import ElementTree

from tifffile import TiffFile, TiffPage

from samiam.formats.readers.interval import Interval, interval
from samiam.formats.readers.pixel_size import Length, PixelSize, is_of_printing, pixel_size, printable, square

_RESOLUTION_UNIT = {2: 2.54e7, 3: 1e7}  # nm of an inch and a centimetre, by TIFF 6.0's codes
_FEI_TAGS, _ZEISS_TAG, _OLYMPUS_TAG = (34682, 34680), 34118, 33560
_ZEISS_SCREEN_PX = 1024  # of which SmartSEM gives the pixel size where it gives none of the image
_DM_UNITS, _DM_SCALES = (65003, 65004, 65005), (65009, 65010, 65011)  # DigitalMicrograph's, along x, y and the stack
_DAMAGED = (AttributeError, KeyError, IndexError, TypeError, ValueError, ElementTree.ParseError, RecursionError)


def tiff_pixel_size(file: TiffFile, page: TiffPage, number: int) -> PixelSize:
    """The first place that gives a pixel size; those that state a unit of length come before printing tags.

    Args:
        file: whose description of ImageJ or OME counts for all pages.
        page: the image.
        number: of its series in the file.
    """
    places: tuple[Callable[[], PixelSize], ...] = (
        lambda: _from_description(page),
        lambda: _from_ome(file, number),
        lambda: _from_imagej(file, page),
        lambda: _from_fei(page),
        lambda: _from_zeiss(page),
        lambda: _from_olympus(page),
        lambda: _from_dm(page),
        lambda: _from_resolution(page),
    )
    unknown = PixelSize()
    for place in places:
        try:
            size = place()
        except _DAMAGED:
            continue  # The pixels are as good as without any.
        if size.width_nm is not None:
            return size
        unknown = unknown if unknown.remark else size
    return unknown


def _from_description(page: TiffPage) -> PixelSize:
    """As label images of this project say it."""
    said = json.loads(page.description)
    width = said["pixel_size_nm"]
    return pixel_size("description", (width, "nm"), (said.get("pixel_height_nm", width), "nm"))


def _from_ome(file: TiffFile, number: int) -> PixelSize:
    images = ElementTree.fromstring(file.ome_metadata or "").findall("{*}Image/{*}Pixels")
    said = images[number] if len(images) == len(file.series) else images[0]
    if len(images) > 1 and len(images) != len(file.series):
        return PixelSize()
    x, y = (
        (said.get(f"PhysicalSize{axis}"), said.get(f"PhysicalSize{axis}Unit", "µm"))
        if f"PhysicalSize{axis}" in said.attrib
        else None
        for axis in "XY"
    )
    return pixel_size("OME PhysicalSizeX", x, y)


def _from_imagej(file: TiffFile, page: TiffPage) -> PixelSize:
    """Its unit may be that of the resolution for printing with which a picture was opened."""
    said = file.imagej_metadata or {}
    units = said["unit"], said.get("yunit", said["unit"])
    size = printable if any(map(is_of_printing, units)) else pixel_size
    return size("ImageJ unit", *_per(page, 1.0, *units))


def _from_fei(page: TiffPage) -> PixelSize:
    metadata = _fei(page)
    for section in ("Scan", "EScan", "IScan"):
        said = metadata.get(section, {})
        if "PixelWidth" in said or "PixelHeight" in said:
            x, y = ((said[key], "m") if key in said else None for key in ("PixelWidth", "PixelHeight"))
            return pixel_size("FEI metadata", x, y)
    return PixelSize()


def _fei(page: TiffPage) -> dict[str, Any]:
    return next((said for tag in _FEI_TAGS if isinstance(said := page.tags.valueof(tag), dict)), {})


def _from_zeiss(page: TiffPage) -> PixelSize:
    said = page.tags.valueof(_ZEISS_TAG)
    if "ap_image_pixel_size" in said:
        _, size, unit = said["ap_image_pixel_size"]
    else:
        _, on_screen, unit = said["ap_pixel_size"]
        size = on_screen * _ZEISS_SCREEN_PX / page.imagewidth
    return square("Zeiss metadata", size, unit)


def _from_olympus(page: TiffPage) -> PixelSize:
    said = page.tags.valueof(_OLYMPUS_TAG)
    return pixel_size("Olympus metadata", (said["pixelsizex"], "m"), (said["pixelsizey"], "m"))


def _from_dm(page: TiffPage) -> PixelSize:
    x, y, _ = _dm_axes(page)
    return pixel_size("DM calibration", x, y)


def _dm_axes(page: TiffPage) -> list[Length | None]:
    """The steps along x, y and the stack, None where there is no such tag."""
    numbers = zip(_DM_SCALES, _DM_UNITS, strict=True)
    return [
        (page.tags[scale].value, page.tags[unit].value) if scale in page.tags and unit in page.tags else None
        for scale, unit in numbers
    ]


def _from_resolution(page: TiffPage) -> PixelSize:
    unit_nm = _RESOLUTION_UNIT[int(page.tags["ResolutionUnit"].value)]
    return printable("TIFF resolution", *_per(page, unit_nm, "nm", "nm"))


def _per(page: TiffPage, length: float, unit_x: object, unit_y: object) -> tuple[Length | None, Length | None]:
    """Lengths of a pixel from the resolution tags, pixels per length; None where there is no such tag."""
    return _side(page, "XResolution", length, unit_x), _side(page, "YResolution", length, unit_y)


def _side(page: TiffPage, tag: str, length: float, unit: object) -> Length | None:
    if tag not in page.tags:
        return None
    numerator, denominator = page.tags[tag].value
    return (length * denominator / numerator if numerator and denominator else None), unit


def tiff_interval(file: TiffFile, page: TiffPage) -> Interval:
    """The time between frames that OME, ImageJ or DigitalMicrograph have noted."""
    with suppress(*_DAMAGED):
        pixels = ElementTree.fromstring(file.ome_metadata or "").findall("{*}Image/{*}Pixels")
        said = {(one.get("TimeIncrement"), one.get("TimeIncrementUnit", "s")) for one in pixels}
        if len(said) == 1:
            return interval("OME TimeIncrement", *said.pop())
    with suppress(*_DAMAGED):
        noted = file.imagej_metadata or {}
        return interval("ImageJ frame interval", noted["finterval"], noted.get("tunit", "s"))
    with suppress(*_DAMAGED):
        if (along_stack := _dm_axes(page)[2]) is not None:
            return interval("DM calibration", *along_stack)
    return Interval()


def data_bar_px(page: TiffPage) -> int:
    """Rows of the data bar under an image of FEI: the page is higher than the scan."""
    height, scanned = page.imagelength, _fei(page).get("Image", {}).get("ResolutionY")
    return height - scanned if isinstance(scanned, int) and height / 2 < scanned < height else 0
