"""`python tests/fuzz`: hostile inputs to all that reads files or words, in rounds over all of them.

None may end in anything but a result or a refusal in one line, take more than 1 GB or 5 s.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from itertools import islice
from pathlib import Path

from fuzzing import Case, Trier, cases, keep


def main() -> int:
    """Try inputs, print each fault and how to make its input again; 1 if there was one."""
    options = _parser().parse_args()
    from targets import TARGETS

    names = options.target or list(TARGETS)
    chosen = [Case(*names, options.number)] if options.number is not None else islice(cases(names), options.inputs)
    started, faults, tried = time.monotonic(), Counter[str](), Counter[str]()
    with Trier() as trier:
        for case in chosen:
            found = trier.outcome(case)
            tried[case.target] += 1
            if found.fault is not None:
                faults[case.target] += 1
                print(f"{case}: {found.fault}", flush=True)
            if (found.fault or options.number is not None) and options.keep:
                print(f"  in {keep(case, options.keep)}: {found.refused or ''}")
    print(f"{tried.total()} inputs in {time.monotonic() - started:.0f} s, {faults.total()} faults {dict(faults)}")
    return 1 if faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python tests/fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=2500, metavar="N", help="default: %(default)s")
    parser.add_argument("--target", action="append", metavar="NAME", help="only this; may be repeated")
    parser.add_argument("--number", type=int, metavar="I", help="only this input of one target")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where to write inputs with faults")
    return parser


if __name__ == "__main__":
    sys.exit(main())
