"""Fit how the compact generator rates its regions, on random scenes: the two rows of weights in its module.

    python scripts/compact_quality.py [--scenes N] [--weights FILE]

One row predicts the IoU of a region with the truth that fits it best: a material, a connected part of one, a grain.
The other chooses among the regions around a click: in a softmax over them, it makes the expected IoU with the
clicked material as high as it can be. No scene shows a real crystal.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from omegaconf import OmegaConf
from scipy import ndimage
from scipy.optimize import minimize

from samiam.compact.field import FieldModel, load_field_model
from samiam.compact.rating import Rated, rated_regions
from samiam.compact.settings import CompactOptions, CompactWeights
from samiam.records import Scene
from samiam.settings import read_settings
from simulate import SceneRanges, procedural_scene

_FIRST_SEED = 2**34  # above those of training
_SIDE_PX = 512
_CONFIG = Path(__file__).parents[1] / "configs" / "train" / "data" / "whole_scenes.yaml"
Evidence = NDArray[np.float64]


def regions_of(model: FieldModel, scene: Scene) -> tuple[list[Rated], NDArray[np.bool_], NDArray[np.bool_]]:
    """Candidate regions of a scene, its materials and its finer truths (parts and grains), on the grid of the field."""
    field = model(scene.micrograph.pixels)
    _, regions = rated_regions(field, CompactOptions())
    rows, columns = (
        ((np.arange(points) + 0.5) * side / points).astype(int)
        for points, side in zip(field.boundaries.shape, scene.micrograph.shape_hw, strict=True)
    )
    labels, grains = (image[np.ix_(rows, columns)] for image in (scene.labels, scene.grains))
    materials = [labels == material for material in np.unique(labels[labels > 0])]
    finer = [grains == grain for grain in np.unique(grains[grains > 0])]
    for material in materials:
        parts, n_parts = ndimage.label(material)
        finer += [parts == part for part in range(1, n_parts + 1)]
    return regions, np.array(materials), np.array(finer)


def ious(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> NDArray[np.float64]:
    """IoU of each pair of masks, (N, M)."""
    a, b = (masks.reshape(len(masks), -1).astype(np.float64) for masks in (first, second))
    overlaps = a @ b.T
    return np.asarray(overlaps / (a.sum(axis=1)[:, None] + b.sum(axis=1) - overlaps))


def clicks_on(material: NDArray[np.bool_], rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """The point farthest from a material's edge, and two of those at least half as far."""
    depth = ndimage.distance_transform_edt(np.pad(material, 1))[1:-1, 1:-1]
    deep = np.argwhere(depth > depth.max() / 2)
    for y, x in (np.argwhere(depth == depth.max())[0], *deep[rng.integers(len(deep), size=2)]):
        yield int(y), int(x)


def fit_quality(evidence: Evidence, best: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of a logistic regression of the IoU."""

    def loss(weights: NDArray[np.float64]) -> float:
        predicted = 1 / (1 + np.exp(-evidence @ weights))
        entropy = best * np.log(predicted + 1e-9) + (1 - best) * np.log(1 - predicted + 1e-9)
        return float(-entropy.mean() + 1e-4 * (weights**2).sum())

    return np.asarray(minimize(loss, np.zeros(evidence.shape[1])).x)


def fit_preference(choices: list[tuple[Evidence, NDArray[np.float64]]]) -> NDArray[np.float64]:
    """Weights of a softmax over the regions around a click that make the expected IoU highest."""
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


def main() -> None:
    """Draw, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=150)
    parser.add_argument("--weights", default=None, help="a file of weights; those that ship by default")
    arguments = parser.parse_args()
    data: Any = OmegaConf.to_container(OmegaConf.load(_CONFIG))
    ranges, model = (
        read_settings(SceneRanges, "data.scenes", data["scenes"]),
        load_field_model(CompactWeights(arguments.weights)),
    )
    rng = np.random.default_rng(0)
    evidence: list[Evidence] = []
    best: list[NDArray[np.float64]] = []
    choices: list[tuple[Evidence, NDArray[np.float64]]] = []
    for seed in range(_FIRST_SEED, _FIRST_SEED + arguments.scenes):
        scene = procedural_scene(seed, shape_hw=(_SIDE_PX, _SIDE_PX), ranges=ranges)
        regions, materials, finer = regions_of(model, scene)
        if not regions:
            continue
        inside = np.array([rated.region.inside for rated in regions])
        of_choice = np.array([rated.evidence for rated in regions])
        with_materials = ious(inside, materials)
        evidence.append(np.array([rated.region.evidence for rated in regions]))
        best.append(np.maximum(with_materials.max(axis=1), ious(inside, finer).max(axis=1)))
        for number, material in enumerate(materials):
            for y, x in clicks_on(material, rng):
                around = inside[:, y, x]
                if around.any():
                    choices.append((of_choice[around], with_materials[around, number]))
    quality, preference = fit_quality(np.concatenate(evidence), np.concatenate(best)), fit_preference(choices)
    print("quality   ", quality.round(3).tolist())
    print("preference", preference.round(3).tolist())
    predicted = 1 / (1 + np.exp(-np.concatenate(evidence) @ quality))
    print(f"mean error of the predicted IoU {np.abs(predicted - np.concatenate(best)).mean():.3f}")
    chosen = np.mean([iou[np.argmax(rated @ preference)] for rated, iou in choices])
    print(f"IoU with a clicked material {chosen:.3f}")
    print(f"IoU of the best region around a click {np.mean([iou.max() for _, iou in choices]):.3f}")


if __name__ == "__main__":
    main()
