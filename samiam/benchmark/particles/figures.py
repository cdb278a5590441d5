"""What finders make of a picture, beside the truth."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from samiam.benchmark.figures import stacked, titled
from samiam.benchmark.particles.examining import SampleBench
from samiam.benchmark.particles.rows import FinderRow
from samiam.colours import colour_overlay


def picture_of(bench: SampleBench, rows: Sequence[FinderRow]) -> bytes:
    """A PNG of panels: the picture, its truth, and what each finder finds, each particle in a colour of its own.

    Args:
        bench: of the sample.
        rows: of its finders.
    """
    scene = bench.sample.scene
    pixels = scene.micrograph.pixels
    panels = {bench.source.name: np.zeros(pixels.shape, np.int64), _truth(bench): stacked(scene.masks)}
    for row in rows:
        said = f"{row.method}: {row.n_found} found"
        said += f", Dice {row.dice:.2f}" if np.isfinite(row.dice) else f", {row.false_area:.2%} false"
        panels[said] = stacked(bench.particles(row.method).masks)
    drawn = np.concatenate([titled(colour_overlay(pixels, labels), title) for title, labels in panels.items()], axis=1)
    with io.BytesIO() as file:
        Image.fromarray(drawn).save(file, format="PNG")
        return file.getvalue()


def _truth(bench: SampleBench) -> str:
    sample = bench.sample
    return f"truth: {len(sample.scene.masks)} {'particles' if sample.are_single else 'parts'}"
