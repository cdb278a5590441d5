"""Charts that look alike, and of which the same data make the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from samiam.colours import colour_of
from samiam.storage.files import replacing

# Chosen by eye.
_STYLE: Any = {
    "font.size": 12,
    "axes.titlesize": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "0.88",
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "text.parse_math": False,  # names are text, whatever they hold
    "savefig.dpi": 110,
}
ERROR_STYLE: dict[str, Any] = {"ecolor": "0.25", "elinewidth": 1.2, "capsize": 3}
"""Of error bars."""


@contextmanager
def drawing() -> Iterator[None]:
    """Within, figures are drawn in the project's style, whatever a user's matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def write_figure(path: Path, figure: Figure) -> Path:
    """Write a PNG that holds nothing but the picture; within `drawing`."""
    with replacing(path) as partial:
        figure.savefig(partial, format="png", metadata={"Software": None})
    return path


def colour(index: int) -> tuple[float, float, float]:
    """The colour of the first (0), second, … thing in a chart."""
    red, green, blue = colour_of(index + 1)
    return red / 255, green / 255, blue / 255
