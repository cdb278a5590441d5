"""What is done with every sample of particles, wherever it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from samiam.benchmark.caching.cache import Cache
from samiam.benchmark.particles.examining import SampleBench
from samiam.benchmark.particles.figures import picture_of
from samiam.benchmark.particles.methods import ParticleMethods, build_particle_methods
from samiam.benchmark.particles.rows import FinderRow, RegionRow
from samiam.benchmark.particles.samples import SampleSource
from samiam.benchmark.particles.settings import MethodChoices
from samiam.benchmark.study import attempted


@dataclass(frozen=True)
class ParticleStudy:
    """What is done with every sample, as plain values that can be sent to another machine.

    Attributes:
        choices: what is compared.
        pictures: whether pictures are drawn of those samples that are to be shown.
        cache: folder of what has been worked out before; None for none.
        threads: of each process; None for as many as libraries take by themselves.
    """

    choices: MethodChoices
    pictures: bool = True
    cache: str | None = None
    threads: int | None = 1

    @property
    def methods(self) -> ParticleMethods:
        """What is compared, made once in each process.

        Raises:
            InputError: if a setting cannot be used.
        """
        return build_particle_methods(self.choices)


@dataclass(frozen=True)
class SampleOutcome:
    """What came of one sample.

    Attributes:
        source: where it is from.
        finder_rows: of all finders; none where the sample failed.
        region_rows: of all classifiers of faults.
        picture: a PNG, or None.
        failure: one line that says what went wrong, or None.
        trace: where it went wrong, if that was not foreseen.
    """

    source: SampleSource
    finder_rows: Sequence[FinderRow] = ()
    region_rows: Sequence[RegionRow] = ()
    picture: bytes | None = None
    failure: str | None = None
    trace: str | None = None


def examine_sample(source: SampleSource, study: ParticleStudy) -> SampleOutcome:
    """Make or read a sample and compare all methods on it; whatever goes wrong is part of the outcome."""

    def examined() -> SampleOutcome:
        bench = SampleBench(source, study.methods, Cache.at(study.cache))
        rows, regions = bench.finder_rows(), bench.region_rows()
        picture = picture_of(bench, rows) if study.pictures and source.is_shown else None
        return SampleOutcome(source, rows, regions, picture)

    return attempted(examined, source, SampleOutcome, study.threads)
