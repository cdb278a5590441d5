"""The import order of the design, held by reading the source; nothing is imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# A stub says what a lazy package imports.
PATTERNS = ("samiam/**/*.py", "samiam/**/*.pyi", "simulate/**/*.py", "simulate/**/*.pyi", "evaluate.py", "train.py")
SOURCES = sorted(path for pattern in PATTERNS for path in ROOT.glob(pattern))
NAMED = sorted((*SOURCES, *ROOT.glob("scripts/**/*.py")))

# A room may import those of a lower rank, and itself.
ORDER = (
    {"errors", "interrupts"},
    {"settings", "cluster", "colours", "lengths", "blurring", "beginning", "threads"},
    {"device", "wandb_mode"},
    {"storage", "artefacts"},
    {"records", "wandb_runs"},
    {"geometry", "interfaces", "morphology", "outlines", "parts", "period", "skeletons"},
    {"formats", "generation", "lattices", "texture", "metrics", "networks"},
    {"datasets", "compact"},
    {"registry"},
    {"boosting", "measurement", "particles", "polar"},
    {"pipeline"},
    {"training", "benchmark", "watching", "label_studio", "viewer"},
    {"commands"},
    {"cli", "train", "evaluate"},
    {"__main__"},
)
RANKS = {room: rank for rank, rooms in enumerate(ORDER) for room in rooms}
# Likewise of the shelves of `simulate`.
SIMULATE_ORDER = (
    {"draws"},
    {"imaging"},
    {"library"},
    {"specimen"},
    {"scenes"},
    {"crops", "procedural", "particles", "phase_objects", "labyrinth"},
    {"__init__", "cli"},
    {"__main__"},
)
SIMULATE_RANKS = {shelf: rank for rank, shelves in enumerate(SIMULATE_ORDER) for shelf in shelves}
BLIND_TO = {"boosting": {"metrics"}}
MAY_IMPORT_THE_PACKAGE = {"cli"}
OPEN_TO_SIMULATE = {"beginning", "errors", "interrupts", "storage", "records", "settings", "cluster", "skeletons"}
# Where each of these may be imported, as the beginning of a module's name.
ONLY_IN = {
    "segment_anything": ("samiam.generation",),
    "abtem": ("simulate.library.multislice", "simulate.particles.multislice", "simulate.particles.absorption"),
    "ase": ("simulate",),
    "pytorch_lightning": ("samiam.training", "samiam.commands.training.run"),
    "lightning": ("samiam.training",),
    "lightning_fabric": ("samiam.training",),
    "hydra": ("samiam.commands.composing",),
    "onnx": ("samiam.networks",),
    "onnxruntime": ("samiam.networks",),
    "omegaconf": ("samiam.commands",),
    "starlette": ("samiam.viewer.app",),
    "uvicorn": ("samiam.viewer.app",),
    "simulate": ("simulate", "samiam.commands"),
}
VAGUE = {"util", "utils", "helper", "helpers", "common"}


def module_of(path: Path) -> str:
    """The dotted name, `__init__` included."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imported_names(tree: ast.Module, module: str) -> Iterator[str]:
    """Every imported thing with its full dotted name, wherever in the file: in functions and type checking too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: -node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def room_of(name: str) -> str:
    """`boosting` for `samiam.boosting.crops`, the file's name for a script in the root, "" for the package itself."""
    parts = name.split(".")
    return parts[0] if parts[0] in RANKS else (parts[1] if len(parts) > 1 else "")


def faults(source: str, module: str) -> list[str]:
    """What breaks the order in a module."""
    if module == "samiam.__init__":
        return []
    tree = ast.parse(source)
    names = list(imported_names(tree, module))
    found = [f"{module} imports {name}: {why}" for name in names if (why := _fault(module, name))]
    if _is_in(module, "samiam.boosting") and "Scene" in {*_words(tree), *(name.rpartition(".")[2] for name in names)}:
        found.append(f"{module} knows Scene: the booster sees no truth")
    return found


