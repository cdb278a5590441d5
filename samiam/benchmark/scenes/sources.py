"""Where the scenes of a run come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from samiam.datasets.layout_names import Layout, Pixels
from samiam.datasets.layouts import find_labelled
from samiam.records import Scene


@dataclass(frozen=True)
class Source:
    """A scene that is made or read when it is called for.

    Attributes:
        name: of the scene; no two sources under one condition have one name.
        image: of the micrograph that it shows; several annotators of one micrograph give several sources of one image.
        make: gives the scene; it can be sent to another process.
        condition: how the micrograph is taken, for example "half dose"; "" where a run has no conditions.
    """

    name: str
    image: str
    make: Callable[[], Scene]
    condition: str = ""


def labelled_sources(
    folder: str | Path, layout: Layout | Literal["auto"] = "auto", pixels: Pixels = "stretched"
) -> list[Source]:
    """The labelled micrographs in a folder, as sources; none is read yet.

    Args:
        folder: that holds them.
        layout: how it is laid out; "auto" for the first layout that fits.
        pixels: see `find_labelled`.

    Raises:
        InputError: if there is no such folder or layout, no layout fits, or the contents cannot be used.
    """
    return [Source(found.name, found.image, found.read) for found in find_labelled(folder, layout, pixels)]
