"""Calibration of new weights: how the regions of their looks are rated and their vectors counted, fitted on scenes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.optimize import minimize

from samiam.boosting.booster import SemanticBooster
from samiam.compact.committee import Sight, in_use
from samiam.compact.encoder import CompactEncoder
from samiam.compact.generator import CompactGenerator
from samiam.compact.looks import seen_by
from samiam.compact.model import CompactModel
from samiam.compact.regions.calibration import Calibration
from samiam.compact.regions.candidates import Candidates, Region, candidate_regions
from samiam.compact.regions.evidence import EVIDENCE, EVIDENCE_OF_CHOICE
from samiam.compact.regions.rating import Rated, rated_regions
from samiam.compact.settings import CompactOptions
from samiam.compact.sights import read_sight
from samiam.compact.views import View
from samiam.records import Scene
from samiam.storage.weight_files import add_to_card
from samiam.texture.confidence import EVIDENCE_OF_REGION, evidence_of_regions
from samiam.training.compact.distance import fit_distance, merges_of_scene
from samiam.training.compact.logistic import logistic_regression
from samiam.training.compact.sameness import Judged, fit_sameness, splits_of_look
from samiam.training.compact.settings import CalibrationRules
from samiam.training.compact.whole_scenes import orientations_of

Evidence = NDArray[np.float64]
Choice = tuple[Evidence, NDArray[np.float64]]
"""Of the regions around a click, the evidence (n, 19) and the IoU (n,) with what was clicked on."""

_FIRST_COUNTED = 10_000
"""Scenes from here on are counted, those before are rated."""


@dataclass(frozen=True, eq=False)
class Examined:
    """The regions of a scene, on the grid of the look, beside the truth.

    Attributes:
        candidates: the regions, without their outlines.
        materials: bool (M, h, w).
        finer: bool (F, h, w), grains and connected parts of materials.
        splits: into materials, and of materials into orientations, each real or not.
    """

    candidates: Candidates
    materials: NDArray[np.bool_]
    finer: NDArray[np.bool_]
    splits: tuple[list[Judged], list[Judged]]


def calibrate(weights: Path, draw_scene: Callable[[int], Scene], rules: CalibrationRules) -> Calibration:
    """Fit a calibration of weights and write it on their card.

    Args:
        weights: a file of weights with its card.
        draw_scene: makes the scene of a number; none of them may be among those trained on.
        rules: how many scenes.

    Raises:
        InputError: if the weights cannot be read.
    """
    found = fit_calibration(read_sight(weights), draw_scene, rules)
    add_to_card(weights, calibration=asdict(found))
    return found


def fit_calibration(network: Sight, draw_scene: Callable[[int], Scene], rules: CalibrationRules) -> Calibration:
    """Fit how regions are rated first, then which of them clicks mean, then where vectors of one material end.

    Each fit goes by the ones before. Numbers are rounded to what they are worth, three decimals.
    """
    views = in_use(network)
    rated_scenes = [examined(views, draw_scene(number)) for number in range(rules.scenes)]
    quality = logistic_regression(*rated_evidence(rated_scenes))
    same_material, same_grain = (
        fit_sameness([split for scene in rated_scenes for split in scene.splits[of]], by_edges=by_edges)
        for of, by_edges in enumerate((False, True))
    )
    found = Calibration(  # no click has been looked at yet, no distance and no result either
        _named(EVIDENCE, quality),
        dict.fromkeys(EVIDENCE_OF_CHOICE, 0.0),
        "distance",
        1.0,
        same_material,
        same_grain,
        dict.fromkeys(EVIDENCE_OF_REGION, 0.0),
    )
    choices = choices_of(rated_scenes, found)
    found = replace(found, preference=_named(EVIDENCE_OF_CHOICE, fit_preference(choices)))
    counted = [draw_scene(_FIRST_COUNTED + number) for number in range(rules.distance_scenes)]
    model = CompactModel(views, found)
    merges = [merge for scene in counted for merge in merges_of_scene(model, scene)]
    found = replace(found, distance=fit_distance(merges))
    confidence = logistic_regression(*result_evidence(CompactModel(views, found), counted))
    return replace(found, confidence=_named(EVIDENCE_OF_REGION, confidence))


def _named(names: Sequence[str], values: NDArray[np.float64]) -> dict[str, float]:
    return dict(zip(names, values.round(3).tolist(), strict=True))


def examined(views: Sequence[View], scene: Scene) -> Examined:
    """The candidate regions of a scene beside its truth."""
    look = seen_by(views, scene.micrograph.pixels)
    candidates = candidate_regions(look, CompactOptions())
    regions = {texture: list(map(_without_outline, found)) for texture, found in candidates.regions.items()}
    whole_image = None if candidates.whole_image is None else _without_outline(candidates.whole_image)
    rows, columns = (
        ((np.arange(points) + 0.5) * side / points).astype(int)
        for points, side in zip(look.boundaries.shape, scene.micrograph.shape_hw, strict=True)
    )
    images = (scene.labels, scene.grains, orientations_of(scene))
    labels, grains, orientations = (image[np.ix_(rows, columns)].astype(np.int64) for image in images)
    materials = [labels == material for material in np.unique(labels[labels > 0])]
    finer = [grains == grain for grain in np.unique(grains[grains > 0])]
    for material in materials:
        parts, n_parts = ndimage.label(material)
        finer += [parts == part for part in range(1, n_parts + 1)]
    return Examined(
        replace(candidates, regions=regions, whole_image=whole_image),
        np.array(materials),
        np.array(finer),
        splits_of_look(look, labels, orientations),
    )


def _without_outline(region: Region) -> Region:
    """A region without what takes most memory and no fit looks at."""
    return replace(region, signed=np.zeros((0, 0), np.float32))


def rated_evidence(scenes: Sequence[Examined]) -> tuple[Evidence, NDArray[np.float64]]:
    """The evidence (n, 16) of all regions, and the IoU (n,) of each with the truth that fits it best."""
    evidence, best = [np.zeros((0, len(EVIDENCE)))], [np.zeros(0)]
    for scene in scenes:
        regions = [region for of_texture in scene.candidates.regions.values() for region in of_texture]
        if scene.candidates.whole_image is not None:
            regions.append(scene.candidates.whole_image)
        if regions:
            inside = np.array([region.inside for region in regions])
            evidence.append(np.array([region.evidence for region in regions]))
            best.append(np.maximum(_ious(inside, scene.materials).max(axis=1), _ious(inside, scene.finer).max(axis=1)))
    return np.concatenate(evidence), np.concatenate(best)


def choices_of(scenes: Sequence[Examined], calibration: Calibration) -> list[Choice]:
    """What there is to choose from where the materials of scenes are clicked on."""
    rng = np.random.default_rng(0)
    choices: list[Choice] = []
    for scene in scenes:
        rated = rated_regions(scene.candidates, calibration, CompactOptions().split_thresh)
        if rated:
            choices += _choices(rated, scene.materials, rng)
    return choices


def _choices(rated: Sequence[Rated], materials: NDArray[np.bool_], rng: np.random.Generator) -> Iterator[Choice]:
    inside = np.array([region.region.inside for region in rated])
    evidence = np.array([region.evidence for region in rated])
    ious = _ious(inside, materials)
    for number, material in enumerate(materials):
        for y, x in _clicks_on(material, rng):
            around = inside[:, y, x]
            if around.any():
                yield evidence[around], ious[around, number]


def _ious(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> NDArray[np.float64]:
    """IoU of each pair of masks, (N, M)."""
    a, b = (masks.reshape(len(masks), -1).astype(np.float64) for masks in (first, second))
    overlaps = a @ b.T
    return np.asarray(overlaps / (a.sum(axis=1)[:, None] + b.sum(axis=1) - overlaps))


def _clicks_on(material: NDArray[np.bool_], rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """A material's pole of inaccessibility, and two points at least half as far from its edge."""
    depth = ndimage.distance_transform_edt(np.pad(material, 1))[1:-1, 1:-1]
    deep = np.argwhere(depth > depth.max() / 2)
    for y, x in (np.argwhere(depth == depth.max())[0], *deep[rng.integers(len(deep), size=2)]):
        yield int(y), int(x)


