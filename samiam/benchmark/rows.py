"""What is compared, and one line of the comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from samiam.benchmark.method_settings import NumberOfMaterials
from samiam.boosting import SemanticBooster
from samiam.generation import MaskGenerator
from samiam.metrics import Scores


@dataclass(frozen=True)
class Method:
    """A booster behind a generator that takes part in a comparison.

    Attributes:
        name: what the tables call the booster.
        booster: makes materials of masks.
        generator: proposes the masks.
        number: what the booster is told of the number of materials; in the paper, how many there are.
        grains: whether its regions are grains.
        generator_label: what the tables call the generator; by its name where empty.
        seed: of the booster's crops and clustering.
    """

    name: str
    booster: SemanticBooster
    generator: MaskGenerator
    number: NumberOfMaterials = "given"
    generator_label: str = ""
    seed: int = 0
    grains: bool = False

    def told(self, n_materials: int) -> int | None:
        """What the booster is told where there are so many materials; None where it has to estimate their number."""
        surplus: dict[NumberOfMaterials, int] = {"given": 0, "one_fewer": -1, "one_more": 1}
        return max(1, n_materials + surplus[self.number]) if self.number in surplus else None

    @property
    def label(self) -> str:
        """What the tables call the generator."""
        return self.generator_label or self.generator.name


@dataclass(frozen=True)
class Row:
    """One method on one image.

    Attributes:
        scene: name of the scene.
        difficulty: its class, 1 to 3.
        generator: what proposed the masks, for example "texture", or a baseline, for example "multi_otsu".
        booster: what made materials of them, for example "booster"; None for the generator or the baseline alone.
        scores: how well it did.
        seconds: from the micrograph to the method's masks, when these were made; the boosters' rows include the
            generator's time. Crops that an encoder remembers from an earlier booster cost nothing, nor
            does a look of the compact network that an earlier method of the same weights had.
        peak_mb: largest resident memory of the process meanwhile, in 10⁶ bytes.
        n_materials: the number of materials that the booster or the baseline used; None for the generator alone.
        n_materials_given: whether it was given; None for the generator alone.
        crop_accuracy: share of crops of the true regions that the encoder's vectors put into the right cluster; None
            where that was not asked for, or no crop fits.
        condition: how the image was taken, for example "half dose"; "" where a run has no conditions.
        seed: of the booster's crops and clustering.
        stages: by the name of each stage, in order, its seconds and its peak memory in 10⁶ bytes.
        labelling_s: how long the annotator took.
        image: what the scene shows; several annotators' scenes have one image.
    """

    scene: str
    difficulty: int
    generator: str
    booster: str | None
    scores: Scores
    seconds: float
    peak_mb: float
    n_materials: int | None = None
    n_materials_given: bool | None = None
    crop_accuracy: float | None = None
    condition: str = ""
    seed: int = 0
    stages: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    labelling_s: float | None = None
    image: str = ""

    @property
    def method(self) -> str:
        """For example "texture" or "texture + booster"."""
        return self.generator if self.booster is None else f"{self.generator} + {self.booster}"

    def to_json(self) -> dict[str, Any]:
        """The row as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Row:
        """The row of what `to_json` gave, also when it has been a JSON file meanwhile."""
        stages = {stage: (float(seconds), float(peak_mb)) for stage, (seconds, peak_mb) in values["stages"].items()}
        return cls(**{**values, "scores": Scores(**values["scores"]), "stages": stages})
