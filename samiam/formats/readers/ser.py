"""SER files of TIA, whose headers ncempy reads."""

from __future__ import annotations

import re
import struct
from contextlib import suppress
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from samiam.errors import InputError
from samiam.formats.readers.interval import Interval, interval
from samiam.formats.readers.ncempy_modules import ncempy_io
from samiam.formats.readers.pixel_size import pixel_size
from samiam.formats.readers.raw import Found, RawImage, Request, are_of_diffraction, check_there, scanned_by

if TYPE_CHECKING:
    from ncempy.io import ser
else:
    ser = ncempy_io("ser")

_IMAGES = 0x4122  # DataTypeID
_MODE = re.compile(rb"<Label>Mode</Label><Value>([^<]{1,200})</Value>")
_N_ELEMENTS_AT = 14  # in the header: TotalNumberElements, for which ncempy takes memory unseen


class _SerFile(ser.fileSER):  # type: ignore[misc]
    """The reader of ncempy without two faults: it cannot read 8-bit images, nor any beside a damaged .emi file."""

    _dictDataType = {**ser.fileSER._dictDataType, 1: "<u1"}  # noqa: N815, RUF012

    def _read_emi(self) -> None:
        self._emi = None


def read_ser(path: Path, request: Request) -> RawImage:
    """TIA series: one frame per element; the file holds the bottom row first, which is turned here."""
    with path.open("rb") as opened:
        (n_elements,) = struct.unpack_from("<i", opened.read(18), _N_ELEMENTS_AT)
    check_there(8 * n_elements, path.stat().st_size)  # two tables, of 4 bytes each at least
    with _SerFile(path) as file:
        if file.head["DataTypeID"] != _IMAGES:
            raise InputError("holds spectra, not images; give an image series.")
        n_frames = int(file.head["ValidNumberElements"])
        if n_frames < 1:
            raise InputError("holds no image; export it again from TIA.")
        if n_frames > n_elements:
            raise InputError(f"says that {n_frames} of {n_elements} images are valid; export it again from TIA.")
        shape_hw, dtype = _declared(path, file, 0)
        _, request = request.pick_dataset([Found("", shape_hw, n_frames)])
        frame = request.pick(n_frames, shape_hw, dtype)
        shape_hw, dtype = _declared(path, file, frame)
        request.pick(n_frames, shape_hw, dtype)
        array, metadata = file.getDataset(frame)
        every = _interval(file, n_frames)
    along_x, along_y = ((side["CalibrationDelta"], "m") for side in metadata["Calibration"][:2])
    size = pixel_size("SER calibration", along_x, along_y)
    mode = _mode_beside(path)
    detector, is_diffraction = scanned_by(mode, ""), are_of_diffraction(mode)
    return RawImage(array, frame, n_frames, size, every, detector=detector, is_diffraction=is_diffraction)


def _mode_beside(path: Path) -> str:
    """The mode of the microscope, as "STEM nP SA Zoom Diffraction", from the .emi beside: a.emi is that of a_1.ser."""
    emi = path.with_name(f"{path.stem.rpartition('_')[0]}.emi")
    with suppress(OSError, ValueError), emi.open("rb") as opened, mmap(opened.fileno(), 0, access=ACCESS_READ) as held:
        if found := _MODE.search(held):
            return found[1].decode("latin-1")
    return ""


def _interval(file: _SerFile, n_frames: int) -> Interval:
    """From the times of the first and the last element, which are in whole seconds; unknown where there are none."""
    first, last = (int(file._getTag(index)["Time"]) for index in (0, n_frames - 1))
    is_told = 0 < first < last
    return interval("SER time tags", (last - first) / (n_frames - 1), "s") if is_told else Interval()


def _declared(path: Path, file: _SerFile, frame: int) -> tuple[tuple[int, int], np.dtype[Any]]:
    """Shape and type of an element, which stand behind two calibrations of 20 bytes."""
    offset = int(file.head["DataOffsetArray"][frame]) + 40
    code = int(np.fromfile(path, "<i2", 1, offset=offset)[0])
    width, height = (int(side) for side in np.fromfile(path, "<i4", 2, offset=offset + 2))
    dtype = np.dtype(_SerFile._dictDataType[code])
    check_there(offset + 10 + width * height * dtype.itemsize, path.stat().st_size)
    return (height, width), dtype
