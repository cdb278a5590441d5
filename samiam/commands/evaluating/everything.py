"""experiment=all: one run after the other, each in a folder of its own, and a page that judges the paper's claims."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from samiam.benchmark.caching.cache import key_of
from samiam.benchmark.claims import ABOUT, Judged, judge_all
from samiam.benchmark.report.page import link, literal, plain, table, write_pages
from samiam.benchmark.results import REPORT
from samiam.benchmark.settings import EvaluateSettings
from samiam.commands.composing.checking import checked
from samiam.commands.composing.program import EVALUATE
from samiam.commands.composing.running import composed_beside, typed_words
from samiam.commands.evaluating.run_facts import run_facts
from samiam.errors import InputError, in_one_line
from samiam.storage.checkpoints import list_checkpoints
from samiam.storage.files import replacing

_DONE = "done.json"
_CHANGES_NO_RESULT = ("logger", "workers", "scheduler", "cache", "experiments")
Evaluate = Callable[[Mapping[str, Any], Path, str], bool]


@dataclass(frozen=True)
class Run:
    """One of the experiments.

    Attributes:
        command: that makes it alone.
        folder: of its results.
        missing: why it could not be done; None where it has been.
    """

    command: str
    folder: Path
    missing: str | None = None


def evaluate_all(settings: EvaluateSettings, folder: Path, command: str, evaluate: Evaluate) -> bool:
    """Run all experiments that this machine can, and write the page over them; returns whether some images failed.

    What is finished, with the same settings, code and checkpoints in the cache, is not done again; of files that
    settings name the path counts, not the content.

    Args:
        settings: of which `experiments` is not empty.
        folder: of all of them.
        command: what the user typed; the page quotes it.
        evaluate: does one run, by its config, folder and command; whether some of its images failed.

    Raises:
        InputError: if none could be run.
    """
    typed = [word for word in typed_words() if not word.lstrip("+~").startswith("experiment")]
    runs: dict[str, Run] = {}
    any_failed = False
    for name, own in settings.experiments.items():
        composed = _words(shlex.split(own), typed)
        one = Run(
            shlex.join(["python", EVALUATE.script, *(word.removeprefix("++") for word in composed)]), folder / name
        )
        print(f"\n{name}: {one.command}", flush=True)
        try:
            any_failed |= _once(composed_beside(composed), one, evaluate)
            runs[name] = one
        except InputError as error:
            runs[name] = Run(one.command, one.folder, in_one_line(error))
            print(f"left out: {runs[name].missing}")
    if all(run.missing for run in runs.values()):
        raise InputError(f"none of {len(runs)} experiments could be run; {next(iter(runs.values())).missing}")
    _write_page(folder, runs, command)
    return any_failed


def _words(words: Sequence[str], typed: Sequence[str]) -> list[str]:
    """The words of a run's command with those that were typed; of the benchmark these take the place of its own."""
    own = [checked(EVALUATE, word) for word in words]
    about_benchmark = [word for word in typed if _is_of_benchmark(word)]
    others = [word for word in typed if word not in about_benchmark]
    is_free = any(_is_of_benchmark(word) for word in own)
    if not (about_benchmark and is_free):
        return [*own, *others]
    return [word for word in own if not _is_of_benchmark(word)] + about_benchmark + others


def _is_of_benchmark(word: str) -> bool:
    return word.lstrip("+~").startswith("benchmark")


def _once(config: Mapping[str, Any], run: Run, evaluate: Evaluate) -> bool:
    """Do a run that has not been done; returns whether some images failed, then or now."""
    decides = {name: value for name, value in config.items() if name not in _CHANGES_NO_RESULT}
    at_hand = [checkpoint.name for checkpoint, _, is_there in list_checkpoints() if is_there]  # others are left out
    key = key_of({"config": decides, "checkpoints": at_hand}, {evaluate.__module__})
    done = run.folder / _DONE
    try:
        before = json.loads(done.read_text(encoding="utf-8"))
        if before["key"] == key:
            print("done before")
            return bool(before["any_failed"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not done, or damaged
    any_failed = evaluate(config, run.folder, run.command)
    with replacing(done) as partial:
        partial.write_text(json.dumps({"key": key, "any_failed": any_failed}), encoding="utf-8")
    return any_failed


def _write_page(folder: Path, runs: Mapping[str, Run], command: str) -> None:
    judged = judge_all(
        {name: run.folder / REPORT for name, run in runs.items() if run.missing is None},
        [name for name, run in runs.items() if run.missing is not None],
        {name: run.command for name, run in runs.items()},
    )
    claims = pd.DataFrame([asdict(one) for one in judged], columns=list(Judged.__dataclass_fields__))
    report = folder / REPORT
    with replacing(report / "claims.csv") as partial:
        claims.to_csv(partial, index=False)
    lines = "\n".join(_line(name, run, report) for name, run in runs.items())
    shown = claims[["claim", "verdict", "here", "why", "place", "command"]]
    parts = ["## The paper's claims", table(shown, {}), ABOUT, "## The experiments", lines]
    write_pages(report, "All experiments", run_facts(command), "\n\n".join(parts))
    print(f"\n{table(claims[['claim', 'verdict', 'here']], {})}")


def _line(name: str, run: Run, report: Path) -> str:
    if run.missing is not None:
        return f"- {plain(name)}: {literal(run.command)} left out: {plain(run.missing)}"
    return f"- {link(run.folder / REPORT / 'report.html', report, name)}: {literal(run.command)}"
