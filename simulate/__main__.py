"""`python -m simulate`."""

import sys

from samiam.beginning import begin

if __name__ == "__main__":
    begin()
    from simulate.cli import main

    sys.exit(main())
