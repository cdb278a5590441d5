"""`python -m samiam` is the `samiam` command."""

import sys

from samiam.cli import main

if __name__ == "__main__":
    sys.exit(main())
