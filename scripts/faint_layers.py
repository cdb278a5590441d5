"""Films that are doped by a few percent, and crystals without any film: whether steps of the lattice tell them rightly.

Run `python scripts/faint_layers.py`. The films are scenes of the family La-SrTiO3, of seeds on which no odds were
fitted, though rules were chosen with a look at them: `--seeds` gives others. The crystals are procedural scenes of one
material under each effect of `simulate.EFFECTS` that a crystal can have. The number of materials is estimated, with
steps and without them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from unittest.mock import patch

import numpy as np

from samiam import segment
from samiam.boosting.regions.division.layered import Layered, in_layers
from samiam.metrics import score_image
from samiam.records import Scene
from simulate import EFFECTS, procedural_scene
from simulate.scenes.benchmark import benchmark

_NO_STEPS = (  # no crystals, plain ones under another name, and such as have no 16 periods
    "particles",
    "rounded particles",
    "curved fringes",
    "single atoms",
    "one material",
    "one material in grains",
    "laths",
    "coarse",
)


def films(seeds: list[int]) -> Iterator[Scene]:
    """Scenes with a doped film."""
    for seed in seeds:
        yield from (recipe.scene() for recipe in benchmark(seed) if recipe.family == "La-SrTiO3")


def crystals(first: int, n: int) -> Iterator[Scene]:
    """Scenes of one crystal, in one or several orientations, n under each effect."""
    for number, (effect, ranges) in enumerate(EFFECTS.items()):
        if effect not in _NO_STEPS:
            one = replace(ranges, p_one=1, p_one_amorphous=0, p_one_split=0.5)
            seeds = range(first + n * number, first + n * (number + 1))
            yield from (procedural_scene(seed, shape_hw=(512, 512), ranges=one) for seed in seeds)


def main() -> None:
    """Print what is told of films and of crystals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[911, 912, 913], help="of benchmarks")
    parser.add_argument("--n", type=int, default=8, help="crystals under each effect")
    parser.add_argument("--first", type=int, default=61000, help="seed of the first crystal")
    options = parser.parse_args()
    ways: dict[str, Callable[..., object]] = {
        "without steps": lambda labels, *_: Layered(labels, [], []),
        "with steps": in_layers,
    }
    for said, scenes in (("films", films(options.seeds)), ("crystals", crystals(options.first, options.n))):
        scores: dict[str, list[tuple[float, int]]] = {way: [] for way in ways}
        for scene in scenes:
            for way, divide in ways.items():
                with patch("samiam.boosting.regions.levels.in_layers", divide):
                    found = segment(scene.micrograph)
                n_more = len(set(found.material_of)) - len(scene.materials)
                scores[way].append((score_image(found, scene).miou, n_more))
        for way in ways:
            mious, n_more = np.array(scores[way]).T
            numbers = f"too few in {np.sum(n_more < 0)}, too many in {np.sum(n_more > 0)} of {len(n_more)}"
            print(f"{said}, {way}: mIoU {mious.mean():.3f}, {numbers}", flush=True)


if __name__ == "__main__":
    main()
