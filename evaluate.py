"""Run generators alone and with the semantic booster on a benchmark, and report both.

`python evaluate.py` takes 12 simulated micrographs, `python evaluate.py benchmark=full` all 82; the report is in
`outputs/evaluate/latest/report/`. Experiments with variants compare several generators and boosters. A run that was
interrupted goes on where it stopped when the command is given again.
"""

import sys

from samiam.beginning import begin

if __name__ == "__main__":
    begin()
    from samiam.commands.composing.program import EVALUATE
    from samiam.commands.composing.running import main

    sys.exit(main(EVALUATE, sys.argv[1:]))