def _words(tree: ast.Module) -> Iterator[str]:
    """All names and attributes in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            yield node.attr if isinstance(node, ast.Attribute) else node.id


def _is_in(module: str, place: str) -> bool:
    return module == place or module.startswith(f"{place}.")


def _fault(module: str, name: str) -> str | None:
    """Why the module may not import the name, None if it may."""
    outside = name.split(".")[0]
    if outside == "simulate" and _is_in(module, "simulate"):
        return _fault_among_shelves(module.split(".")[1], name.split(".")[1])
    if outside in ONLY_IN and not any(_is_in(module, place) for place in ONLY_IN[outside]):
        return f"only {', '.join(ONLY_IN[outside])} may"
    if outside != "samiam":
        return None
    room, own = room_of(name), room_of(module)
    if _is_in(module, "simulate"):
        return None if room in OPEN_TO_SIMULATE else f"only {', '.join(sorted(OPEN_TO_SIMULATE))} are open to it"
    if own not in RANKS:
        return "it has no place in ORDER; give it one here and in the design"
    if room not in RANKS:
        is_allowed = own in MAY_IMPORT_THE_PACKAGE
        return None if is_allowed else "the package as a whole is for users; import from the room"
    if room in BLIND_TO.get(own, ()):
        return f"{own} must not see {room}"
    return None if room == own or RANKS[room] < RANKS[own] else "imports point to lower ranks only"


def _fault_among_shelves(own: str, shelf: str) -> str | None:
    if own not in SIMULATE_RANKS or shelf not in SIMULATE_RANKS:
        return "it has no place in SIMULATE_ORDER; give it one here"
    is_below = SIMULATE_RANKS[shelf] < SIMULATE_RANKS[own]
    return None if shelf == own or is_below else "imports point to lower shelves only"


def test_imports_point_left() -> None:
    assert [fault for path in SOURCES for fault in faults(path.read_text(encoding="utf-8"), module_of(path))] == []


def test_every_room_is_looked_at() -> None:
    modules = [module_of(path) for path in SOURCES]
    rooms = {room_of(module) for module in modules if module.startswith("samiam.") and module != "samiam.__init__"}
    assert rooms <= set(RANKS), "give the new room a place in ORDER"
    assert {"boosting", "compact", "datasets", "formats", "generation", "metrics", "records", "texture"} <= rooms
    assert {"evaluate", "simulate.procedural.scenes", "samiam.boosting.booster"} <= set(modules)
    assert modules.count("samiam.boosting.__init__") == 2, "the package and its stub"


def test_names_say_something() -> None:
    """Files and folders are named after what is in them."""
    words = {module: set(re.split(r"[_\d.]+", module.lower())) for module in map(module_of, NAMED)}
    assert [module for module, said in words.items() if said & VAGUE] == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("samiam.boosting.crops", "from samiam.metrics import score_image"),
        ("samiam.boosting.crops", "import samiam.metrics.scores"),
        ("samiam.boosting.crops", "from samiam.records import Masks, Scene"),
        ("samiam.boosting.crops", "from samiam.records.scene import Scene"),
        ("samiam.boosting.crops", "from samiam import records\nrecords.Scene"),
        ("samiam.boosting.crops", "import samiam.records as given\ntruth: given.Scene"),
        ("samiam.boosting.crops", "def late():\n    from simulate import procedural_scene"),
        ("samiam.boosting.__init__", "from samiam.pipeline import segment"),
        ("samiam.boosting.__init__", "from ..metrics import score_image"),
        ("samiam.records.masks", "from samiam.geometry import iou"),
        ("samiam.records.masks", "from ..geometry import iou"),
        ("samiam.records.masks", "from samiam import geometry"),
        ("samiam.records.masks", "from samiam import Scene"),
        ("samiam.records.masks", "import samiam"),
        ("samiam.formats.readers.read", "if TYPE_CHECKING:\n    from samiam.generation import MaskGenerator"),
        ("samiam.texture.resnet", "from samiam.metrics import boundary"),
        ("samiam.commands.files.inputs", "import hydra"),
        ("samiam.settings", "from samiam.storage.files import replacing"),
        ("samiam.storage.files", "from samiam.records import Masks"),
        ("samiam.pipeline", "from samiam.cli import main"),
        ("samiam.new_room.thing", "from samiam.errors import InputError"),
        ("samiam.texture.resnet", "import segment_anything.modeling"),
        ("samiam.benchmark.comparison", "from omegaconf import DictConfig"),
        ("samiam.benchmark.comparison", "import hydra"),
        ("samiam.benchmark.particles.study", "from simulate.particles import picture"),
        ("samiam.benchmark.particles.fault_tables", "from samiam.training.faults.fitting import scores_of"),
        ("samiam.particles.faults.scores", "from samiam.benchmark.estimates import mean_over"),
        ("samiam.texture.fenet", "import pytorch_lightning as pl"),
        ("samiam.texture.fenet", "from lightning import LightningModule"),
        ("samiam.formats.readers.read", "import ase"),
        ("samiam.generation.texture.generator", "from abtem import Potential"),
        ("simulate.scenes.exposure", "import abtem"),
        ("simulate.procedural.layout", "from samiam.geometry import iou"),
        ("simulate.procedural.layout", "from samiam import Scene"),
        ("simulate.specimen.layers", "from simulate.scenes.exposure import expose"),
        ("simulate.procedural.layout", "from simulate.crops.grid import Grid"),
        ("simulate.scenes.exposure", "from simulate import procedural_scene"),
        ("simulate.new_shelf.thing", "from simulate.library.entries import read_entry"),
        ("evaluate", "from samiam.cli import main"),
    ],
)
def test_a_forbidden_import_is_caught(module: str, source: str) -> None:
    assert faults(source, module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("samiam.boosting.crops", "from samiam.records import Masks\nfrom samiam.boosting.removal import remove_masks"),
        ("samiam.boosting.crops", "from . import removal\nfrom .removal import remove_masks\nimport numpy"),
        ("samiam.generation.sam", "from segment_anything.modeling import Sam"),
        ("samiam.training.module", "import lightning\nfrom samiam.boosting import SemanticBooster"),
        ("samiam.cli", "import samiam\nfrom samiam.commands.files import inputs"),
        ("samiam.__main__", "from samiam.cli import main"),
        (
            "simulate.library.multislice",
            "import abtem, ase\nfrom samiam.records import Scene\nfrom simulate import imaging",
        ),
        ("evaluate", "from samiam.commands.composing.running import main"),
        (
            "samiam.commands.evaluating.particle_samples",
            "from samiam.benchmark.particles.samples import Sample\nfrom samiam.training.faults import regions",
        ),
        ("samiam.commands.evaluating.run", "from omegaconf import OmegaConf\nfrom simulate import procedural_scene"),
    ],
)
def test_an_allowed_import_is_not(module: str, source: str) -> None:
    assert faults(source, module) == []
