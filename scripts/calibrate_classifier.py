"""Calibrate weights of a classifier of crops, and write on their card when a crop is left open.

    python scripts/calibrate_classifier.py --weights FILE

`python train.py experiment=crop_classifier` does so by itself; this is for weights whose card does not say it. The
crops are those of validation by the card's own settings, and stand-ins for their materials; drawn where they are not
there.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from torch.utils.data import ConcatDataset

from samiam.commands.training.crops import crops_of_none, drawn_crops
from samiam.commands.training.data import SimulatedCrops
from samiam.settings import read_settings
from samiam.storage.weight_files import read_card
from samiam.training.classifier.fitting import calibrate
from simulate.crops import read_crops


def main() -> None:
    """Draw, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True, help="a file of weights with its card")
    weights: Path = parser.parse_args().weights
    data = read_settings(SimulatedCrops, "data", read_card(weights)["config"]["data"])
    known, of_none = read_crops(drawn_crops(data)[0], "val"), crops_of_none(data)
    calibrate(weights, ConcatDataset([known, of_none["val"]]) if of_none else known)
    print(json.dumps(read_card(weights)["open_set"], indent=1))


if __name__ == "__main__":
    main()
