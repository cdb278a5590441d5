"""Pages rendered from templates, with their pictures within them."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from samiam.storage.files import replacing

_PICTURE_PX, _JPEG_QUALITY = 640, 85  # about 100 kB each
_FRAMED_PX = 1200  # of a picture that has a line of the page to itself
MOST_PICTURES = 60
"""More make a page that is slow to open."""
_OURS = '<meta name="generator" content="samiam">'


@dataclass(frozen=True)
class Table:
    """Names of columns, and rows of cells as they are shown."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def write_page(path: Path, template: Path, **values: object) -> Path:
    """Write a page.

    Args:
        path: the file, .html.
        template: which extends `page.html.jinja` of this folder.
        values: all that it names.

    Returns:
        The file written.
    """
    # Every text is escaped: names of files and remarks are other people's.
    folders = (template.parent, Path(__file__).parent)
    environment = Environment(loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined)
    page = environment.get_template(template.name).render(**values)
    with replacing(path) as partial:
        partial.write_text(page, encoding="utf-8")
    return path


def is_page(path: Path) -> bool:
    """Whether a file is a page of ours."""
    try:
        with path.open(encoding="utf-8") as file:
            return _OURS in file.read(1000)
    except (OSError, ValueError):
        return False


def embedded(picture: bytes, kind: str = "png") -> str:
    """The address of a picture that is within the page."""
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}"


def reduced(picture: Path, width_px: int = _PICTURE_PX) -> str:
    """Likewise, of a picture reduced to a width, 640 px where not given, and lossy."""
    with Image.open(picture) as opened:
        small = opened.convert("RGB")
    small.thumbnail((width_px, 4 * width_px), Image.Resampling.LANCZOS, reducing_gap=3.0)
    file = io.BytesIO()
    small.save(file, format="JPEG", quality=_JPEG_QUALITY)
    return embedded(file.getvalue(), "jpeg")


def framed(picture: Path, title: str) -> str:
    """A picture within the page on a line of its own, which scrolls where the window is narrow.

    Args:
        picture: a PNG; as it is or lossy, whichever is shorter.
        title: read where the picture is not seen; as HTML.
    """
    with Image.open(picture) as opened:
        width_px = min(opened.width, _FRAMED_PX)
    source = min(embedded(picture.read_bytes()), reduced(picture, _FRAMED_PX), key=len)
    return f'<div class="picture"><img alt="{title}" width="{width_px}" src="{source}"></div>'
