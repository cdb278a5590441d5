"""One scene through generators alone and through generators and boosters, all scored against its truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from samiam.benchmark.baselines import segment_by
from samiam.benchmark.caching.cache import Cache, Kind, facts_of_micrograph, facts_of_scene
from samiam.benchmark.meter import Meter, StageMeter
from samiam.benchmark.rows import Method, Row
from samiam.benchmark.settings import Baseline
from samiam.boosting import SemanticBooster, embed_crops, sample_crops
from samiam.generation import MaskGenerator
from samiam.metrics import Unlabelled, Variant, clustering_accuracy, score_image
from samiam.records import Cutout, Masks, Scene, Segmentation

_NO_CACHE = Cache()


@dataclass(frozen=True)
class Scoring:
    """What is measured.

    Attributes:
        variant: which definition of the scores, see `score_image`.
        weighted: whether easy labels weigh 10 and hard ones 1 (paper §3.3).
        crop_accuracy: whether each booster's encoder is also tried on crops of the true regions.
        unlabelled: what pixels without a label are, see `score_image`.
    """

    variant: Variant = "paper"
    weighted: bool = False
    crop_accuracy: bool = False
    unlabelled: Unlabelled = "background"


@dataclass(frozen=True, eq=False)
class Comparison:
    """What came of one scene.

    Attributes:
        rows: of each generator the one alone, followed by one for each of its methods; then one for each baseline.
        masks: what the first method's generator proposed.
        segmentations: the methods' materials, by method.
    """

    rows: Sequence[Row]
    masks: Masks
    segmentations: Sequence[Segmentation]


@dataclass(frozen=True, eq=False)
class _Generated:
    """A generator's masks, and what they cost."""

    masks: Masks
    seconds: float
    peak_mb: float

    @property
    def cost(self) -> tuple[float, float]:
        """Seconds and peak memory, as in `Row.stages`."""
        return self.seconds, self.peak_mb


def compare(
    scene: Scene,
    methods: Sequence[Method],
    scoring: Scoring = Scoring(),
    *,
    baselines: Sequence[Baseline] = (),
    cache: Cache = _NO_CACHE,
    condition: str = "",
    image: str = "",
) -> Comparison:
    """Generate masks once for each generator, and score them as they are and as each booster leaves them.

    Args:
        scene: a micrograph with its truth.
        methods: make materials of masks; of the truth they get at most the number of materials.
        scoring: what is measured.
        baselines: other ways to segment the micrograph; they are told the number of materials.
        cache: what has been worked out before.
        condition: see `Row`.
        image: see `Row`.
    """
    bench = _Bench(scene, scoring, cache)
    rows: list[Row] = []
    found: dict[int, tuple[Masks, Segmentation]] = {}
    for label in dict.fromkeys(method.label for method in methods):
        theirs = [(place, method) for place, method in enumerate(methods) if method.label == label]
        generator = theirs[0][1].generator
        generated = bench.generated(generator)
        for seed in dict.fromkeys(method.seed for _, method in theirs):
            rows.append(replace(bench.alone(generator, generated), generator=label, seed=seed))
            for place, method in theirs:
                if method.seed == seed:
                    row, segmentation = bench.boosted(method, generated)
                    rows.append(row)
                    found[place] = bench.cutout.put_back_masks(generated.masks), segmentation
    rows += [bench.of_baseline(baseline) for baseline in baselines]
    return Comparison(
        [replace(row, condition=condition, image=image) for row in rows],
        found[0][0],
        [found[place][1] for place in range(len(methods))],
    )


