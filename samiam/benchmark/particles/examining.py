"""All methods on one sample, scored against its truth; what has been worked out before is recalled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.benchmark.caching.cache import Cache
from samiam.benchmark.caching.plain_rows import kind_of_rows
from samiam.benchmark.particles.methods import ParticleMethods
from samiam.benchmark.particles.rows import FOUND, KNOWN, FinderRow, RegionRow, Taken
from samiam.benchmark.particles.samples import Sample, SampleSource
from samiam.geometry import intersections, iou
from samiam.metrics.instances import score_instances
from samiam.metrics.one_to_one import CORRECT_IOU
from samiam.particles.faults.classifier import FaultClassifier
from samiam.particles.faults.paper import is_taken
from samiam.particles.faults.region import Region, cut_region
from samiam.particles.faults.truth import VISIBLE, truth_of_region
from samiam.particles.finder.protocol import ParticleFinder
from samiam.particles.finder.settings import FinderOptions
from samiam.particles.finding import find_particles, touching
from samiam.particles.result import FAULT_CLASSES, Particles
from samiam.records import Masks
from samiam.records.particle_scene import ParticleScene

_NAN = float("nan")
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SampleBench:
    """A sample, and how methods are measured on it.

    Attributes:
        source: of the sample.
        methods: what is compared.
        cache: of what has been worked out before.
    """

    source: SampleSource
    methods: ParticleMethods
    cache: Cache
    _found: dict[str, Particles] = field(default_factory=dict)

    @cached_property
    def sample(self) -> Sample:
        """The sample, made when it is needed."""
        return self.source.make()

    def particles(self, method: str) -> Particles:
        """What a finder finds."""
        if method not in self._found:
            self._found[method] = self.methods.find(method, self.sample.scene.micrograph)
        return self._found[method]

    def finder_rows(self) -> list[FinderRow]:
        """A row for each finder."""
        return [
            row
            for method in self.methods.finders
            for row in self.cache.recall(
                _FINDERS, *self._decided_by(*self.methods.makers(method)), partial(self._scored, method)
            )
        ]

    def region_rows(self) -> list[RegionRow]:
        """A row for each classifier on each region whose truth is known, and on each that the first finder found."""
        finder = next(iter(self.methods.finders.values()))
        rows: list[RegionRow] = []
        for method, teller in self.methods.tellers.items():
            told = {KNOWN: self._decided_by(teller), FOUND: self._decided_by(teller, finder)}
            for whose, decided_by in told.items():
                work = partial(self._told, method, teller, None if whose == KNOWN else finder)
                own: Sequence[RegionRow] = self.cache.recall(_REGIONS, *decided_by, work)
                rows += own
        return rows

    def _decided_by(self, *parts: ParticleFinder | FaultClassifier | None) -> tuple[dict[str, Any], set[str]]:
        """From what a row is made, and by which modules."""
        makers = [part for part in parts if part is not None]
        methods = [{"name": maker.name, "options": dict(maker.options)} for maker in makers]
        return {"sample": dict(self.source.made_from), "methods": methods}, {
            *(__name__, self.source.made_by),
            *(type(maker).__module__ for maker in makers),
        }

    @cached_property
    def _taken(self) -> Taken:
        scene, source = self.sample.scene, self.source
        lens, camera = (scene.parameters.get(part, {}) for part in ("lens", "camera"))
        defocus = lens.get("defocus_A")
        return Taken(
            source.set_name,
            source.specimen,
            source.name,
            float(scene.micrograph.pixel_size_nm or _NAN),
            camera.get("dose_e_per_A2"),
            None if defocus is None else abs(defocus) / 10,
        )

    def _scored(self, method: str) -> Sequence[FinderRow]:
        particles, sample = self.particles(method), self.sample
        found, truth = particles.masks, sample.scene.masks
        if sample.looked_at is not None:
            found, truth = found.within(sample.looked_at), truth.within(sample.looked_at)
        scores = score_instances(found, truth)
        row = FinderRow(self._taken, method, scores.dice, _NAN, scores.false_area, len(truth), len(found))
        if not sample.are_single:
            return [row]
        size_nm = float(particles.micrograph.pixel_size_nm or _NAN)
        seen = can_be_seen(sample.scene)
        split = [truth.select(np.flatnonzero(which)) for which in (seen, ~seen)]
        of_seen = score_instances(found, split[0], excused=split[1])
        overlaps = iou(intersections(found, truth), found.areas, truth.areas)
        best = overlaps.max(axis=0) if len(found) else np.zeros(len(truth))
        counted = replace(
            row,
            f1=scores.f1,
            true_nm=_diameters_nm(truth.areas[~touching(truth, None)], size_nm),
            found_nm=_diameters_nm(found.areas[~particles.touches_edge], size_nm),
            sizes_nm=_diameters_nm(truth.areas, size_nm),
            fringes=[one.fringe_d_prime for one in sample.scene.particles],
            are_found=(best >= CORRECT_IOU).tolist(),
            dice_seen=of_seen.dice,
            f1_seen=of_seen.f1 if seen.any() else _NAN,
        )
        return [counted]

    def _told(self, method: str, teller: FaultClassifier, finder: ParticleFinder | None) -> Sequence[RegionRow]:
        if not self.sample.regions:  # of labelled micrographs nobody knows the classes
            return []
        whose = KNOWN if finder is None else FOUND
        cut = list(self._cut(self.sample.regions if finder is None else self._candidates(finder)))
        told = teller.probabilities([region for _, region in cut])
        return [
            self._region_row(method, whose, mask, region, probabilities.astype(float).tolist())
            for (mask, region), probabilities in zip(cut, told, strict=True)
        ]

    def _candidates(self, finder: ParticleFinder) -> Masks:
        """What a finder finds."""
        return find_particles(self.sample.scene.micrograph, finder=finder, faults=False).masks

    def _cut(self, masks: Iterable[Mask]) -> Iterator[tuple[Mask, Region]]:
        micrograph = self.sample.scene.micrograph
        for mask in masks:
            region = cut_region(micrograph, mask, float(micrograph.pixel_size_nm or _NAN))
            if region is not None:
                yield mask, region

    def _region_row(
        self, method: str, whose: str, mask: Mask, region: Region, probabilities: Sequence[float]
    ) -> RegionRow:
        scene = self.sample.scene
        truth = truth_of_region(scene, mask)
        shown = None if truth.particle is None else scene.particles[truth.particle]
        facts = {} if truth.particle is None else scene.parameters["particles"][truth.particle]
        return RegionRow(
            self._taken,
            method,
            whose,
            None if truth.fault_class is None else FAULT_CLASSES.index(truth.fault_class),
            shown is not None and shown.stacking != "none",
            facts.get("view") == "110",
            _diameters_nm(np.array([np.count_nonzero(mask)]), self._taken.pixel_size_nm)[0],
            is_taken(region),
            probabilities,
        )


def can_be_seen(scene: ParticleScene) -> NDArray[np.bool_]:
    """Which particles of a scene can be seen, bool (N,).

    Their fringes have a d′ of 5 or more, or one that nobody knows, and as much of them is shown as makes a particle for
    the finder that ships: the area of a disc of 1 nm.
    """
    diameters = np.array(_diameters_nm(scene.masks.areas, float(scene.micrograph.pixel_size_nm or _NAN)))
    hidden = np.array([one.fringe_d_prime < VISIBLE for one in scene.particles], np.bool_)
    return np.asarray(~hidden & (diameters >= FinderOptions().smallest_nm))


def _diameters_nm(areas_px: NDArray[np.integer], pixel_size_nm: float) -> list[float]:
    """Of discs of these areas."""
    return [float(diameter) for diameter in 2 * np.sqrt(areas_px / np.pi) * pixel_size_nm]


_FINDERS = kind_of_rows("particle_finders", FinderRow)
_REGIONS = kind_of_rows("particle_regions", RegionRow)
