"""From the words that were typed to the work that is done, with what Hydra composes of them."""

from __future__ import annotations

import os
import pkgutil
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from samiam.commands.composing.checking import checked
from samiam.commands.composing.helping import help_of
from samiam.commands.composing.program import EVALUATE, Program
from samiam.errors import InputError, in_one_line
from samiam.interrupts import INTERRUPTED, before_end, heed
from samiam.settings import shortened

_OWN_CONFIGS = ("--config-dir", "-cd")
_TAKE_A_VALUE = (
    *_OWN_CONFIGS,
    "--config-name",
    "-cn",
    "--config-path",
    "-cp",
    "--package",
    "-p",
    "--cfg",
    "-c",
)
"""Flags of Hydra's whose next word is no setting."""


def main(program: Program, words: Sequence[str]) -> int:
    """Run a program.

    Args:
        program: which.
        words: what was typed after its name: `GROUP=CHOICE`, `KEY=VALUE` and Hydra's own flags.

    Returns:
        0 if all went well, 1 if some of several things failed, 2 for unusable settings, 130 where it was interrupted.
    """
    if "--help" in words or "-h" in words:
        print(help_of(program))
        return 0
    try:
        own = next((Path(word) for flag, word in _with_flags(words) if flag in _OWN_CONFIGS), None)
        pairs = zip(["", *words], words, strict=False)
        taken = [word if flag in _TAKE_A_VALUE else checked(program, word, own) for flag, word in pairs]
        return _run(program, taken, words)
    except (InputError, HydraException, OmegaConfBaseException, OSError) as error:
        print(f"{program.script}: {in_one_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED


def _parted(words: Sequence[str]) -> list[str]:
    """Words with flags and their values apart."""
    return [part for word in words for part in (word.split("=", 1) if word.startswith("-") else [word])]


def _with_flags(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each word with the flag that it is the value of, "" where it is none."""
    parted = _parted(words)
    return ((flag if flag in _TAKE_A_VALUE else "", word) for flag, word in pairwise(["", *parted]))


def _settings_among(words: Sequence[str]) -> list[str]:
    """What is set and chosen: neither flags and their values nor what is Hydra's own."""
    return [word for flag, word in _with_flags(words) if not flag and not word.startswith(("-", "hydra"))]


def _places_of_configs(words: Sequence[str]) -> list[str]:
    """The flags that say in which folder a user's own configs are."""
    return [f"--config-dir={word}" for flag, word in _with_flags(words) if flag in _OWN_CONFIGS]


def _run(program: Program, words: Sequence[str], typed: Sequence[str]) -> int:
    codes: list[int] = []

    def task(config: DictConfig) -> None:
        codes.append(0)
        codes.append(_work(program, config, typed))

    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # so that errors reach `main` instead of a shortened traceback
    before, sys.argv = sys.argv, [sys.argv[0], *words]  # with which Lightning starts further processes
    try:
        hydra.main(version_base="1.3", config_path=str(program.configs), config_name="config")(task)()
    except (InputError, HydraException, OmegaConfBaseException):
        raise
    except Exception as error:
        if codes or (isinstance(error, OSError) and error.filename is not None):
            raise
        reason = " ".join(str(error).split())[:200]  # what YAML and Hydra meet is of every kind there is
        raise InputError(f"a config cannot be read ({reason}); correct its YAML.") from error
    finally:
        sys.argv = before
    return max(codes, default=0)


def _work(program: Program, config: DictConfig, typed: Sequence[str]) -> int:
    folder = Path(HydraConfig.get().runtime.output_dir)
    is_single = HydraConfig.get().mode == RunMode.RUN
    before_end(partial(_remove_empty, folder, program))
    try:
        plain: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        if not is_single and program is EVALUATE:  # W&B is to compare the runs of a sweep
            plain["logger"]["group"] = plain["logger"].get("group") or folder.parent.name
        own = _settings_among(typed)
        chosen = own if is_single else HydraConfig.get().overrides.task
        command = shlex.join(["python", program.script, *_places_of_configs(typed), *chosen])
        if plain.get("resume") is not None:
            _check_alone(own)
        else:
            pkgutil.resolve_name(program.read)(plain)
        work = _work_of(program)
        heed()
        code: int = work(plain, folder, command, is_single=is_single)
    except (InputError, OmegaConfBaseException, OSError) as error:
        said = in_one_line(error)
        _remove_empty(folder, program)
        if is_single:  # what Hydra catches gets a line of Hydra's own before ours
            print(f"{program.script}: {said}", file=sys.stderr)
            return 2
        raise  # of several runs Hydra finishes the others first
    return code


def typed_words() -> list[str]:
    """The words of the command that runs, as `checked` made them, without those about Hydra."""
    return list(HydraConfig.get().overrides.task)


def composed_beside(words: Sequence[str]) -> dict[str, Any]:
    """What other words compose to, while a command of the same program runs, as plain values.

    Raises:
        InputError: if they compose to nothing.
    """
    try:
        found: Any = OmegaConf.to_container(hydra.compose("config", list(words)), resolve=True, throw_on_missing=True)
    except (HydraException, OmegaConfBaseException) as error:
        raise InputError(in_one_line(error)) from error
    return dict(found)


def _remove_empty(folder: Path, program: Program) -> None:
    """Remove the folders that Hydra has made for a run, where there is nothing in them."""
    made = takewhile(lambda parent: parent.name in (program.name, "outputs"), folder.parents)
    with suppress(OSError):
        for empty in (folder, *made):
            empty.rmdir()


def _check_alone(words: Sequence[str]) -> None:
    """Refuse settings beside `resume`, which would be those of another run."""
    if others := [word for word in words if not word.lstrip("+").startswith("resume=")]:
        raise InputError(f"{shortened(others[0])} beside resume: a run goes on under its own settings; leave it out.")


def _work_of(program: Program) -> Callable[..., int]:
    """What does a program's work, with all that it needs."""
    try:
        found: Callable[..., int] = pkgutil.resolve_name(program.work)
    except ModuleNotFoundError as error:
        library = str(error.name).partition(".")[0]
        raise InputError(f"{library} is not installed; pip install 'samiam[research]'.") from error
    return found
