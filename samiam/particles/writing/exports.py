"""The particles of a micrograph as regions to be exported."""

from __future__ import annotations

import math

from samiam.formats.writers.exports.regions import Region, Regions
from samiam.particles.measured import MeasuredImage
from samiam.particles.result import Particles
from samiam.particles.writing.classes import COLOURS, PARTICLE
from samiam.particles.writing.labels import label_image


def regions_of(particles: Particles, measured: MeasuredImage, place: str) -> Regions:
    """A region for each particle, its whole mask, of the category of its class.

    Args:
        particles: the result.
        measured: the same in numbers.
        place: the name of the folder that the files will be in.
    """
    classes = [name or PARTICLE for name in measured.table["class"]]
    scores = (score if math.isfinite(score) else None for score in measured.table["score"].tolist())
    each = zip(classes, scores, strict=True)
    return Regions(
        micrograph=particles.micrograph,
        masks=particles.masks,
        said=[Region(f"particle {n}", of, COLOURS[of], score) for n, (of, score) in enumerate(each, start=1)],
        labels=label_image(particles),
        place=place,
        tables={"Particles": measured.table},
        facts={"particles": str(len(particles.masks))},
        remarks=[*filter(None, [particles.remark])],
    )
