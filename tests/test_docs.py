"""The commands that the docs quote are accepted by the programs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from samiam.cli import _parser
from samiam.commands.composing import EVALUATE, TRAIN, checked

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
PROGRAMS = {"evaluate.py": EVALUATE, "train.py": TRAIN}


def commands() -> list[tuple[str, list[str]]]:
    """Each command of a block of shell in a page, as words."""
    found = []
    for page in PAGES:
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line, comments=True)
                if words:
                    found.append((f"{page.name}: {line}", words))
    return found


@pytest.mark.parametrize("words", [pytest.param(words, id=line) for line, words in commands()])
def test_a_quoted_command_is_accepted(words: list[str]) -> None:
    program, *rest = words
    if program == "python" and rest[0] in PROGRAMS:
        for word in rest[1:]:
            if "GROUP=" not in word and "KEY=" not in word and word != "…":
                checked(PROGRAMS[rest[0]], word)
    elif program == "samiam":
        _parser().parse_args(rest)
    elif program == "python" and rest[0].endswith(".py"):
        assert (ROOT / rest[0]).is_file()
    elif program == "make":
        assert f"\n{rest[0]}:" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
