"""How many small changes of the code the tests notice: a sample of mutants, by mutmut.

    python scripts/mutants.py [--mutants N] [--seed S]

Some mutants of each file that `[tool.mutmut]` in pyproject.toml names are drawn and tried against the tests that reach
them. What survives or takes too long is tried again in a process of its own: mutmut forks one that has already run what
runs at import, and whose threads are gone. Writes
`outputs/mutants/table.md`: of each part of the code how many were tried and killed, and the survivors as differences.
mutmut keeps its copy of the code in `mutants/`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd

from samiam.storage.files import replacing

ROOT = Path(__file__).parents[1]
_SURVIVED, _UNREACHED, _TIMEOUT = 0, 33, -24  # exit codes that mutmut notes; others but None are of tests that failed
_LIMIT_S = 900  # far more than the tests of any room need


def generated() -> dict[str, list[str]]:
    """The names of all mutants of each file."""
    # What `mutmut run` does first, without trying any.
    code = (
        "from mutmut import __main__ as m; m.set_mutant_under_test('mutant_generation'); m.copy_src_dir(); "
        "m.copy_also_copy_files(); m.setup_source_paths(); m.store_lines_covered_by_tests(); m.create_mutants(1)"
    )
    (ROOT / "mutants").mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
    return {file: list(codes) for file, codes in _noted()}


def _noted() -> Iterator[tuple[str, Mapping[str, int | None]]]:
    """The exit code of each mutant, None where it was not tried, file by file."""
    for meta in sorted((ROOT / "mutants").rglob("*.py.meta")):
        codes = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
        if codes:
            yield meta.relative_to(ROOT / "mutants").as_posix().removesuffix(".meta"), codes


def drawn(names: Mapping[str, Sequence[str]], n: int, seed: int) -> list[str]:
    """Some mutants, as evenly from the files as there are any; those of a file depend on no other."""
    shuffled = [
        np.random.default_rng([seed, zlib.crc32(file.encode())]).permutation(own).tolist()
        for file, own in names.items()
    ]
    return [name for turn in zip_longest(*shuffled) for name in turn if name is not None][:n]


def tried(names: Sequence[str]) -> None:
    """Have mutmut try these."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-m", "mutmut", "run", *names], cwd=ROOT, check=True, env=environment)


def outcomes(names: Sequence[str]) -> pd.DataFrame:
    """What became of each, after those that mutmut could not tell have been tried alone."""
    chosen = set(names)
    found = pd.DataFrame(
        (file, name, code not in (_SURVIVED, _UNREACHED, _TIMEOUT))
        for file, codes in _noted()
        for name, code in codes.items()
        if name in chosen and code is not None
    ).set_axis(["file", "mutant", "killed"], axis=1)
    unknown = found[~found["killed"]]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found.loc[unknown.index, "killed"] = list(pool.map(_dies_alone, unknown["file"], unknown["mutant"]))
    return found


def _dies_alone(file: str, name: str) -> bool:
    """Whether the tests of its room fail, or never end, in a process that is a mutant from its first import."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--hypothesis-profile=mutants", *tests_of(Path(file))]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MUTANT_UNDER_TEST": name, "PYTHONPATH": "."}
    with suppress(subprocess.TimeoutExpired):
        done = subprocess.run(command, cwd=ROOT / "mutants", env=environment, capture_output=True, timeout=_LIMIT_S)
        return done.returncode != 0
    return True


def tests_of(file: Path) -> list[str]:
    """The tests that mirror a file's room: the deepest folder of its name, or all files that begin with it."""
    package, *rooms = file.with_suffix("").parts
    top = Path("tests") if package == "samiam" else Path("tests") / package
    for depth in range(len(rooms), 0, -1):
        if (ROOT / top.joinpath(*rooms[:depth])).is_dir():
            return [str(top.joinpath(*rooms[:depth]))]
    return sorted(str(found.relative_to(ROOT)) for found in (ROOT / top).glob(f"test_{rooms[0]}*.py"))


def report(found: pd.DataFrame) -> str:
    """A table of what was tried, and each survivor."""
    sums = found.assign(tried=1, part=found["file"].map(_part)).groupby("part")[["tried", "killed"]].sum()
    sums.loc["all"] = sums.sum()
    sums["killed %"] = (100 * sums["killed"] / sums["tried"]).round(1)
    survivors = [_difference(name) for name in found.loc[~found["killed"], "mutant"]]
    return "\n\n".join([str(sums.to_markdown()), *survivors]) + "\n"


def _part(file: str) -> str:
    return str(Path(file).parent if Path(file).parent.name not in ("samiam", "simulate") else file)


def _difference(name: str) -> str:
    shown = subprocess.run([sys.executable, "-m", "mutmut", "show", name], cwd=ROOT, capture_output=True, text=True)
    return f"```diff\n{shown.stdout.strip()}\n```"


def main() -> None:
    """Draw, try, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=400, metavar="N", help="how many; default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="of which; default: %(default)s")
    options = parser.parse_args()
    names = drawn(generated(), options.mutants, options.seed)
    tried(names)
    with replacing(ROOT / "outputs" / "mutants" / "table.md") as partial:
        partial.write_text(report(outcomes(names)), encoding="utf-8")
    print((ROOT / "outputs" / "mutants" / "table.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
