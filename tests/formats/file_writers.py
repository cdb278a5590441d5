"""Tiny files of the other microscope formats."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

_SER_TYPES = {"uint8": 1, "uint16": 2, "uint32": 3, "int8": 4, "int16": 5, "int32": 6, "float32": 7, "float64": 8}


def write_ser(
    path: Path, frames: NDArray[Any], pixel_size_m: float = 2e-11, pixel_height_m: float | None = None
) -> Path:
    """A TIA series of frames (F, H, W)."""
    n, height, width = frames.shape
    dimension = struct.pack("<iddi", n, 0.0, 1.0, 0) + struct.pack("<i", 6) + b"Number" + struct.pack("<i", 0)
    table_at = 3 * 2 + 4 * 4 + 8 + 4 + len(dimension)
    sizes = (pixel_size_m, pixel_size_m if pixel_height_m is None else pixel_height_m)
    calibrations = b"".join(struct.pack("<ddi", 0.0, size, 0) for size in sizes)
    elements = [
        calibrations
        + struct.pack("<hii", _SER_TYPES[str(frames.dtype)], width, height)
        + np.ascontiguousarray(frame[::-1]).tobytes()
        for frame in frames
    ]
    data_at = table_at + 16 * n
    offsets = [data_at + index * len(elements[0]) for index in range(n)]
    header = struct.pack("<HHHiiii", 0x4949, 0x0197, 0x0220, 0x4122, 0x4152, n, n)
    table = struct.pack(f"<{2 * n}q", *offsets, *([data_at + n * len(elements[0])] * n))
    path.write_bytes(header + struct.pack("<qi", table_at, 1) + dimension + table + b"".join(elements))
    return path


def write_mrc(path: Path, sections: NDArray[Any], pixel_size_a: float = 0.2, mode: int | None = None) -> Path:
    """Sections (F, H, W) after the MRC2014 standard."""
    n, height, width = sections.shape
    known = {"int8": 0, "int16": 1, "float32": 2, "uint16": 6, "float16": 12}
    header = bytearray(1024)
    struct.pack_into("<4i", header, 0, width, height, n, known[str(sections.dtype)] if mode is None else mode)
    struct.pack_into("<3i", header, 28, width, height, n)
    struct.pack_into("<3f", header, 40, width * pixel_size_a, height * pixel_size_a, n * pixel_size_a)
    struct.pack_into("<3i", header, 64, 1, 2, 3)
    header[208:216] = b"MAP DD\x00\x00"
    path.write_bytes(bytes(header) + sections.tobytes())
    return path


def write_velox(
    path: Path,
    detectors: dict[str, NDArray[Any]],
    pixel_size_m: float = 2e-11,
    unit: str = "m",
    height: tuple[float, str] | None = None,
    metadata: dict[str, Any] | None = None,
) -> Path:
    """One data set (H, W, F) for each detector, with the part of the metadata that is of interest."""
    pixel_height_m, unit_y = height or (pixel_size_m, unit)
    with h5py.File(path, "w") as file:
        for number, (detector, pixels) in enumerate(detectors.items()):
            group = file.create_group(f"Data/Image/{number:032x}")
            group["Data"] = pixels
            text = metadata or {
                "BinaryResult": {
                    "PixelUnitX": unit,
                    "PixelUnitY": unit_y,
                    "PixelSize": {"width": str(pixel_size_m), "height": str(pixel_height_m)},
                    "Detector": detector,
                },
                "Acquisition": {"AcquisitionStartDatetime": {"DateTime": "1600000000"}},
                "Stage": {},
            }
            column = np.zeros(4096, np.uint8)
            encoded = np.frombuffer(json.dumps(text).encode(), np.uint8)
            column[: len(encoded)] = encoded
            group["Metadata"] = np.repeat(column[:, None], pixels.shape[2], axis=1)
    return path
