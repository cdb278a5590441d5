"""What `--help` says of a program."""

from __future__ import annotations

import pkgutil
from pathlib import Path
from typing import get_args

from samiam.commands.composing.program import Program
from samiam.settings import declared, described, is_of_run, is_settings


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
