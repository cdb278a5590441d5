"""The bar below or above an image in which an instrument writes how it was taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.artefacts.levels import Counts, commonest, may_be_lossy, near

_LEAST_PX, _MOST = 8, 0.25  # its height: a line of text, and this share of the image's
_RULE_PX = 4  # height of a rule between cells, at most; where more rows are even, they are vacuum
_GROUND = 0.4  # least share of the ground in a row of text
_STRAY = 0.02  # most of a row that is neither ground nor near letters; noise of a vacuum is
_STRAY_ABOVE_A_RULE = 0.1  # likewise where a rule ends the bar: the greys of a logo
_LETTERING = (0.002, 0.5)  # share of the bar that letters cover
_FAINT = 0.1  # of the contrast of letters: less is what blurs their edges
_LOSSY, _BLOCK_PX = 2, 8  # by which JPEG changes a ground without letters; and how far from them it changes it more
_SPILT = 0.8  # least share of the ground in a row of the bar that shares its blocks with the image
_BLUR_PX = 2  # how far from a letter antialiasing reaches
_LEAST_LETTERS = 3
_FOREIGN_PX = 3  # rows behind a bar that is drawn as a box, and columns beside it, that may show the specimen
_MARGIN_PX, _AT_THE_ENDS = 3, 0.1  # at the ends of lines, and the most rows with letters there: what JPEG spills
_ONE_SIDE = 0.9  # least share of their ink on one side of the ground; the rest is ringing
_REACHES, _REACHING = (
    0.6,
    0.9,
)  # share of the ink's level that a letter reaches, and share of the ink in letters that do
_PALE = 0.06  # most of their pixels that do not, with nothing but letter around, which antialiasing does not reach


def find_data_bar(counts: Counts) -> tuple[int, int] | None:
    """The rows of a data bar at the bottom or, failing that, at the top.

    It reaches from side to side, has a ground of one level with letters of another, and begins with a row of either.
    Drawn as a box, it may leave up to three rows of specimen behind it, which count as its own, and as many columns at
    either end.

    Args:
        counts: real (H, W).

    Returns:
        The first row and the one behind the last, or None.
    """
    height = len(counts)
    if (n_rows := _rows_with_what_is_behind(counts)) is not None:
        return height - n_rows, height
    if (n_rows := _rows_with_what_is_behind(counts[::-1])) is not None:
        return 0, n_rows
    return None


def _rows_with_what_is_behind(counts: Counts) -> int | None:
    """How many rows from the bottom up are a bar, or a box with rows of specimen behind it."""
    for n_behind in range(_FOREIGN_PX + 1):
        behind = _between_the_ends(counts[len(counts) - n_behind :])
        if n_behind and np.ptp(behind, axis=1).min() == 0:  # no specimen
            return None
        n_rows = _rows_at_the_bottom(counts[: len(counts) - n_behind], is_box=n_behind > 0)
        if n_rows is not None:
            return n_rows + n_behind
    return None


def _ends_with_a_rule(from_ground: NDArray[np.float64], faint: float, *, is_lossy: bool) -> bool:
    """Whether the last row is all of one level, as far as a JPEG leaves it, and that is not the ground."""
    last = _between_the_ends(from_ground[-1:])
    return bool(np.ptp(last) <= (faint if is_lossy else 0) and np.abs(last).min() > faint)


def _between_the_ends(rows: NDArray[Any]) -> NDArray[Any]:
    """Without the columns that a box leaves to the specimen."""
    return rows[:, _FOREIGN_PX:-_FOREIGN_PX]


def _rows_at_the_bottom(counts: Counts, *, is_box: bool) -> int | None:
    """How many rows of the image are a bar; one that a rule ends where it is a box."""
    tallest = int(_MOST * len(counts))
    if tallest < _LEAST_PX:
        return None
    ground, _ = commonest(last := counts[-_LEAST_PX:])
    if near(last, float(ground), _LOSSY if may_be_lossy(counts) else 0.0).mean() < _GROUND:
        return None
    from_ground = counts[-tallest:].astype(np.float64) - float(ground)
    faint = _FAINT * float(np.abs(from_ground).max())
    is_ruled = _ends_with_a_rule(from_ground, faint, is_lossy=may_be_lossy(counts))
    if is_box and not is_ruled:
        return None
    most_stray = _STRAY_ABOVE_A_RULE if is_ruled else _STRAY
    for flat, blur_px in _sharpness(counts):
        n_rows = _rows_of_ground(from_ground, faint, flat, blur_px, most_stray)
        if not _LEAST_PX <= n_rows < tallest:
            continue
        n_spilt = _n_spilt(np.abs(from_ground[:-n_rows]) <= faint) if flat else 0
        above = counts[: -n_rows - n_spilt]
        ends = max(near(rows, float(ground), flat).mean() for rows in (above, above[-4:])) < _GROUND
        if ends and _has_letters(from_ground[-n_rows:], faint):
            return n_rows + n_spilt
    return None


def _sharpness(counts: Counts) -> Iterator[tuple[float, int]]:
    """How far ground may be from its level, and how far around letters it is blurred: to the bit, then as by JPEG."""
    yield 0.0, _BLUR_PX
    if may_be_lossy(counts):
        yield _LOSSY, _BLOCK_PX


def _rows_of_ground(
    from_ground: NDArray[np.float64], faint: float, flat: float, blur_px: int, most_stray: float
) -> int:
    """How many rows from the bottom up are ground with letters, or rules; the uppermost is ground or a rule."""
    import cv2

    is_off = np.abs(from_ground) > flat
    letters = np.abs(from_ground) > faint
    side = 2 * blur_px + 1
    near_letters = cv2.dilate(letters.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    stray = (is_off & ~near_letters).mean(axis=1)
    shares = 1 - (is_off & (letters | ~near_letters)).mean(axis=1)
    is_even = (np.ptp(_between_the_ends(from_ground), axis=1) <= (faint if flat else 0)) & (shares < _GROUND)
    is_bar = ((shares >= _GROUND) & (stray <= most_stray)) | _is_rule(is_even)
    first = _first_of_the_last(is_bar)
    may_begin = (is_even | (shares > 0.95))[first : first + (_BLOCK_PX if flat else 1)]
    return len(is_bar) - first - int(may_begin.argmax()) if may_begin.any() else 0


def _n_spilt(at_ground: NDArray[np.bool_]) -> int:
    """How many rows above a bar still are of it, in the blocks of a JPEG that hold the end of the image also."""
    is_ground = at_ground[-_BLOCK_PX:].mean(axis=1) >= _SPILT
    return len(is_ground) - _first_of_the_last(is_ground)


def _first_of_the_last(flags: NDArray[np.bool_]) -> int:
    """Where the flags begin that are set up to the end."""
    return 0 if flags.all() else len(flags) - int(flags[::-1].argmin())


def _is_rule(is_even: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which rows are even ones of which there are but a few in a row."""
    edges = np.flatnonzero(np.diff(np.pad(is_even.astype(np.int8), 1)))
    is_rule = np.zeros(len(is_even), np.bool_)
    for first, end in edges.reshape(-1, 2).tolist():
        is_rule[first:end] = end - first <= _RULE_PX
    return is_rule


