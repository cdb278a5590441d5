"""Files that microscopes and other programs wrote, as far as installed packages bring some among their own tests."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from samiam.errors import InputError
from samiam.formats import READABLE_SUFFIXES, read_micrograph

_PACKAGES = ("ncempy", "tifffile", "mrcfile", "rsciio", "nionswift_plugin", "skimage", "h5py", "imageio")
_LARGEST = 20e6  # bytes


def files_of(package: str) -> Iterator[Path]:
    spec = find_spec(package)
    for folder in (spec and spec.submodule_search_locations) or ():
        for path in sorted(Path(folder).rglob("*")):
            if path.suffix.lower() in READABLE_SUFFIXES and 0 < path.stat().st_size < _LARGEST:
                yield path


def independent(path: Path) -> NDArray[Any] | None:
    """The pixels as the library of a format gives them; None where it takes more than one call."""
    if path.suffix.lower() in (".png", ".jpg", ".jpeg"):
        with Image.open(path) as picture:
            return np.asarray(picture) if picture.mode in ("L", "I;16") else None
    if path.suffix.lower() in (".tif", ".tiff"):
        pixels = tifffile.imread(path)
        return pixels if pixels.ndim == 2 else None
    return np.load(path) if path.suffix == ".npy" else None


@pytest.mark.slow
@pytest.mark.parametrize("package", _PACKAGES)
def test_each_is_read_right_or_refused_in_a_line(package: str) -> None:
    files = list(files_of(package))
    if not files:
        pytest.skip(f"{package} is not installed, or brings no files")
    n_read = 0
    for path in files:
        try:
            found = read_micrograph(path, clip_percentiles=(0.0, 100.0))
        except InputError as error:
            assert str(error).isprintable()  # noqa: PT017
            continue
        n_read += 1
        low, high = found.metadata["clip_values"]
        pixels = independent(path)
        if pixels is not None and "left_out" not in found.metadata:
            np.testing.assert_allclose(found.pixels * (high - low) + low, pixels, atol=1e-4 * float(np.ptp(pixels)))
    print(f"{package}: {n_read} of {len(files)} files were read")
