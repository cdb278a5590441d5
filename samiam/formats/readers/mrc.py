"""MRC files, by the standard of 2014 and as they were written before it and beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.formats.readers.axes import frame_of
from samiam.formats.readers.pixel_size import PixelSize, pixel_size, square
from samiam.formats.readers.raw import Found, RawImage, Request, check_there

# What is looked at of the header; columns, rows and sections first, or x, y and z, where there are three.
_FIELDS: dict[str, tuple[str, int]] = {
    "sides": ("3i4", 0),
    "mode": ("i4", 12),
    "grid": ("3i4", 28),
    "cell_A": ("3f4", 40),
    "angles_deg": ("3f4", 52),
    "axes": ("3i4", 64),  # which of x, y, z (1, 2, 3) runs along columns, rows and sections
    "extremes": ("2f4", 76),
    "extended": ("i4", 92),
    "extended_kind": ("V4", 104),
    "imod_stamp": ("i4", 152),
    "imod_flags": ("i4", 156),
    "machine_stamp": ("u1", 212),
}
_HEADER = np.dtype(
    {
        "names": list(_FIELDS),
        "formats": [kind for kind, _ in _FIELDS.values()],
        "offsets": [offset for _, offset in _FIELDS.values()],
        "itemsize": 1024,
    }
)
_DTYPES = {0: "i1", 1: "i2", 2: "f4", 3: "c8", 4: "c8", 6: "u2", 12: "f2", 16: "u1"}
_RGB = 16  # a mode of IMOD: three bytes a pixel
_BIG_ENDIAN_STAMP = 0x11
_IMOD, _BYTES_ARE_SIGNED = 1146047817, 1  # "IMOD", and the first bit of its flags
_FEI_SIZE_M = 44  # where the old extended header of FEI has the pixel size


def read_mrc(path: Path, request: Request) -> RawImage:
    """One section along z; Å from the cell, or metres from an old FEI extended header."""
    header, extended = _header(path)
    order = [3 - int(axis) for axis in header["axes"][::-1]]  # of z, y, x (0, 1, 2) in the file, slowest first
    stored = tuple(int(side) for side in header["sides"][::-1])
    n_sections, height, width = (stored[order.index(axis)] for axis in range(3))
    channels = (3,) if header["mode"] == _RGB else ()
    dtype = _dtype(header)
    _, request = request.pick_dataset([Found("", (height, width), n_sections)])
    frame = request.pick(n_sections, (height, width), dtype, *channels)
    offset = _HEADER.itemsize + int(header["extended"])
    shape = (*stored, *channels)
    check_there(offset + int(np.prod(shape, dtype=object)) * dtype.itemsize, path.stat().st_size)
    pixels: NDArray[Any] = np.memmap(path, dtype, "r", offset, shape)
    pair = order.index(1), order.index(2)
    planes = [frame_of(pixels[..., channel], pair, frame) for channel in range(3)] if channels else []
    image = np.stack(planes, axis=2) if planes else frame_of(pixels, pair, frame)
    return RawImage(image, frame, n_sections, _size(header, extended))


def _header(path: Path) -> tuple[np.void, bytes]:
    """The header in its byte order, and what stands behind it.

    Raises:
        InputError: if it cannot be one of an MRC file whose pixels are read here.
    """
    with path.open("rb") as file:
        content = file.read(_HEADER.itemsize + _FEI_SIZE_M + 4)
    if len(content) < _HEADER.itemsize:
        raise InputError("ends before its pixels do; it was cut short, copy or export it again.")
    is_big = content[_FIELDS["machine_stamp"][1]] == _BIG_ENDIAN_STAMP
    # Stamps are missing in old files, and wrong in some.
    orders: tuple[Literal["<", ">"], ...] = (">", "<") if is_big else ("<", ">")
    headers = [np.frombuffer(bytearray(content), _HEADER.newbyteorder(order), 1)[0] for order in orders]
    for header in headers:
        if _is_plausible(header):
            return header, content[_HEADER.itemsize :]
    mode, sides, axes = (headers[0][name] for name in ("mode", "sides", "axes"))
    raise InputError(
        f"is not an MRC file of mode {', '.join(map(str, _DTYPES))} (its header says {mode}, "
        f"{' x '.join(map(str, sides))} pixels along the axes {', '.join(map(str, axes))}); save it as one of these."
    )


def _is_plausible(header: np.void) -> bool:
    """Whether this can be a header: in the wrong byte order it cannot. All axes are 0 in files before 2000."""
    axes = header["axes"].tolist()
    if not any(axes):
        header["axes"] = axes = [1, 2, 3]
    return bool(
        int(header["mode"]) in _DTYPES
        and min(header["sides"]) > 0
        and sorted(axes) == [1, 2, 3]
        and header["extended"] >= 0
    )


def _dtype(header: np.void) -> np.dtype[Any]:
    """Of the pixels. Bytes are signed by the standard, but unsigned where IMOD's flag or the extremes say so."""
    dtype = np.dtype(_DTYPES[int(header["mode"])]).newbyteorder(header.dtype["mode"].byteorder)
    if dtype != np.int8:
        return dtype
    low, high = header["extremes"]
    if header["imod_stamp"] == _IMOD:
        is_signed = bool(header["imod_flags"] & _BYTES_ARE_SIGNED)
    else:
        is_signed = not (low >= 0 and high > np.iinfo(np.int8).max)
    return dtype if is_signed else np.dtype(np.uint8)


def _size(header: np.void, extended: bytes) -> PixelSize:
    """From the cell, or from the extended header where that has no kind, as FEI's once had none."""
    is_fei = header["extended"] > 0 and not any(bytes(header["extended_kind"])) and header["imod_stamp"] != _IMOD
    if is_fei and len(extended) >= _FEI_SIZE_M + 4:
        size = square("MRC extended header", *_fei(extended, header))
        if size.width_nm is not None:
            return size
    (n_x, n_y, _), (x, y, _) = header["grid"].tolist(), header["cell_A"].tolist()
    if min(n_x, n_y) < 1:
        return PixelSize()
    gamma = float(header["angles_deg"][2])
    if gamma not in (0.0, 90.0) and x > 0:
        return PixelSize(remark=f"MRC cell has x and y at {gamma:g}°, so the pixel size is unknown")
    return pixel_size("MRC cell", (x / n_x, "Å"), (y / n_y, "Å"))


def _fei(extended: bytes, header: np.void) -> tuple[float, str]:
    kind = np.dtype("f4").newbyteorder(header.dtype["mode"].byteorder)
    return float(np.frombuffer(extended, kind, 1, _FEI_SIZE_M)[0]), "m"
