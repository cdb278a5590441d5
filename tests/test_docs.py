"""The commands that the docs and the scripts quote are accepted by the programs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from samiam import cli
from samiam.commands.composing.checking import checked
from samiam.commands.composing.program import EVALUATE, TRAIN
from simulate import cli as simulating

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
SCRIPTS = sorted(ROOT.glob("scripts/*.py"))
PROGRAMS = {"evaluate": EVALUATE, "train": TRAIN}
PLACEHOLDER = re.compile(r"…|\[.*\]|KEY=VALUE|\w+=NAME")  # a word that stands for others


def commands() -> list[tuple[str, list[str]]]:
    """Each command as words: those of a page's blocks of shell, and those of `python …` within a line."""
    found = []
    for page in (*PAGES, *SCRIPTS):
        text = page.read_text(encoding="utf-8")
        blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
        lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
        for line in [*lines, *re.findall(r"`(python [^`\n]+)`", text)]:
            words = shlex.split(line.removeprefix("srun "), comments=True)
            if words:
                found.append((f"{page.name}: {line}", words))
    return found


@pytest.mark.parametrize("words", [pytest.param(words, id=line) for line, words in commands()])
def test_a_quoted_command_is_accepted(words: list[str]) -> None:
    program, *rest = words
    named = rest[0].removesuffix(".py") if rest else ""
    if program in ("python", "samiam") and named in PROGRAMS:
        for word in rest[1:]:
            if not PLACEHOLDER.fullmatch(word):
                checked(PROGRAMS[named], word)
    elif program == "samiam":
        cli._parser().parse_args(rest)
    elif rest[:2] == ["-m", "simulate"]:
        simulating._parser().parse_args(rest[2:])
    elif program == "python" and named != "-m":
        assert (ROOT / rest[0]).is_file()
    elif program == "make":
        assert f"\n{rest[0]}:" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
