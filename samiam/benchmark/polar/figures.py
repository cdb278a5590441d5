"""What methods find in a frame, beside the truth."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image

from samiam.benchmark.figures import titled
from samiam.benchmark.polar.examining import VideoBench
from samiam.records.polar_scene import Points

_END_RGB, _JUNCTION_RGB = (255, 176, 0), (100, 143, 255)  # told apart whatever one's eyes (IBM's palette)


def picture_of(bench: VideoBench) -> bytes:
    """A PNG of panels: the first frame, its truth, and what each method finds: ends yellow, junctions blue.

    Args:
        bench: of the video.
    """
    scene = bench.scenes[0]
    panels = {bench.source.name: Points([], []), f"truth: {scene.points}": scene.points}
    for method in bench.methods.finders:
        found = next(bench.found(method)).points
        panels[f"{method}: {found}"] = found
    pixels, radius = scene.micrograph.pixels, scene.period_px / 2
    drawn = [titled(_marked(pixels, points, radius), title) for title, points in panels.items()]
    with io.BytesIO() as file:
        Image.fromarray(np.concatenate(drawn, axis=1)).save(file, format="PNG")
        return file.getvalue()


def _marked(pixels: np.ndarray, points: Points, radius_px: float) -> np.ndarray:
    grey = np.rint(255 * pixels).astype(np.uint8)
    rgb = np.ascontiguousarray(np.stack([grey] * 3, axis=2))
    for (row, column), is_junction in zip(points.positions_px, points.is_junction, strict=True):
        colour = _JUNCTION_RGB if is_junction else _END_RGB
        cv2.circle(rgb, (round(column), round(row)), round(radius_px), colour, 2, cv2.LINE_AA)
    return rgb
