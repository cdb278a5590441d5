"""A small writer of DM3 and DM4 files, after the description at bio3d.colorado.edu/imod (no code of any reader)."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DATA_TYPES = {
    "int16": 1,
    "float32": 2,
    "complex64": 3,
    "uint8": 6,
    "int32": 7,
    "uint16": 10,
    "uint32": 11,
    "float64": 12,
}
_COLOUR = 23
_TAG_TYPES = {"int16": 2, "int32": 3, "uint16": 4, "uint32": 5, "float32": 6, "float64": 7, "uint8": 10}
Tag = tuple[str, Any]


class _Writer:
    def __init__(self, version: int) -> None:
        self.version = version
        self.word = ">Q" if version == 4 else ">I"

    def words(self, *values: int) -> bytes:
        return b"".join(struct.pack(self.word, value) for value in values)

    def group(self, tags: list[Tag]) -> bytes:
        return b"\x01\x00" + self.words(len(tags)) + b"".join(self.tag(name, value) for name, value in tags)

    def tag(self, name: str, value: Any) -> bytes:
        is_group = isinstance(value, list)
        body = self.group(value) if is_group else b"%%%%" + self.value(value)
        size = self.words(len(body)) if self.version == 4 else b""
        return bytes([20 if is_group else 21]) + struct.pack(">H", len(name)) + name.encode("latin-1") + size + body

    def value(self, value: Any) -> bytes:
        if isinstance(value, str):
            return self.words(3, 20, 4, len(value)) + value.encode("utf-16-le")
        if isinstance(value, np.ndarray):
            if value.dtype.kind == "c":
                value = value.view(np.float32)
            return self.words(3, 20, _TAG_TYPES[str(value.dtype)], value.size) + value.tobytes()
        if isinstance(value, float):
            return self.words(1, 6) + struct.pack("<f", value)
        return self.words(1, 5) + struct.pack("<I", value)


def _image(
    pixels: NDArray[Any],
    data_type: int,
    sides: list[int],
    scales: list[float],
    units: list[str],
    name: str = "",
    tags: dict[str, dict[str, str]] | None = None,
) -> Tag:
    dimensions = [
        ("", [("Origin", 0.0), ("Scale", scale), ("Units", unit)]) for scale, unit in zip(scales, units, strict=True)
    ]
    return (
        "",
        [
            ("Name", name),
            ("ImageTags", [(group, list(named.items())) for group, named in (tags or {}).items()]),
            (
                "ImageData",
                [
                    ("Calibrations", [("Dimension", dimensions)]),
                    ("Data", pixels.ravel()),
                    ("DataType", data_type),
                    ("Dimensions", [("", side) for side in sides]),
                ],
            ),
        ],
    )


def _data_type(pixels: NDArray[Any]) -> int:
    is_colour = pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 4
    return _COLOUR if is_colour else _DATA_TYPES[str(pixels.dtype)]


def _sides(pixels: NDArray[Any]) -> list[int]:
    return list(pixels.shape[1::-1] if _data_type(pixels) == _COLOUR else pixels.shape[::-1])


def write_dm(
    path: Path,
    pixels: NDArray[Any],
    *,
    version: int = 4,
    scale: float | list[float] = 0.02,
    unit: str | list[str] = "nm",
    thumbnail: bool = True,
    others: dict[str, NDArray[Any]] | None = None,
    listed_thumbnails: tuple[int, ...] = (),
    name: str = "",
    tags: dict[str, dict[str, str]] | None = None,
) -> Path:
    """Write pixels (H, W) or (F, H, W) in little-endian order, behind a colour thumbnail as the program does.

    Scales and units are of the fastest axis first; `others` are further images by their names, and thumbnails are
    listed by their place from 0; `tags` of the image are in groups, as "Microscope Info" and "Meta Data".
    """
    sides = _sides(pixels)
    scales = scale if isinstance(scale, list) else [scale] * len(sides)
    units = unit if isinstance(unit, list) else [unit] * len(sides)
    image = _image(pixels, _data_type(pixels), sides, scales, units, name, tags)
    small = _image(np.full(64, 7, np.int32), 23, [8, 8], [1.0, 1.0], ["", ""])
    more = [
        _image(other, _data_type(other), _sides(other), [0.5] * other.ndim, ["nm"] * other.ndim, name)
        for name, other in (others or {}).items()
    ]
    writer = _Writer(version)
    thumbnails = [("", [("ImageIndex", place)]) for place in listed_thumbnails]
    body = writer.group([("ImageList", [*([small] if thumbnail else []), image, *more]), ("Thumbnails", thumbnails)])
    header = struct.pack(">I", version) + writer.words(len(body)) + struct.pack(">I", 1)
    path.write_bytes(header + body + bytes(8))
    return path
