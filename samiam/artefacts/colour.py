"""What was drawn in colour into an image that is grey."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_N_COLOURS = 3
_MOST = 0.05  # of an image, that bars, arrows and writing take; a map of elements over it takes more
_FEWEST_GREYS = 16  # levels of what is not coloured; a map of elements on black has one


def find_coloured(array: NDArray[Any]) -> NDArray[np.bool_] | None:
    """The few pixels whose colours differ, in an image that is grey otherwise.

    Args:
        array: (H, W, C), real.

    Returns:
        (H, W); None where there are none, or the image is not grey otherwise: one of more pixels in colour, of another
        number of channels than red, green and blue have, or of hardly any grey.

    Example:
        >>> array = np.repeat(np.arange(64.0).reshape(8, 8)[..., None], 3, axis=2)
        >>> array[2, 1:4] = 0, 255, 0
        >>> np.count_nonzero(find_coloured(array))
        3
    """
    if array.shape[2] != _N_COLOURS:
        return None
    coloured = np.asarray((array[..., 0] != array[..., 1]) | (array[..., 0] != array[..., 2]))
    if not 0 < np.count_nonzero(coloured) <= _MOST * coloured.size:
        return None
    return coloured if len(np.unique(array[..., 0][~coloured])) >= _FEWEST_GREYS else None
