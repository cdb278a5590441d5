"""What help, refusals and an import do not import; and what a public name is, whoever came first."""

from __future__ import annotations

import ast
import json
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import tifffile
from ncempy.io import emd, mrc

ROOT = Path(__file__).parent.parent
HEAVY = ("cv2", "h5py", "matplotlib", "onnx", "pandas", "pydantic", "scipy", "skimage", "sklearn", "torch")
PIXELS = np.arange(1024, dtype=np.float32).reshape(32, 32)
WRITERS = {
    ".npy": lambda path: np.save(path, PIXELS),
    ".tif": lambda path: tifffile.imwrite(path, PIXELS),
    ".mrc": lambda path: mrc.mrcWriter(path, PIXELS[None], (1.0, 0.2, 0.2)),
    ".emd": lambda path: emd.emdWriter(path, PIXELS, pixel_size=(0.02, 0.02), pixel_unit=("[n_m]", "[n_m]")),
}
STUBS = {".".join(stub.parent.relative_to(ROOT).parts): stub for stub in ROOT.glob("s*/**/__init__.pyi")}


RUNNER = f"""
import json, sys
def heavy():
    return [module for module in {HEAVY} if module in sys.modules]
found = {{}}
for code in json.loads(sys.argv[1]):
    before = heavy()
    try:
        exec(code, {{}})
    except SystemExit:
        pass
    if "hydra" in sys.modules:
        from hydra.core.global_hydra import GlobalHydra
        GlobalHydra.instance().clear()
    found[code] = [module for module in heavy() if module not in before]
print()
print(json.dumps(found))
"""


def newly_imported(codes: list[str], folder: Path) -> dict[str, set[str]]:
    """By code the heavy libraries that it has imported and no code before it, one interpreter running all of them."""
    words = [sys.executable, "-c", RUNNER, json.dumps(codes)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder)
    assert "Traceback" not in done.stderr, done.stderr
    return {code: set(modules) for code, modules in json.loads(done.stdout.splitlines()[-1]).items()}


def command(*words: str) -> str:
    return f"from samiam.cli import main\nmain({list(words)!r})"


# Codes by what they may import: an interpreter has imported nothing yet that all of its codes must not.
LIGHT: dict[tuple[str, ...], list[str]] = {
    (): [
        "import samiam",
        "import samiam.compact",
        "import samiam.datasets, samiam.metrics",
        command("--version"),
        command("--help"),
        command("segment", "--help"),
        command("segment", "missing.tif"),
        "import samiam.particles",
        "import samiam.polar",
        command("particles", "--help"),
        command("particles", "missing.tif"),
        command("particles-statistics", "--help"),
        command("polar", "--help"),
        command("polar", "missing.mp4"),
        command("dataset", "--help"),
        command("dataset", "build", "--help"),
        command("info", "missing.tif"),
        command("segment", "missing.tif", "--generator", "nope"),
        command("models", "list"),
        *(command("info", f"steps{suffix}") for suffix in WRITERS if suffix != ".emd"),
    ],
    ("pydantic",): [
        "from samiam.boosting.settings import CropRules",
        command("models", "info", "compact"),
        command("evaluate", "--help"),
        command("evaluate", "++n_material=estimated"),
        command("evaluate", "generator.options.most_split=3"),
    ],
    ("scipy",): ["from samiam.metrics import score_image"],
    ("cv2", "pandas", "scipy", "skimage"): [command("dataset", "build", "missing", "-o", "x")],
    ("pandas", "scipy"): [command("dataset", "check", "missing"), command("dataset", "agreement", "missing")],
    ("pydantic", "scipy"): [command("train", "experiment=robustness"), command("train", "trainer.epoch=3")],
    ("h5py",): [command("info", "steps.emd")],
}


@pytest.mark.parametrize("allowed", LIGHT, ids=lambda allowed: "+".join(allowed) or "nothing")
def test_what_is_not_imported(allowed: tuple[str, ...], tmp_path: Path) -> None:
    for suffix, write in WRITERS.items():
        write(tmp_path / f"steps{suffix}")
    found = newly_imported(LIGHT[allowed], tmp_path)
    assert list(found) == LIGHT[allowed]
    assert {code: modules - set(allowed) for code, modules in found.items() if modules - set(allowed)} == {}
    if allowed == ("h5py",):
        assert set.union(*found.values()) == {"h5py"}, "a reader is imported when its kind is met"


@pytest.fixture
def pixels_file(tmp_path: Path) -> Path:
    stripes = 0.5 + 0.5 * np.sin(np.indices((96, 96))[0] * 0.8)
    stripes[:, 48:] = 0.5 + 0.5 * np.sin(np.indices((96, 48))[1] * 1.1)
    np.save(tmp_path / "stripes.npy", stripes.astype(np.float32))
    return tmp_path / "stripes.npy"


def test_segment_needs_neither_torch_nor_scikit_learn(pixels_file: Path) -> None:
    (found,) = newly_imported([command("segment", pixels_file.name, "-o", "out")], pixels_file.parent).values()
    assert (pixels_file.parent / "out" / "stripes" / "labels.tif").is_file()
    assert not {"torch", "sklearn", "matplotlib"} & found


WITHOUT_TORCH = """
import contextlib, io, json, sys
from importlib.machinery import PathFinder
found = PathFinder.find_spec
PathFinder.find_spec = lambda name, *where: None if name == "torch" else found(name, *where)
from samiam.cli import main
answers = []
for words in json.loads(sys.argv[1]):
    with contextlib.redirect_stderr(io.StringIO()) as said:
        code = main(words)
    answers.append([code, said.getvalue()])
print()
print(json.dumps(answers))
"""


def test_without_torch(pixels_file: Path) -> None:
    refused = ["--generator", "vit_b"], ["--encoder", "fenet"], ["--encoder-option", "device=cuda"]
    calls = [["segment", pixels_file.name, *words] for words in refused]
    calls += [["particles", pixels_file.name], ["segment", pixels_file.name, "-o", "out"]]
    words = [sys.executable, "-c", WITHOUT_TORCH, json.dumps(calls)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=pixels_file.parent)
    assert (done.returncode, done.stderr) == (0, "")
    needs_torch = [2, "samiam: this needs torch; pip install 'samiam[sam]'.\n"]
    assert json.loads(done.stdout.splitlines()[-1]) == [*[needs_torch] * 4, [0, ""]]


def stubbed(package: str) -> dict[str, object]:
    """What the stub of a package says that its names are."""
    nodes = ast.parse(STUBS[package].read_text(encoding="utf-8")).body
    return {
        alias.name: getattr(import_module(f"{package}.{node.module}"), alias.name)
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


@pytest.mark.parametrize("package", STUBS)
def test_a_public_name_is_the_same_whoever_came_first(package: str) -> None:
    module = import_module(package)
    submodules = {found.name for found in pkgutil.iter_modules(module.__path__)}
    assert not submodules & set(module.__all__), "once such a submodule is imported, it takes the name's place"
    stated = stubbed(package)
    assert sorted(stated) == sorted(module.__all__)
    for name, meant in stated.items():
        assert getattr(module, name) is meant
        assert name in dir(module)


@pytest.mark.slow  # that the names are there at all, the test above shows
def test_every_public_name_can_be_imported_at_once(tmp_path: Path) -> None:
    code = "import os\nos.environ['EAGER_IMPORT'] = '1'\n" + "\n".join(f"import {package}" for package in STUBS)
    assert "torch" in newly_imported([code], tmp_path)[code]