def fit_preference(choices: Sequence[Choice]) -> NDArray[np.float64]:
    """Coefficients (19,) of a softmax over the regions around a click that make the expected IoU highest.

    Zeros where there is nothing to choose from.
    """
    if not choices:
        return np.zeros(len(EVIDENCE_OF_CHOICE))
    scale = np.concatenate([evidence for evidence, _ in choices]).std(axis=0) + 1e-9

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, slope = 0.0, np.zeros(len(weights))
        for evidence, iou in choices:
            shares = np.exp(evidence @ weights - (evidence @ weights).max())
            shares /= shares.sum()
            expected = float(shares @ iou)
            total -= expected
            slope -= evidence.T @ (shares * (iou - expected))
        penalty = 1e-3 * (weights * scale) ** 2
        return total / len(choices) + penalty.sum(), slope / len(choices) + 2e-3 * weights * scale**2

    return np.asarray(minimize(loss, np.zeros(len(scale)), jac=True, method="L-BFGS-B").x)


def result_evidence(model: CompactModel, scenes: Sequence[Scene]) -> tuple[Evidence, NDArray[np.float64]]:
    """What confidence is predicted from (n, 10) of the materials found in scenes, and the IoU (n,) of each.

    The IoU is with the material of the truth that fits best; pixels without a label are not counted.
    """
    generator, encoder = CompactGenerator(model, CompactOptions()), CompactEncoder(model)
    booster = SemanticBooster(encoder)
    evidence, best = [np.zeros((0, len(EVIDENCE_OF_REGION)))], [np.zeros(0)]
    for scene in scenes:
        found = booster(scene.micrograph, generator.generate(scene.micrograph)).labels
        rows = evidence_of_regions(found, encoder.field(scene.micrograph))
        known = scene.labels > 0
        inside = np.array([(found == label)[known] for label in range(1, len(rows) + 1)]).reshape(len(rows), -1)
        ious = _ious(inside, np.array([mask[known] for mask in scene.truth])).max(axis=1, initial=0)
        is_seen = ~np.isnan(rows).any(axis=1)
        evidence.append(rows[is_seen])
        best.append(ious[is_seen])
    return np.concatenate(evidence), np.concatenate(best)
