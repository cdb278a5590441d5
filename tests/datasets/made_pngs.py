"""PNGs of kinds that Pillow does not write."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6


def write_png(
    path: Path, samples: NDArray[np.generic], colour: int, bits: int, *, palette: bytes = b"", transparent: bytes = b""
) -> Path:
    """Samples (H, W) or (H, W, channels) of any depth, with palette and transparent colours as in the file."""
    height, width = samples.shape[:2]
    if bits < 8:
        spread = np.unpackbits(samples.astype(np.uint8)[..., None], axis=2)[..., -bits:]
        rows = np.packbits(spread.reshape(height, -1), axis=1)
    else:
        rows = samples.reshape(height, -1).astype(">u2" if bits == 16 else np.uint8).view(np.uint8)
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"PLTE", palette), (b"tRNS", transparent)]
    chunks += [(b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))), (b"IEND", b"")]
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks if chunk[1] or chunk[0] == b"IEND")
    )
    return path


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
