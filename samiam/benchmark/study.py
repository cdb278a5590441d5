"""What is done with every scene of a run, wherever it is done."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol, TypeVar

import torch
from threadpoolctl import threadpool_limits

from samiam.benchmark.caching.cache import Cache
from samiam.benchmark.comparison import Comparison, Scoring, compare
from samiam.benchmark.figures import methods_picture, scene_picture
from samiam.benchmark.rows import Method, Row
from samiam.benchmark.scenes.sources import Source
from samiam.benchmark.settings import Baseline
from samiam.benchmark.variants import Methods, build_methods
from samiam.errors import InputError
from samiam.records import Decision, Segmentation
from samiam.records.showing import png_of

Item = TypeVar("Item")
Result = TypeVar("Result")
_Item_contra = TypeVar("_Item_contra", contravariant=True)
_Result_co = TypeVar("_Result_co", covariant=True)


class OutcomeOf(Protocol[_Item_contra, _Result_co]):
    """What comes of an item of a run, as a class: here of one that failed."""

    def __call__(self, source: _Item_contra, /, *, failure: str, trace: str | None = None) -> _Result_co: ...  # noqa: D102


@dataclass(frozen=True)
class Study:
    """What is done with every scene, as plain values that can be sent to another machine.

    Attributes:
        own: the run's generator, encoder, booster, n_materials and grains, see `build_methods`.
        variants: by name what each changes of these.
        seeds: of crops and clustering.
        scoring: what is measured.
        baselines: see `compare`.
        pictures: whether a picture is drawn of each scene, of the first method.
        cache: folder of what has been worked out before; None for none.
        threads: of torch and of the numerical libraries, in each process; None for as many as they take by themselves.
    """

    own: Mapping[str, Any]
    variants: Mapping[str, Any] = field(default_factory=dict)
    seeds: Sequence[int] = (0,)
    scoring: Scoring = field(default_factory=Scoring)
    baselines: Sequence[Baseline] = ()
    pictures: bool = True
    cache: str | None = None
    threads: int | None = 1

    @property
    def methods(self) -> Methods:
        """The generators and boosters, made once in each process.

        Raises:
            InputError: if a setting cannot be used.
        """
        return _built(json.dumps([self.own, self.variants, list(self.seeds)]))


@dataclass(frozen=True)
class Outcome:
    """What came of one scene.

    Attributes:
        source: where it is from.
        rows: of all methods; none where the scene failed.
        log: what the first method did with each mask.
        picture: a PNG of the first method, or None.
        variants: a PNG of all methods where there are several, or None.
        failure: one line that says what went wrong, or None.
        trace: where it went wrong, if that was not foreseen.
    """

    source: Source
    rows: Sequence[Row] = ()
    log: Sequence[Decision] = ()
    picture: bytes | None = None
    variants: bytes | None = None
    failure: str | None = None
    trace: str | None = None


def examine(source: Source, study: Study) -> Outcome:
    """Make or read a scene and compare all methods on it; whatever goes wrong is part of the outcome."""
    return attempted(lambda: _examined(source, study), source, Outcome, study.threads)


def attempted(
    work: Callable[[], Result], source: Item, outcome: OutcomeOf[Item, Result], threads: int | None
) -> Result:
    """What comes of one item of a run; one that is bad must not end the run.

    Args:
        work: makes the result.
        source: where the item is from.
        outcome: makes the result of one line that says what went wrong, and of where, if that was not foreseen.
        threads: see `limited_threads`.
    """
    try:
        with limited_threads(threads):
            return work()
    except InputError as error:
        return outcome(source, failure=" ".join(str(error).split()))
    except Exception as error:
        return outcome(source, failure=line_of(error), trace=traceback.format_exc())


def line_of(error: BaseException) -> str:
    """What nobody foresaw, on one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def _examined(source: Source, study: Study) -> Outcome:
    scene = source.make()
    found = compare(
        scene,
        study.methods.present,
        study.scoring,
        baselines=study.baselines,
        cache=Cache.at(study.cache),
        condition=source.condition,
        image=source.image,
    )
    log = found.segmentations[0].decisions
    if not study.pictures:
        return Outcome(source, found.rows, log)
    titled = _titled(study.methods.present, found)
    first = next(iter(titled)).partition(": ")[2]
    picture = scene_picture(scene, found.masks, found.segmentations[0], f", {first}")
    variants = methods_picture(scene, titled) if len(titled) > 1 else None
    return Outcome(source, found.rows, log, png_of(picture), None if variants is None else png_of(variants))


def _titled(methods: Sequence[Method], found: Comparison) -> dict[str, Segmentation]:
    """What each method made with its first seed, by its name and score, in their order."""
    mious = {(row.generator, row.booster, row.seed): row.scores.miou for row in found.rows}
    return {
        f"{method.name}: mIoU {mious[method.label, method.name, method.seed]:.3f}": segmentation
        for method, segmentation in zip(methods, found.segmentations, strict=True)
        if method.seed == methods[0].seed
    }


@lru_cache(maxsize=1)
def _built(settings: str) -> Methods:
    own, variants, seeds = json.loads(settings)
    return build_methods(own, variants, seeds)


@contextmanager
def limited_threads(threads: int | None) -> Iterator[None]:
    """So many threads and no more: sums over other numbers of threads may differ in the last digit."""
    if threads is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with threadpool_limits(threads):
            yield
    finally:
        torch.set_num_threads(before)
