"""Train a network: `python train.py experiment=fenet_lattices`, or compact, fenet_dtd, crop_classifier,
particles_segmentation.

The run's folder `outputs/train/<time>/` holds weights with their card, metrics and checkpoints;
`python train.py resume=<folder>` goes on with a run that was interrupted.
"""

import sys

from samiam.beginning import begin

if __name__ == "__main__":
    begin()
    from samiam.commands.composing.program import TRAIN
    from samiam.commands.composing.running import main

    sys.exit(main(TRAIN, sys.argv[1:]))
