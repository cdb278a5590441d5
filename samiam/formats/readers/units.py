"""Lengths as files spell them, in nanometres."""

from __future__ import annotations

import math
import unicodedata

_NM_PER_UNIT = {
    "m": 1e9,
    "cm": 1e7,
    "mm": 1e6,
    "μm": 1e3,
    "um": 1e3,
    "micron": 1e3,
    "microns": 1e3,
    "micrometer": 1e3,
    "micrometre": 1e3,
    "nm": 1.0,
    "nanometer": 1.0,
    "nanometre": 1.0,
    "å": 0.1,
    "a": 0.1,
    "ang": 0.1,
    "angstrom": 0.1,
    "angstroms": 0.1,
    "ångström": 0.1,
    "pm": 1e-3,
    "picometer": 1e-3,
    "picometre": 1e-3,
}


def to_nm(size: object, unit: object) -> float | None:
    """A length with its unit, as a file gives them, in nanometres.

    Args:
        size: the number; anything that `float` takes.
        unit: m, cm, mm, um or µm, nm, Å or A, pm, or their names; bytes, brackets and the underscores of EMD
            files ("[n_m]") are understood.

    Returns:
        The length in nm; None where the unit is not a length ("1/nm", "eV", "pixel", "") or the size is not a
        positive finite number.
    """
    try:
        value = float(size)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    factor = _NM_PER_UNIT.get(_plain(unit))
    if factor is None or not math.isfinite(value) or value <= 0:
        return None
    return value * factor


def _plain(unit: object) -> str:
    """One spelling of a unit: both micro signs, both ångström signs and ImageJ's escapes become one."""
    text = unit.decode("latin-1") if isinstance(unit, bytes) else str(unit)
    text = text.replace("\\u00B5", "µ").replace("\\u00b5", "µ").replace("\\u00C5", "Å")
    text = unicodedata.normalize("NFKC", text).strip("\x00 []").replace("_", "")
    # Case matters for no unit here but "Mm" and "Pm", which no micrograph uses.
    return text.lower()