def _has_letters(from_ground: NDArray[np.float64], faint: float) -> bool:
    """Whether what stands on the ground of a bar is mostly of one level, the farthest from it."""
    differences = np.abs(from_ground)
    ink = differences > faint
    least, most = _LETTERING
    if not least < ink.mean() < most:
        return False
    farthest = np.percentile(differences[ink], 95)
    is_solid = (np.abs(differences[ink] - farthest) <= 0.15 * farthest).mean() > 0.4
    return bool(is_solid or _has_thin_letters(from_ground, ink, faint))


def _has_thin_letters(from_ground: NDArray[np.float64], ink: NDArray[np.bool_], faint: float) -> bool:
    """Whether it is strokes so thin that most of their pixels are a mixture of ground and one other level.

    All lie on one side of the ground, most reach that level, and wherever they are wide enough they have it; columns
    of atoms are lower all around, and go on to both ends of the image.
    """
    import cv2

    is_rule = np.ptp(_between_the_ends(from_ground), axis=1, keepdims=True) <= faint
    letters = ink & ~is_rule
    if any(end.any(axis=1).mean() > _AT_THE_ENDS for end in (letters[:, :_MARGIN_PX], letters[:, -_MARGIN_PX:])):
        return False
    darkness = np.where(letters, np.abs(from_ground), 0.0)
    total, above = float(darkness.sum()), float(darkness[from_ground > 0].sum())
    if total == 0 or max(above, total - above) < _ONE_SIDE * total:
        return False
    level = float(np.percentile(darkness[letters], 95))
    n_labels, labels = cv2.connectedComponents(letters.astype(np.uint8))
    peaks = np.zeros(n_labels)
    np.maximum.at(peaks, labels[letters], darkness[letters])
    reach = float(darkness[(peaks > _REACHES * level)[labels]].sum()) / total
    inner = cv2.erode(letters.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    n_pale = np.count_nonzero(darkness[inner] < _REACHES * level)
    return bool(n_labels > _LEAST_LETTERS and reach > _REACHING and n_pale < _PALE * np.count_nonzero(letters))
