"""Images turned as their files ask for it: tag 274 of TIFF and EXIF."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

# By TIFF 6.0: where row 0 and column 0 of the file lie, and what every viewer does about it.
_WORDS = {
    2: "mirrored left to right",
    3: "turned by 180°",
    4: "mirrored top to bottom",
    5: "mirrored at the diagonal from the top left",
    6: "turned by 90° clockwise",
    7: "mirrored at the diagonal from the top right",
    8: "turned by 90° anticlockwise",
}
_FIRST_ON_ITS_SIDE = 5
TAG = 274


def how_to_turn(orientation: object) -> str | None:
    """In words, what viewers do to an image of this orientation; None for nothing."""
    return _WORDS.get(orientation) if isinstance(orientation, int) else None


def upright(array: NDArray[Any], orientation: object) -> tuple[NDArray[Any], str | None, bool]:
    """An image as its file wants it to be seen.

    Args:
        array: (H, W) or (H, W, C).
        orientation: 1 to 8; anything else counts as 1, "as it lies".

    Returns:
        The image, how it was turned in words (None for not at all), and whether rows became columns.
    """
    words = how_to_turn(orientation)
    if words is None or not isinstance(orientation, int):
        return array, None, False
    is_on_its_side = orientation >= _FIRST_ON_ITS_SIDE
    if is_on_its_side:
        array = array.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return array, words, is_on_its_side
