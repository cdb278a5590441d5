"""Label images."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from samiam.records import Segmentation
from samiam.storage.files import replacing

_NM_PER_CM = 10**7  # TIFF's resolutions are per cm
_LARGEST_UINT32 = 2**32 - 1  # of TIFF's fractions


def write_labels(
    path: str | Path, segmentation: Segmentation, pixel_size_nm: float | None, *, pixel_aspect: float = 1.0
) -> Path:
    """Write the label image as a TIFF of uint32, 0 where nothing is segmented, 1 … M the materials or grains.

    As `write_label_image` does; the description says `n_materials` and `n_labels`.

    Args:
        path: the file.
        segmentation: whose labels (H, W) to write.
        pixel_size_nm: width of a pixel in nm, or None.
        pixel_aspect: height of a pixel over its width.

    Returns:
        The file written.
    """
    counts = {"n_materials": len(set(segmentation.material_of)), "n_labels": len(segmentation.material_of)}
    return write_label_image(path, segmentation.labels, pixel_size_nm, counts, pixel_aspect=pixel_aspect)


def write_label_image(
    path: str | Path,
    labels: NDArray[np.uint32],
    pixel_size_nm: float | None,
    facts: Mapping[str, Any],
    *,
    pixel_aspect: float = 1.0,
) -> Path:
    """Write labels as a TIFF of uint32.

    The pixel size stands in the description, JSON {"pixel_size_nm": …, …}, with "pixel_height_nm" where pixels are not
    square, and in the resolution tags (pixels per centimetre), which other programs read.

    Args:
        path: the file.
        labels: (H, W), 0 for nothing.
        pixel_size_nm: width of a pixel in nm, or None.
        facts: what else stands in the description.
        pixel_aspect: height of a pixel over its width.

    Returns:
        The file written.
    """
    sides = None if pixel_size_nm is None else (pixel_size_nm, pixel_size_nm * pixel_aspect)
    description = {
        "pixel_size_nm": pixel_size_nm,
        **({"pixel_height_nm": sides[1]} if sides is not None and pixel_aspect != 1 else {}),
        **facts,
    }
    x, y = (None, None) if sides is None else map(_pixels_per_cm, sides)
    resolution = None if x is None or y is None else (x, y)
    with replacing(path) as partial:
        tifffile.imwrite(
            partial,
            np.ascontiguousarray(labels),
            photometric="minisblack",
            compression="zlib" if _can_compress() else None,
            description=json.dumps(description),
            metadata=None,
            resolution=resolution,
            resolutionunit=None if resolution is None else tifffile.RESUNIT.CENTIMETER,
            software="samiam",
        )
    return Path(path)


def _pixels_per_cm(pixel_size_nm: float) -> tuple[int, int] | None:
    """Pixels per centimetre as a TIFF holds them, two uint32; None below 2.4 pm or for sizes no pixel has."""
    size_cm = (Fraction(pixel_size_nm) / _NM_PER_CM).limit_denominator(_LARGEST_UINT32)
    fits = 0 < size_cm.numerator <= _LARGEST_UINT32
    # One part in ten thousand: smaller pixels leave too few digits in the numerator.
    is_close = fits and abs(float(size_cm) * _NM_PER_CM / pixel_size_nm - 1) < 1e-4
    return (size_cm.denominator, size_cm.numerator) if is_close else None


def _can_compress() -> bool:
    """Whether tifffile can deflate; some of its versions leave that to the optional imagecodecs."""
    try:
        return bool(tifffile.TIFF.COMPRESSORS[tifffile.COMPRESSION.ADOBE_DEFLATE])
    except (AttributeError, KeyError, ImportError):
        return False
