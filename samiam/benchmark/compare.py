"""One scene through the generator alone and through generator and boosters, all scored against its truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from samiam.benchmark.meter import Meter
from samiam.benchmark.peers import segment_by
from samiam.boosting import SemanticBooster, embed_crops, sample_crops
from samiam.generation import MaskGenerator
from samiam.metrics import Scores, Variant, clustering_accuracy, score_image
from samiam.records import Masks, Scene, Segmentation


@dataclass(frozen=True)
class Contender:
    """A booster that takes part in a comparison.

    Attributes:
        name: what the tables call it.
        booster: makes materials of masks.
        give_n_materials: whether it is told the number of materials, as in the paper, or has to estimate it.
    """

    name: str
    booster: SemanticBooster
    give_n_materials: bool = True


@dataclass(frozen=True)
class Row:
    """One method on one image.

    Attributes:
        scene: name of the scene.
        difficulty: its class, 1 to 3.
        generator: what proposed the masks, for example "texture", or a peer, for example "multi_otsu".
        booster: what made materials of them, for example "booster"; None for the generator or the peer alone.
        scores: how well it did.
        seconds: from the micrograph to the method's masks; the boosters' rows include the generator's time. Crops that
            an encoder remembers from an earlier booster cost nothing.
        peak_mb: largest resident memory of the process meanwhile, in 10⁶ bytes.
        n_materials: the number of materials that the booster or the peer used; None for the generator alone.
        n_materials_given: whether it was given; None for the generator alone.
        crop_accuracy: see the function of this name; None where not asked for, or without crops.
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

    @property
    def method(self) -> str:
        """For example "texture" or "texture + booster"."""
        return self.generator if self.booster is None else f"{self.generator} + {self.booster}"


def compare(
    scene: Scene,
    generator: MaskGenerator,
    contenders: Sequence[Contender],
    *,
    variant: Variant = "paper",
    weighted: bool = False,
    with_crop_accuracy: bool = False,
    peers: Sequence[str] = (),
) -> tuple[list[Row], Masks, list[Segmentation]]:
    """Generate masks once, and score them as they are and as each booster leaves them.

    Args:
        scene: a micrograph with its truth.
        generator: proposes the masks.
        contenders: make materials of them; of the truth they get at most the number of materials.
        variant: which definition of the scores, see `score_image`.
        weighted: whether easy labels weigh 10 and hard ones 1 (paper §3.3).
        with_crop_accuracy: whether each booster's encoder is also tried on crops of the true regions.
        peers: names of `samiam.benchmark.peers.PEERS`, which segment the micrograph in their own way; they are told
            the number of materials.

    Returns:
        The row of the generator alone, one for each contender and one for each peer; the masks; each contender's
        materials.
    """
    with Meter() as generating:
        masks = generator.generate(scene.micrograph)
    weights = scene.weights if weighted else None
    name, difficulty = scene.micrograph.name, scene.difficulty
    alone = score_image(masks, scene, variant=variant, weights=weights)
    rows = [Row(name, difficulty, generator.name, None, alone, generating.seconds, generating.peak_mb)]
    segmentations = []
    for contender in contenders:
        with Meter() as boosting:
            n_materials = len(scene.truth) if contender.give_n_materials else None
            segmentation = contender.booster(scene.micrograph, masks, n_materials)
        segmentations.append(segmentation)
        rows.append(
            Row(
                name,
                difficulty,
                generator.name,
                contender.name,
                score_image(segmentation, scene, variant=variant, weights=weights),
                generating.seconds + boosting.seconds,
                max(generating.peak_mb, boosting.peak_mb),
                segmentation.n_materials,
                segmentation.n_materials_given,
                crop_accuracy(scene, contender.booster) if with_crop_accuracy else None,
            )
        )
    for peer in peers:
        with Meter() as segmenting:
            found = segment_by(peer, scene.micrograph, len(scene.truth))
        scores = score_image(found, scene, variant=variant, weights=weights)
        cost = (segmenting.seconds, segmenting.peak_mb)
        rows.append(Row(name, difficulty, peer, None, scores, *cost, len(scene.truth), n_materials_given=True))
    return rows, masks, segmentations


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
