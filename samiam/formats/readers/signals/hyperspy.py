"""hyperspy's files: the same tree in HDF5 (.hspy) and in Zarr (.zspy)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import h5py

from samiam.errors import InputError
from samiam.formats.readers.axes import Axis
from samiam.formats.readers.raw import RawImage, Request, are_of_diffraction, distinct, scanned_by
from samiam.formats.readers.signals.hdf5 import DAMAGED, check_written, plain
from samiam.formats.readers.signals.heaps import opened
from samiam.formats.readers.signals.labelled import LabelledArray, read_labelled

EXPERIMENTS = "Experiments"
SOURCE = "hyperspy axes"
_UNNAMED, _NONE = "__unnamed__", ("_None_", "<undefined>", "None")


class Group(Protocol):
    """A folder of a tree, of h5py or of zarr."""

    attrs: Mapping[str, Any]

    def get(self, name: str) -> Any:  # noqa: ANN401
        """What is called so; None where there is nothing."""
        ...


def read_hspy(path: Path, request: Request) -> RawImage:
    """An image, or one of a stack; one of several signals has to be chosen where none is plainly the largest."""
    with opened(path) as file:
        experiments = file.get(EXPERIMENTS)
        if not isinstance(experiments, h5py.Group):
            raise InputError("holds no signal of hyperspy; save it again.")
        groups = {name: group for name, group in experiments.items() if isinstance(group, h5py.Group)}
        return read_labelled(signals(groups, h5py.Dataset), request, SOURCE, check_written)


def signals(groups: Mapping[str, Group], kind: type) -> list[LabelledArray]:
    """The signals of a file.

    Args:
        groups: those below `EXPERIMENTS`, by name.
        kind: what an array is.
    """
    there = {name: group for name, group in groups.items() if isinstance(group.get("data"), kind)}
    names = distinct(["" if name == _UNNAMED else name for name in there])
    return [_signal(name, group) for name, group in zip(names, there.values(), strict=True)]


def _signal(name: str, group: Group) -> LabelledArray:
    array = group.get("data")
    told = [_attributes(group.get(f"axis-{index}")) for index in range(len(array.shape))]
    axes = tuple(Axis(_text(of.get("name")), _step(of), _text(of.get("units"))) for of in told)
    return LabelledArray(name, array, axes, **of_signal(told, _type(group)), detector=_detector(group, name))


def _type(group: Group) -> object:
    with suppress(*DAMAGED):
        return plain(group.get("metadata/Signal").attrs.get("signal_type"))
    return None


def _detector(group: Group, name: str) -> str | None:
    """A signal that was scanned has the name of its detector, as the programs of microscopes give it."""
    with suppress(*DAMAGED):
        of_microscope = group.get("metadata/Acquisition_instrument/TEM")
        return scanned_by(plain(of_microscope.attrs.get("acquisition_mode")), name)
    return None


def _attributes(axis: Group | None) -> dict[str, object]:
    """What is said of an axis; nothing where that is left out or damaged, for the pixels are good without."""
    try:
        return {} if axis is None else {name: plain(axis.attrs[name]) for name in axis.attrs}
    except DAMAGED:
        return {}


def _text(attribute: object) -> str:
    return attribute if isinstance(attribute, str) and attribute not in _NONE else ""


def _step(told: Mapping[str, object]) -> object:
    """The step, of an axis that may run backwards; None where steps are not all alike."""
    scale = told.get("scale")
    return -scale if isinstance(scale, int | float) and scale < 0 else scale


def of_signal(told: Sequence[Mapping[str, object]], signal_type: object) -> dict[str, Any]:
    """The fields of `LabelledArray` that tell what of a signal is an image.

    Its own axes are it where there are two. Of spectra it is the map along which they were recorded; along a line there
    is none.

    Args:
        told: what is said of each axis; `navigate` tells those along which it was recorded from its own.
        signal_type: as "EELS"; images of `electron_diffraction` are patterns.
    """
    own = [index for index, of in enumerate(told) if not of.get("navigate", True)]
    along = [index for index, of in enumerate(told) if of.get("navigate")]
    if len(own) == 2:
        return {"pair": tuple(own), "is_diffraction": are_of_diffraction(signal_type)}
    if len(own) == 1 and len(along) == 2 and len(told) == 3:
        return {"pair": tuple(along)}
    return {"is_of_spectra": len(own) == len(along) == 1}
