"""What the compact generator alone finds on the 82 simulated micrographs, and when it is clicked at.

    python scripts/compact_benchmark.py [-o docs/results/numbers/recall.csv]

Recall: share of the materials that some mask has with that IoU. Clicks: mean IoU of the likeliest mask with a material
after one click and after three. Means over the scenes of a class, in a Markdown table and, with `-o`, a CSV file, from
which `python scripts/docs_numbers.py` writes the docs' table. Its mIoU with the booster, also taken otherwise, is of
`python evaluate.py experiment=robustness benchmark=full`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from samiam import build_generator
from samiam.compact.generator import CompactGenerator
from samiam.geometry import intersections, iou
from samiam.metrics import click_ious
from samiam.records import Scene
from samiam.storage.files import replacing
from simulate.scenes.benchmark import BENCHMARK

RECALLS = (50, 75, 90)
CLICKS = (1, 3)


def row_of(scene: Scene, generator: CompactGenerator) -> dict[str, float]:
    """All numbers of one scene."""
    truth, masks = scene.truth, generator.generate(scene.micrograph)
    best = iou(intersections(truth, masks), truth.areas, masks.areas).max(axis=1, initial=0)
    generator.set_image(scene.micrograph)
    clicks = np.mean([click_ious(generator.predict, mask, scene.labels > 0, max(CLICKS)) for mask in truth], axis=0)
    recalls = {f"recall_{percent}": float((best >= percent / 100).mean()) for percent in RECALLS}
    return {"masks": len(masks), **recalls, **{f"clicks_{number}": float(clicks[number - 1]) for number in CLICKS}}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, help="a CSV file")
    output = parser.parse_args().output
    generator = build_generator("compact")
    assert isinstance(generator, CompactGenerator)
    scenes = (recipe.scene() for recipe in BENCHMARK)
    rows = [
        {"difficulty": scene.difficulty, **row_of(scene, generator)} for scene in tqdm(scenes, total=len(BENCHMARK))
    ]
    table = pd.DataFrame(rows).groupby("difficulty").mean()
    print(table.round(3).to_markdown())
    if output is not None:
        with replacing(output) as partial:
            table.to_csv(partial, float_format="%.6g")


if __name__ == "__main__":
    main()
