"""Where networks compute."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from samiam.errors import InputError

if TYPE_CHECKING:
    import torch


def pick_device(name: str) -> torch.device:
    """The device that a name stands for: "auto" (CUDA where there is one, else the CPU), "cpu", "cuda" or "cuda:N".

    Raises:
        InputError: if the name is another, or this machine has no such device.
    """
    import torch

    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    # segment_anything computes in float64 in places, which Apple's mps cannot do.
    if not isinstance(name, str) or not re.fullmatch(r"cpu|cuda(:\d+)?", name):
        raise InputError(f"device={name!r} is not supported; use auto, cpu, cuda or cuda:N.")
    if name != "cpu" and int(name.partition(":")[2] or 0) >= torch.cuda.device_count():
        raise InputError(f"device={name!r}: torch sees {torch.cuda.device_count()} CUDA devices here; use auto or cpu.")
    return torch.device(name)
