"""OME-Zarr 0.1 to 0.5 (https://ngff.openmicroscopy.org): pyramids of images with named axes in units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import zarr

from samiam.errors import InputError
from samiam.formats.readers.axes import Axis, Pair
from samiam.formats.readers.raw import distinct
from samiam.formats.readers.signals.hdf5 import DAMAGED
from samiam.formats.readers.signals.labelled import LabelledArray

SOURCE = "OME-Zarr axes"
_BEFORE_NAMES = "tczyx"  # the axes of versions 0.1 and 0.2
_LABELS = "labels"  # groups of label images, which belong to an image


def is_there(root: zarr.Group, members: Mapping[str, Any]) -> bool:
    """Whether a group, or one below it, is an image of OME-Zarr."""
    return any(_multiscales(group) for group in _groups(root, members).values())


def images(root: zarr.Group, members: Mapping[str, Any]) -> list[LabelledArray]:
    """The finest level of each image; label images are no images.

    Raises:
        InputError: if an image names a level that is not there.
    """
    found, names = [], []
    for path, group in _groups(root, members).items():
        if _LABELS not in path.split("/"):
            for pyramid in _multiscales(group):
                names.append(path or str(pyramid.get("name") or ""))
                found.append((group, pyramid))
    each = zip(distinct(names), found, strict=True)
    return [_finest(name, group, pyramid) for name, (group, pyramid) in each]


def _groups(root: zarr.Group, members: Mapping[str, Any]) -> dict[str, zarr.Group]:
    return {"": root, **{path: member for path, member in members.items() if isinstance(member, zarr.Group)}}


def _multiscales(group: zarr.Group) -> Sequence[Mapping[str, Any]]:
    """The pyramids that a group describes; none where what is said is damaged."""
    said: Any = group.attrs.asdict()
    with suppress(*DAMAGED):
        pyramids = (said.get("ome") or said).get("multiscales") or []
        return [pyramid for pyramid in pyramids if pyramid["datasets"][0]["path"] is not None]
    return []


def _finest(name: str, group: zarr.Group, pyramid: Mapping[str, Any]) -> LabelledArray:
    level = pyramid["datasets"][0]
    array = group.get(str(level["path"]))
    if not isinstance(array, zarr.Array):
        raise InputError(f"names a level {str(level['path'])[:40]!r} that is not there; copy or export it again.")
    axes = _axes(pyramid, level, array.ndim)
    names = [axis.name for axis in axes]
    pair: Pair | None = (names.index("y"), names.index("x")) if "y" in names and "x" in names else None
    channels = names.index("c") if "c" in names and array.ndim > 2 else None
    return LabelledArray(name, array, axes, pair, channels)


def _axes(pyramid: Mapping[str, Any], level: Mapping[str, Any], n_axes: int) -> tuple[Axis, ...]:
    """What is said of each; names without steps where those are damaged, nothing where there are not as many."""
    names, units = [], []
    with suppress(*DAMAGED):
        for axis in pyramid.get("axes") or _BEFORE_NAMES[-n_axes:]:
            of = {"name": axis} if isinstance(axis, str) else dict(axis)
            names.append("c" if of.get("type") == "channel" else str(of.get("name", "")).lower())
            units.append(of.get("unit"))
    if len(names) != n_axes or len(units) != n_axes:
        return (Axis(),) * n_axes
    steps = _steps(pyramid, level, n_axes)
    return tuple(Axis(name, step, unit) for name, step, unit in zip(names, steps, units, strict=True))


def _steps(pyramid: Mapping[str, Any], level: Mapping[str, Any], n_axes: int) -> list[float | None]:
    """From one pixel to the next along each axis: scales of the level times those of the whole pyramid."""
    with suppress(*DAMAGED):
        steps = [1.0] * n_axes
        given = [
            one["scale"]
            for of in (level, pyramid)
            for one in of.get("coordinateTransformations") or ()
            if one.get("type") == "scale"
        ]
        for scale in given:
            steps = [step * float(factor) for step, factor in zip(steps, scale, strict=True)]
        if given:
            return list(steps)
    return [None] * n_axes
