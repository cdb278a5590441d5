"""`samiam`, and `python -m samiam`."""

import gc
import sys

from samiam.beginning import begin


def main() -> int:
    """Run the command line; the exit code."""
    begin()
    from samiam.cli import main

    code = main()
    gc.freeze()  # what there still is goes with the process, unlooked at
    return code


if __name__ == "__main__":
    sys.exit(main())
