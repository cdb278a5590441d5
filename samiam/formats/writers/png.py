"""Pictures as PNG files, quickly."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from samiam.storage.files import replacing

# A fixed filter and the least effort: a twentieth more bytes, in half of the time.
_QUICKLY = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP]


def write_png(path: str | Path, picture: Image.Image) -> Path:
    """Write an RGB picture.

    Args:
        path: the file.
        picture: of any mode; what is transparent is lost.

    Returns:
        The file written.
    """
    red_last = cv2.cvtColor(np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB")), cv2.COLOR_RGB2BGR)
    encoded = cv2.imencode(".png", red_last, _QUICKLY)[1]
    with replacing(path) as partial:
        partial.write_bytes(encoded.tobytes())
    return Path(path)
