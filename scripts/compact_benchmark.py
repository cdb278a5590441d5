"""What the compact generator finds on the physical benchmark, alone and when clicked at; a Markdown table.

    python scripts/compact_benchmark.py [--quick]

Recall: share of the materials that some mask has with that IoU. Clicks: mean IoU of the likeliest mask with a material
after one click and after three. mIoU of the booster, the number of materials given: on the micrograph as it is, with
half of the dose, and with contrast inverted. Turned: mean IoU of the masks with those of the micrograph turned by 90°.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
import pandas as pd
from tqdm import tqdm

from samiam import build_generator
from samiam.boosting import SemanticBooster
from samiam.compact.generator import CompactGenerator
from samiam.geometry import intersections, iou
from samiam.metrics import click_ious, score_image
from samiam.records import Masks, Micrograph, Scene
from simulate.scenes.benchmark import BENCHMARK, QUICK, Recipe
from simulate.scenes.exposure import expose


def boosted_miou(scene: Scene, micrograph: Micrograph, generator: CompactGenerator, booster: SemanticBooster) -> float:
    """MIoU of the generator and the booster, the number of materials given."""
    found = booster(micrograph, generator.generate(micrograph), len(scene.truth))
    return score_image(found, scene.truth).miou


def with_half_the_dose(recipe: Recipe) -> Scene:
    """The same specimen under half of the electrons."""
    specimen, acquisition = recipe.drawn()
    thinned = replace(acquisition, dose_e_per_A2=acquisition.dose_e_per_A2 / 2)
    return expose(specimen, thinned, seed=recipe.seed).scene(recipe.name)


def turned_iou(micrograph: Micrograph, masks: Masks, generator: CompactGenerator) -> float:
    """Mean IoU of each mask with the nearest of the turned image."""
    turned = generator.generate(replace(micrograph, pixels=np.rot90(micrograph.pixels).copy()))
    back = Masks.from_arrays((np.rot90(mask, -1) for mask in turned), masks.shape_hw)
    return float(iou(intersections(masks, back), masks.areas, back.areas).max(axis=1, initial=0).mean())


def row_of(recipe: Recipe, generator: CompactGenerator, booster: SemanticBooster) -> dict[str, float]:
    """All numbers of one scene."""
    scene = recipe.expose().scene(recipe.name)
    micrograph, truth = scene.micrograph, scene.truth
    masks = generator.generate(micrograph)
    best = iou(intersections(truth, masks), truth.areas, masks.areas).max(axis=1, initial=0)
    generator.set_image(micrograph)
    clicks = np.mean([click_ious(generator.predict, material, scene.labels > 0, 3) for material in truth], axis=0)
    inverted = replace(micrograph, pixels=1 - micrograph.pixels)
    half = with_half_the_dose(recipe)
    return {
        "difficulty": scene.difficulty,
        "masks": len(masks),
        **{f"recall {percent}": float((best >= percent / 100).mean()) for percent in (50, 75, 90)},
        "1 click": float(clicks[0]),
        "3 clicks": float(clicks[2]),
        "mIoU": boosted_miou(scene, micrograph, generator, booster),
        "half dose": boosted_miou(scene, half.micrograph, generator, booster),
        "inverted": boosted_miou(scene, inverted, generator, booster),
        "turned": turned_iou(micrograph, masks, generator),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the 12 scenes in place of the 82")
    recipes = [recipe for recipe in BENCHMARK if recipe.name in QUICK or not parser.parse_args().quick]
    generator, booster = build_generator("compact"), SemanticBooster()
    assert isinstance(generator, CompactGenerator)
    table = pd.DataFrame([row_of(recipe, generator, booster) for recipe in tqdm(recipes, unit="scene")])
    print(table.groupby("difficulty").mean().round(3).to_markdown())


if __name__ == "__main__":
    main()
