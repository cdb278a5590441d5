"""DM3/DM4, SER and MRC files, whose headers ncempy reads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.formats.readers.ncempy_modules import ncempy_io
from samiam.formats.readers.raw import RawImage, Request, real_size
from samiam.formats.readers.units import to_nm

if TYPE_CHECKING:
    from ncempy.io import dm, mrc, ser
else:
    dm, mrc, ser = map(ncempy_io, ("dm", "mrc", "ser"))

_CUT_SHORT = "ends before its pixels do; it was cut short, copy or export it again."
# DataType codes of DigitalMicrograph (the numbers in its own header files); 23 is blue, green, red, unused.
_DM_DTYPES = {
    1: "<i2",
    2: "<f4",
    3: "<c8",
    6: "u1",
    7: "<i4",
    9: "i1",
    10: "<u2",
    11: "<u4",
    12: "<f8",
    13: "<c16",
    14: "bool",
}
_DM_RGB = 23  # see the codes above
# A calibration beyond these is no pixel of an electron microscope but a reciprocal length or another header's bytes.
_SMALLEST_NM, _LARGEST_NM = 1e-5, 1e5


def read_dm(path: Path, request: Request) -> RawImage:
    """DM3 and DM4: the first image that is not a thumbnail; a series or a spectrum image gives one frame per plane."""
    # An open file, because ncempy leaks its memory map when a header is damaged.
    with path.open("rb") as file:
        tags = dm.fileDM(file).allTags
        prefix = _dm_image(tags)
        width, height, *outer = _dm_sides(tags, prefix)
        code = int(tags[f"{prefix}.DataType"])
        if code != _DM_RGB and code not in _DM_DTYPES:
            raise InputError(f"holds pixels of DigitalMicrograph type {code}; save them as integers or floats.")
        dtype = np.dtype(_DM_DTYPES.get(code, "u1"))
        n_frames = int(np.prod(outer, dtype=np.int64))
        frame = request.pick(n_frames, (height, width), dtype)
        shape = (height, width, 4) if code == _DM_RGB else (height, width)
        array = _read_frame(path, dtype, int(tags[f"{prefix}.Data.arrayOffset"]), shape, frame)
    scale = f"{prefix}.Calibrations.Dimension.1"
    size_nm = to_nm(tags.get(f"{scale}.Scale"), tags.get(f"{scale}.Units"))
    image = array[..., 2::-1] if code == _DM_RGB else array
    return RawImage(image, frame, n_frames, **real_size(size_nm, "DM calibration"))


def _dm_image(tags: dict[str, Any]) -> str:
    """The tag group of the image: the first that is not colour, for a thumbnail is, and stands before it."""
    groups = [key.removesuffix(".DataType") for key in tags if key.endswith(".ImageData.DataType")]
    if not groups:
        raise InputError("holds no image; export it again from DigitalMicrograph.")
    return next((group for group in groups if tags[f"{group}.DataType"] != _DM_RGB), groups[-1])


def _dm_sides(tags: dict[str, Any], prefix: str) -> list[int]:
    keys = [f"{prefix}.Dimensions.{number}" for number in range(1, 5)]
    sides = [int(tags[key]) for key in keys if key in tags]
    if len(sides) < 2 or sides[1] == 1:
        raise InputError("holds a spectrum, not an image; give an image.")
    return sides


def _read_frame(path: Path, dtype: np.dtype[Any], offset: int, shape: tuple[int, ...], frame: int) -> NDArray[Any]:
    count = int(np.prod(shape, dtype=np.int64))
    start = offset + frame * count * dtype.itemsize
    if start + count * dtype.itemsize > path.stat().st_size:
        raise InputError(_CUT_SHORT)
    return np.fromfile(path, dtype, count, offset=start).reshape(shape)


class _SerFile(ser.fileSER):  # type: ignore[misc]
    """The reader of ncempy without two faults: it cannot read 8-bit images, nor any beside a damaged .emi file."""

    _dictDataType = {**ser.fileSER._dictDataType, 1: "<u1"}  # noqa: N815, RUF012

    def _read_emi(self) -> None:
        self._emi = None


def read_ser(path: Path, request: Request) -> RawImage:
    """TIA series: one frame per element; the file holds the bottom row first, which is turned here."""
    with _SerFile(path) as file:
        if file.head["DataTypeID"] != 0x4122:
            raise InputError("holds spectra, not images; give an image series.")
        n_frames = int(file.head["ValidNumberElements"])
        if n_frames < 1:
            raise InputError("holds no image; export it again from TIA.")
        shape_hw, dtype = _ser_declared(path, file, 0)
        frame = request.pick(n_frames, shape_hw, dtype)
        shape_hw, dtype = _ser_declared(path, file, frame)
        request.pick(n_frames, shape_hw, dtype)
        array, metadata = file.getDataset(frame)
    size_nm = _plausible(to_nm(metadata["Calibration"][0]["CalibrationDelta"], "m"))
    return RawImage(array, frame, n_frames, **real_size(size_nm, "SER calibration"))


def _ser_declared(path: Path, file: _SerFile, frame: int) -> tuple[tuple[int, int], np.dtype[Any]]:
    """Shape and type of an element, which stand behind two calibrations of 20 bytes."""
    offset = int(file.head["DataOffsetArray"][frame]) + 40
    code = int(np.fromfile(path, "<i2", 1, offset=offset)[0])
    width, height = (int(side) for side in np.fromfile(path, "<i4", 2, offset=offset + 2))
    dtype = np.dtype(_SerFile._dictDataType[code])
    if offset + 10 + width * height * dtype.itemsize > path.stat().st_size:
        raise InputError(_CUT_SHORT)
    return (height, width), dtype


def read_mrc(path: Path, request: Request) -> RawImage:
    """MRC: one frame per section; Å from the cell, or metres from an old FEI extended header."""
    with path.open("rb") as file:
        header = mrc.fileMRC(file)
        n_frames, height, width = (int(side) for side in header.dataSize)
        if header.dataType is None or min(n_frames, height, width) < 1:
            # ncempy would read an unknown mode as float64.
            raise InputError(
                f"is not an MRC file of mode 0, 1, 2 or 6 (its header says {header.mrcType}); save it as one of these."
            )
        dtype = np.dtype(header.dataType)
        frame = request.pick(n_frames, (height, width), dtype)
        offset = int(header.dataOffset)
        if os.fstat(file.fileno()).st_size < offset + n_frames * height * width * dtype.itemsize:
            raise InputError(_CUT_SHORT)
        array = header.getSlice(frame)
        return RawImage(array, frame, n_frames, **_mrc_size(header))


def _mrc_size(header: mrc.fileMRC) -> dict[str, Any]:
    """The pixel size from its own fields, because ncempy says 1 Å where the file says nothing."""
    is_old_fei = header.extra[1] != 0 and header.extra[4] == 0  # No type is given for the extended header.
    fei_nm = _plausible(to_nm(header.FEIinfo.get("pixel_size"), "m")) if is_old_fei else None
    if fei_nm is not None:
        return real_size(fei_nm, "MRC extended header")
    length_a, n_pixels = float(header.volumeSize[2]), int(header.gridSize[2])
    return real_size(_plausible(to_nm(length_a / n_pixels, "Å")) if n_pixels > 0 else None, "MRC cell")


def _plausible(size_nm: float | None) -> float | None:
    return size_nm if size_nm is not None and _SMALLEST_NM < size_nm < _LARGEST_NM else None
