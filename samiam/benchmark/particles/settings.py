"""Settings of a benchmark of particles: pictures, and what is compared on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from samiam.errors import InputError
from samiam.particles.faults.settings import FaultOptions
from samiam.particles.finder.settings import FinderOptions
from samiam.settings import Count, Positive, ShapeHW, settings

SetName = Literal["test", "physics", "materials", "carbon"]
MethodName = Literal["ours", "finder", "paper", "otsu", "variance", "watershed"]


@settings
class ParticlesBenchmark:
    """Particles in HRTEM: pictures of simulated specimens that nobody has learnt from, and labelled micrographs.

    Attributes:
        name: of the kind of benchmark.
        sets: of simulated specimens: others of the kind that was learnt from, other physics (200 kV, eight
            configurations of vibrating atoms, thicker carbon), other materials, and supports without any particle.
        waves: folders that `python -m simulate particles` wrote, which have these splits between them; a split that
            none of them has is taken of what ships.
        pictures: of each specimen, each under conditions of its own.
        carbon_pictures: of all supports without a particle.
        shape_hw: of a picture, in pixels; all that there is of a specimen where null.
        conditions: what changes of the optics and cameras that pictures are drawn from, see `ParticleConditions`.
        empty: regions of each picture that hold no particle, for classifiers to tell.
        folder: of labelled micrographs, with folders images and labels.
        images: names of those to take; all where empty.
        particle_label: number that particles have in label images, whose 0 is not looked at; where null each number
            above 0 is a particle of its own and 0 is support.
        pixel_size_nm: width of a pixel of labelled micrographs, or by their names; what the files say where null.
        material: of the particles of labelled micrographs, whose fringes say the pixel size where nothing else does.
        methods: that find particles; "finder" is "ours" that does not tell faults: it finds the same, sooner.
        finder: of both.
        paper_weights: of the network of Groschner et al. (2021) trained by `train.py experiment=particles_segmentation
            learner.variant=paper`; what ships where null, and left out where nothing does.
        keras_weights: a file of weights of the authors' own, which then takes part as "keras".
        keras_threshold: from which its second class is a particle.
        faults: what tells faults, by "ours" and the paper's numbers alike; left out where no weights ship.
        paper_faults: weights of the forest of the paper's five numbers; what ships where null.
        time_px: side of the picture that methods are timed on; none are where null.
    """

    name: Literal["particles"]
    sets: tuple[SetName, ...] = ("test", "physics", "materials", "carbon")
    waves: tuple[str, ...] = ()
    pictures: Count = 8
    carbon_pictures: Count = 100
    shape_hw: ShapeHW | None = None
    conditions: Mapping[str, Any] = field(default_factory=dict)
    empty: Count = 2
    folder: str | None = None
    images: tuple[str, ...] = ()
    particle_label: Annotated[int, Field(ge=1)] | None = None
    pixel_size_nm: Positive | Mapping[str, Any] | None = None
    material: str | None = None
    methods: Annotated[tuple[MethodName, ...], Field(min_length=1)] = get_args(MethodName)
    finder: FinderOptions = field(default_factory=FinderOptions)
    paper_weights: str | None = None
    keras_weights: str | None = None
    keras_threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5
    faults: FaultOptions = field(default_factory=FaultOptions)
    paper_faults: str | None = None
    time_px: Annotated[int, Field(ge=64, le=8192)] | None = 1024

    def __post_init__(self) -> None:
        if not self.sets and self.folder is None:
            raise InputError("sets=[]: give a set, or folder=PATH for labelled micrographs.")
        for name in ("sets", "methods", "waves", "images"):
            if len(set(getattr(self, name))) < len(getattr(self, name)):
                raise InputError(f"{name}={list(getattr(self, name))}: give each once.")
        if self.folder is None:
            for name in ("images", "particle_label", "pixel_size_nm", "material"):
                if getattr(self, name) not in (None, ()):
                    raise InputError(f"{name}: is of labelled micrographs; give their folder=PATH, or leave it out.")
        if isinstance(self.pixel_size_nm, Mapping):
            for name, size in self.pixel_size_nm.items():
                if isinstance(size, bool) or not isinstance(size, int | float) or not 0 < size < float("inf"):
                    raise InputError(f"pixel_size_nm.{name}={size!r}: give a width above 0 in nm.")
        if self.faults.variant != "ours":
            raise InputError("faults.variant: both take part; give the weights of the paper's by paper_faults=PATH.")

    def pixel_size_of(self, image: str) -> float | None:
        """Width of a pixel of a labelled micrograph, None where it is not given."""
        if isinstance(self.pixel_size_nm, Mapping):
            found = self.pixel_size_nm.get(image)
            return None if found is None else float(found)
        return self.pixel_size_nm

    @property
    def choices(self) -> MethodChoices:
        """What is compared."""
        paper = replace(self.faults, variant="paper", weights=self.paper_faults, weights_sha256=None)
        return MethodChoices(
            self.methods, self.finder, self.paper_weights, self.keras_weights, self.keras_threshold, self.faults, paper
        )


@dataclass(frozen=True)
class MethodChoices:
    """What is compared, apart from the pictures that it is compared on; see `ParticlesBenchmark`.

    Attributes:
        methods: that find particles.
        finder: of "ours".
        paper_weights: of the paper's network.
        keras_weights: of the authors' own.
        keras_threshold: likewise.
        faults: what tells faults by our numbers.
        paper_faults: what tells them by the paper's.
    """

    methods: tuple[MethodName, ...]
    finder: FinderOptions
    paper_weights: str | None
    keras_weights: str | None
    keras_threshold: float
    faults: FaultOptions
    paper_faults: FaultOptions
