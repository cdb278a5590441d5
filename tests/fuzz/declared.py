"""Small files that declare more than they hold: what is taken at its word costs gigabytes."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import h5py
import numpy as np
import tifffile
from file_writers import write_mrc, write_ser, write_velox
from mutation import repaired_png
from PIL import Image
from valid_files import BYTES, berkeley, in_dm

HUGE_PX = 16_000
N = 10**9


def jpeg(folder: Path) -> None:
    """Two kilobytes that declare 16,000 × 16,000 px."""
    file = io.BytesIO()
    Image.fromarray(BYTES).save(file, "JPEG")
    content = bytearray(file.getvalue())
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = struct.pack(">HH", HUGE_PX, HUGE_PX)
    (folder / "a.jpg").write_bytes(content)


def png(folder: Path) -> None:
    """The same as a PNG."""
    file = io.BytesIO()
    Image.fromarray(BYTES).save(file, "PNG")
    content = file.getvalue()
    (folder / "a.png").write_bytes(repaired_png(content[:16] + struct.pack(">II", HUGE_PX, HUGE_PX) + content[24:]))


def tiff(folder: Path) -> None:
    """A TIFF whose height needs more strips than it has."""
    tifffile.imwrite(folder / "a.tif", BYTES, rowsperstrip=8)
    with tifffile.TiffFile(folder / "a.tif", mode="r+b") as file:
        file.pages.first.tags["ImageLength"].overwrite(HUGE_PX)


def wide_tiff(folder: Path) -> None:
    """A compressed TIFF whose sides are not those of its pixels."""
    tifffile.imwrite(folder / "a.tif", BYTES, compression="zlib")
    with tifffile.TiffFile(folder / "a.tif", mode="r+b") as file:
        for tag in ("ImageWidth", "ImageLength", "RowsPerStrip"):
            file.pages.first.tags[tag].overwrite(HUGE_PX)


def npy(folder: Path) -> None:
    """An array whose header declares more than there is."""
    with (folder / "a.npy").open("wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (HUGE_PX, HUGE_PX)}
        np.lib.format.write_array_header_1_0(file, header)
        file.write(bytes(64))


def archive(folder: Path) -> None:
    """An archive of zeros that unpack to two gigabytes."""
    np.savez_compressed(folder / "a.npz", kind="Masks", packed=np.zeros((1 << 31,), np.uint8), shape_hw=(4, 4))


def mrc(folder: Path) -> None:
    """Sections that are not there."""
    write_mrc(folder / "a.mrc", BYTES[None].astype(np.int16))
    content = bytearray((folder / "a.mrc").read_bytes())
    struct.pack_into("<3i", content, 0, HUGE_PX, HUGE_PX, 1000)
    (folder / "a.mrc").write_bytes(content)


def ser(folder: Path) -> None:
    """Elements that are not there."""
    write_ser(folder / "a.ser", BYTES[None])
    content = bytearray((folder / "a.ser").read_bytes())
    struct.pack_into("<ii", content, 14, N, N)
    (folder / "a.ser").write_bytes(content)


def dm(folder: Path) -> None:
    """A tag with an array that is not there."""
    in_dm(4)(folder)
    path = folder / "a.dm4"
    declared, more = (struct.pack(">QQQQ", 3, 20, 10, n) for n in (BYTES.size, 3 * N))
    path.write_bytes(path.read_bytes().replace(declared, more))


def emd_dimension(folder: Path) -> None:
    """A vector of 10⁹ places for the pixels of one side."""
    berkeley(folder)
    with h5py.File(folder / "a.emd", "r+") as file:
        del file["data/image/dim2"]
        vector = file["data/image"].create_dataset("dim2", (N,), "f8", chunks=(1000,))
        vector.attrs["name"], vector.attrs["units"] = "x", "[n_m]"


def emd_pixels(folder: Path) -> None:
    """Pixels of which none was written."""
    berkeley(folder)
    with h5py.File(folder / "a.emd", "r+") as file:
        del file["data/image/data"]
        file["data/image"].create_dataset("data", (HUGE_PX, HUGE_PX), "f8", chunks=(100, 100))


def velox_metadata(folder: Path) -> None:
    """Metadata of 3·10⁹ bytes."""
    write_velox(folder / "a.emd", {"HAADF": BYTES[..., None]})
    with h5py.File(folder / "a.emd", "r+") as file:
        (group,) = file["Data/Image"].values()
        del group["Metadata"]
        group.create_dataset("Metadata", (3 * N, 1), "u1", chunks=(1000, 1))
