"""Where networks compute."""

from __future__ import annotations

import ctypes
import re
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from samiam.errors import InputError, extras

if TYPE_CHECKING:
    import torch

_NAMES = r"auto|cpu|cuda(:\d+)?"
# segment_anything computes in float64 in places, which Apple's mps cannot do.
Device = Annotated[str, Field(pattern=f"^({_NAMES})$", description="auto, cpu, cuda or cuda:N")]
"""The name of a device, as a setting."""


CPU = "cpu"


def pick_device(name: str) -> torch.device:
    """The device that a name stands for: "auto" (CUDA where there is one, else the CPU), "cpu", "cuda" or "cuda:N".

    Raises:
        InputError: if the name is another, or this machine has no such device.
    """
    import torch

    return torch.device(place_of(name))


def place_of(name: str) -> str:
    """The same as `pick_device`, as a name: torch is asked only where there may be a GPU.

    Raises:
        InputError: if the name is another, or this machine has no such device.
    """
    if not isinstance(name, str) or not re.fullmatch(_NAMES, name):
        raise InputError(f"device={name!r} is not supported; use auto, cpu, cuda or cuda:N.")
    if name == CPU or (name == "auto" and not _may_have_gpu()):
        return CPU
    with extras():
        import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else CPU
    if int(name.partition(":")[2] or 0) >= torch.cuda.device_count():
        raise InputError(f"device={name!r}: torch sees {torch.cuda.device_count()} CUDA devices here; use auto or cpu.")
    return name


def _may_have_gpu() -> bool:
    """Whether NVIDIA's driver and torch are installed."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return find_spec("torch") is not None
