from __future__ import annotations

import numpy as np
import pytest

from simulate.imaging.row_blocks import row_blocks


@pytest.mark.parametrize("shape_hw", [(0, 5), (1, 1), (300, 512), (257, 65536), (7, 10**6)])
def test_every_row_is_in_one_block(shape_hw: tuple[int, int]) -> None:
    times = np.zeros(shape_hw[0], int)
    for rows in row_blocks(shape_hw):
        assert rows.stop > rows.start
        assert (rows.stop - rows.start) * shape_hw[1] <= 65536 or rows.stop == rows.start + 1
        times[rows] += 1
    assert (times == 1).all()
