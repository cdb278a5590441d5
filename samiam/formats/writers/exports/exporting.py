"""Writing a result as other programs read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from pkgutil import resolve_name

from samiam.formats.writers.exports.kinds import EXPORTS
from samiam.formats.writers.exports.regions import Regions


def write_exports(folder: Path, names: Sequence[str], regions: Regions) -> list[Path]:
    """Write what was asked for.

    Args:
        folder: to write into; `overlay.png` is in it.
        names: of `EXPORTS`.
        regions: the result.

    Returns:
        The files written, in the order of `EXPORTS`.
    """
    written = []
    for file, writer in (pair for name in names for pair in EXPORTS[name].items()):
        write: Callable[[Path, Regions], Path] = resolve_name(f"{__package__}.{writer}")
        written.append(write(folder / file, regions))
    return written
