"""What was measured on the particles of one image: all that statistics are made of, whether found now or read back."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from samiam.formats.writers.earlier import OF_THE_IMAGE
from samiam.particles.measures import measure_particles, window_nm
from samiam.particles.result import FaultDetection, Particles, PixelSizeSource
from samiam.records import Micrograph


@dataclass(frozen=True, eq=False)
class MeasuredImage:
    """The particles of one image in numbers.

    Attributes:
        name: of the image.
        table: as `measure_particles` makes it.
        window_xy_nm: width and height of what the image shows.
        pixel_size_nm: width of a pixel.
        pixel_size_from: who says so.
        dropped: by rule, how many candidates are no particles.
        identity: what only this image has.
        detection: how often faults are told rightly, None where that is not known.
        remark: what there is to say of the image, None for nothing.
        way: in which particles were found, as one text; "" where they were found now.
    """

    name: str
    table: pd.DataFrame
    window_xy_nm: tuple[float, float]
    pixel_size_nm: float
    pixel_size_from: PixelSizeSource
    dropped: Mapping[str, int]
    identity: str
    detection: FaultDetection | None = None
    remark: str | None = None
    way: str = ""

    @classmethod
    def of(cls, particles: Particles) -> MeasuredImage:
        """Measure what was found in an image."""
        micrograph = particles.micrograph
        return cls(
            name=micrograph.name,
            table=measure_particles(particles),
            window_xy_nm=window_nm(micrograph),
            pixel_size_nm=float(micrograph.pixel_size_nm or 0),
            pixel_size_from=particles.pixel_size_from,
            dropped=dict(Counter(candidate.rule for candidate in particles.dropped)),
            identity=identity_of(micrograph),
            detection=particles.detection,
            remark=particles.remark,
        )


def identity_of(micrograph: Micrograph) -> str:
    """Which image of which file it is, beginning with its SHA-256; where it came from none, that of its pixels."""
    facts = micrograph.metadata
    if facts.get("sha256"):
        return " ".join(str(facts.get(key)) for key in OF_THE_IMAGE)
    return f"{hashlib.sha256(micrograph.pixels.tobytes()).hexdigest()} pixels {micrograph.shape_hw}"
