"""Settings of an evaluation: what is compared, on which micrographs, and how it is scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from samiam.benchmark.method_settings import (
    OF_METHOD,
    EncoderChoice,
    GeneratorChoice,
    NumberOfMaterials,
    merged_variants,
)
from samiam.benchmark.particles.settings import ParticlesBenchmark
from samiam.benchmark.polar.settings import PolarBenchmark
from samiam.boosting.settings import BoosterSettings
from samiam.datasets.layout_names import Layout, Pixels
from samiam.errors import InputError
from samiam.settings import Count, Seed, ShapeHW, Share, read_settings, settings
from samiam.wandb_mode import LoggerSettings

Baseline = Literal["kmeans", "multi_otsu", "watershed", "felzenszwalb"]
Unlabelled = Literal["background", "ignored"]


@settings
class SimulatedBenchmark:
    """Simulated micrographs of real crystals.

    Attributes:
        name: of the kind of benchmark.
        scenes: "quick" for twelve, "all" for all 82, or names and numbers, as [1, 2].
        seed: 0 for the published scenes, 1 or more for fresh ones of the same families in their places; how difficult
            each is, is measured.
    """

    name: Literal["simulated"] = "simulated"
    scenes: Literal["quick", "all"] | Annotated[tuple[int | str, ...], Field(min_length=1)] = "quick"
    seed: Seed = 0


@settings
class ProceduralBenchmark:
    """Random lattices without any real crystal: a scene for each difficulty and seed.

    Attributes:
        name: of the kind of benchmark.
        difficulties: classes of the scenes.
        seeds: of the scenes.
        shape_hw: height and width in pixels.
    """

    name: Literal["procedural"]
    difficulties: Annotated[tuple[Annotated[int, Field(ge=1, le=3)], ...], Field(min_length=1)] = (1, 2, 3)
    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)] = (0, 1, 2, 3)
    shape_hw: ShapeHW = (512, 512)


@settings
class EffectsBenchmark:
    """Random lattices as real micrographs show them: each seed under each effect of specimen, microscope and storage.

    Attributes:
        name: of the kind of benchmark.
        effects: names of effects, see `simulate.EFFECTS`; all where empty. Others are compared with the first.
        seeds: of the scenes.
        shape_hw: height and width in pixels.
    """

    name: Literal["effects"]
    effects: tuple[str, ...] = ()
    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)] = (0, 1, 2, 3, 4, 5)
    shape_hw: ShapeHW = (512, 512)


@settings
class RealisticBenchmark:
    """Simulated micrographs of real crystals in lamellae as uneven as published ones: a scene for each number.

    Attributes:
        name: of the kind of benchmark.
        numbers: of the scenes; the families of samples take turns.
        side_px: side of a part of each field of view; null for all of it.
    """

    name: Literal["realistic"]
    numbers: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)] = tuple(range(21))
    side_px: Annotated[int, Field(ge=64)] | None = None


@settings
class LabelledBenchmark:
    """Labelled micrographs in a folder.

    Attributes:
        name: of the kind of benchmark.
        folder: that holds them.
        layout: how it is laid out, see docs/data.md; "auto" for the first layout that fits.
        unlabelled: whether pixels without a label are looked at by no score, or are background, which is wrong for
            every mask on them.
    """

    name: Literal["labelled"]
    folder: str
    layout: Literal["auto"] | Layout = "auto"
    unlabelled: Unlabelled = "ignored"


@settings
class ZenodoBenchmark:
    """The paper's labelled micrographs: fetched into the cache where they are not in a folder.

    Attributes:
        name: of the kind of benchmark.
        record: number of the Zenodo record.
        folder: of the unpacked record; null to fetch it.
        unlabelled: whether pixels without a label are background, which is wrong for every mask on them as in the
            paper, or are looked at by no score.
        pixels: whether the contrast is stretched, as everywhere else, or pixels stay as they are stored, as the
            released code has them; the mean of a file of 8 bits differs by 11 to 39 levels.
    """

    name: Literal["zenodo"]
    record: str = "10909552"
    folder: str | None = None
    unlabelled: Unlabelled = "background"
    pixels: Pixels = "stretched"


@settings
class EvaluationLogger(LoggerSettings):
    """Where results are logged beside the run's folder.

    Attributes:
        group: of the runs that W&B's charts compare; the run's folder where null.
        tags: of the W&B run.
    """

    group: str | None = None
    tags: tuple[str, ...] = ()


@settings
class Condition:
    """How a micrograph is taken, against how it was.

    Dose and drift need a specimen that can be exposed again; the others can be had of any labelled micrograph. They are
    done in the order in which they stand here.

    Attributes:
        dose: factor on the electrons of each Å².
        drift: how much further the specimen drifts while the frame is taken, as a share of the frame's height.
        turn_deg: by how much the view is turned anticlockwise.
        magnification: factor on it, the number of pixels being at most what it was.
        sampling: factor on the number of pixels along each side, all of the view being kept.
        gradient: brightest over darkest of an uneven illumination, by which the image is multiplied; it rises along the
            diagonal, from the upper left to the lower right.
        noise: standard deviation of normal noise added to each pixel, in units of the whole contrast.
        inverted: whether bright and dark change places, as between dark and bright field.
        jpeg: quality at which the image is stored as a JPEG of 8 bits; null for as it is.
    """

    dose: Annotated[float, Field(ge=1e-3, le=1e3)] = 1.0
    drift: Annotated[float, Field(ge=0, le=0.1)] = 0.0
    turn_deg: Annotated[float, Field(ge=-360, le=360)] = 0.0
    magnification: Annotated[float, Field(ge=0.1, le=10)] = 1.0
    sampling: Annotated[float, Field(ge=0.1, le=10)] = 1.0
    gradient: Annotated[float, Field(ge=1, le=100)] = 1.0
    noise: Share = 0.0
    inverted: bool = False
    jpeg: Annotated[int, Field(ge=1, le=95)] | None = None

    @property
    def of_exposure(self) -> dict[str, float]:
        """What of it takes an exposure, by name."""
        return {name: value for name in ("dose", "drift") if (value := getattr(self, name)) != getattr(_AS_TAKEN, name)}


_AS_TAKEN = Condition()


@settings
class EvaluateSettings:
    """All settings of evaluate.py.

    Attributes:
        benchmark: the micrographs.
        generator: what proposes masks.
        encoder: what compares them.
        booster: what makes materials of them.
        logger: where results are logged.
        n_materials: whether the booster is told the number of materials, as in the paper, or one fewer or one more, or
            estimates it.
        grains: whether the booster's regions are grains, which are then what it is told the number of.
        variant: how the scores are defined.
        weighted: whether easy labels weigh 10 and hard ones 1 (paper §3.3).
        crop_accuracy: whether encoders are also tried on crops of the true regions.
        by_image: whether the report has a table of the one-to-one IoU and the number of regions found, image by image.
        figures: whether there is one picture per scene, of the first variant.
        seed: of the crops and of the clustering; several, as [0, 1, 2], are averaged.
        baselines: other methods in the same table.
        variants: what to compare: by name what each changes of generator, encoder, booster, n_materials and grains.
            Masks are generated once for each generator. One that says optional: true is left out where its checkpoint
            would have to be downloaded.
        conditions: each scene under each of these, the first being what the others are compared with.
        workers: processes on this machine; null for as many as it has cores.
        threads: of each process; null for as many as torch takes. Other numbers may change the last digit of a score.
        scheduler: address of a Dask scheduler whose workers take the scenes instead.
        cache: folder of results, which no later run works out again; null to keep nothing.
        experiments: runs to do one after the other in place of this one: by the name of its folder each command, as it
            would be typed. Words about the benchmark that are typed beside them take the place of theirs.
    """

    benchmark: (
        SimulatedBenchmark
        | RealisticBenchmark
        | ProceduralBenchmark
        | EffectsBenchmark
        | LabelledBenchmark
        | ZenodoBenchmark
        | ParticlesBenchmark
        | PolarBenchmark
    ) = field(default_factory=SimulatedBenchmark)
    generator: GeneratorChoice = field(default_factory=lambda: GeneratorChoice("compact"))
    encoder: EncoderChoice = field(default_factory=lambda: EncoderChoice("compact"))
    booster: BoosterSettings = field(default_factory=BoosterSettings)
    logger: EvaluationLogger = field(default_factory=EvaluationLogger)
    n_materials: NumberOfMaterials = "given"
    grains: bool = False
    variant: Literal["paper", "released"] = "paper"
    weighted: bool = False
    crop_accuracy: bool = False
    by_image: bool = False
    figures: bool = True
    seed: Seed | Annotated[tuple[Seed, ...], Field(min_length=1)] = 0
    baselines: tuple[Baseline, ...] = ()
    variants: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    workers: Count | None = 1
    threads: Count | None = 1
    scheduler: str | None = None
    cache: str | None = "outputs/cache"
    experiments: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.benchmark, EffectsBenchmark) and self.conditions:
            raise InputError("conditions: benchmark=effects has conditions of its own, the effects; leave one of both.")
        if len(set(self.seeds)) < len(self.seeds):
            raise InputError(f"seed={list(self.seeds)}: give a seed, or a list of different ones.")
        if isinstance(self.benchmark, ParticlesBenchmark | PolarBenchmark):
            self._check_is_not_of_materials(self.benchmark)

    def _check_is_not_of_materials(self, benchmark: ParticlesBenchmark | PolarBenchmark) -> None:
        """Refuse what only the segmentation into materials has, which would change nothing."""
        for name in _OF_MATERIALS:
            if getattr(self, name) != getattr(_USUAL, name):
                raise InputError(
                    f"{name}: is of the segmentation into materials, benchmark={benchmark.name} has none; leave it out."
                )
        if len(self.seeds) > 1:
            more = "videos" if isinstance(benchmark, PolarBenchmark) else "pictures"
            raise InputError(f"seed={list(self.seeds)}: give one seed; more {more} are benchmark.{more}=N.")

    @property
    def cache_folder(self) -> str | None:
        """The folder of the cache, wherever a worker runs."""
        return None if self.cache is None else str(Path(self.cache).absolute())

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seed, or all of them."""
        return self.seed if isinstance(self.seed, tuple) else (self.seed,)

    @property
    def unlabelled(self) -> Unlabelled:
        """What pixels without a label are; of simulated scenes they are known to be of no material."""
        if isinstance(self.benchmark, LabelledBenchmark | ZenodoBenchmark):
            return self.benchmark.unlabelled
        return "background"


