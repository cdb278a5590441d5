"""`samiam polar`: videos, folders of frames and stacks in; a folder of results for each out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from samiam.commands.files.each import for_each
from samiam.commands.files.naming import folder_names
from samiam.commands.files.places import writing_to
from samiam.commands.polar.run import PolarJob, PolarRun
from samiam.storage.files import check_writable


def find_in_videos(paths: Sequence[Path], output: Path, job: PolarJob) -> int:
    """Find the points of each video, into `output/<name>/`.

    Returns:
        The exit code of `for_each`; 1 instead of 0 where no point was found in any.

    Raises:
        InputError: if `output` cannot be written to.
    """
    check_writable(output)
    places = [output / name for name in folder_names([path.resolve() for path in paths])]
    found: list[int] = []

    def act(index: int) -> str:
        run = PolarRun(paths[index], places[index], job)
        with writing_to(places[index], paths[index]):
            report = run.carry_out()
        found.append(run.n_points)
        return report

    code = for_each(paths, act)
    if found and not any(found):
        print("samiam: no end and no junction was found.", file=sys.stderr)
        return max(code, 1)
    return code
