"""Doing one thing to each of several files, whatever becomes of the others."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, MutableMapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from tqdm import tqdm

from samiam.commands.files.spreading import Workers, spread
from samiam.commands.saying import logger
from samiam.errors import InputError
from samiam.interrupts import heed

_A_WORD_EVERY_S = 60.0
"""Where there is no bar to look at."""


def for_each(paths: Sequence[Path], action: Callable[[int], str]) -> int:
    """Run an action on each file, here and one after the other, as `carry_out` does.

    Args:
        paths: the files.
        action: takes the place of a file in `paths`, returns the text to say; raises `InputError` if it fails.

    Returns:
        0 if all succeeded, 1 if some failed, 2 if all did.
    """
    return carry_out(paths, [partial(action, place) for place in range(len(paths))], Workers())


def carry_out(
    paths: Sequence[Path],
    tasks: Sequence[Callable[[], str]],
    workers: Workers,
    fates: MutableMapping[int, str | None] | None = None,
    n_before: int = 0,
) -> int:
    """Carry out a task for each file, say what it returns, go on past files that fail, and list those at the end.

    Args:
        paths: the files.
        tasks: one for each, returns the text to say; raises `InputError` if it fails.
        workers: who does it. Of several each file is told of as it is done.
        fates: filled, by the place of a file, with why it failed, None where it did not; of some of them where the work
            is interrupted.
        n_before: how many other files were done before.

    Returns:
        As `for_each`.
    """
    heed()
    fates = {} if fates is None else fates
    is_told = len(paths) > 1 and logger.isEnabledFor(logging.INFO)
    with closing(spread(paths, tasks, workers)) as done:
        bar = tqdm(done, total=len(paths), unit="file", disable=None if is_told else True)
        told = _Told(len(paths), is_told and bool(bar.disable))
        for place, result in bar:
            try:
                logger.info(result())
                fates[place] = None
            except InputError as error:
                fates[place] = str(error)
            told.one_more()
    failures = [failure for _, failure in sorted(fates.items()) if failure is not None]
    for failure in failures:
        logger.warning(failure)
    if failures and (n := n_before + len(paths)) > 1:
        logger.warning(f"{len(failures)} of {n} files failed.")
    return code_of(fates.values())


def code_of(fates: Collection[str | None]) -> int:
    """The exit code: 0 if no file failed, 1 if some did, 2 if all did."""
    n_failed = sum(fate is not None for fate in fates)
    return 0 if not n_failed else 1 if n_failed < len(fates) else 2


class _Told:
    """How far it is, every minute."""

    def __init__(self, n: int, is_on: bool) -> None:
        self._n, self._is_on = n, is_on
        self._n_done = 0
        self._started = self._last = time.monotonic()

    def one_more(self) -> None:
        """A file is done with."""
        self._n_done, now = self._n_done + 1, time.monotonic()
        if self._is_on and self._n_done < self._n and now - self._last >= _A_WORD_EVERY_S:
            self._last = now
            left_s = (now - self._started) / self._n_done * (self._n - self._n_done)
            logger.info(f"{self._n_done} of {self._n} files, about {tqdm.format_interval(left_s)} left")
