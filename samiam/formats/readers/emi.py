"""TIA's .emi files, which hold no images but what was noted of those in the .ser files beside them."""

from __future__ import annotations

from pathlib import Path

_MOST_NAMED = 3


def instead_of_emi(path: Path) -> str:
    """What to say to somebody who gives one: which files hold its images.

    Args:
        path: of the .emi file; TIA calls the others as it, with _1, _2, … behind.
    """
    names = sorted(
        (other.name for other in path.parent.iterdir() if _belongs(other, path)), key=lambda name: (len(name), name)
    )
    if not names:
        return f"holds no image: TIA writes them to {path.stem}_1.ser and so on, none of which is beside it; get these."
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    which = "the file" if len(names) == 1 else "one of the files"
    return f"holds no image; give {which} of TIA beside it: {', '.join(names[:_MOST_NAMED])}{more}."


def _belongs(other: Path, path: Path) -> bool:
    stem, _, number = other.stem.rpartition("_")
    return other.suffix.lower() == ".ser" and stem.lower() == path.stem.lower() and number.isdecimal()
