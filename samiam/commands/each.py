"""Doing one thing to each of several files, whatever becomes of the others."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from samiam.errors import InputError
from samiam.interrupts import heed


def for_each(paths: Sequence[Path], action: Callable[[int], str]) -> int:
    """Run an action on each file, print what it returns, go on past files that fail, and list those at the end.

    Args:
        paths: the files.
        action: takes the place of a file in `paths`, returns the text to print; raises `InputError` if it fails.

    Returns:
        0 if all succeeded, 1 if some failed, 2 if all did.
    """
    heed()
    failures: list[str] = []
    for place in tqdm(range(len(paths)), unit="file", disable=None if len(paths) > 1 else True):
        try:
            tqdm.write(action(place), file=sys.stdout)
        except InputError as error:
            failures.append(str(error))
    for failure in failures:
        print(f"samiam: {failure}", file=sys.stderr)
    if failures and len(paths) > 1:
        print(f"samiam: {len(failures)} of {len(paths)} files failed.", file=sys.stderr)
    return 0 if not failures else 1 if len(failures) < len(paths) else 2
