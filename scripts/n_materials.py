"""How well each estimator finds the number of materials, and what that costs the segmentation; a Markdown table.

`python scripts/n_materials.py` takes procedural scenes, `--benchmark quick` or `full` the physical benchmark;
`--generator compact --encoder compact` the default method, without crops. `--varied` takes random lattices as varied as
those that the compact network is trained on: mottled, fringed, epitaxial, off their zone axes.
`--calibrate` finds the threshold of each estimator on the procedural scenes first, and prints them to be put into
`samiam.boosting.n_materials`; that of "distance" belongs to the encoder and is written on the card of its weights,
where `--card` names them. `--odds` says what distances tell, given more random lattices (`--varied --scenes 270`).

Columns: `hit`, share of images whose number is right; `error`, mean absolute difference; `hit (in masks)`, share of
images where it is the number of materials that the masks have crops of, which is the best that the booster could know.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from samiam import build_encoder, build_generator
from samiam.boosting import CropRules, GroupingRules, group_masks, merge_masks, remove_masks, sample_crops
from samiam.boosting.grouping import count_materials, suited_to
from samiam.boosting.n_materials import THRESHOLDS, merges_of, vectors_of_masks
from samiam.boosting.settings import ESTIMATORS
from samiam.commands.training.labelled import ranges_of_training
from samiam.generation import MaskGenerator
from samiam.metrics import Scores, score_image
from samiam.records import Masks, Scene
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import add_to_card, read_card
from samiam.texture import ContextEncoder, Encoder
from samiam.texture.protocol import Estimator
from samiam.training.compact.logistic import logistic_regression
from simulate import procedural_scene
from simulate.scenes.benchmark import BENCHMARK, QUICK, benchmark_scene

GRIDS: dict[Estimator, NDArray[np.float64]] = {
    "silhouette": np.linspace(0, 0.7, 15),
    "gap": np.linspace(0, 4, 9),
    "eigengap": np.linspace(0.05, 0.7, 14),
    "distance": np.geomspace(0.1, 1.2, 26),  # ten per cent apart, over all that unit vectors of two materials have
    "separation": np.geomspace(1, 8, 25),
}
"""The thresholds that are tried."""
_FIRST_VARIED, _N_VARIED = 2**34 + 10_000, 90  # above the seeds of training and of the rating


@dataclass(frozen=True, eq=False)
class Case:
    """A scene as it comes before the grouping: its masks, the vectors of their crops, and how these are clustered."""

    scene: Scene
    masks: Masks
    vectors: NDArray[np.float32]
    owners: NDArray[np.int64]
    is_large: NDArray[np.bool_]
    rules: GroupingRules

    @cached_property
    def n_in_masks(self) -> int:
        """How many materials are the most frequent one of a mask that has crops."""
        counts = [np.bincount(self.scene.labels[self.masks[index]])[1:] for index in np.unique(self.owners)]
        return len({int(of_mask.argmax()) for of_mask in counts if len(of_mask)})

    @cached_property
    def scores_of(self) -> dict[int, Scores]:
        """Scores by the number of materials, of those that were asked for so far."""
        return {}

    def estimate(self, rules: GroupingRules) -> int:
        """The number that the booster would use."""
        return count_materials(self.vectors, self.owners, self.is_large, rules)

    def scores(self, n_materials: int) -> Scores:
        """Scores of the segmentation into that many materials."""
        if n_materials not in self.scores_of:
            groups = group_masks(
                self.vectors, self.owners, len(self.masks), n_materials, self.rules, is_large=self.is_large
            )
            labels, _ = merge_masks(self.masks, groups.materials)
            self.scores_of[n_materials] = score_image(Masks.from_labels(labels), self.scene)
        return self.scores_of[n_materials]


def case_of(scene: Scene, generator: MaskGenerator, encoder: Encoder, rules: CropRules) -> Case:
    """What `SemanticBooster` has made of a scene before it groups."""
    masks = generator.generate(scene.micrograph)
    kept, _ = remove_masks(masks)
    remaining, suited = masks.select(kept), suited_to(GroupingRules(), encoder)
    if isinstance(encoder, ContextEncoder):
        vectors, owners = encoder.encode_masks(scene.micrograph, remaining)
        return Case(scene, remaining, vectors, owners, np.ones(len(owners), np.bool_), suited)
    crops = sample_crops(scene.micrograph, remaining, rules)
    return Case(scene, remaining, encoder.encode(crops.pixels), crops.owners, crops.is_large, suited)


def calibrate(cases: Sequence[Case], estimator: Estimator) -> tuple[float, float]:
    """The threshold that finds most numbers, and the share that it finds."""
    rules = [GroupingRules(estimator=estimator, threshold=threshold) for threshold in GRIDS[estimator].tolist()]
    off = [[abs(case.estimate(rule) - len(case.scene.truth)) for rule in rules] for case in cases]
    return best_threshold(GRIDS[estimator], np.array(off))


def best_threshold(thresholds: NDArray[np.float64], off: NDArray[np.int64]) -> tuple[float, float]:
    """The threshold that finds most numbers of materials, and the share that it finds.

    Of several the mean absolute difference decides, then the middle one is taken.

    Args:
        thresholds: (T,).
        off: (scenes, T), by how much each number is wrong.
    """
    ranks = list(zip((off == 0).mean(axis=0).tolist(), (-off.mean(axis=0)).tolist(), strict=True))
    best = [place for place, rank in enumerate(ranks) if rank == max(ranks)]
    return float(thresholds[best[len(best) // 2]]), max(ranks)[0]


def odds(cases: Sequence[Case], distance: float) -> tuple[float, float]:
    """How the log odds that two groups are of two materials grow with the logarithm of their distance, and those that
    an image has another material than its masks are of; see `samiam.boosting.n_materials.likeliest_n_materials`.

    Args:
        cases: the scenes.
        distance: where even odds lie.
    """
    evidence, is_of_two = [], []
    for case in cases:
        merges = merges_of(vectors_of_masks(case.vectors.astype(np.float64), case.owners))
        for place, merge in enumerate(merges[: case.n_in_masks]):  # the first that is of one material is the last
            evidence.append([1.0, np.log(merge / distance)])
            is_of_two.append(float(place + 1 < case.n_in_masks))
    _, slope = logistic_regression(np.array(evidence), np.array(is_of_two))
    unseen = float(np.mean([len(case.scene.truth) > case.n_in_masks for case in cases]))
    return float(slope), float(np.log(unseen / (1 - unseen)))


def rows(cases: Sequence[Case], thresholds: dict[Estimator, float]) -> Iterator[dict[str, Any]]:
    """One row for each scene and estimator, and one with the number given."""
    for case in tqdm(cases, unit="scene"):
        truth = len(case.scene.truth)
        found: dict[str, int] = {"(given)": truth}
        for name, threshold in thresholds.items():
            found[name] = case.estimate(GroupingRules(estimator=name, threshold=threshold))
        for name, n in found.items():
            scores = case.scores(n)
            yield {
                "difficulty": case.scene.difficulty,
                "estimator": name,
                "images": 1,
                "hit": n == truth,
                "error": abs(n - truth),
                "hit (in masks)": n == case.n_in_masks,
                "mIoU": scores.miou,
                "matched IoU": scores.matched_iou,
            }


def table(of_scenes: Sequence[dict[str, Any]]) -> str:
    """Means of each difficulty and estimator, and of all scenes, as Markdown."""
    each = pd.DataFrame(of_scenes)
    both = pd.concat([each, each.assign(difficulty="all")])
    numbers = [name for name in each.columns if name not in ("difficulty", "estimator")]
    how = dict.fromkeys(numbers, "mean") | {"images": "sum"}
    means = both.groupby(["difficulty", "estimator"], sort=False).agg(how).reset_index()
    means["difficulty"] = means["difficulty"].astype(str)
    means = means.sort_values("difficulty", kind="stable")
    return str(means.to_markdown(index=False, floatfmt=("", "", ".0f", ".2f", ".2f", ".2f", ".3f", ".3f")))


def scenes(options: argparse.Namespace) -> list[Callable[[], Scene]]:
    """Those asked for; each is made when it is called for."""
    if options.benchmark:
        names = QUICK if options.benchmark == "quick" else tuple(recipe.name for recipe in BENCHMARK)
        return [partial(benchmark_scene, name) for name in names]
    if options.varied:
        ranges = ranges_of_training()
        seeds = range(_FIRST_VARIED, _FIRST_VARIED + options.scenes)
        return [partial(procedural_scene, seed, shape_hw=(512, 512), ranges=ranges) for seed in seeds]
    return [
        partial(procedural_scene, seed, difficulty=difficulty)
        for difficulty in options.difficulties
        for seed in options.seeds
    ]


def main() -> None:
    """Estimate, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    seeds = [*range(1000, 1008), *range(2000, 2012), *range(4000, 4012)]
    parser.add_argument("--seeds", type=int, nargs="+", default=seeds, help="of the procedural scenes")
    parser.add_argument("--difficulties", type=int, nargs="+", default=[1, 2, 3], help="of the procedural scenes")
    parser.add_argument("--varied", action="store_true", help="procedural scenes as those of training")
    parser.add_argument("--scenes", type=int, default=_N_VARIED, help="of --varied; default: %(default)s")
    parser.add_argument("--benchmark", choices=("quick", "full"), help="physical scenes in place of procedural ones")
    parser.add_argument("--generator", default="texture")
    parser.add_argument("--encoder", default="fenet")
    parser.add_argument("--checkpoint", help="weights of the encoder; those that ship where not given")
    parser.add_argument("--estimators", nargs="+", choices=ESTIMATORS, default=list(ESTIMATORS))
    parser.add_argument("--all-crops", action="store_true", help="also cluster crops that were shrunk to fit")
    parser.add_argument("--calibrate", action="store_true", help="find thresholds on the procedural scenes first")
    parser.add_argument("--odds", action="store_true", help="of two materials by their distance; nothing else")
    parser.add_argument("--card", metavar="WEIGHTS", help="weights on whose card the calibrated distance is written")
    options = parser.parse_args()
    if options.calibrate and options.benchmark:
        parser.error("thresholds are calibrated on procedural scenes, never on the benchmark; leave one out.")
    path = options.checkpoint
    weights = {"checkpoint": path, "checkpoint_sha256": sha256_of(path)} if path else {}
    encoder = build_encoder(options.encoder, **weights)
    prepare = partial(case_of, generator=build_generator(options.generator), encoder=encoder, rules=CropRules())
    cases = [prepare(make()) for make in tqdm(scenes(options), unit="scene")]
    if options.odds:
        slope, unseen = odds(cases, encoder.distance or 1.0)
        print(f"log odds of two materials: {slope:.2f} for each e-fold of the distance; of one unseen: {unseen:.2f}")
        return
    if options.all_crops:
        cases = [replace(case, is_large=np.ones_like(case.is_large)) for case in cases]
    known = {**THRESHOLDS, "distance": encoder.distance or 1.0}
    thresholds = {name: known[name] for name in options.estimators}
    if options.calibrate:
        for name in thresholds:
            thresholds[name], share = calibrate(cases, name)
            print(f'"{name}": {thresholds[name]:.3g},  # finds {share:.3f}')
        if options.card and "distance" in thresholds:
            known_so_far = read_card(options.card).get("calibration") or {}
            add_to_card(options.card, calibration={**known_so_far, "distance": round(thresholds["distance"], 3)})
    print(f"\n{encoder.name}, " + ", ".join(f"{name} at {value:.3g}" for name, value in thresholds.items()) + "\n")
    print(table(list(rows(cases, thresholds))))


if __name__ == "__main__":
    main()
