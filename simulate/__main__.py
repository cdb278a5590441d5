"""`python -m simulate`."""

import sys

from samiam.interrupts import end_silently

if __name__ == "__main__":
    end_silently()
    from simulate.cli import main

    sys.exit(main())
