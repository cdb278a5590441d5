"""Micrographs from whatever holds one: a path, an array, a signal of hyperspy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.formats.readers.pixel_size import PixelSize, pixel_size
from samiam.formats.readers.raw import are_of_diffraction, diffraction_in_words, scanned_by
from samiam.formats.readers.read import given_size, read_micrograph
from samiam.records import Micrograph

Sides = float | tuple[float, float]
"""Side of a square pixel in nm, or width and height."""


@runtime_checkable
class Signal(Protocol):
    """What of a hyperspy signal is looked at; the library itself is not needed."""

    data: Any
    axes_manager: Any


@runtime_checkable
class HasArray(Protocol):
    """An array of NumPy, or what turns into one: of Dask, xarray, CuPy or PyTorch."""

    def __array__(self) -> NDArray[Any]:
        """The pixels."""
        ...


ImageLike: TypeAlias = Micrograph | Signal | HasArray | str | Path
"""What `as_micrograph` takes."""


def as_micrograph(image: ImageLike, *, pixel_size_nm: Sides | None = None) -> Micrograph:
    """The micrograph that somebody holds, however they hold it.

    Args:
        image: a micrograph, which stays as it is; the path of a file, which `read_micrograph` reads; an array, which
            `Micrograph.from_array` takes; or a signal of hyperspy with one image, whose axes tell the pixel size.
        pixel_size_nm: in place of what the image itself says.

    Raises:
        InputError: if it is none of these, or cannot be used: one line that says why and what to do.
    """
    if isinstance(image, Micrograph):
        return image if pixel_size_nm is None else _resized(image, given_size(pixel_size_nm))
    if isinstance(image, str | Path):
        return read_micrograph(image, pixel_size_nm=pixel_size_nm)
    if isinstance(image, Signal):
        return _of_signal(image, pixel_size_nm)
    if isinstance(image, HasArray):
        return Micrograph.from_array(_array(image, "array"), pixel_size_nm=pixel_size_nm)
    raise InputError(
        f"{type(image).__name__}: is no image; give a path, an array (H, W), a signal of hyperspy or a Micrograph."
    )


def _resized(micrograph: Micrograph, size: PixelSize) -> Micrograph:
    facts = {**micrograph.metadata, "pixel_size_source": size.source}
    return replace(micrograph, pixel_size_nm=size.width_nm, pixel_aspect=size.aspect, metadata=facts)


def _array(held: HasArray, name: str) -> NDArray[Any]:
    if np.ma.is_masked(held):
        raise InputError(f"{name}: has masked pixels, whose values mean nothing; fill them, or crop them off.")
    try:
        return np.asarray(held)
    except (TypeError, ValueError, RuntimeError) as error:  # as PyTorch refuses what lies on a GPU
        raise InputError(f"{name}: gives no array ({' '.join(str(error).split())[:160]}); convert it first.") from None


def _of_signal(signal: Signal, given: Sides | None) -> Micrograph:
    """The only image of a signal, down its second signal axis and along its first, as hyperspy shows it."""
    name = _title(signal)
    along_down = list(signal.axes_manager.signal_axes)
    if len(along_down) != 2:
        raise InputError(f"{name}: is a signal of {len(along_down)} dimensions; give one of images, as signal.T.")
    along, down = along_down
    array = _array(signal.data, name)
    n_images = array.size // max(1, array.shape[along.index_in_array] * array.shape[down.index_in_array])
    if n_images != 1:
        raise InputError(f"{name}: holds {n_images} images; choose one, as signal.inav[0].")
    image = np.moveaxis(array, (down.index_in_array, along.index_in_array), (-2, -1))
    told = pixel_size("axes_manager", _length(along), _length(down))
    size = told if given is None else given_size(given).instead_of(told)
    facts = {
        "pixel_size_source": size.source,
        "pixel_size_remark": size.remark,
        "detector": _detector(signal, name),
        "diffraction": diffraction_in_words(_is_diffraction(signal), told, "the signal"),
    }
    return Micrograph.from_array(
        image.reshape(image.shape[-2:]),
        pixel_size_nm=None if size.width_nm is None or size.height_nm is None else (size.width_nm, size.height_nm),
        name=name,
        metadata={key: value for key, value in facts.items() if value is not None},
    )


def _length(axis: Any) -> tuple[object, object] | None:  # noqa: ANN401
    """Step and unit of an axis; None where hyperspy leaves the unit undefined, or steps are not all alike."""
    scale, unit = getattr(axis, "scale", None), getattr(axis, "units", None)
    is_undefined = scale is None or not isinstance(unit, str) or not unit.strip()
    return None if is_undefined else (scale, unit)


def _detector(signal: Signal, name: str) -> str | None:
    """What recorded a signal, where it says that a probe was scanned."""
    of_microscope = getattr(getattr(getattr(signal, "metadata", None), "Acquisition_instrument", None), "TEM", None)
    return scanned_by(getattr(of_microscope, "acquisition_mode", None), name)


def _is_diffraction(signal: Signal) -> bool:
    """Whether a signal is of a type of diffraction."""
    noted = getattr(getattr(signal, "metadata", None), "Signal", None)
    return are_of_diffraction(getattr(noted, "signal_type", None))


def _title(signal: Signal) -> str:
    """The title of a signal, where it has one."""
    general = getattr(getattr(signal, "metadata", None), "General", None)
    return str(getattr(general, "title", "") or "signal")
