"""Whatever RosettaSciIO reads and no reader here does.

It is GPL, is not installed by default, and nothing else imports it.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from samiam.errors import InputError
from samiam.formats.readers.axes import Axis
from samiam.formats.readers.raw import RawImage, Request, distinct, scanned_by
from samiam.formats.readers.signals.hyperspy import of_signal
from samiam.formats.readers.signals.labelled import LabelledArray, read_labelled

Signal = Mapping[str, Any]
"""What RosettaSciIO makes of one: `data`, `axes`, `metadata`."""


def is_known(suffix: str) -> bool:
    """Whether it reads files of a suffix, as ".bcf"."""
    return bool(_plugins(suffix))


def read_any(path: Path, request: Request) -> RawImage:
    """An image, or one of a stack; one of several signals has to be chosen where none is plainly the largest.

    Raises:
        InputError: if none of the plugins for its suffix can read it.
    """
    signals = _read(path)
    names = distinct([_title(signal) for signal in signals])
    arrays = [_labelled(name, signal) for name, signal in zip(names, signals, strict=True)]
    return read_labelled(arrays, request, "RosettaSciIO axes", lambda *_: None)


def _plugins(suffix: str) -> list[Mapping[str, Any]]:
    import rsciio

    wanted = suffix.lower().lstrip(".")
    return [plugin for plugin in rsciio.IO_PLUGINS if wanted in map(str.lower, plugin["file_extensions"])]


def _read(path: Path) -> Sequence[Signal]:
    """What the first plugin makes of the file that takes it for its own, pixels and all.

    Never lazily: of a compressed file of PantaRhei that gives other pixels (RosettaSciIO 0.15).
    """
    faults: list[Exception] = []
    for plugin in _plugins(path.suffix):
        try:
            signals: Sequence[Signal] = importlib.import_module(plugin["api"]).file_reader(str(path))
        except Exception as error:  # each fails in its own way on the files of another
            faults.append(error)
        else:
            return signals
    reason = " ".join(str(faults[0]).split())[:160] or type(faults[0]).__name__
    remedy = "check that the files that belong to it lie beside it, or export it as TIFF or .hspy"
    raise InputError(f"cannot be read by RosettaSciIO ({reason}); {remedy}.")


def _title(signal: Signal) -> str:
    return str(signal.get("metadata", {}).get("General", {}).get("title") or "")


def _labelled(name: str, signal: Signal) -> LabelledArray:
    n_dimensions = len(signal["data"].shape)
    told: Sequence[Mapping[str, Any]] = sorted(signal["axes"], key=lambda axis: axis.get("index_in_array", 0))
    if len(told) != n_dimensions:
        told = [{}] * n_dimensions
    axes = tuple(
        Axis(_text(of.get("name")), abs(of["scale"]) if of.get("scale") else None, _text(of.get("units")))
        for of in told
    )
    metadata = signal.get("metadata", {})
    of_microscope = metadata.get("Acquisition_instrument", {}).get("TEM", {})
    return LabelledArray(
        name,
        signal["data"],
        axes,
        **of_signal(told, metadata.get("Signal", {}).get("signal_type")),
        detector=scanned_by(of_microscope.get("acquisition_mode"), name),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) and value != "<undefined>" else ""
