"""All that is not the specimen, looked for in the order in which it was put over the image, the last first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samiam.artefacts.data_bar import find_data_bar
from samiam.artefacts.frame import find_frame
from samiam.artefacts.levels import Counts
from samiam.artefacts.lines import find_dead_lines
from samiam.artefacts.outliers import find_outliers, local_median
from samiam.artefacts.scale_bar import find_scale_bar
from samiam.errors import InputError

_LEAST_SIDE = 16  # of an image, or what a frame leaves of it, to look for anything in

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Artefacts:
    """What was found, and the image without it.

    Attributes:
        shown: (H, W), pixels that show the specimen; None where all do.
        mended: (H, W), the counts with dead lines and outlying pixels replaced by the median around them.
        words: what was left out or replaced, one entry for each kind.
    """

    shown: Mask | None
    mended: Counts
    words: tuple[str, ...]


def find_artefacts(counts: Counts, *, data_bar_px: int = 0, coloured: Mask | None = None) -> Artefacts:
    """Look for what is not the specimen.

    Args:
        counts: real (H, W), finite.
        data_bar_px: rows at the bottom of which the file says that they are a data bar; looked for where 0.
        coloured: (H, W), what was drawn in colour into an image that is grey.

    Returns:
        What was found; the counts themselves where nothing was, or where nothing but one level would be left.

    Raises:
        InputError: if the image is blank but for a data bar.

    Example:
        >>> counts = np.random.default_rng(0).integers(9500, 10500, (64, 64))
        >>> counts[:5], counts[30, 40] = 0, 65535
        >>> find_artefacts(counts).words
        ('a frame of 5 px at the top', '1 outlying pixel')
    """
    shown, words = _left_out(counts, data_bar_px)
    if coloured is not None:
        shown, words = _without_coloured(coloured, shown, words)
    if shown is not None and not _has_contrast(counts[shown]):
        return Artefacts(None, counts, ())
    mended, mended_words = _mended(counts, shown)
    return Artefacts(shown, mended, (*words, *mended_words))


def _has_contrast(values: Counts) -> bool:
    return bool(values.size and values.min() < values.max())


def _left_out(counts: Counts, data_bar_px: int) -> tuple[Mask | None, list[str]]:
    """Where neither frame nor bar is, and what they are."""
    shape_hw = (counts.shape[0], counts.shape[1])
    if min(shape_hw) < _LEAST_SIDE:
        return None, []
    shown, words = np.ones(shape_hw, np.bool_), []
    rows = (shape_hw[0] - data_bar_px, shape_hw[0]) if data_bar_px else find_data_bar(counts)
    if rows is not None:
        shown[slice(*rows)] = False
        words.append(f"a data bar of {rows[1] - rows[0]} rows at the {'bottom' if rows[0] else 'top'}")
        if not _has_contrast(counts[_box(shown)]):
            raise InputError(
                f"is blank but for {words[0]}: every pixel of the image is {counts[_box(shown)][0, 0]:g}, so there is "
                "nothing to see; check the export."
            )
    if (frame := find_frame(counts[_box(shown)])) is not None:
        shown[_box(shown)] = frame.shown
        words.append(frame.words)
    view = _box(shown)
    if min(counts[view].shape) < _LEAST_SIDE:
        return None, []
    if (bar := find_scale_bar(counts[view])) is not None:
        shown[view][bar.slices] = False
        words.append(f"a scale bar in a box of {bar.width} x {bar.height} px")
    return (shown, words) if words else (None, [])


def _without_coloured(coloured: Mask, shown: Mask | None, words: list[str]) -> tuple[Mask, list[str]]:
    """What is left where nothing is coloured, and what was left out with that; in bars it goes with these."""
    shown = np.ones(coloured.shape, np.bool_) if shown is None else shown
    n_px = int(np.count_nonzero(shown & coloured))
    return shown & ~coloured, [*words, *([_counted(n_px, "coloured pixel")] if n_px else [])]


def _box(shown: Mask) -> tuple[slice, slice]:
    """The smallest box that holds what is shown."""
    rows, columns = (np.flatnonzero(shown.any(axis=axis)) for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _mended(counts: Counts, shown: Mask | None) -> tuple[Counts, list[str]]:
    """The counts with what is dead or outlying replaced, and what that was."""
    view = (slice(None), slice(None)) if shown is None else _box(shown)
    rows, columns = find_dead_lines(counts[view])
    bad = np.zeros(counts.shape, np.bool_) if len(rows) or len(columns) else None
    words = []
    if bad is not None:
        bad[view][rows] = True
        bad[view][:, columns] = True
        words = [
            _counted(len(lines), f"dead {name}") for lines, name in ((rows, "row"), (columns, "column")) if len(lines)
        ]
    where = shown if bad is None else ~bad if shown is None else shown & ~bad
    outliers = find_outliers(counts, where)
    if outliers is not None:
        words.append(_counted(int(np.count_nonzero(outliers)), "outlying pixel"))
        bad = outliers if bad is None else bad | outliers
    return (counts, words) if bad is None else (_replaced(counts, bad, shown), words)


def _replaced(counts: Counts, bad: Mask, shown: Mask | None) -> Counts:
    """A copy with bad pixels replaced by the median around them; one without good neighbours stays."""
    mended = counts.copy()
    places = np.nonzero(bad)
    left_out = bad if shown is None else bad | ~shown
    values = local_median(counts, places, left_out, reach=1)
    values = np.where(np.isfinite(values), values, local_median(counts, places, left_out))
    known = np.isfinite(values)
    mended[places[0][known], places[1][known]] = values[known].astype(counts.dtype)
    return mended


def _counted(n: int, thing: str) -> str:
    return f"{n:,} {thing}{'' if n == 1 else 's'}"
