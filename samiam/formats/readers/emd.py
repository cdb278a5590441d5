"""EMD files, of Berkeley and of Velox: two layouts of HDF5 under one suffix."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.formats.readers.ncempy_modules import ncempy_io
from samiam.formats.readers.raw import RawImage, Request, real_size
from samiam.formats.readers.units import to_nm

if TYPE_CHECKING:
    from ncempy.io import emd, emdVelox
else:
    emd, emdVelox = map(ncempy_io, ("emd", "emdVelox"))  # noqa: N816 - its own name


def read_emd(path: Path, request: Request) -> RawImage:
    """Either kind of EMD; a file with several data sets (detectors) needs `dataset`."""
    # Opened here first, because ncempy's own objects break in their destructors where this fails.
    with h5py.File(path, "r") as file:
        is_velox = "Data/Image" in file
    return _read_velox(path, request) if is_velox else _read_berkeley(path, request)


def _read_velox(path: Path, request: Request) -> RawImage:
    """Velox: pixels are (H, W, frames), the scale stands in a JSON text of which each frame has a column."""
    with emdVelox.fileEMDVelox(path) as file:
        labels = [_velox_calibration(file, group) for group in file.list_data]
        names = _distinct([str(label.get("detectorName") or f"image {n}") for n, label in enumerate(labels)])
        chosen = request.pick_dataset(names)
        data = file.list_data[chosen]["Data"]
        if data.ndim != 3:
            raise InputError(
                f"holds an array of shape {data.shape} where Velox writes (H, W, frames); export it again."
            )
        frame = request.pick(data.shape[2], data.shape[:2], data.dtype)
        size_nm = to_nm(labels[chosen].get("pixelSize", (None,))[0], labels[chosen].get("pixelUnit", ("",))[0])
        array: NDArray[Any] = data[:, :, frame]
        return RawImage(array, frame, data.shape[2], **real_size(size_nm, "Velox metadata"), dataset=names[chosen])


def _velox_calibration(file: emdVelox.fileEMDVelox, group: h5py.Group) -> dict[str, Any]:
    """The metadata as ncempy sums them up; nothing where they lack a part, for the pixels are good without."""
    try:
        summary: dict[str, Any] = file.parseMetaData(group)
    except (KeyError, ValueError, TypeError, IndexError, OverflowError):
        return {}
    return summary


def _read_berkeley(path: Path, request: Request) -> RawImage:
    """Berkeley: pixels are (..., H, W), and a vector for each dimension says where its pixels lie."""
    try:
        file = emd.fileEMD(path)
    except emd.NoEmdDataSets:
        raise InputError("holds no image in the layout of Berkeley or Velox; export it again.") from None
    with file:
        names = _distinct([group.name.rsplit("/", 1)[-1] for group in file.list_emds])
        chosen = request.pick_dataset(names)
        group = file.list_emds[chosen]
        data = group["data"]
        if data.ndim < 2:
            raise InputError(f"holds an array of shape {data.shape}; an image has two dimensions (H, W).")
        outer = data.shape[:-2]
        n_frames = int(np.prod(outer, dtype=np.int64))
        frame = request.pick(n_frames, data.shape[-2:], data.dtype)
        array: NDArray[Any] = data[
            tuple(int(position) for position in np.unravel_index(frame, outer)) if outer else ...
        ]
        size = real_size(_berkeley_size(file, group), "EMD dimension")
        return RawImage(array, frame, n_frames, **size, dataset=names[chosen])


def _berkeley_size(file: emd.fileEMD, group: h5py.Group) -> float | None:
    try:
        vector, _, unit = file.get_emddims(group)[-1]
        return to_nm(abs(float(vector[1]) - float(vector[0])), unit)
    except (KeyError, ValueError, TypeError, IndexError):
        return None  # The dimensions may be left out; the pixels are good without.


def _distinct(names: list[str]) -> list[str]:
    """The names, numbered where two are equal."""
    return [f"{name} #{names[:n].count(name) + 1}" if names.count(name) > 1 else name for n, name in enumerate(names)]
