"""Large arrays worked through in blocks of rows, so that what is made on the way stays in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator

_VALUES = 65536  # of a block: half a megabyte in double precision


def row_blocks(shape_hw: tuple[int, ...]) -> Iterator[slice]:
    """Slices that cover the rows of an array from the top.

    >>> list(row_blocks((300, 512)))
    [slice(0, 128, None), slice(128, 256, None), slice(256, 300, None)]
    """
    height, width = shape_hw[:2]
    step = max(1, _VALUES // max(width, 1))
    for top in range(0, height, step):
        yield slice(top, min(top + step, height))
