"""The statistics of particles of one or several images."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.particles.measured import MeasuredImage, first_of_each
from samiam.particles.measures import COLUMNS
from samiam.particles.result import FaultDetection, Particles
from samiam.particles.statistics.faults import Faults, find_faults
from samiam.particles.statistics.record import Exclusion, ParticleStatistics
from samiam.particles.statistics.resampling import FEWEST_IMAGES, Bootstrap
from samiam.particles.statistics.settings import StatisticsOptions
from samiam.particles.statistics.shares import n_effective
from samiam.particles.statistics.sizes import edge_weights, summarise
from samiam.records.showing import counted

_FROM = {"given": "given", "file": "from the file", "fringes": "estimated from lattice fringes"}
_FEW = 0.5
"""Where the weights leave a smaller share of the particles than this, a few large ones decide: chosen, to be said."""


def particle_statistics(
    particles: Sequence[Particles] | Particles,
    options: StatisticsOptions | None = None,
    *,
    detection: FaultDetection | None = None,
) -> ParticleStatistics:
    """What the particles of images say together.

    Args:
        particles: those of each image; one image or several, each once.
        options: the size bins and the bootstrap.
        detection: how often faults are told rightly; what the results say themselves where not given.

    Raises:
        InputError: if there is no image, or one is there twice.

    Example:
        >>> disc = np.hypot(*(np.indices((64, 64)) - 32)) < 10
        >>> gold = Micrograph(np.zeros((64, 64)), pixel_size_nm=0.2, name="gold")
        >>> found = Particles(gold, Masks.from_arrays([disc]), np.array([False]), "given")
        >>> particle_statistics([found])
        ParticleStatistics(1 of 1 particle in 1 image, mean diameter 3.94 nm)
    """
    given = [particles] if isinstance(particles, Particles) else list(particles)
    for one in given:
        if not isinstance(one, Particles):
            raise InputError(f"{type(one).__name__}: is no Particles; give what find_particles(micrograph) returns.")
    return pool([MeasuredImage.of(one) for one in given], options, detection=detection)


def pool(
    images: Sequence[MeasuredImage],
    options: StatisticsOptions | None = None,
    *,
    detection: FaultDetection | None = None,
) -> ParticleStatistics:
    """Likewise, of what was measured on them."""
    options = options or StatisticsOptions()
    _check(images)
    names = distinct([image.name for image in images])
    table = _joined(images, names)
    whole = table[table["left_out"].isna()].reset_index(drop=True)
    windows = [image.window_xy_nm for image in images]
    weights = edge_weights(whole[["width_nm", "height_nm"]].to_numpy(np.float64), windows)
    image_of = pd.Index(names).get_indexer(pd.Index(whole["image"])).astype(np.int64)
    bootstrap = Bootstrap(image_of, options.resamples, options.seed)
    summaries, log_normal = summarise(whole, weights, bootstrap)
    faults = None
    known = detection or _detection_of(images)
    if len(whole) and whole["class"].notna().all():
        faults = find_faults(whole, weights, bootstrap, known, options.bin_edges_nm)
    return ParticleStatistics(
        images=tuple(names),
        particles=table,
        weights=weights,
        summaries=summaries,
        log_normal=log_normal,
        faults=faults,
        excluded=_excluded(images, table),
        remarks=(*_remarks(images, whole, weights, faults), *_out_of_bins(whole, options)),
        options=options,
        detection=known,
    )


def _check(images: Sequence[MeasuredImage]) -> None:
    if not images:
        raise InputError("there is no image to make statistics of; give one or more.")
    for index, first in first_of_each(images).items():
        raise InputError(f"{images[first].name} and {images[index].name} are the same image; give it once.")


def distinct(names: Sequence[str]) -> list[str]:
    """The names, those that stood before with a number behind.

    Example:
        >>> distinct(["a", "b", "a"])
        ['a', 'b', 'a (2)']
    """
    given: list[str] = []
    for name in names:
        numbered = (f"{name} ({number})" for number in count(2))
        given.append(name if name not in given else next(one for one in numbered if one not in {*given, *names}))
    return given


def _joined(images: Sequence[MeasuredImage], names: Sequence[str]) -> pd.DataFrame:
    """All tables, with the name of the image in each row."""
    tables = [image.table.assign(image=name) for image, name in zip(images, names, strict=True)]
    filled = [table for table in tables if len(table)]
    return (pd.concat(filled, ignore_index=True) if filled else tables[0])[["image", *COLUMNS]]


def _detection_of(images: Sequence[MeasuredImage]) -> FaultDetection | None:
    """What all images say of it, None where they say different things."""
    said = {image.detection for image in images if image.table["class"].notna().any()}
    return said.pop() if len(said) == 1 else None


def _excluded(images: Sequence[MeasuredImage], table: pd.DataFrame) -> tuple[Exclusion, ...]:
    particles = Counter(str(why) for why in table["left_out"].dropna())
    candidates = sum((Counter(image.dropped) for image in images), Counter[str]())
    return (
        *(Exclusion(reason, n, is_particle=True) for reason, n in particles.most_common()),
        *(Exclusion(reason, n, is_particle=False) for reason, n in candidates.most_common()),
    )


def _remarks(
    images: Sequence[MeasuredImage], whole: pd.DataFrame, weights: NDArray[np.float64], faults: Faults | None
) -> Iterator[str]:
    """What a reader of the numbers has to know."""
    sources = Counter(image.pixel_size_from for image in images)
    if len(sources) > 1:
        each = ", ".join(f"{_FROM[source]} for {counted(n, 'image')}" for source, n in sources.most_common())
        yield f"Pixel sizes are of different sources: {each}."
    if (n_ways := len({image.way for image in images})) > 1:
        yield f"Particles were found in {n_ways} ways: settings, weights or versions of samiam differ between images."
    if not len(whole):
        yield "No whole particle was found."
        return
    yield from _about_few_images(len(images), whole["image"].nunique(), faults)
    if (effective := n_effective(weights)) < _FEW * len(weights):
        yield (
            f"Some particles are nearly as large as the images: by their weights {len(weights)} particles say as much "
            f"as {effective:.0f}; use images of a larger field."
        )
    if faults is None and whole["class"].notna().any():
        without = sum(bool(image.table.loc[image.table["left_out"].isna(), "class"].isna().any()) for image in images)
        yield f"Faults are not counted: {counted(without, 'image')} of {len(images)} have no fault classes."
    if faults is not None:
        yield from _about_faults(faults)


def _about_few_images(n_images: int, n_filled: int, faults: Faults | None) -> Iterator[str]:
    """That too few images hold particles for intervals over images."""
    if n_filled < FEWEST_IMAGES:
        of = "" if n_filled == n_images else f" with counted particles ({n_filled} of {n_images} have some)"
        yield (
            f"With fewer than {FEWEST_IMAGES} images{of} the intervals of sizes are over particles, and there are none "
            "of correlation and slope: how much images differ is not in them."
        )
    elif faults is not None and not faults.has_intervals_of_trend:
        yield (
            f"Of correlation and slope there are no intervals: in {faults.n_images} of {counted(n_images, 'image')} "
            f"can faults be told of a particle, and {FEWEST_IMAGES} are needed."
        )


def _out_of_bins(whole: pd.DataFrame, options: StatisticsOptions) -> Iterator[str]:
    """That bins which somebody chose leave particles out."""
    if options.bin_edges_nm is None:
        return
    low, high = options.bin_edges_nm[0], options.bin_edges_nm[-1]
    n_outside = int((~whole["diameter_nm"].between(low, high)).sum())
    if n_outside:
        of_all = counted(len(whole), "whole particle")
        yield f"Outside of the size bins, {low:g} to {high:g} nm: {n_outside} of {of_all}."


def _about_faults(faults: Faults) -> Iterator[str]:
    raw, corrected = faults.before_clipping, faults.corrected
    if raw is not None and corrected is not None and raw != corrected.value:
        fewer = "fewer" if raw < 0 else "more"
        outside = " Even its interval lies outside: the classifier errs otherwise on these images."
        yield (
            f"The corrected share of faults comes to {raw:.1%} and was put to {corrected.value:.0%}: {fewer} are said "
            f"to be faulty than the classifier's errors alone would make.{outside if math.isnan(corrected.low) else ''}"
        )
    if faults.alike > 0:
        yield (
            f"Faults are alike within images (correlation {faults.alike:.2f}); the intervals of shares are wider than "
            "the counts alone would make them."
        )