_USUAL = EvaluateSettings()
_OF_MATERIALS = (
    *("generator", "encoder", "booster", "n_materials", "grains", "variant", "weighted", "crop_accuracy"),
    *("by_image", "baselines", "variants", "conditions"),
)


def read_evaluation(config: Mapping[str, Any]) -> EvaluateSettings:
    """The settings of a run from its config, variants and conditions looked at as well.

    Raises:
        InputError: if a setting, at whatever level, is unknown or cannot be used.
    """
    read = read_settings(EvaluateSettings, "", config)
    merged_variants({name: config[name] for name in OF_METHOD if name in config}, read.variants)
    build_conditions(read.conditions)
    return read


def build_conditions(conditions: Mapping[str, Any]) -> dict[str, Condition]:
    """Conditions from plain settings, by what the tables call them.

    Args:
        conditions: for each name the attributes of `Condition` that differ, none for the micrographs as they are.

    Raises:
        InputError: if a setting is unknown, of another type or out of range; the message names the condition.
    """
    if not isinstance(conditions, Mapping):
        raise InputError(f"conditions={conditions!r}: give by name what each changes, as {{turned: {{turn_deg: 90}}}}.")
    return {str(name): read_settings(Condition, f"conditions.{name}", of) for name, of in conditions.items()}
