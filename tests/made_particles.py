"""Particles whose truth is known: images of discs, and tables as if such images had been measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from samiam.particles import FAULT_CLASSES, Particles
from samiam.particles.measured import MeasuredImage
from samiam.particles.measures import COLUMNS, NUMBERS, why_left_out
from samiam.records import Masks, Micrograph


def disc(shape_hw: tuple[int, int], centre_xy: tuple[float, float], diameter: float, aspect: float = 1) -> Any:
    """A disc of a diameter in widths of a pixel, `aspect` times as high as wide."""
    y, x = np.indices(shape_hw)
    return np.hypot(x - centre_xy[0], (y - centre_xy[1]) * aspect) <= diameter / 2


def made_particles(
    discs: Sequence[tuple[float, float, float]] = ((20, 24, 16), (50, 30, 20), (2, 50, 15)),
    shape_hw: tuple[int, int] = (64, 80),
    classes: Sequence[str] = (),
    **given: Any,
) -> Particles:
    """Discs of x, y and diameter in pixels of 0.1 nm."""
    aspect, name, size = (
        given.pop(key, default) for key, default in (("aspect", 1.0), ("name", "gold"), ("size", 0.1))
    )
    arrays = [disc(shape_hw, (x, y), diameter, aspect) for x, y, diameter in discs]
    at_edge = [bool(a[0].any() or a[-1].any() or a[:, 0].any() or a[:, -1].any()) for a in arrays]
    pixels = np.random.default_rng(list(name.encode())).random(shape_hw, np.float32)
    if classes:
        shares = np.full((len(classes), 5), 0.05, np.float32)
        for row, said in zip(shares, classes, strict=True):
            row[FAULT_CLASSES.index(said) if said in FAULT_CLASSES else slice(None)] = (
                0.8 if said in FAULT_CLASSES else 0.2
            )
        given["probabilities"] = shares
    return Particles(
        micrograph=Micrograph(pixels, size, name, given.pop("metadata", {}), pixel_aspect=aspect),
        masks=Masks.from_arrays(arrays, shape_hw, predicted_iou=np.linspace(0.9, 0.5, len(arrays))),
        touches_edge=np.array(at_edge, np.bool_),
        classes=classes,
        **{"pixel_size_from": "file", **given},
    )


def measured_discs(
    diameters_nm: NDArray[np.float64],
    centres_nm: NDArray[np.float64],
    window_nm: float,
    classes: Sequence[str],
    name: str,
) -> MeasuredImage:
    """What would be measured on an image of discs."""
    n = len(diameters_nm)
    table = pd.DataFrame(dict.fromkeys(NUMBERS, np.ones(n)))
    table["particle"] = np.arange(1, n + 1)
    for column in ("diameter_nm", "feret_max_nm", "feret_min_nm", "width_nm", "height_nm"):
        table[column] = diameters_nm
    reach = diameters_nm[:, None] / 2
    table["touches_edge"] = ((centres_nm < reach) | (centres_nm > window_nm - reach)).any(axis=1)
    table["class"] = pd.Series(list(classes), dtype=object)
    table["left_out"] = why_left_out(table, (window_nm, window_nm))
    return MeasuredImage(name, table.reindex(columns=COLUMNS), (window_nm, window_nm), 0.05, "given", {}, identity=name)


def simulated_images(
    rng: np.random.Generator,
    *,
    n_images: int,
    per_image: float,
    window_nm: float,
    p_fault: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    differ: float = 0.0,
    median_nm: float = 4.0,
    sigma: float = 0.25,
    p_unsure: float = 0.1,
) -> list[MeasuredImage]:
    """Images of log-normal discs at random places, some of which the edge cuts.

    The log odds of their faults differ between images by `differ`.
    """
    images = []
    for number in range(n_images):
        margin = median_nm * np.exp(4 * sigma)
        n = rng.poisson(per_image * (1 + 2 * margin / window_nm) ** 2)
        diameters = median_nm * np.exp(sigma * rng.normal(size=n))
        centres = rng.uniform(-margin, window_nm + margin, (n, 2))
        seen = ((centres > -diameters[:, None] / 2) & (centres < window_nm + diameters[:, None] / 2)).all(axis=1)
        diameters, centres = diameters[seen], centres[seen]
        share = p_fault(diameters)
        odds = share / (1 - share) * np.exp(differ * rng.normal())
        faulty = rng.random(len(diameters)) < odds / (1 + odds)
        said = np.where(faulty, "stacking fault", "no fault").astype(object)
        said[rng.random(len(diameters)) < p_unsure] = "unsure"
        images.append(measured_discs(diameters, centres, window_nm, said.tolist(), f"image {number}"))
    return images
