"""One scene through the generator alone and through generator and booster, both scored against its truth."""

from __future__ import annotations

from dataclasses import dataclass

from samiam.benchmark.meter import Meter
from samiam.boosting import SemanticBooster
from samiam.generation import MaskGenerator
from samiam.metrics import Scores, Variant, score_image
from samiam.records import Masks, Scene, Segmentation


@dataclass(frozen=True)
class Row:
    """One method on one image.

    Attributes:
        scene: name of the scene.
        difficulty: its class, 1 to 3.
        method: for example "texture" or "texture + booster".
        scores: how well it did.
        seconds: from the micrograph to the method's masks; the booster's rows include the generator's time.
        peak_mb: largest resident memory of the process meanwhile, in 10⁶ bytes.
        n_materials: the number of materials that the booster used; None for the generator alone.
        n_materials_given: whether it was given; None for the generator alone.
    """

    scene: str
    difficulty: int
    method: str
    scores: Scores
    seconds: float
    peak_mb: float
    n_materials: int | None = None
    n_materials_given: bool | None = None


def compare(
    scene: Scene,
    generator: MaskGenerator,
    booster: SemanticBooster,
    *,
    give_n_materials: bool,
    variant: Variant = "paper",
    weighted: bool = False,
) -> tuple[list[Row], Masks, Segmentation]:
    """Generate masks once, and score them as they are and boosted.

    Args:
        scene: a micrograph with its truth.
        generator: proposes the masks.
        booster: makes materials of them; of the truth it gets at most the number of materials.
        give_n_materials: whether the booster is told that number, as in the paper, or has to estimate it.
        variant: which definition of the scores, see `score_image`.
        weighted: whether easy labels weigh 10 and hard ones 1 (paper §3.3).

    Returns:
        The rows of the generator alone and of generator and booster; the masks; the materials.
    """
    with Meter() as generating:
        masks = generator.generate(scene.micrograph)
    with Meter() as boosting:
        segmentation = booster(scene.micrograph, masks, len(scene.truth) if give_n_materials else None)
    weights = scene.weights if weighted else None
    name, difficulty = scene.micrograph.name, scene.difficulty
    alone = Row(
        name,
        difficulty,
        generator.name,
        score_image(masks, scene, variant=variant, weights=weights),
        generating.seconds,
        generating.peak_mb,
    )
    boosted = Row(
        name,
        difficulty,
        f"{generator.name} + booster",
        score_image(segmentation, scene, variant=variant, weights=weights),
        generating.seconds + boosting.seconds,
        max(generating.peak_mb, boosting.peak_mb),
        segmentation.n_materials,
        segmentation.n_materials_given,
    )
    return [alone, boosted], masks, segmentation
