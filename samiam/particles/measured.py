"""What was measured on the particles of one image: all that statistics are made of, whether found now or read back."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
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
        pixels_sha256: of the pixels as they were read, whatever file holds them; "" where nobody noted it.
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
    pixels_sha256: str = ""

    @property
    def marks(self) -> tuple[str, ...]:
        """What no other image has."""
        return (self.identity, *filter(None, [self.pixels_sha256]))

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
            pixels_sha256=_sha256_of_pixels(micrograph),
        )


def identity_of(micrograph: Micrograph) -> str:
    """Which image of which file it is, beginning with its SHA-256; where it came from none, that of its pixels."""
    facts = micrograph.metadata
    if facts.get("sha256"):
        return " ".join(str(facts.get(key)) for key in OF_THE_IMAGE)
    return f"{_sha256_of_pixels(micrograph)} pixels {micrograph.shape_hw}"


def first_of_each(images: Sequence[MeasuredImage]) -> dict[int, int]:
    """By the index of each image that was there before, under whatever name and in whatever file, that of the first."""
    seen: dict[str, int] = {}
    found = {}
    for index, image in enumerate(images):
        first = min((seen[mark] for mark in image.marks if mark in seen), default=index)
        if first != index:
            found[index] = first
        for mark in image.marks:
            seen.setdefault(mark, first)
    return found


def _sha256_of_pixels(micrograph: Micrograph) -> str:
    sha256 = hashlib.sha256(repr(micrograph.shape_hw).encode())
    sha256.update(micrograph.pixels.tobytes())
    return sha256.hexdigest()
