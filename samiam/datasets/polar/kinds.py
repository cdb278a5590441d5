"""What people call ends and junctions."""

from __future__ import annotations

from collections.abc import Mapping

from samiam.errors import InputError
from samiam.records.polar_scene import Kind
from samiam.settings import did_you_mean, shortened

_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("end", "ends", "meron", "merons", "end-point", "endpoint"), "end"),
    **dict.fromkeys(("junction", "junctions", "antimeron", "antimerons", "tri-junction", "branch"), "junction"),
}


def kind_of(label: str) -> Kind:
    """The kind that a label means, in capitals or not.

    Raises:
        InputError: if it means none.

    Example:
        >>> kind_of("Antimeron"), kind_of("end")
        ('junction', 'end')
    """
    name = label.strip().lower()
    if name not in _KINDS:
        hint = did_you_mean(name, _KINDS) or "."
        raise InputError(f"{shortened(label)!r} is no kind of point{hint} Give end (meron) or junction (antimeron).")
    return _KINDS[name]
