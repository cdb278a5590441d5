"""`samiam`, and `python -m samiam`."""

import sys

from samiam.interrupts import end_silently


def main() -> int:
    """Run the command line; the exit code."""
    end_silently()
    from samiam.cli import main

    return main()


if __name__ == "__main__":
    sys.exit(main())
