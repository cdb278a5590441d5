"""The image with its particles outlined and numbered."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion

from samiam.formats.writers.captions import (
    MOST_NUMBERED,
    Entry,
    ScaleBar,
    captioned,
    enlarged,
    enlarging,
    hatch,
    numbered,
    scale_bar,
)
from samiam.formats.writers.png import write_png
from samiam.formats.writers.wording import notes
from samiam.particles.result import Particles
from samiam.particles.writing.classes import COLOURS, PARTICLE

_TINT, _LINE = 0.22, 0.95  # shares of the colour within a particle and on its outline; fringes are to be seen
_DASH_PX = 4  # of the outline of what does not count


def write_particle_overlay(path: str | Path, particles: Particles, table: pd.DataFrame) -> Path:
    """Write an RGB PNG: particles outlined in the colour of their class, with a scale bar, a legend and remarks.

    The outlines of particles that are no part of the statistics are dashed. Up to 150 particles are numbered.

    Args:
        path: the file, .png.
        particles: of the image.
        table: what `measure_particles` says of them.

    Returns:
        The file written.
    """
    micrograph = particles.micrograph
    factor = enlarging(micrograph.shape_hw)
    picture = np.repeat(np.rint(255 * enlarged(micrograph.pixels, factor)).astype(np.uint8)[..., None], 3, axis=2)
    if micrograph.shown is not None:
        hatch(picture, ~enlarged(micrograph.shown, factor))
    called = [name or PARTICLE for name in table["class"]]
    counts = table["left_out"].isna().tolist()
    for index, (name, is_counted) in enumerate(zip(called, counts, strict=True)):
        _outline(picture, particles, index, factor, COLOURS[name], is_dashed=not is_counted)
    if len(called) <= MOST_NUMBERED:
        boxes = enumerate(particles.masks.boxes_xywh.tolist(), start=1)
        middles = [(str(number), ((x + w / 2) * factor, (y + h / 2) * factor)) for number, (x, y, w, h) in boxes]
        picture = numbered(picture, middles)
    bar = scale_bar(micrograph.shape_hw[1], micrograph.pixel_size_nm)
    remarks = [*filter(None, [particles.remark]), *notes(micrograph)]
    bar = ScaleBar(bar.length_px * factor, bar.text)
    return write_png(path, captioned(picture, bar, _entries(called, counts), remarks))


def _outline(
    picture: NDArray[np.uint8],
    particles: Particles,
    index: int,
    factor: int,
    colour: tuple[int, int, int],
    *,
    is_dashed: bool,
) -> None:
    """Tint a particle and draw its outline."""
    left, top, width, height = particles.masks.boxes_xywh[index].tolist()
    mask = enlarged(particles.masks[index][top : top + height, left : left + width], factor)
    thickness = 2 + min(picture.shape[:2]) // 1024
    line = (
        mask
        & ~binary_erosion(np.pad(mask, thickness), iterations=thickness)[thickness:-thickness, thickness:-thickness]
    )
    if is_dashed:
        rows, columns = np.indices(mask.shape) // (_DASH_PX * thickness) % 2
        line &= rows == columns
    share = np.where(line, np.float32(_LINE), np.float32(_TINT) * mask)[..., None]
    part = picture[top * factor : (top + height) * factor, left * factor : (left + width) * factor]
    part[...] = np.rint(part * (1 - share) + np.array(colour, np.float32) * share)


def _entries(called: list[str], is_counted: list[bool]) -> list[Entry]:
    """Each class that occurs with how many there are, then how many do not count."""
    if not called:
        return [("no particle found", None)]
    numbers = Counter(called)
    entries: list[Entry] = [(f"{name}  {numbers[name]}", COLOURS[name]) for name in COLOURS if name in numbers]
    n_left_out = len(is_counted) - sum(is_counted)
    return [*entries, (f"dashed: not in the statistics  {n_left_out}", None)] if n_left_out else entries
