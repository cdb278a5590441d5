"""Small files of hyperspy, NeXus and Zarr, as their programs lay them out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.storage import ZipStore

Array = NDArray[Any]
STEPS = (0.03, 0.02)


def write_hspy(path: Path, values: Array, **more: Array) -> Path:
    """Signals of images in nm, 0.03 down and 0.02 along; one without a name, and others by their names."""
    with h5py.File(path, "w") as file:
        for name, array in {"__unnamed__": values, **more}.items():
            _signal(file.create_group(f"Experiments/{name}"), array)
    return path


def _signal(group: Any, array: Array) -> None:
    group["data"] = array
    for index in range(array.ndim):
        is_navigation = index < array.ndim - 2
        step, units = (1.0, "s") if is_navigation else (STEPS[index - array.ndim], "nm")
        said = {"name": "_None_", "scale": step, "units": units, "navigate": is_navigation}
        group.create_group(f"axis-{index}").attrs.update(said)


def write_nexus(path: Path, values: Array) -> Path:
    """An image of NXdata with places along its axes in nm."""
    with h5py.File(path, "w") as file:
        group = file.create_group("entry/image")
        group.attrs.update({"NX_class": "NXdata", "signal": "counts", "axes": ["down", "along"]})
        group["counts"] = values
        for name, step, side in zip(("down", "along"), STEPS, values.shape, strict=True):
            group[name] = step * np.arange(side)
            group[name].attrs["units"] = "nm"
    return path


def write_zip(path: Path, values: Array) -> Path:
    """A plain array of Zarr in a ZIP file."""
    with ZipStore(path, mode="w") as store:
        zarr.create_array(store, data=values)
    return path


SIGNALS: dict[str, Callable[[Path, Array], Path]] = {
    ".hspy": write_hspy,
    ".zspy": write_zip,
    ".zarr": write_zip,
    ".nxs": write_nexus,
}
"""What writes an image of each kind."""
