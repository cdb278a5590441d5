"""What help, refusals and an import do not import; and what a public name is, whoever came first."""

from __future__ import annotations

import ast
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
        ("import samiam.datasets, samiam.metrics", set()),
        ("from samiam.boosting.settings import CropRules", {"pydantic"}),
        ("from samiam.metrics import score_image", {"scipy"}),
        (command("--version"), set()),
        (command("--help"), set()),
        (command("segment", "--help"), set()),
        (command("segment", "missing.tif"), set()),
        ("import samiam.particles", set()),
        ("import samiam.polar", set()),
        (command("particles", "--help"), set()),
        (command("particles", "missing.tif"), set()),
        (command("particles-statistics", "--help"), set()),
        (command("polar", "--help"), set()),
        (command("polar", "missing.mp4"), set()),
        (command("dataset", "--help"), set()),
        (command("dataset", "build", "--help"), set()),
        (command("dataset", "build", "missing", "-o", "x"), {"cv2", "pandas", "scipy", "skimage"}),
        (command("dataset", "check", "missing"), {"pandas", "scipy"}),
        (command("dataset", "agreement", "missing"), {"pandas", "scipy"}),
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


WITHOUT_TORCH = """
from importlib.machinery import PathFinder
found = PathFinder.find_spec
PathFinder.find_spec = lambda name, *where: None if name == "torch" else found(name, *where)
"""


@pytest.fixture
def pixels_file(tmp_path: Path) -> Path:
    stripes = 0.5 + 0.5 * np.sin(np.indices((96, 96))[0] * 0.8)
    stripes[:, 48:] = 0.5 + 0.5 * np.sin(np.indices((96, 48))[1] * 1.1)
    np.save(tmp_path / "stripes.npy", stripes.astype(np.float32))
    return tmp_path / "stripes.npy"


def test_segment_needs_neither_torch_nor_scikit_learn(pixels_file: Path) -> None:
    found = imported_by(command("segment", pixels_file.name, "-o", "out"), pixels_file.parent)
    assert (pixels_file.parent / "out" / "stripes" / "labels.tif").is_file()
    assert not {"torch", "sklearn", "matplotlib"} & found


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("segment", "-o", "out"), 0, ""),
        (("segment", "--generator", "vit_b"), 2, "samiam: this needs torch; pip install 'samiam[sam]'.\n"),
        (("segment", "--encoder", "fenet"), 2, "samiam: this needs torch; pip install 'samiam[sam]'.\n"),
        (
            ("segment", "--encoder-option", "device=cuda"),
            2,
            "samiam: this needs torch; pip install 'samiam[sam]'.\n",
        ),
        (("particles",), 2, "samiam: this needs torch; pip install 'samiam[sam]'.\n"),
    ],
)
def test_without_torch(words: tuple[str, ...], code: int, said: str, pixels_file: Path) -> None:
    given = [words[0], pixels_file.name, *words[1:]]
    done = subprocess.run(
        [sys.executable, "-c", f"{WITHOUT_TORCH}\nimport sys\nfrom samiam.cli import main\nsys.exit(main({given!r}))"],
        capture_output=True,
        text=True,
        check=False,
        cwd=pixels_file.parent,
    )
    assert (done.returncode, done.stderr) == (code, said)


@pytest.mark.parametrize(("suffix", "allowed"), [(".npy", set()), (".tif", set()), (".mrc", set()), (".emd", {"h5py"})])
def test_a_reader_is_imported_when_its_kind_is_met(suffix: str, allowed: set[str], tmp_path: Path) -> None:
    WRITERS[suffix](tmp_path / f"steps{suffix}")
    assert imported_by(command("info", f"steps{suffix}"), tmp_path) == allowed


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
    assert "torch" in imported_by(code, tmp_path)
