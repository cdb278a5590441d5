"""What help, refusals and an import do not import; and what a public name is, whoever came first."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("h5py", "matplotlib", "pandas", "pydantic", "scipy", "skimage", "sklearn", "torch")
LAZY = (
    "samiam",
    "samiam.benchmark",
    "samiam.boosting",
    "samiam.compact",
    "samiam.formats",
    "simulate",
    "simulate.crops",
)


def imported_by(code: str, folder: Path) -> set[str]:
    """The heavy libraries that some code has imported once it is through, or has ended the process."""
    ends = f"import atexit, sys\natexit.register(lambda: print('\\n', [m for m in {HEAVY} if m in sys.modules]))\n"
    done = subprocess.run([sys.executable, "-c", ends + code], capture_output=True, text=True, check=False, cwd=folder)
    assert "Traceback" not in done.stderr, done.stderr
    return set(eval(done.stdout.splitlines()[-1]))


def command(*words: str) -> str:
    return f"from samiam.cli import main\nmain({list(words)!r})"


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import samiam", set()),
        ("import samiam.compact", set()),
        (command("--version"), set()),
        (command("--help"), set()),
        (command("segment", "--help"), set()),
        (command("segment", "missing.tif"), set()),
        (command("info", "missing.tif"), set()),
        (command("segment", "missing.tif", "--generator", "nope"), set()),
        (command("models", "list"), set()),
        (command("models", "info", "compact"), {"pydantic"}),
        (command("evaluate", "--help"), {"pydantic"}),
        (command("evaluate", "++n_material=estimated"), {"pydantic"}),
        (command("evaluate", "generator.options.most_split=3"), {"pydantic"}),
        (command("train", "experiment=robustness"), {"pydantic", "scipy"}),
        (command("train", "trainer.epoch=3"), {"pydantic", "scipy"}),
    ],
)
def test_what_is_not_imported(code: str, allowed: set[str], tmp_path: Path) -> None:
    assert imported_by(code, tmp_path) <= allowed


@pytest.mark.parametrize("package", LAZY)
def test_a_public_name_is_the_same_whoever_came_first(package: str) -> None:
    module = importlib.import_module(package)
    for found in pkgutil.iter_modules(module.__path__, f"{package}."):  # a submodule must not take a name's place
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    for name in module.__all__:
        assert not isinstance(getattr(module, name), type(sys)), f"{package}.{name} is a module"
        assert name in dir(module)


@pytest.mark.slow  # that the names are there at all, the test above shows
def test_every_public_name_can_be_imported_at_once(tmp_path: Path) -> None:
    code = "import os\nos.environ['EAGER_IMPORT'] = '1'\n" + "\n".join(f"import {package}" for package in LAZY)
    assert "torch" in imported_by(code, tmp_path)
