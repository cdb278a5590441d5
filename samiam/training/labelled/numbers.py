"""How many materials images of a kind have, learnt from their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from samiam.boosting import GroupingRules, SemanticBooster
from samiam.compact.committee import Sight, in_use
from samiam.compact.encoder import CompactEncoder
from samiam.compact.generator import CompactGenerator
from samiam.compact.model import CompactModel
from samiam.compact.regions.calibration import Calibration
from samiam.compact.settings import CompactOptions
from samiam.metrics import score_image
from samiam.records import Masks, Scene
from samiam.records.showing import counted
from samiam.training.guard import rounded
from samiam.training.labelled.division import Division, name_of

_SCORES = ("miou", "iou", "right")


@dataclass(frozen=True, eq=False)
class LearntNumbers:
    """What labels say of the number of materials, and what that is worth where the number is estimated.

    Attributes:
        calibration: with the numbers seen where they are gone by, else as it was.
        seen: how many images have 1, 2, … materials.
        words: what was decided.
        before: scores without them of the labelled images and on test: mIoU of the paper, one-to-one IoU, and the share
            of images whose number is right.
        after: likewise with them; of each labelled image with those of the others alone.
    """

    calibration: Calibration
    seen: tuple[int, ...]
    words: str
    before: dict[str, float]
    after: dict[str, float]

    @property
    def card(self) -> dict[str, Any]:
        """Its entries on the card of the weights."""
        scores = {"scores_before": rounded(self.before), "scores_after": rounded(self.after)}
        return {
            "calibration": asdict(self.calibration),
            "numbers": {"seen": list(self.seen), "decision": self.words, **scores},
        }


def learn_numbers(
    network: Sight, calibration: Calibration, division: Division, most_lost: float = 0.1
) -> LearntNumbers:
    """Count the materials of labelled images, and go by it unless that would have made these images worse.

    Nothing is fitted to the images but the counts, so that each labelled image, those that decide of the network too,
    judges the counts of the others: the number must not be right less often. A right number does not always make a
    better segmentation, and chance moves the score of one image far, so that the score may fall a little.

    Args:
        network: what sees.
        calibration: of it.
        division: the labelled images.
        most_lost: by how much the mean of both scores may fall on one image; on n, by this over √n.
    """
    labelled = [] if division.of_one_image else [*division.train, *division.val]
    seen, model = numbers_of(labelled or division.train), CompactModel(in_use(network), calibration)
    others = [[other for other in labelled if name_of(other) != name_of(scene)] for scene in labelled]
    judges = list(zip(labelled, map(numbers_of, others), strict=True))
    before: dict[str, float] = {}
    after: dict[str, float] = {}
    for part, scenes in (("labelled", judges), ("test", [(scene, seen) for scene in division.test])):
        found = np.array([_scores(model, scene, (calibration.numbers_seen, numbers)) for scene, numbers in scenes])
        for scores, of_counts in ((before, 0), (after, 1)) if len(found) else ():
            scores |= {f"{part}/{name}": float(found[:, of_counts, n].mean()) for n, name in enumerate(_SCORES)}
    if not judges:
        words = "estimates the number as before: one image says little of others"
        return LearntNumbers(calibration, seen, words, before, after)
    right, score = ([_of(scores, *names) for scores in (before, after)] for names in (("right",), ("miou", "iou")))
    n = len({name_of(scene) for scene in labelled})
    changed = f"right on {right[0]:.0%} → {right[1]:.0%} of {counted(n, 'labelled image')}, each by those of the others"
    changed = f"{changed}; score {score[0]:.3f} → {score[1]:.3f}"
    if right[1] < right[0] or score[0] - score[1] > most_lost / n**0.5:
        return LearntNumbers(calibration, seen, f"estimates the number as before: {changed}", before, after)
    words = f"estimates the number by those of the labels too: {changed}"
    return LearntNumbers(replace(calibration, numbers_seen=seen), seen, words, before, after)


def numbers_of(scenes: Sequence[Scene]) -> tuple[int, ...]:
    """How many images have 1, 2, … materials, up to the most that one has."""
    return tuple(np.bincount([len(scene.truth) for scene in scenes], minlength=1)[1:].tolist())


def _of(scores: Mapping[str, float], *names: str) -> float:
    """The mean of some scores of the labelled images."""
    return float(np.mean([scores[f"labelled/{name}"] for name in names]))


def _scores(model: CompactModel, scene: Scene, each_seen: Sequence[tuple[int, ...]]) -> list[list[float]]:
    """Scores of an image by each of several numbers seen; pixels without a label do not count."""
    masks = CompactGenerator(model, CompactOptions()).generate(scene.micrograph)
    encoder, truth, found = CompactEncoder(model), Masks.from_labels(scene.labels), []
    for seen in each_seen:
        result = SemanticBooster(encoder, grouping=GroupingRules(numbers_seen=seen))(scene.micrograph, masks)
        scores = score_image(result, truth, unlabelled="ignored")
        found.append([scores.miou, scores.matched_iou, float(len(result.masks) == len(truth))])
    return found
