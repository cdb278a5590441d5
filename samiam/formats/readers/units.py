"""Lengths as files spell them, in nanometres."""

from __future__ import annotations

import contextlib
import math
import re
import unicodedata

# Pa and pa are no prefixes of a length here; without "da", "h", "k" and above, which no micrograph uses.
_PREFIXES = {"": 1e9, "c": 1e7, "m": 1e6, "μ": 1e3, "u": 1e3, "n": 1.0, "p": 1e-3}
_NAMED_PREFIXES = {"": 1e9, "centi": 1e7, "milli": 1e6, "micro": 1e3, "nano": 1.0, "pico": 1e-3}
_NM_PER_UNIT = {
    **{f"{prefix}m": nm for prefix, nm in _PREFIXES.items()},
    **{
        f"{prefix}{name}": nm
        for prefix, nm in _NAMED_PREFIXES.items()
        for name in ("meter", "meters", "metre", "metres")
    },
    **dict.fromkeys(("micron", "microns", "μ"), 1e3),
    **dict.fromkeys(("a", "ang", "angs", "angstrom", "angstroms", "angstroem"), 0.1),
}
_ANGLES = (
    *(f"{prefix}{name}" for prefix in ("", "m", "u", "μ") for name in ("rad", "rads")),
    *(f"{prefix}radian{plural}" for prefix in ("", "milli", "micro") for plural in ("", "s")),
    *("deg", "degree", "degrees", "°"),
)
_RECIPROCAL = re.compile(r"1/(.+)|(.+?)\^?[-−]1")
_ENERGIES = ("ev", "kev", "mev", "electronvolt", "electronvolts")


def to_nm(size: object, unit: object) -> float | None:
    r"""A length with its unit, as a file gives them, in nanometres.

    Args:
        size: the number; anything that `float` takes.
        unit: m, cm, mm, um or µm, nm, Å or A, pm, or their names; bytes, brackets and the underscores of EMD
            files ("[n_m]"), escapes ("\u00c5") and "per pixel" are understood.

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


def is_reciprocal(unit: object) -> bool:
    """Whether a unit, as a file spells it, is one of reciprocal lengths or of angles: 1/nm, Å^-1, mrad."""
    text = re.sub(r"[(){}$]", "", _plain(unit))
    length = _RECIPROCAL.fullmatch(text)
    return text in _ANGLES or (length is not None and (length[1] or length[2]) in _NM_PER_UNIT)


def is_energy(unit: object) -> bool:
    """Whether a unit, as a file spells it, is one of energy: eV, keV, meV."""
    return _plain(unit) in _ENERGIES


def _plain(unit: object) -> str:
    """One spelling of a unit: without accents, brackets, escapes and capitals."""
    text = unit_text(unit)
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), text)
    with contextlib.suppress(UnicodeError):  # UTF-8 that was read as Latin-1
        text = text.encode("latin-1").decode()
    text = unicodedata.normalize("NFKD", text)
    # Case matters for no unit here but "Mm" and "Pm", which no micrograph uses.
    text = "".join(letter for letter in text if not unicodedata.combining(letter)).lower()
    text = re.sub(r"\s*(?:/|per)\s*(?:px|pix|pixels?)\.?$", "", text.strip("\x00 []()'\""))
    return re.sub(r"[\s_]", "", text)


def unit_text(unit: object) -> str:
    """A unit as a file spells it, "" where it gives none."""
    if not isinstance(unit, bytes):
        return str(unit or "")
    try:
        return unit.decode()
    except UnicodeDecodeError:
        return unit.decode("latin-1")