@dataclass(frozen=True, eq=False)
class _Bench:
    """A scene, and how methods are measured on it."""

    scene: Scene
    scoring: Scoring
    cache: Cache

    def generated(self, generator: MaskGenerator) -> _Generated:
        """The masks of a generator, over the cutout."""

        def work() -> _Generated:
            with Meter() as meter:
                masks = generator.generate(self.cutout.micrograph)
            return _Generated(masks, meter.seconds, meter.peak_mb)

        made_from = {"micrograph": facts_of_micrograph(self.scene.micrograph), "generator": _facts(generator)}
        return self.cache.recall(_MASKS, made_from, {*_modules(generator), Meter.__module__}, work)

    def alone(self, generator: MaskGenerator, generated: _Generated) -> Row:
        """The row of a generator's own masks."""

        def work() -> Row:
            masks = self.cutout.put_back_masks(generated.masks)
            row = self._scored(masks, generator.name, generated.seconds, generated.peak_mb)
            return replace(row, stages={"generation": generated.cost})

        return self._row({"alone": _facts(generator)}, _modules(generator), work)

    def boosted(self, method: Method, generated: _Generated) -> tuple[Row, Segmentation]:
        """The row of a booster, and its materials."""

        def work() -> tuple[Row, Segmentation]:
            n_materials = method.told(len(self.scene.truth))
            stages = StageMeter()
            with Meter() as meter:
                found = method.booster(
                    self.cutout.micrograph, generated.masks, n_materials, stages, grains=method.grains
                )
            found = self.cutout.put_back(found)
            seconds, peak_mb = generated.seconds + meter.seconds, max(generated.peak_mb, meter.peak_mb)
            row = replace(
                self._scored(found, method.generator.name, seconds, peak_mb),
                n_materials=found.n_materials,
                n_materials_given=found.n_materials_given,
                crop_accuracy=crop_accuracy(self.scene, method.booster) if self.scoring.crop_accuracy else None,
                stages={"generation": generated.cost, **stages.costs},
            )
            return row, found

        options = {
            "booster": dict(method.booster.options),
            "number": method.number,
            "grains": method.grains,
        }
        made_from = {**self._facts, "generator": _facts(method.generator), **options}
        booster = method.booster
        makers = (method.generator, booster, booster.encoder, booster.classifier)
        made_by = {__name__}.union(*(_modules(maker) for maker in makers if maker is not None))
        row, segmentation = self.cache.recall(_MATERIALS, made_from, made_by, work)
        named = replace(row, generator=method.label, booster=method.name, seed=method.seed)
        return named, segmentation

    def of_baseline(self, baseline: Baseline) -> Row:
        """The row of a baseline."""

        def work() -> Row:
            n_materials = len(self.scene.truth)
            with Meter() as meter:
                found = segment_by(baseline, self.cutout.micrograph, n_materials)
            found = self.cutout.put_back_masks(found)
            row = self._scored(found, baseline, meter.seconds, meter.peak_mb)
            return replace(row, n_materials=n_materials, n_materials_given=True)

        return self._row({"baseline": baseline}, [], work)

    @cached_property
    def cutout(self) -> Cutout:
        """What methods see of it, as in `segment`."""
        return Cutout.of(self.scene.micrograph)

    @cached_property
    def _facts(self) -> dict[str, Any]:
        return {"scene": facts_of_scene(self.scene), "scoring": asdict(self.scoring)}

    def _row(self, made_from: Mapping[str, Any], made_by: Collection[str], work: Callable[[], Row]) -> Row:
        return self.cache.recall(_ROW, {**self._facts, **made_from}, {__name__, *made_by}, work)

    def _scored(self, found: Masks | Segmentation, method: str, seconds: float, peak_mb: float) -> Row:
        scene = self.scene
        weights = scene.weights if self.scoring.weighted else None
        scoring = self.scoring
        scores = score_image(found, scene, variant=scoring.variant, weights=weights, unlabelled=scoring.unlabelled)
        row = Row(scene.micrograph.name, scene.difficulty, method, None, scores, seconds, peak_mb)
        return replace(row, labelling_s=scene.parameters.get("labelling_s"))


def crop_accuracy(scene: Scene, booster: SemanticBooster) -> float | None:
    """How well a booster's encoder tells the materials of a scene apart, whatever the generator proposes.

    Crops are drawn from the true regions by the booster's own rules; see `clustering_accuracy`. Materials in which no
    crop fits do not count.

    Returns:
        Share of crops in the right cluster, 0 to 1; None where no crop fits in any region.
    """
    crops = sample_crops(scene.micrograph, scene.truth, booster.crops)
    if not crops.pixels:
        return None
    vectors = embed_crops(booster.encoder, scene.micrograph, crops)
    return clustering_accuracy(vectors, crops.owners, booster.grouping.seed)


def _modules(maker: object) -> set[str]:
    """Where a maker is written, and what it was given to place its prompts by."""
    places = getattr(maker, "places", None)
    return {type(each).__module__ for each in (maker, places) if each is not None}


def _facts(generator: MaskGenerator) -> dict[str, Any]:
    return {"name": generator.name, "options": dict(generator.options)}


def _write_row(folder: Path, row: Row) -> None:
    (folder / "row.json").write_text(json.dumps(row.to_json()), encoding="utf-8")


def _read_row(folder: Path) -> Row:
    return Row.from_json(json.loads((folder / "row.json").read_text(encoding="utf-8")))


def _write_masks(folder: Path, generated: _Generated) -> None:
    generated.masks.save(folder / "masks.npz")
    cost = {"seconds": generated.seconds, "peak_mb": generated.peak_mb}
    (folder / "cost.json").write_text(json.dumps(cost), encoding="utf-8")


def _read_masks(folder: Path) -> _Generated:
    cost = json.loads((folder / "cost.json").read_text(encoding="utf-8"))
    return _Generated(Masks.load(folder / "masks.npz"), **cost)


def _write_materials(folder: Path, found: tuple[Row, Segmentation]) -> None:
    _write_row(folder, found[0])
    found[1].save(folder / "materials.npz")


def _read_materials(folder: Path) -> tuple[Row, Segmentation]:
    return _read_row(folder), Segmentation.load(folder / "materials.npz")


_MASKS = Kind("masks", _write_masks, _read_masks)
_MATERIALS = Kind("materials", _write_materials, _read_materials)
_ROW = Kind("rows", _write_row, _read_row)
