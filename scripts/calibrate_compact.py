"""Calibrate weights of the compact network on random scenes, and write the calibration on their card.

    python scripts/calibrate_compact.py --weights FILE [--scenes N] [--distance-scenes N]

`python train.py experiment=compact` does so by itself; this is for weights that have none, or an old one. It fits how
regions are rated, which of them clicks mean, and where vectors of one material end. No scene shows a real crystal.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from functools import partial
from pathlib import Path

from samiam.commands.training.labelled import ranges_of_training
from samiam.commands.training.lattices import draw_to_calibrate
from samiam.training.compact.fitting import calibrate
from samiam.training.compact.settings import CalibrationRules


def main() -> None:
    """Draw, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True, help="a file of weights with its card")
    parser.add_argument("--scenes", type=int, default=CalibrationRules.scenes, help="whose regions are rated")
    parser.add_argument(
        "--distance-scenes", type=int, default=CalibrationRules.distance_scenes, help="whose materials are counted"
    )
    arguments = parser.parse_args()
    draw = partial(draw_to_calibrate, ranges=ranges_of_training())
    rules = CalibrationRules(arguments.scenes, arguments.distance_scenes)
    print(json.dumps(asdict(calibrate(arguments.weights, draw, rules)), indent=1))


if __name__ == "__main__":
    main()
