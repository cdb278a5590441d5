"""Whatever the kind of a file, what in it is not the specimen is found in one place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from dm_writer import write_dm
from file_writers import write_mrc, write_ser, write_velox
from ncempy.io import emd
from numpy.typing import NDArray
from PIL import Image

from samiam.formats import read_micrograph


def framed() -> NDArray[np.uint16]:
    rng = np.random.default_rng(0)
    return np.pad(rng.integers(9500, 10500, (50, 60)).astype(np.uint16), 6)


WRITERS: dict[str, Callable[[Path, NDArray[Any]], object]] = {
    ".tif": tifffile.imwrite,
    ".npy": np.save,
    ".png": lambda path, image: Image.fromarray(image).save(path),
    ".mrc": lambda path, image: write_mrc(path, image[None]),
    ".ser": lambda path, image: write_ser(path, image[None]),
    ".dm4": lambda path, image: write_dm(path, image),
    ".emd": lambda path, image: write_velox(path, {"HAADF": image[..., None]}),
}


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_kind(tmp_path: Path, suffix: str) -> None:
    WRITERS[suffix](tmp_path / f"a{suffix}", framed())
    found = read_micrograph(tmp_path / f"a{suffix}")
    assert found.metadata["left_out"] == "a frame of 6 px"
    assert found.shown is not None
    assert found.shown.sum() == 48 * 58  # the pixels at its edge may be mixed
    assert found.metadata["clip_values"][0] > 9000


def test_berkeley(tmp_path: Path) -> None:
    emd.emdWriter(tmp_path / "a.emd", framed(), pixel_size=(0.02, 0.02), pixel_unit=("[n_m]", "[n_m]"))
    assert read_micrograph(tmp_path / "a.emd").metadata["left_out"] == "a frame of 6 px"


@pytest.mark.parametrize(("scanned", "rows"), [(50, 12), (62, 0), (20, 0), (90, 0)])
def test_fei_tells_how_high_the_scan_is(tmp_path: Path, scanned: int, rows: int) -> None:
    image = np.random.default_rng(0).integers(0, 255, (62, 60)).astype(np.uint8)
    text = f"[User]\r\nDate=\r\n[Image]\r\nResolutionX=60\r\nResolutionY={scanned}\r\n".encode()
    tifffile.imwrite(tmp_path / "a.tif", image, extratags=[(34682, 2, len(text), text, True)], metadata=None)
    found = read_micrograph(tmp_path / "a.tif")
    assert found.metadata.get("left_out") == (f"a data bar of {rows} rows at the bottom" if rows else None)
