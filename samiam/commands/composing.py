"""evaluate.py and train.py: settings composed by Hydra, looked at before anything is built, and the work begun.

Whatever is mistyped is answered in one line before a network, or even the library that would make it, is imported.
"""

from __future__ import annotations

import os
import pkgutil
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any, get_args

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from samiam.errors import InputError, in_one_line
from samiam.interrupts import INTERRUPTED, before_end, heed
from samiam.settings import declared, described, did_you_mean, is_of_run, is_settings, shortened, unknown, unknown_name

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


@dataclass(frozen=True)
class Program:
    """One of the two programs.

    Attributes:
        name: of its script and of its folder of configs.
        settings: where the class of all its settings is, as `module:class`.
        read: where the function is that reads a config, as `module:function`.
        work: where the function is that does the work, likewise.
    """

    name: str
    settings: str
    read: str
    work: str

    @property
    def script(self) -> str:
        """What is typed after `python`."""
        return f"{self.name}.py"

    @property
    def configs(self) -> Path:
        """The folder of its configs: in the checkout, or where the package was installed."""
        package = Path(__file__).parents[1]
        inside = package / "configs" / self.name
        return inside if inside.is_dir() else package.parent / "configs" / self.name

    def choices(self, group: str, beside: Path | None = None) -> list[str]:
        """What may be chosen in a group, with that of a user's own folder of configs beside."""
        folders = [self.configs] if beside is None else [self.configs, beside]
        return sorted({path.stem for folder in folders for path in (folder / group).glob("*.yaml")})

    @property
    def groups(self) -> list[str]:
        """The groups of its configs."""
        return sorted(path.name for path in self.configs.iterdir() if path.is_dir())


EVALUATE = Program(
    "evaluate",
    "samiam.benchmark.settings:EvaluateSettings",
    "samiam.benchmark.settings:read_evaluation",
    "samiam.commands.evaluating.run:evaluate_in",
)
TRAIN = Program(
    "train",
    "samiam.commands.training.settings:TrainSettings",
    "samiam.commands.training.settings:read_training",
    "samiam.commands.training.run:train_in",
)


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


def checked(program: Program, word: str, beside: Path | None = None) -> str:
    """A word as Hydra takes it; a setting need not stand in a file to be changed.

    Args:
        program: whose setting it may be.
        word: as it was typed.
        beside: a user's own folder of configs, whose choices count as well.

    Raises:
        InputError: if it names no group, choice or setting; the message says which is nearest, or which program an
            experiment belongs to.
    """
    if word.startswith("-"):
        return word
    try:
        override = OverridesParser.create().parse_override(word)
    except (HydraException, ValueError, RecursionError):  # some values make the parser of Hydra stumble
        raise InputError(_not_understood(word)) from None
    key = override.key_or_group
    if key.startswith("hydra"):
        return word
    if key in program.groups:
        if not override.is_delete() and override.value() is None:
            raise InputError(f"{key}=null: give {' or '.join(program.choices(key, beside))}, or leave it out.")
        for choice in _choices_of(override):
            _check_choice(program, key, choice, beside)
        return word if override.is_delete() else f"{key}={word.partition('=')[2]}"
    _check_key(program, key)
    return word if override.is_delete() else f"++{key}={word.partition('=')[2]}"


def _not_understood(word: str) -> str:
    """That Hydra cannot read a word; what to type instead where its value is a text that has to be quoted."""
    key, _, value = word.partition("=")
    if not value or value.startswith(("[", "{", "'", '"')) or shortened(word) != word:
        return f"{shortened(word)!r} is not of the form KEY=VALUE."
    inner = re.sub(r'(\\*)("|$)', lambda end: 2 * end[1] + end[2].replace('"', '\\"'), value)
    quoted = shlex.quote(f'{key}="{inner}"')
    return f"{word!r} has signs in its value that Hydra reads otherwise; quote it, once more for the shell: {quoted}."


def _choices_of(override: Override) -> list[str]:
    """What an override chooses in a group, several in a sweep; nothing where it is deleted, null or no name."""
    if override.is_delete():
        return []
    values = list(override.sweep_string_iterator()) if override.is_sweep_override() else [override.value()]
    return [value for value in values if isinstance(value, str)]


def _check_choice(program: Program, group: str, choice: str, beside: Path | None) -> None:
    known = program.choices(group, beside)
    if choice in known:
        return
    other = TRAIN if program is EVALUATE else EVALUATE
    if group == "experiment" and choice in other.choices(group):
        raise InputError(
            f"experiment={choice} belongs to {other.script}: `python {other.script} experiment={choice}`; "
            f"{program.script} has {', '.join(known)}."
        )
    raise InputError(unknown_name(group, choice, known))


def _check_key(program: Program, key: str) -> None:
    """Refuse a key whose first part nobody reads; what stands below it is looked at once all is composed."""
    first = key.partition(".")[0]
    known = declared(pkgutil.resolve_name(program.settings))
    if first in known:
        return
    if near := did_you_mean(first, [*known, *program.groups]):
        raise InputError(f"there is no setting {first!r}{near} There are {', '.join(known)}.")
    whole = [path for path in _paths(pkgutil.resolve_name(program.settings)) if path.rpartition(".")[2] == first]
    if whole:
        raise InputError(f"there is no setting {first!r}; did you mean {whole[0]!r}?")
    raise InputError(unknown("", first, known))


def _paths(kind: type, prefix: str = "") -> Iterator[str]:
    """The settings of a class and those within them, dotted."""
    for name, hint in declared(kind).items():
        yield prefix + name
        for inner in (hint, *get_args(hint)):
            if is_settings(inner):
                yield from _paths(inner, f"{prefix}{name}.")


def help_of(program: Program) -> str:
    """What can be chosen and set, with meanings and defaults."""
    lines = [f"usage: python {program.script} [GROUP=CHOICE] [KEY=VALUE] …, by the rules of Hydra", "", "Groups:"]
    lines += [f"  {group}: {', '.join(program.choices(group))}" for group in program.groups]
    lines += ["", "Experiments:"]
    experiments = program.configs / "experiment"
    lines += [f"  {name}: {_purpose(experiments / f'{name}.yaml')}" for name in program.choices("experiment")]
    lines += ["", "Settings, with what they take and their defaults:"]
    lines += _listed(pkgutil.resolve_name(program.settings))
    lines += ["", "Settings of generators and encoders: samiam models info NAME"]
    return "\n".join(lines)


def _listed(kind: type, prefix: str = "  ") -> list[str]:
    lines = []
    for setting, hint in zip(described(kind), declared(kind).values(), strict=True):
        if is_of_run(hint):
            continue
        inner = [one for one in (hint, *get_args(hint)) if is_settings(one)]
        shown = "" if inner else f" ({setting.wanted}{'' if setting.default is None else f'; {setting.default}'})"
        lines.append(f"{prefix}{setting.name}: {setting.meaning}{shown}")
        for one in inner:
            if len(inner) > 1:
                lines.append(f"{prefix}  with name={get_args(declared(one)['name'])[0]}:")
            lines += _listed(one, prefix + ("    " if len(inner) > 1 else "  "))
    return lines


def _purpose(path: Path) -> str:
    """The comment that a config begins with."""
    lines = path.read_text(encoding="utf-8").splitlines()
    said: list[str] = []
    for line in lines:
        if line.startswith("# @") or not line.startswith("#"):
            if said:
                break
            continue
        said.append(line.removeprefix("#").strip())
    return " ".join(said)
