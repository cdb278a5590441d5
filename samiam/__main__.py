"""`samiam`, and `python -m samiam`."""

import sys

from samiam.beginning import begin


def main() -> int:
    """Run the command line; the exit code."""
    begin()
    from samiam.cli import main

    return main()


if __name__ == "__main__":
    sys.exit(main())
